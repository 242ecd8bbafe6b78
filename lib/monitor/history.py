"""The history of runs: what each measured, carried on so that the next one can draw it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured, measured, requires

ALL = "all"


@requires("kpis")
def history(kpis: pd.DataFrame | NotMeasured, names: pd.Series, moves: pd.DataFrame | NotMeasured,
            earlier: pd.DataFrame | NotMeasured, *, as_of: dt.date):
    """Rows as_of × segment × measure (contract `history`): those of earlier runs, and this one's.

    ``names``: display name by segment key; ``moves`` as of `migration.summary`, kept under segment `all`.
    A second run of the same day replaces its own rows; nothing later than as_of is carried.
    """
    if isinstance(moves, NotMeasured):
        moves = pd.DataFrame({"move": [], "share": []})
    mine = kpis[["segment", "measure", "now"]].rename(columns={"now": "value"})
    moved = pd.DataFrame({"segment": ALL, "measure": moves["move"], "value": moves["share"]})
    rows = pd.concat([mine, moved], ignore_index=True)
    rows = rows.assign(as_of=as_of.isoformat(), name=rows["segment"].map(names).fillna(rows["segment"]))
    if not isinstance(earlier, NotMeasured):
        rows = pd.concat([earlier[earlier["as_of"] < as_of.isoformat()], rows], ignore_index=True)
    columns = ["as_of", "segment", "name", "measure", "value"]
    return rows[columns].sort_values(["as_of", "segment", "measure"], ignore_index=True)


@measured
def missing_months(table: pd.DataFrame) -> list[str]:
    """Months between the first and the last run in which there was none, as YYYY-MM."""
    months = pd.PeriodIndex(sorted(set(table["as_of"])), freq="M")
    every = pd.period_range(months.min(), months.max(), freq="M")
    return [str(m) for m in every.difference(months)]
