"""From original variables to the space that is clustered: ties spread, skewed variables logged, all standardised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats as sps

TIES_SEED = 20190101  # method.md §3.7: always the same seed
MANY_TIES = 0.01  # method.md §3.7: more than this share of customers on one value
FEW_LEVELS = 50  # method.md §3.7: at most this many distinct values
SKEWED = 1.0  # [ours] skewness above which a variable is logged, when that makes it less skewed
START = 0.10  # [ours] quantile above the lowest value that is added before the log where values reach zero


@dataclass(frozen=True)
class Scaling:
    """Per column: whether it is logged, what is added before the log, the lowest value, mean and scale after it."""

    logged: np.ndarray
    log_shift: np.ndarray
    lowest: np.ndarray
    shift: np.ndarray
    scale: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Standardised values; nothing is drawn here, so a customer always lands on the same point."""
        x = np.array(values, float)
        for j in np.flatnonzero(self.logged):
            x[:, j] = np.log(np.maximum(x[:, j], self.lowest[j]) + self.log_shift[j])
        return (x - self.shift) / self.scale


def prepare(values: np.ndarray) -> tuple[np.ndarray, Scaling]:
    """Points to search (ties spread) and the scaling that was learned; rows must come in a canonical order."""
    columns = [_column(values[:, j], np.random.default_rng([TIES_SEED, j])) for j in range(values.shape[1])]
    spread, logged, log_shift, lowest = (np.array(part) for part in zip(*columns, strict=True))
    points = spread.T.copy()
    for j in np.flatnonzero(logged):
        points[:, j] = np.log(points[:, j] + log_shift[j])
    shift, scale = points.mean(0), points.std(0)
    return (points - shift) / scale, Scaling(logged, log_shift, lowest, shift, scale)


def has_ties(x: np.ndarray) -> bool:
    """Whether a variable has so few levels, or so many customers on one of them, that it must be spread."""
    levels, counts = np.unique(x, return_counts=True)
    return len(levels) <= FEW_LEVELS or counts.max() > MANY_TIES * len(x)


def spread_ties(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each value spread uniformly between the midpoints to its neighbouring levels (counts: + U(-.5, .5))."""
    levels, at = np.unique(x, return_inverse=True)
    middle = (levels[1:] + levels[:-1]) / 2
    low = np.concatenate([[2 * levels[0] - middle[0]], middle])
    high = np.concatenate([middle, [2 * levels[-1] - middle[-1]]])
    return low[at] + rng.random(len(x)) * (high[at] - low[at])


def _column(x: np.ndarray, rng: np.random.Generator):
    """One column: (spread values, logged, added before the log, lowest value allowed)."""
    tied = has_ties(x)
    spread = spread_ties(x, rng) if tied else x
    log_shift = _log_shift(x, tied)
    skew = sps.skew(spread)
    logged = skew > SKEWED and abs(sps.skew(np.log(spread + log_shift))) < skew
    return spread, bool(logged), log_shift, float(x.min())


def _log_shift(x: np.ndarray, tied: bool) -> float:
    """What to add before the log: nothing for positive values, else a step in the variable's own unit.

    A step of one level or of the lower tail, whichever is larger: the unit of money changes nothing.
    """
    levels = np.unique(x)
    floor = levels[0] - (levels[1] - levels[0]) / 2 if tied else levels[0]
    if floor > 0:
        return 0.0
    above = x[x > levels[0]] - levels[0]
    step = max(levels[1] - levels[0] if tied else 0.0, np.quantile(above, START))
    return float(step - levels[0])
