"""Concentration: how much of the revenue the best customers bring."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.stats import dominated

TOP = 0.20
POINTS, PER_POINT = 100, 10  # steps of the curve; each holds at least ten customers, method.md §7
DRAWS = 300


@measured
def concentration(features: pd.DataFrame, *, seed: int, draws: int = DRAWS) -> dict | NotMeasured:
    """The document `concentration`, over customers with a positive net revenue in the window.

    `top20` is the revenue share of the top 20 % of them, with a bootstrap interval over customers; `lorenz` the
    curve from the smallest to the largest customer; `gini` the area between it and equality, doubled.
    """
    if "revenue" not in features:
        return NotMeasured("no amounts of orders are recorded", "orders, each with its amount")
    revenue = np.sort(features.loc[features["revenue"] > 0, "revenue"].to_numpy(float))
    if len(revenue) < 5:
        return NotMeasured("fewer than five customers have revenue", "more buyers")
    if dominated(revenue) or dominated(revenue[-math.ceil(TOP * len(revenue)):]):
        return NotMeasured("one customer makes most of the revenue, and the figure would tell how much",
                           "revenue that no single customer dominates")
    rng = np.random.default_rng(seed)
    drawn = [_top_share(revenue, np.bincount(rng.integers(0, len(revenue), len(revenue)), minlength=len(revenue)))
             for _ in range(draws)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    share = np.concatenate([[0.0], np.cumsum(revenue)]) / revenue.sum()
    customers = np.linspace(0, 1, len(share))
    grid = np.linspace(0, 1, _points(revenue) + 1)
    return {
        "top20": _top_share(revenue, np.ones(len(revenue), int)), "low": float(low), "high": float(high),
        "n": len(revenue), "gini": float(1 - 2 * np.trapezoid(share, customers)),
        "lorenz": [{"customers": float(x), "revenue": float(y)} for x, y in
                   zip(grid, np.interp(grid, customers, share), strict=True)],
    }


def _points(ordered: np.ndarray) -> int:
    """Steps of the curve: none of fewer than ten customers, and the last, of the largest, not dominated by one."""
    points = max(min(POINTS, len(ordered) // PER_POINT), 1)
    while points > 1 and dominated(ordered[-math.ceil(len(ordered) / points):]):
        points //= 2
    return points


def _top_share(ordered: np.ndarray, times: np.ndarray) -> float:
    """Revenue share of the top fifth when each customer (smallest first) is taken so many times."""
    above = np.cumsum(times[::-1])[::-1]  # customers from here to the top
    wanted = TOP * times.sum()
    taken = np.clip(times - np.maximum(above - wanted, 0), 0, times)
    return float((taken * ordered).sum() / (times * ordered).sum())
