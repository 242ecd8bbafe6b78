"""The bridge check: are segments that look apart joined by a ridge of even density? (method.md §3.7)

A valley on the straight line between two segments is no proof of a gap: along a curved cloud the density never falls.
So the customers are cut more finely, and fine neighbours across two segments are looked at. One fine cut of the
same kind decides as the method says; cuts of other kinds, which follow bent ridges better, decide when two agree (one,
where customers are few).
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from lib.analyze.structure.families import Model, fit
from lib.analyze.structure.stability import contingency
from lib.analyze.structure.valley import FEWEST, adjacent_pairs, windows

SPLITS = 3
BRIDGED, PURE = 0.8, 0.8  # boundary over lower shoulder; members of a fine segment in one coarse segment
# [ours] Found with a wave-shaped cloud, which the cut into 2k by its own family called two natural groups in 10 of 10.
FURTHER = (("tied", 3), ("tied", 4), ("diagonal", 2), ("diagonal", 3), ("diagonal", 4))
FEWEST_FURTHER = 5  # customers on a shoulder: fine segments are small
EVEN = 0.5  # lower over higher shoulder: beside a group much smaller than its neighbour a fine segment is a slope
AGREEING = 2
FEW = 1_000  # [ours] below, windows are so thin that bent ridges pass for gaps: one cut suffices, however uneven


def bridges(model: Model, points: np.ndarray, *, seed: int, one_is_enough: bool = False) -> set[tuple[int, int]]:
    """Pairs of segments that a ridge joins: fine neighbours lie across them without a valley.

    ``one_is_enough``: stop at the first pairs found, to learn only whether there are any.
    """
    joined = _joined_by(model, points, model.family, 2, FEWEST, 0.0, seed)
    even, agreeing = (EVEN, AGREEING) if len(points) >= FEW else (0.0, 1)
    votes = Counter()
    for cut in dict.fromkeys((*FURTHER, (model.family, 2))):
        if joined and one_is_enough:
            break
        votes.update(_joined_by(model, points, *cut, FEWEST_FURTHER, even, seed))
        joined |= {pair for pair, n in votes.items() if n >= agreeing}
    return joined


def _joined_by(model: Model, points, family: str, times: int, fewest: int, even: float,
               seed: int) -> set[tuple[int, int]]:
    """Pairs of segments that a cut into ``times`` as many finds joined."""
    fine = fit(family, points, times * model.k, seed=seed)
    first, second = fine.nearest_two(points)
    shares = contingency(first, model.labels(points), fine.k)
    shares = np.pad(shares, ((0, 0), (0, model.k - shares.shape[1]))) / np.maximum(shares.sum(1, keepdims=True), 1)
    suspects = [pair for pair in adjacent_pairs(first, second, fine.k) if _crosses(shares, pair)]
    if not suspects:
        return set()
    fill = np.median([_fill(fine, points, suspects, fewest, even, np.random.default_rng([seed, 9, s]))
                      for s in range(SPLITS)], axis=0)
    return {joined for pair, f in zip(suspects, fill, strict=True) if f >= BRIDGED for joined in _across(shares, pair)}


def _fill(fine, points, pairs, fewest: int, even: float, rng) -> list[float]:
    """Boundary over lower shoulder of every fine pair; 0 where a shoulder is too thin, or the two too uneven."""
    return [b / min(s) if min(s) >= max(fewest, even * max(s)) else 0.0
            for b, s in windows(fine, points, pairs, rng, _between)]


def _between(near, pair):
    """Customers whose two nearest fine centres are the pair."""
    first, second = near
    return ((first == pair[0]) & (second == pair[1])) | ((first == pair[1]) & (second == pair[0]))


def _crosses(shares, pair) -> bool:
    """Whether a fine pair lies in different coarse segments, or one of it is spread over several."""
    own = shares[list(pair)].argmax(1)
    return own[0] != own[1] or shares[list(pair)].max(1).min() < PURE


def _across(shares, pair) -> set[tuple[int, int]]:
    """The coarse segments that a fine pair touches, as pairs."""
    own = set(shares[list(pair)].argmax(1).tolist())
    for fine in pair:
        if len(own) == 1 and shares[fine].max() < PURE:
            own |= set(np.argsort(-shares[fine], kind="stable")[:2].tolist())
    touched = sorted(own)
    return {(i, j) for i in touched for j in touched if i < j}
