"""Tables of notebook 06."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import TableBlock, shows
from lib.report.inside import untold
from lib.report.moves import OTHERS
from lib.report.numbers import MISSING, Format
from lib.report.suppress import directions, hidden

MEASURES = {
    "customers": "customers", "share": "share of the base", "active": "active in the last period",
    "mean_value": "revenue per customer", "frequency": "active days per period",
    "seen": "active in the period", "(segment shares)": "shares of the segments",
}
WENT = {"up": "went up", "down": "went down", "up+down": "went up or down", "stayed": "stayed",
        "stayed+up": "stayed or went up", "stayed+down": "stayed or went down"}
WAYS_OF = {"Dormant": "Dormant", "outside": "Outside the segments", OTHERS: "The others together"}
TOGETHER = "All segments together"  # the rest, where no segment can be told apart
LOG = 12  # entries of the adjustment log shown


def measure_name(measure: str) -> str:
    """What people call a measure or a variable."""
    return MEASURES.get(measure) or readable(measure)


def names_of(segments: pd.DataFrame, groups) -> dict[str, str]:
    """What people call the groups of customers known then, of which ``groups`` are told."""
    rest = {OTHERS: TOGETHER} if set(groups) == {OTHERS} else {}
    return {**segments.set_index("segment")["name"].to_dict(), **WAYS_OF, **rest}


def measure_kind(measure: str, fmt: Format):
    """How a measure of a segment is written."""
    if measure in ("share", "active", "breadth", "upgraded", "downgraded", "stayed"):
        return lambda v: fmt.share(v, 1)
    return fmt.money if measure in ("mean_value", "mean_occasion_value") else fmt.number


@shows
def triggers(advice: dict, fmt: Format) -> TableBlock:
    """Every trigger with its value and limit."""
    rows = [[t["trigger"], MISSING if _nan(t["value"]) else fmt.number(t["value"]), fmt.number(t["limit"]),
             f"yes: {t['which']}" if t["fired"] and t["which"] else "yes" if t["fired"] else "no", t["asks"]]
            for t in advice["triggers"]]
    return TableBlock("What would make us change the segmentation", ["trigger", "value", "limit", "fired", "asks for"],
                      rows, ["value", "limit"])


@shows
def migration(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock | None:
    """Moves between segments with interval, noise floor, verdict; stays and small cells left out; None without one."""
    names = segments.set_index("segment")["name"].to_dict()
    moves = table[(table["before"] != table["now"]) & ~hidden(table, "migration", fmt, untold(segments, fmt))]
    moves = moves.sort_values(["n", "before", "now"], ascending=[False, True, True])
    if moves.empty:
        return None
    rows = [[names.get(r.before, r.before), names.get(r.now, r.now), fmt.people(r.n),
             fmt.estimate(r.share, r.low, r.high, lambda v: fmt.share(v, 1)), fmt.share(r.noise, 1),
             "not a move" if r.before == "New" else r.verdict] for r in moves.itertuples()]
    return TableBlock("Who moved", ["then", "now", "customers", "share of the row (95 % interval)", "noise floor",
                                    "verdict"], rows, ["customers", "share of the row (95 % interval)", "noise floor"],
                      f"Moves of fewer than {fmt.count(fmt.smallest)} customers, and those that would give them away, "
                      "are left out. Noise floor: the share that moves when nobody "
                      "changes and only the days of the period are drawn again.", tone="method")


@shows
def ways(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock | None:
    """What became of each segment, as finely as it may be said, against chance; None where nothing may be."""
    told = directions(table, fmt, untold(segments, fmt))
    names = names_of(segments, told["before"])
    rows = [[names.get(r.before, r.before), fmt.people(r.n_before), WENT[r.went], fmt.people(r.n),
             fmt.estimate(r.share, r.low, r.high, lambda v: fmt.share(v, 1)), fmt.share(r.noise, 1)]
            for r in told.itertuples()]
    numeric = ["customers then", "customers", "share (95 % interval)", "by chance"]
    return None if not rows else TableBlock(
        "What became of each segment", ["then", numeric[0], "what they did", *numeric[1:]], rows, numeric,
        "By chance: the share expected when nobody changes and only the days of the period are drawn again.",
        tone="method")


@shows
def drift(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Index, p and verdict of every variable."""
    rows = [[measure_name(r.variable), fmt.people(r.n_before), fmt.people(r.n_now), fmt.count(r.bins),
             fmt.number(r.psi, 3), fmt.p_value(r.p), r.verdict]
            for r in table.sort_values("psi", ascending=False).itertuples()]
    numeric = ["n then", "n now", "bins", "index", "p"]
    return TableBlock("Drift, one value per customer", ["variable", *numeric, "verdict"], rows, numeric,
                      tone="method")


@shows
def kpis(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock:
    """Every measure of every segment, then, now and against its target."""
    names = segments.set_index("segment")["name"].to_dict()
    names["outside"], rank = "outside the segments", segments.set_index("segment")["rank"]
    rows, shown = [], table[(table["n"] > 0) & ~hidden(table, "kpis", fmt, untold(segments, fmt))]
    shown = shown.assign(place=shown["segment"].map(rank).fillna(len(rank) + 1))
    for r in shown.sort_values(["place", "segment", "measure"]).itertuples():
        kind = measure_kind(r.measure, fmt)
        rows.append([names.get(r.segment, r.segment), measure_name(r.measure), kind(r.before),
                     fmt.estimate(r.now, r.low, r.high, kind), "none due" if np.isnan(r.target) else kind(r.target),
                     fmt.people(r.n)])
    numeric = ["then", "now (95 % interval)", "target", "n"]
    return TableBlock("Segments then and now", ["segment", "measure", *numeric], rows, numeric,
                      "Targets are those set by the newest earlier run. Fewer than "
                      f"{fmt.count(fmt.smallest)} customers then or now, and what would give such a number away: not "
                      "shown; nor is money of which one customer makes most.", tone="method")


@shows
def log(advice: dict, fmt: Format) -> TableBlock:
    """The adjustment log, newest first."""
    rows = [[fmt.date(dt.date.fromisoformat(entry["as_of"])), entry["what"], entry["why"], entry.get("changed", "")]
            for entry in advice["log"][:LOG]]
    return TableBlock("Adjustment log", ["as of", "decision", "because", "what this run's model does otherwise"], rows)


def _nan(value) -> bool:
    return value is None or np.isnan(value)
