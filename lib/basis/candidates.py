"""Candidate columns of every kind, each as it was known before the outcome it is judged on (method.md §1)."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass

import pandas as pd

from lib.basis.sensitivity import basis_kind
from lib.contracts import NotMeasured, UserError
from lib.contracts.s01_basis import KINDS

BEHAVIOUR = ("recency_days", "n_occasions", "n_orders", "revenue", "mean_occasion_value", "refund_share",
             "n_categories", "mean_gap_days", "active_days", "breadth", "depth", "frequency")
SURVEY_FACTS = ("wave", "answered_on", "in_base", "stated_frequency", "weight")
NEEDS = ("pain_point", "valued_feature", "cvp", "jtbd", "discovery")  # topics of the table `voice`
ASKED = ("survey", "voice")


@dataclass(frozen=True)
class Candidates:
    """Customers (index, sorted) with every candidate: as known one and two periods before the as-of date, with what
    came next (``now``, ``then``), and with everything said up to the as-of date (``described``).

    ``source`` and ``kind`` by column; ``waves`` the answers of two successive waves by survey item.
    """

    now: pd.DataFrame
    then: pd.DataFrame
    described: pd.DataFrame
    source: dict[str, str]
    kind: dict[str, str]
    waves: dict[str, pd.DataFrame]

    @property
    def columns(self) -> list[str]:
        return list(self.source)


def gather(before: pd.DataFrame, earlier: pd.DataFrame, *, attributes: tuple[str, ...], kinds: dict[str, str],
           survey, voice, as_of: dt.date | None, period_days: float | None) -> Candidates:
    """Attributes, behaviour, survey items and coded needs, side by side. Answers count from the day they were given:
    what was said in or after the period that is judged would know what it is to foretell."""
    _check_kinds(kinds)
    frames = {n: f.set_index("customer_key").sort_index() for n, f in (("now", before), ("then", earlier))}
    frames["described"] = frames["now"]
    now, then = _days(as_of, period_days)
    source = {c: "customers" if c in attributes else "behaviour" for c in (*attributes, *BEHAVIOUR)
              if c in before and c in earlier and c != "customer_key"}
    kind = {c: basis_kind(c, kinds) for c in source}
    for table, name, default in ((survey, "survey", "psychographic"), (_coded(voice), "voice", "needs")):
        if table is None or isinstance(table, NotMeasured):
            continue
        items = [c for c in table if c not in (*SURVEY_FACTS, "customer_key") and c not in before]
        said = {"now": _until(table, now), "then": _until(table, then), "described": table}
        frames = {n: f.join(_newest(said[n], items)) for n, f in frames.items()}
        source |= dict.fromkeys(items, name)
        kind |= {c: kinds.get(c, default) for c in items}
    return Candidates(frames["now"], frames["then"], frames["described"], source, kind, _waves(survey, source))


def _check_kinds(kinds: dict[str, str]) -> None:
    for column, kind in kinds.items():
        if kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, 1)
            raise UserError(f"{kind!r} is no kind of basis", where=f"kinds of the product file, column {column!r}",
                            fix=f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(KINDS)}")


def _days(as_of: dt.date | None, period_days: float | None) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """The days one and two periods before the as-of date, where both are known."""
    if as_of is None or period_days is None:
        return None, None
    step = pd.Timedelta(days=int(round(period_days)))
    return pd.Timestamp(as_of) - step, pd.Timestamp(as_of) - 2 * step


def _until(table: pd.DataFrame, last: pd.Timestamp | None) -> pd.DataFrame:
    """What was said up to that day; nothing where the day, or that of answering, is not known."""
    if last is None or "answered_on" not in table:
        return table.iloc[:0]
    return table[table["answered_on"] <= last]


def _newest(table: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Each customer's newest answer to each item."""
    order = [c for c in ("answered_on", "wave") if c in table]
    given = table.sort_values(order, kind="stable") if order else table
    return given.groupby("customer_key")[items].last()


def _coded(voice) -> pd.DataFrame | None:
    """Coded statements as a table of answers: one row per customer, day and topic, its code in the topic's column."""
    if voice is None or isinstance(voice, NotMeasured):
        return None
    said = voice[voice["topic"].isin(NEEDS) & voice["code"].ne("") & voice["customer_key"].notna()]
    if said.empty:
        return None
    said = said.sort_values("evidence_id").drop_duplicates(["customer_key", "said_on", "topic"])
    wide = said.set_index(["customer_key", "said_on", "topic"])["code"].unstack().reset_index()
    return wide.rename(columns={"said_on": "answered_on"}).rename_axis(columns=None)


def _waves(survey, source: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Answers of those who answered in the last two waves, by item: columns `before` and `now`."""
    if survey is None or isinstance(survey, NotMeasured) or "wave" not in survey or survey["wave"].nunique() < 2:
        return {}
    last = sorted(survey["wave"].unique())[-2:]
    found = {}
    for item in (c for c, name in source.items() if name == "survey" and c in survey):
        wide = survey.pivot_table(index="customer_key", columns="wave", values=item, aggfunc="last")
        found[item] = wide.reindex(columns=last).set_axis(["before", "now"], axis=1).dropna()
    return found
