"""Agreement between raters: Krippendorff's α, Cohen's κ and weighted κ, with bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

DRAWS = 1000
FIRM, TENTATIVE = 0.80, 0.667  # Krippendorff's limits, method.md §4


def krippendorff_alpha(ratings, *, level: str = "nominal", order: list | None = None) -> float:
    """Krippendorff's α of units × raters (missing = None or NaN); `level` nominal, ordinal or interval.

    `order` gives the order of categories for ordinal data (default: sorted). NaN when nothing can be paired or
    everybody always says the same. Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    counts, values = _counts(ratings, order)
    return _alpha(counts, level, values)


def _counts(ratings, order: list | None) -> tuple[np.ndarray, list]:
    """How often each unit was given each value, and the values in order."""
    table = pd.DataFrame(ratings)
    known = pd.unique(table.to_numpy(dtype=object).ravel())
    values = list(order) if order else sorted(v for v in known if not pd.isna(v))
    counts = np.array([[(row == v).sum() for v in values] for _, row in table.iterrows()], float)
    return counts.reshape(len(table), len(values)), values


def _alpha(counts: np.ndarray, level: str, values: list) -> float:
    """α from how often each unit was given each value."""
    pairable = counts.sum(axis=1)
    counts, pairable = counts[pairable >= 2], pairable[pairable >= 2]
    if not len(counts):
        return np.nan
    weighted = counts / (pairable - 1)[:, None]
    coincidence = weighted.T @ counts - np.diag(weighted.sum(axis=0))
    margin = coincidence.sum(axis=1)
    distance = _distance(level, margin, values)
    expected = (np.outer(margin, margin) * distance).sum() / (margin.sum() - 1)
    return float(1 - (coincidence * distance).sum() / expected) if expected > 0 else np.nan


def _distance(level: str, margin: np.ndarray, values: list) -> np.ndarray:
    """Squared difference between categories."""
    k = len(margin)
    if level == "nominal":
        return 1 - np.eye(k)
    if level == "interval":
        v = np.asarray(values, float)
        return (v[:, None] - v[None]) ** 2
    cumulated = np.cumsum(margin) - margin / 2  # ordinal: ranks between the two, ends counted half
    return (cumulated[:, None] - cumulated[None]) ** 2


def cohen_kappa(first, second, *, weights: str = "", order: list | None = None) -> float:
    """Cohen's κ of two raters; `weights` linear or quadratic for ordered categories (Cohen 1960, 1968).

    NaN when both always give one and the same category.
    """
    first, second = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    values = list(order) if order else sorted({*first, *second})
    table = confusion(first, second, values)
    return _kappa(table, weights)


def confusion(first, second, values: list) -> np.ndarray:
    """How often each value of the first met each of the second."""
    place = {v: i for i, v in enumerate(values)}
    table = np.zeros((len(values), len(values)))
    for a, b in zip(first, second, strict=True):
        table[place[a], place[b]] += 1
    return table


def _kappa(table: np.ndarray, weights: str) -> float:
    k = len(table)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    cost = {"": (apart > 0).astype(float), "linear": apart, "quadratic": apart**2}[weights]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(table.sum(), 1)
    total = (cost * expected).sum()
    return float(1 - (cost * table).sum() / total) if total > 0 else np.nan


def kappa_interval(first, second, *, seed: int, weights: str = "", order: list | None = None, people=None) -> tuple:
    """(κ, low, high), the interval by bootstrap over rated units; `people`: how many each unit stands for."""
    first, second = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    values = list(order) if order else sorted({*first, *second})
    place, k = {v: i for i, v in enumerate(values)}, len(values)
    cell = np.array([place[a] * k + place[b] for a, b in zip(first, second, strict=True)], int)
    rng, counts = np.random.default_rng(seed), np.bincount(cell, people, minlength=k * k).astype(float)
    drawn = _resampled(cell, counts, people, rng) if len(cell) else np.zeros((1, k * k))
    return (_kappa(counts.reshape(k, -1), weights),
            *_quantiles([_kappa(d.reshape(k, -1).astype(float), weights) for d in drawn]))


def _resampled(cell: np.ndarray, counts: np.ndarray, people, rng) -> np.ndarray | list:
    """Tables of resampled units: draws × cells."""
    n = len(cell)
    if people is None:
        return rng.multinomial(n, counts / n, DRAWS)
    people = np.asarray(people, float)
    rows = (rng.integers(0, n, n) for _ in range(DRAWS))
    return [np.bincount(cell[r], people[r], minlength=len(counts)) for r in rows]


def alpha_interval(ratings, *, seed: int, level: str = "nominal", order: list | None = None) -> tuple:
    """(α, low, high), the interval by bootstrap over units."""
    counts, values = _counts(ratings, order)
    rng = np.random.default_rng(seed)
    drawn = [_alpha(counts[rng.integers(0, len(counts), len(counts))], level, values) for _ in range(DRAWS)]
    return _alpha(counts, level, values), *_quantiles(drawn)


def _quantiles(drawn) -> tuple[float, float]:
    drawn = np.asarray(drawn, float)
    if np.isnan(drawn).all():
        return np.nan, np.nan
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)
