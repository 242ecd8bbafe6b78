"""The history of runs: what each measured, carried on so that the next one can draw it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.contracts.counts import number_of

ALL = "all"
COLUMNS = ["as_of", "segment", "name", "measure", "value", "low", "high", "n", "target"]
MONTHLY = (27, 32)  # days between two reviews that are called monthly
LATE = 1.5  # [ours] a gap of so many review periods has missed one


def history(kpis: pd.DataFrame | NotMeasured, names: pd.Series, moves: pd.DataFrame | NotMeasured,
            earlier: pd.DataFrame | NotMeasured, *, as_of: dt.date):
    """Rows as_of × segment × measure (contract `history`): those of earlier runs, and this one's.

    ``names``: display name by segment key; ``moves`` as of `migration.summary`, kept under segment `all`.
    A second run of the same day replaces its own rows; nothing later than as_of is carried. What earlier runs measured
    is carried on through a run that could not measure.
    """
    before = pd.DataFrame(columns=COLUMNS) if isinstance(earlier, NotMeasured) else earlier
    before = before[before["as_of"] < as_of.isoformat()]
    new = [part(v) for part, v in ((_kpis, kpis), (_moves, moves)) if not isinstance(v, NotMeasured)]
    new = [p.assign(as_of=as_of.isoformat(), name=p["segment"].map(names).fillna(p["segment"])) for p in new]
    parts = [p for p in (before, *new) if len(p)]
    if not parts:
        return kpis
    rows = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
    rows = rows.astype(dict.fromkeys(COLUMNS[4:], "float64"))
    return rows.sort_values(["as_of", "segment", "measure"], ignore_index=True)


@measured
def missing(table: pd.DataFrame, review_days: int) -> list[str]:
    """Reviews between the first and the last run that were not held: months where they are monthly, else how many
    between which days."""
    days = sorted({dt.date.fromisoformat(d) for d in table["as_of"]})
    if MONTHLY[0] <= review_days <= MONTHLY[1]:
        months = pd.PeriodIndex(days, freq="M")
        return [str(m) for m in pd.period_range(months.min(), months.max(), freq="M").difference(months)]
    return [f"{number_of(round((b - a).days / review_days) - 1, 'review')} between {a.isoformat()} and {b.isoformat()}"
            for a, b in zip(days, days[1:], strict=False) if (b - a).days > LATE * review_days]


def _kpis(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns={"now": "value"})[["segment", "measure", "value", "low", "high", "n", "target"]]


def _moves(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"segment": ALL, "measure": table["move"], "value": table["share"], "low": table["low"],
                         "high": table["high"], "n": table["n_base"]})
