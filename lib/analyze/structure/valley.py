"""The valley test: does the density fall between neighbouring segments? (method.md §3.7)"""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr

from lib.analyze.structure.families import Model, refit
from lib.stats import holm

ADJACENT = 0.10  # share of the smaller segment's members whose second nearest centre is the other
GRID, INNER = 41, (6, 34)  # points between the two medians; where the boundary may lie
HALF_WIDTH = 0.12  # of a window, in distances between the medians
SPLITS = 7
FEWEST = 10  # customers on a shoulder
ALPHA = 0.05
STEPS = np.linspace(0, 1, GRID)


def adjacent_pairs(first: np.ndarray, second: np.ndarray, k: int) -> list[tuple[int, int]]:
    """Pairs i < j that are neighbours, from the nearest and second nearest segment of every customer."""
    table = np.bincount(first * k + second, minlength=k * k).reshape(k, k)
    sizes = table.sum(1)
    share = table / np.maximum(sizes, 1)[:, None]
    smaller = sizes[:, None] <= sizes  # of equals, either may speak for the pair
    meet = np.maximum(np.where(smaller, share, 0), np.where(smaller, share, 0).T)
    return [(i, j) for i in range(k) for j in range(i + 1, k) if sizes[i] and sizes[j] and meet[i, j] >= ADJACENT]


def valley_test(model: Model, points: np.ndarray, *, seed: int, to_decide: bool = False
                ) -> dict[tuple[int, int], float]:
    """Holm-adjusted p of every adjacent pair: that the density between the two is no lower than on either side.

    Median over seven splits in halves; windows are placed on one half and counted on the other. The full
    solution has seen both halves, so their independence is approximate. ``to_decide``: end with the split after which
    some pair can no longer come out apart; the p are then those of the splits until then.
    """
    pairs, p = adjacent_pairs(*model.nearest_two(points), model.k), []
    for split in range(SPLITS):
        p.append(_split_p(model, points, pairs, np.random.default_rng([seed, split])))
        if to_decide and (np.sum(np.array(p) >= ALPHA, axis=0) > SPLITS // 2).any():
            break
    return dict(zip(pairs, holm(np.median(p, axis=0)).tolist(), strict=True))


def density(model: Model, points: np.ndarray, pair: tuple[int, int]) -> list[float]:
    """Customers in each of the 41 windows from one median to the other, relative to the fullest: for the picture."""
    labels = model.labels(points)
    axis = _axis(points, labels, pair)
    counts = _counts((points @ axis[0])[np.isin(labels, pair)], *axis[1:])
    return (counts / max(counts.max(), 1)).round(4).tolist()


def _split_p(model, points, pairs, rng) -> list[float]:
    """One-sided binomial p of every pair on one random split."""
    return [_p(*found) for found in windows(model, points, pairs, rng, _members)]


def windows(model, points, pairs, rng, who) -> list[tuple[int, tuple[int, int]]]:
    """Per pair (boundary, (shoulder, shoulder)) counted on half B, in the windows that half A chose."""
    in_a = rng.permutation(len(points)) < len(points) // 2
    a, b = points[in_a], points[~in_a]
    half = refit(model, a)
    near_a, near_b = half.nearest_two(a), half.nearest_two(b)
    return [_pair_windows(a, b, near_a, near_b, pair, who) for pair in pairs]


def _pair_windows(a, b, near_a, near_b, pair, who):
    if min(np.sum(near_a[0] == pair[0]), np.sum(near_a[0] == pair[1])) < FEWEST:
        return 0, (0, 0)
    w, low, high = _axis(a, near_a[0], pair)
    counts = _counts(a[who(near_a, pair)] @ w, low, high)
    boundary, *shoulders = _extremes(counts)
    on_b = _counts(b[who(near_b, pair)] @ w, low, high)
    return int(on_b[boundary]), tuple(int(on_b[s]) for s in shoulders)


def _p(boundary: int, shoulders: tuple[int, int]) -> float:
    if min(shoulders) < FEWEST:
        return 1.0
    return float(max(bdtr(boundary, boundary + s, 0.5) for s in shoulders))


def _axis(points, labels, pair):
    """Discriminant direction between two segments and the medians of their projections: (w, low, high)."""
    groups = [points[labels == s] for s in pair]
    within = sum((g - g.mean(0)).T @ (g - g.mean(0)) for g in groups) / max(sum(map(len, groups)) - 2, 1)
    ridge = 1e-3 * np.trace(within) / len(within) + 1e-9
    w = np.linalg.solve(within + ridge * np.eye(len(within)), groups[1].mean(0) - groups[0].mean(0))
    low, high = (float(np.median(g @ w)) for g in groups)
    return w, low, high


def _counts(projected: np.ndarray, low: float, high: float) -> np.ndarray:
    """Customers in the window around each of the 41 points between the medians."""
    ordered = np.sort(projected)
    centres, half = low + (high - low) * STEPS, HALF_WIDTH * abs(high - low)
    return np.searchsorted(ordered, centres + half, "right") - np.searchsorted(ordered, centres - half, "left")


def _extremes(counts: np.ndarray) -> tuple[int, int, int]:
    """Positions of the emptiest inner window and of the fullest window on either side of it."""
    boundary = INNER[0] + int(counts[INNER[0]:INNER[1] + 1].argmin())
    return boundary, int(counts[:boundary].argmax()), boundary + 1 + int(counts[boundary + 1:].argmax())


def _members(near, pair):
    return (near[0] == pair[0]) | (near[0] == pair[1])
