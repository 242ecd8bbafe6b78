"""Tables of notebook 01: candidate bases, profiles, engagement framework, readiness checks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.words.typing import NOBODY_ASKED, asked


@shows
def bases(basis: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> TableBlock:
    """Every candidate with its scores, its verdict and the reason for it, in the order of the ranking; items of a
    survey as asked."""
    few = hidden(basis, "basis", fmt)
    rows = [[asked(r.column, questions), r.kind, *(["–"] * 6 if gone else _scores(r, fmt)), r.reach, _sensitivity(r),
             r.verdict, _reason(r, questions)] for r, gone in zip(basis.itertuples(), few, strict=True)]
    numbers = ["known for", "variety", "stability", "signal (95 % interval)", "p", "redundancy"]
    return TableBlock("Which columns may divide these customers", [
        "column", "kind", *numbers, "what it takes to know it", "protection", "verdict", "reason"], rows, numbers,
        "Signal: share of the next period's variation told in advance, among customers with a value; learned one "
        "period earlier. p: from permutations of customers, corrected for all candidates (Westfall and Young). "
        "Stability: rank correlation of two periods, or of two waves of a survey; attributes are one snapshot, "
        "so theirs is not measured, and a value that changed lately may already know the outcome. Variety: entropy "
        "over the largest possible. Redundancy: largest association with a stronger candidate that is not refused.")


def _scores(r, fmt: Format) -> list[str]:
    return [fmt.share(r.coverage), fmt.number(r.variety), fmt.number(r.stability),
            fmt.estimate(r.signal, r.signal_low, r.signal_high, lambda v: fmt.share(v, 1)), fmt.p_value(r.p),
            fmt.number(r.redundancy)]


def _sensitivity(row) -> str:
    return f"proxy for {readable(row.proxy_for)}" if row.proxy_for else row.sensitivity


def _reason(row, questions: Mapping[str, str]) -> str:
    """The reason, with the item that it repeats as that was asked."""
    return f"repeats {asked(row.redundant_with, questions)}" if row.redundant_with in questions \
        and row.reason.startswith("repeats ") else row.reason


@shows
def icps(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Each profile's size, worth and retention against all others, with what the data say."""
    rows = [_profile(r, fmt) for r in table.itertuples()]
    numbers = ["customers", "share (95 % interval)", "of revenue", "mean value", "against all others (95 % interval)",
               "active again", "points against all others (95 % interval)"]
    columns = ["profile", *numbers, "finding", "source"]
    return TableBlock("The ideal customer profiles in the data", columns, rows, numbers,
                      "A customer may match more than one profile, so that shares need not add up. Value: revenue in "
                      "the window. Active again: share active in the last period. Association, not cause.")


def _profile(r, fmt: Format) -> list[str]:
    if fmt.is_few(r.n):
        return [r.icp, fewer(fmt), *["–"] * 6, r.finding, r.source]
    points = [100 * v for v in (r.retained_diff, r.retained_diff_low, r.retained_diff_high)]
    return [r.icp, fmt.people(r.n), fmt.estimate(r.share, r.share_low, r.share_high, fmt.share),
            fmt.share(r.revenue_share), fmt.money(r.mean_value),
            fmt.estimate(r.value_diff, r.value_diff_low, r.value_diff_high, fmt.money),
            fmt.share(r.retained), fmt.estimate(*points, lambda v: fmt.number(v, 1)), r.finding, r.source]


def fewer(fmt: Format) -> str:
    """What stands for a count of too few people."""
    return f"fewer than {fmt.count(fmt.smallest)}"


@shows
def framework(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Breadth, depth and frequency with their relevance, key metric and rationale, and how they correlate."""
    rows = [[r.dimension, r.relevance, r.metric,
             fmt.estimate(r.importance, r.importance_low, r.importance_high, lambda v: fmt.number(v, 3)),
             fmt.share(r.first_share), fmt.number(r.stability), r.chosen_by, r.rationale] for r in table.itertuples()]
    numbers = ["importance (95 % interval)", "first in draws", "stability"]
    return TableBlock("The engagement framework", [
        "dimension", "relevance", "key metric", *numbers, "chosen by", "rationale"], rows, numbers,
        f"{fmt.n(table['n'].iloc[0])} customers over three natural periods; outcome judged: "
        f"{table['outcome'].iloc[0]}. Importance is the loss of out-of-time R² when the metric is shuffled, in a model "
        f"refitted in each of 500 draws of customers. Rank correlations: {_correlations(table, fmt)}.")


def _correlations(table: pd.DataFrame, fmt: Format) -> str:
    by = table.set_index("dimension")
    pairs = itertools.combinations(by.index, 2)
    return ", ".join(f"{a} and {b} {fmt.number(by.loc[a, f'with_{b}'])}" for a, b in pairs)


def _found(check: dict, fmt: Format) -> str:
    if isinstance(check["value"], str):
        return check["value"]
    if check["value"] is None:
        return fewer(fmt)
    return fmt.share(check["value"]) if check["unit"] == "share" else fmt.count(check["value"])


@shows
def checks(readiness: dict, fmt: Format) -> TableBlock:
    """What was checked before anything is divided."""
    rows = [[c["check"], _found(c, fmt), c["needed"], c["state"]] for c in readiness["checks"]]
    return TableBlock("Readiness", ["check", "found", "needed", "state"], rows, ["found"],
                      f"At most {fmt.counted(readiness['largest_k'], 'segment')}; none below "
                      f"{fmt.count(readiness['smallest_segment'])} customers.")
