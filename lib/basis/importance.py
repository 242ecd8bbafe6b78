"""Importance of engagement metrics out of time, over bootstrap draws of users, from weighted sums (method.md §3.3).

A ridge model is fitted where the data are learned and judged where they are judged. Both need only the second
moments of metrics and outcome, so that refitting in each of 500 draws costs two matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DRAWS = 500    # method.md §3.3: bootstrap draws of users, refitted in each
CHUNK = 50     # draws held in memory at once
RIDGE = 1.0    # penalty on standardised metrics, in units of users: mild, only against collinearity


@dataclass(frozen=True)
class Importance:
    """``estimate``: loss of out-of-time R² per metric; ``draws``: the same per bootstrap draw (draws × metrics);
    ``r2``: out-of-time R² of all metrics together."""

    estimate: np.ndarray
    draws: np.ndarray
    r2: float


def importance(x1: np.ndarray, y1: np.ndarray, x2: np.ndarray, y2: np.ndarray, *, seed: int) -> Importance:
    """Importance of the columns of ``x1`` (learned against ``y1``), judged on ``x2`` and ``y2``; one row per user.

    Metrics are standardised by what was learned. Users are drawn with both of their periods, and the model is
    refitted in every draw.
    """
    centre, spread = x1.mean(axis=0), x1.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    learn, judge = (_products((x - centre) / spread, y) for x, y in ((x1, y1), (x2, y2)))
    n = len(y1)
    whole = np.ones((1, n))
    estimate, r2 = _losses(whole @ learn, whole @ judge)
    rng = np.random.default_rng(seed)
    drawn = []
    for first in range(0, DRAWS, CHUNK):
        weights = _weights(rng, min(CHUNK, DRAWS - first), n)
        drawn.append(_losses(weights @ learn, weights @ judge)[0])
    return Importance(estimate[0], np.concatenate(drawn), float(r2[0]))


def _weights(rng: np.random.Generator, draws: int, n: int) -> np.ndarray:
    """How often each user was drawn: one row per draw of n users with replacement."""
    drawn = rng.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=draws * n).reshape(draws, n).astype(float)


def _products(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """All products of pairs of (1, metrics, outcome), one row per user."""
    z = np.column_stack([np.ones(len(y)), x, y])
    return (z[:, :, None] * z[:, None, :]).reshape(len(y), -1)


def _losses(learned: np.ndarray, judged: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss of judged R² per permuted metric, and R² itself, for each row of summed products.

    Replacing metric j by an independent draw of itself takes b_j·(2·cov(r, x_j) + 2·b_j·var(x_j)) from the error,
    r being the judged residual: the expectation over all permutations, without drawing any. A shift of the
    outcome's level between the periods is not the metrics' doing, so that both sides are centred.
    """
    size = int(np.sqrt(learned.shape[1]))
    s1, s2 = _covariances(learned, size), _covariances(judged, size)
    users = learned[:, 0, None, None]
    penalty = RIDGE / users * np.eye(size - 2)
    b = np.linalg.solve(s1[:, :-1, :-1] + penalty, s1[:, :-1, -1:])[..., 0]
    within, across, total = s2[:, :-1, :-1], s2[:, :-1, -1], s2[:, -1, -1]
    explained = np.einsum("dij,dj->di", within, b)
    variance = np.einsum("dii->di", within)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = 2 * b * (across - explained + b * variance) / total[:, None]
        r2 = (2 * (b * across).sum(axis=1) - (b * explained).sum(axis=1)) / total
    return loss, r2


def _covariances(summed: np.ndarray, size: int) -> np.ndarray:
    """Covariances of metrics and outcome from summed products."""
    square = summed.reshape(-1, size, size)
    n = square[:, 0, 0]
    mean = square[:, 0, 1:] / n[:, None]
    return square[:, 1:, 1:] / n[:, None, None] - mean[:, :, None] * mean[:, None, :]
