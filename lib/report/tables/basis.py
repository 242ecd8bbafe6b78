"""Tables of notebook 01: candidate bases, profiles, engagement framework, readiness checks."""

from __future__ import annotations

import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format


@shows
def bases(basis: pd.DataFrame, fmt: Format) -> TableBlock:
    """Every candidate with its verdict and the reason for it, best first."""
    rows = [[readable(r.column), r.kind, fmt.share(r.coverage), fmt.number(r.stability),
             fmt.estimate(r.signal, r.signal_low, r.signal_high, lambda v: fmt.share(v, 1)),
             r.verdict, r.reason] for r in basis.itertuples()]
    return TableBlock("Which columns may divide these customers", [
        "column", "kind", "known for", "stability", "signal (95 % interval)", "verdict", "reason"], rows,
        ["known for", "stability", "signal (95 % interval)"],
        "Signal: share of the next period's variation told in advance, learned one period earlier. Stability: rank "
        "correlation between two periods; attributes have one snapshot, so theirs is not measured.")


@shows
def icps(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Each profile's size, worth and retention, with what the data say."""
    rows = [[r.icp, fmt.count(r.n), fmt.estimate(r.share, r.share_low, r.share_high, fmt.share),
             fmt.share(r.revenue_share), fmt.estimate(r.mean_value, r.value_low, r.value_high, fmt.money),
             fmt.estimate(r.retained, r.retained_low, r.retained_high, fmt.share), r.finding]
            for r in table.itertuples()]
    numbers = ["customers", "share (95 % interval)", "of revenue", "mean value (95 % interval)",
               "active again (95 % interval)"]
    return TableBlock("The ideal customer profiles in the data", ["profile", *numbers, "finding"], rows, numbers,
                      "A customer may match more than one profile. Active again: share active in the last period.")


@shows
def framework(table: pd.DataFrame, fmt: Format) -> TableBlock:
    """Breadth, depth and frequency with their relevance, metric and rationale."""
    rows = [[r.dimension, r.relevance, r.metric,
             fmt.estimate(r.importance, r.importance_low, r.importance_high, lambda v: fmt.number(v, 3)),
             fmt.share(r.first_share), r.chosen_by, r.rationale] for r in table.itertuples()]
    numbers = ["importance (95 % interval)", "first in draws"]
    return TableBlock("The engagement framework", [
        "dimension", "relevance", "key metric", *numbers, "chosen by", "rationale"], rows, numbers,
        f"n = {fmt.count(table['n'].iloc[0])} customers over three natural periods; outcome judged: "
        f"{table['outcome'].iloc[0]}. Importance is the loss of out-of-time R² when the metric is shuffled.")


@shows
def checks(readiness: dict, fmt: Format) -> TableBlock:
    """What was checked before anything is divided."""
    rows = [[c["check"], fmt.count(c["value"]), c["needed"], c["state"]] for c in readiness["checks"]]
    return TableBlock("Readiness", ["check", "found", "needed", "state"], rows, ["found"],
                      f"At most {fmt.count(readiness['largest_k'])} segments; none below "
                      f"{fmt.count(readiness['smallest_segment'])} customers.")
