"""Do the segments predict the next period? Judged out of sample and out of time (method.md §4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured

FOLDS, DRAWS = 10, 500
FEWEST = 50  # [ours] customers known one period earlier, below which nothing is judged


def outcome_column(before) -> str | NotMeasured:
    """What is predicted: revenue of the next period where it is recorded, else being active in it."""
    if isinstance(before, NotMeasured):
        return before
    for column in ("next_revenue", "next_active"):
        if column in before and before[column].nunique() > 1:
            return column
    return NotMeasured("nothing differs in the next period", "a period in which some customers come back")


def prediction(before, assigned_before, *, seed: int, outcome: str | NotMeasured | None = None) -> dict | NotMeasured:
    """The document `prediction`: share of the next period's variation that segments explain over no segmentation.

    `before` are features one period before the as-of date with what came next, `assigned_before` customer_key and
    segment by the frozen model on those features. Segment means come from nine tenths of the customers and are
    judged on the rest; the interval is a bootstrap over customers. Revenue is judged as log(1 + revenue), being
    active by the Brier score. `outside` counts as a group.
    """
    column = outcome_column(before) if outcome is None else outcome
    for absent in (before, assigned_before, column):
        if isinstance(absent, NotMeasured):
            return absent
    table = before[["customer_key", column]].merge(assigned_before[["customer_key", "segment"]], on="customer_key",
                                                   validate="one_to_one").dropna().sort_values("customer_key")
    if len(table) < FEWEST:
        return NotMeasured("too few customers were known one period earlier", f"at least {FEWEST} of them")
    y = table[column].to_numpy(float)
    y = np.log1p(np.maximum(y, 0)) if column == "next_revenue" else y
    with_segment, without = _squared_errors(y, pd.factorize(table["segment"], sort=True)[0], seed)
    gain = 1 - with_segment.sum() / without.sum()
    low, high = _interval(with_segment, without, seed)
    return {"gain": float(gain), "low": low, "high": high, "n": len(table), "outcome": column,
            "verdict": _verdict(low, high)}


def next_by_segment(before, assigned_before) -> pd.DataFrame | NotMeasured:
    """customer_key, segment, and what came next: `next_active` and, with amounts, `next_revenue` (minor units)."""
    for absent in (before, assigned_before):
        if isinstance(absent, NotMeasured):
            return absent
    outcomes = [c for c in ("next_active", "next_revenue") if c in before]
    return assigned_before[["customer_key", "segment"]].merge(before[["customer_key", *outcomes]], on="customer_key",
                                                              validate="one_to_one")


def _squared_errors(y: np.ndarray, segment: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Per customer, the squared error of the segment's mean and of the common mean, both from the other folds."""
    fold = np.random.default_rng(seed).permutation(np.arange(len(y)) % FOLDS)
    own, common = np.empty(len(y)), np.empty(len(y))
    for f in range(FOLDS):
        train, test = fold != f, fold == f
        mean = y[train].mean()
        sums = np.bincount(segment[train], y[train], minlength=segment.max() + 1)
        counts = np.bincount(segment[train], minlength=segment.max() + 1)
        means = np.where(counts > 0, sums / np.maximum(counts, 1), mean)
        own[test], common[test] = (y[test] - means[segment[test]]) ** 2, (y[test] - mean) ** 2
    return own, common


def _interval(own: np.ndarray, common: np.ndarray, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed + 1)
    drawn = []
    for _ in range(DRAWS):
        rows = rng.integers(0, len(own), len(own))
        drawn.append(1 - own[rows].sum() / common[rows].sum())
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "the segments predict the next period better than no segmentation"
    return "the segments predict the next period worse than no segmentation" if high < 0 else \
        "the segments do not predict the next period better than no segmentation"
