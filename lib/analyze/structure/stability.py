"""Would another sample of the same customers give the same segments? Bootstrap pairs of a fixed size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import numpy as np

from lib.analyze.structure.families import FAMILIES, Model, fit

RESAMPLE = 20_000  # method.md §3.5: size of each resample, the same for every base, or n when smaller
PAIRS = 100  # method.md §3.5 (Dolnicar & Leisch 2010)


@dataclass(frozen=True)
class Stability:
    """Agreement of the pairs (adjusted Rand index, one value a pair) and SLSW, one value a segment."""

    ari: np.ndarray
    slsw: np.ndarray


def bootstrap_pairs(model: Model, points: np.ndarray, *, pairs: int = PAIRS, m: int = RESAMPLE, seed: int) -> Stability:
    """Stability of a division of points, by the method that made it."""
    return of_pairs(resampled_pairs(model, points, m=m, seed=seed), pairs)


def of_pairs(drawn: Iterator[tuple], pairs: int = PAIRS) -> Stability:
    """Stability from the first ``pairs`` pairs.

    SLSW: mean over all bootstrap solutions of the best Jaccard overlap that each segment finds in them (Hennig 2007,
    method.md §3.6).
    """
    ari, overlaps = zip(*islice(drawn, pairs), strict=True)
    return Stability(np.array(ari), np.mean(overlaps, axis=0))


def resampled_pairs(model: Model, points: np.ndarray, *, m: int = RESAMPLE, seed: int) -> Iterator[tuple]:
    """Pairs of a division of points, without end: as `divided_again` gives them."""
    def again(rows, counts, draw: int, fixed):
        return fit(model.family, points[rows], model.k, seed=draw, counts=counts).labels(points[fixed])

    return divided_again(again, lambda fixed: model.labels(points[fixed]), n=len(points), k=model.k,
                         key=(FAMILIES.index(model.family), model.k), m=m, seed=seed)


def divided_again(again, labels, *, n: int, k: int, key: tuple, m: int = RESAMPLE, seed: int) -> Iterator[tuple]:
    """Without end, pair after pair: (adjusted Rand index of its two solutions, best overlaps of each segment).

    ``again(rows, counts, seed, fixed)`` divides the distinct rows drawn, each as often as it was drawn, and labels the
    fixed ones; ``labels(fixed)`` is the division judged, into k segments; ``key`` keeps the draws of methods apart.
    The evaluation set is all rows, or m of them drawn once.
    """
    fixed = np.arange(n) if n <= m else np.sort(np.random.default_rng([seed, 1]).choice(n, m, replace=False))
    reference = labels(fixed)

    def solution(number: int, side: int) -> np.ndarray:
        rng = np.random.default_rng([seed, number, side, *key])
        counts = np.bincount(rng.integers(0, n, min(m, n)), minlength=n)
        rows = np.flatnonzero(counts)
        return again(rows, counts[rows], int(rng.integers(2**31 - 100)), fixed)

    for number in count():
        both = [solution(number, side) for side in (0, 1)]
        yield adjusted_rand(*both), np.mean([best_jaccard(reference, other, k) for other in both], axis=0)


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Adjusted Rand index of two labellings (Hubert & Arabie 1985), from one count of label pairs."""
    table = contingency(first, second).astype(float)
    n = table.sum()
    pairs = _choose2(table).sum()
    rows, columns = _choose2(table.sum(1)).sum(), _choose2(table.sum(0)).sum()
    expected, highest = rows * columns / _choose2(n), (rows + columns) / 2
    return 1.0 if highest == expected else float((pairs - expected) / (highest - expected))


def best_jaccard(reference: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """For every segment of the reference, its best Jaccard overlap with a segment of the other labelling."""
    table = contingency(reference, other, k)
    union = table.sum(1, keepdims=True) + table.sum(0) - table
    return (table / np.maximum(union, 1)).max(1)


def contingency(first: np.ndarray, second: np.ndarray, rows: int = 0) -> np.ndarray:
    """Counts of label pairs; at least ``rows`` rows."""
    rows, columns = max(int(first.max()) + 1, rows), int(second.max()) + 1
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns)


def _choose2(x):
    return x * (x - 1) / 2
