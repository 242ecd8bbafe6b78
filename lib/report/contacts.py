"""Segments whose size, or whose number of contacts, must not be said: marked once, for every block of the plan.

How many of a segment may be contacted tells how many may not. Where either is few, or would give such a number away,
everything that follows from it stays unsaid: arms, contacts, cost, reach, scores and the smallest effect. So it does
where the rate of a segment tells of few, or its growth of how few it was on an earlier day.
"""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured, requires
from lib.report import inside
from lib.report.numbers import Format
from lib.report.suppress import hidden, without_few_next

# tables of the plan, and the figures of a marked segment that stay: they follow from no count
STAY = {"targets": ("p_first", "p_second"), "budget": ("cost_each",), "experiments": ("baseline", "aimed", "explained"),
        "sensitivity": (), "knock_outs": ("limit",)}
NEXT_ACTIVE = "next_active"  # the metric that is a share of people
# figures of a plan that follow from such a share
OF_RATE = ("baseline", "target", "n_needed", "n_least", "smallest_effect")
COUNTED_CRITERIA = ("large enough", "reachable")  # knock-outs whose value follows from a count


@requires("facts", "audiences")
def marked(facts: pd.DataFrame, audiences: pd.DataFrame, sizes: pd.DataFrame | NotMeasured, fmt: Format
           ) -> pd.DataFrame:
    """The facts with `few` (its size must not be said), `rate_few` (nor how many of it were active in the next period)
    and `quiet` (nor how many are contacted, nor how it grew)."""
    few = pd.Series(hidden(facts, "segments", fmt), index=facts.index)
    rates = facts["segment"].isin(few_rates(facts, fmt))
    unsaid = untold(audiences, fmt) | small_then(sizes, facts, fmt)
    return facts.assign(few=few, rate_few=rates, quiet=few | rates | facts["segment"].isin(unsaid))


def few_rates(segments: pd.DataFrame | NotMeasured, fmt: Format) -> set[str]:
    """Segments of which so few were active in the next period, or so few were not, that the rate would tell of them."""
    if isinstance(segments, NotMeasured) or not {"next_active", "n_next"} <= set(segments):
        return set()
    told = without_few_next(segments, fmt)["next_active"]
    return set(segments.loc[segments["next_active"].notna() & told.isna(), "segment"])


def without_few_rates(records: list[dict], gone: set[str]) -> list[dict]:
    """Strategies or tests as records; those that move such a rate without it, and without what follows from it."""
    return [r | {k: None for k in OF_RATE if k in r} if r["segment"] in gone and NEXT_ACTIVE in
            (r.get("metric"), r.get("outcome")) else r for r in records]


def untold(audiences: pd.DataFrame | NotMeasured, fmt: Format) -> set[str]:
    """Segments of which a count of who may or may not be contacted is hidden."""
    if isinstance(audiences, NotMeasured):
        return set()
    return set(audiences.loc[hidden(audiences, "audiences", fmt), "segment"])


def small_then(sizes: pd.DataFrame | NotMeasured, segments: pd.DataFrame, fmt: Format) -> set[str]:
    """Segments whose size on an earlier day must not be said, which their growth would tell."""
    if isinstance(sizes, NotMeasured):
        return set()
    return set(sizes.loc[hidden(sizes, "sizes", fmt, inside.untold(segments, fmt)), "segment"])


def tellable(counted: pd.DataFrame) -> bool:
    """Whether a total over these rows may be said: not when exactly one of them is `quiet`, which it would tell."""
    return int(counted["quiet"].sum()) != 1


def told_cases(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The cases of `sensitivity` over the segments that are not marked: contacts, moved, margin; indexed by case."""
    rows = table[~table["segment"].map(facts.set_index("segment")["quiet"]).astype(bool)]
    wide = rows.pivot(index="case", columns="segment", values="contacts").reindex(rows["case"].unique())
    change = wide - wide.loc["as planned"]
    moved = pd.concat([change.clip(lower=0).sum(axis=1), -change.clip(upper=0).sum(axis=1)], axis=1).max(axis=1)
    return pd.DataFrame({"contacts": wide.sum(axis=1), "moved": moved.astype(int),
                         "margin": rows.groupby("case")["expected_margin"].sum().reindex(wide.index)})


def without_few_voices(record: dict, fmt: Format) -> dict:
    """A strategy as a record without counts of few people who were heard, and without the ids that would count them."""
    out = dict(record)
    for named, asked in (("n_evidence", "n_asked"), ("n_discovered", "n_discovered_asked")):
        few = fmt.is_few(record[named]) or fmt.is_few(record[asked]) or fmt.is_few(record[asked] - record[named])
        out |= {named: None, asked: None} if few else {}
    return out | ({"evidence_ids": ""} if fmt.is_few(record["n_evidence"]) else {})


def without_contacts(records: list[dict], name: str, quiet: set[str]) -> list[dict]:
    """Rows of a table of the plan as records; those of marked segments without what follows from a count."""
    if name not in STAY:
        return records
    return [_emptied(r, STAY[name]) if r["segment"] in quiet and _counted(r, name) else r for r in records]


def _counted(record: dict, name: str) -> bool:
    return name != "knock_outs" or record["criterion"] in COUNTED_CRITERIA


def _emptied(record: dict, stay: tuple[str, ...]) -> dict:
    figures = {k: None for k, v in record.items()
               if k not in stay and (isinstance(v, int | float) and not isinstance(v, bool) or k == "criteria")}
    return record | figures | {"suppressed": True}
