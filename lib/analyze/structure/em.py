"""k-means and Gaussian mixtures by one loop, several random starts at a time, on rows that carry counts.

In every family the score of a segment is linear in features of the point: (z, 1) for kmeans and tied, (z², z, 1)
for diagonal. So one product of matrices scores all segments of all starts, and its transpose collects the sums
that the new parameters need. k-means gives a row wholly to its best segment, mixtures give it in shares.
Arrays are laid out (segments, starts, rows), in blocks of rows that stay in the processor's cache.
"""

from __future__ import annotations

import numpy as np

RIDGE = 1e-3  # [ours] added to every variance of the standardised data: no segment shrinks to a point
BLOCK = 60_000  # numbers in one block of scores
SHORT, LONG = 10, 300  # steps of the trial runs of mixtures (Biernacki, Celeux & Govaert 2003), and of the last run
ENOUGH = {"kmeans": 1e-5, "tied": 1e-4, "diagonal": 1e-4}  # gain per row and step at which a run ends


def features(family: str, points: np.ndarray) -> np.ndarray:
    """What scores are linear in: one row per feature, one column per point; the last row is 1."""
    parts = [points.T**2] if family == "diagonal" else []
    return np.vstack([*parts, points.T, np.ones(len(points))])


def coefficients(family: str, centres, precisions, weights) -> np.ndarray:
    """Coefficients of the scores, (..., k, features), from parameters with any leading axes.

    The score is the log of weight times density up to a term that all segments share (kmeans: minus half the
    squared distance up to such a term).
    """
    if family == "kmeans":
        return np.concatenate([centres, -0.5 * (centres**2).sum(-1, keepdims=True)], -1)
    if family == "tied":
        toward = centres @ precisions
        offset = np.log(weights) - 0.5 * (toward * centres).sum(-1)
        return np.concatenate([toward, offset[..., None]], -1)
    offset = np.log(weights) + 0.5 * (np.log(precisions) - precisions * centres**2).sum(-1)
    return np.concatenate([-0.5 * precisions, precisions * centres, offset[..., None]], -1)


def fit(family: str, points, counts, k: int, *, seed: int, starts: int) -> tuple:
    """(centres, precisions, weights) of the best of several starts; every start of k-means runs to its end."""
    rng = np.random.default_rng(seed)
    centres = _seeds(points, counts, k, starts, rng)
    hard, objective = run("kmeans", points, counts, (centres, None, None), LONG if family == "kmeans" else 3)
    if family == "kmeans":
        return _take(hard, int(objective.argmax()))
    begun = _parameters(family, _sums(family, points, counts, hard), _moment(points, counts))
    tried, objective = run(family, points, counts, begun, SHORT)
    best = _take(tried, int(objective.argmax()), keep=True)
    return _take(run(family, points, counts, best, LONG)[0], 0)


def run(family: str, points, counts, parameters: tuple, steps: int) -> tuple[tuple, np.ndarray]:
    """Parameters with a leading axis of starts after at most ``steps`` steps, and the objective of each start."""
    total, inputs, whole = counts.sum(), features(family, points).astype(np.float32), counts.astype(np.float32)
    starts, moment = len(parameters[0]), _moment(points, counts) if family == "tied" else None
    objective, active = np.full(starts, -np.inf), np.arange(starts)
    parameters = [None if x is None else x.copy() for x in parameters]
    for _ in range(steps):
        current = tuple(None if x is None else x[active] for x in parameters)
        sums, reached = _accumulate(inputs, whole, coefficients(family, *current), family == "kmeans")
        reached = reached / total + _shared_term(current[1], moment)
        new = _parameters(family, sums, moment, current[0])
        gain, objective[active] = reached - objective[active], reached
        for old, x in zip(parameters, new, strict=True):
            if old is not None:
                old[active] = x
        active = active[gain > ENOUGH[family]]
        if not len(active):
            break
    return tuple(parameters), objective


def _accumulate(inputs, counts, weights, hard: bool) -> tuple[np.ndarray, np.ndarray]:
    """Sums of features per (start, segment) under the current scores, and the objective of every start."""
    starts, k, f = weights.shape
    flat = np.ascontiguousarray(weights.transpose(1, 0, 2), np.float32).reshape(k * starts, f)
    sums, reached = np.zeros((k * starts, f)), np.zeros(starts)
    step = max(BLOCK // (k * starts), 256)
    space = np.empty(k * starts * min(step, inputs.shape[1]), np.float32)
    for begin in range(0, inputs.shape[1], step):
        block, count = inputs[:, begin:begin + step], counts[begin:begin + step]
        scores = np.matmul(flat, block, out=space[:k * starts * len(count)].reshape(k * starts, -1))
        shares = scores.reshape(k, starts, -1)
        top = shares.max(0)
        if hard:
            np.greater_equal(shares, top, out=shares)
            shares *= count
            reached += top @ count
        else:
            shares -= top
            np.exp(shares, out=shares)
            whole = shares.sum(0)
            shares *= count / whole
            reached += (top + np.log(whole)) @ count
        sums += scores @ block.T
    return sums.reshape(k, starts, f).transpose(1, 0, 2), reached


def _sums(family, points, counts, parameters) -> np.ndarray:
    """Sums of this family's features when k-means assigns the rows."""
    scores = np.einsum("skf,fn->skn", coefficients("kmeans", *parameters), features("kmeans", points))
    shares = (scores == scores.max(1, keepdims=True)) * counts
    return shares @ features(family, points).T


def _parameters(family, sums, moment, before=None) -> tuple:
    """(centres, precisions, weights) from the sums; an empty segment stays where it was."""
    sizes = sums[..., -1:]
    filled = np.maximum(sizes, 1e-9)
    p = (sums.shape[-1] - 1) // (2 if family == "diagonal" else 1)
    centres = sums[..., -1 - p:-1] / filled
    if before is not None:
        centres = np.where(sizes > 1e-9, centres, before)
    weights = (filled / filled.sum(1, keepdims=True))[..., 0]
    if family == "kmeans":
        return centres, None, None
    if family == "diagonal":
        return centres, 1 / (np.maximum(sums[..., :p] / filled - centres**2, 0) + RIDGE), weights
    between = np.einsum("sk,skp,skq->spq", weights, centres, centres)
    return centres, np.linalg.inv(moment - between + RIDGE * np.eye(p)), weights


def _shared_term(precisions, moment):
    """The part of the mean log-likelihood that scores leave out, where it changes from step to step (tied)."""
    if moment is None:
        return 0.0
    return 0.5 * np.linalg.slogdet(precisions)[1] - 0.5 * np.einsum("spq,pq->s", precisions, moment)


def _moment(points, counts):
    return (points * counts[:, None]).T @ points / counts.sum()


def _take(parameters, start: int, keep: bool = False):
    """The parameters of one start, with or without the axis of starts."""
    at = slice(start, start + 1) if keep else start
    return tuple(None if x is None else x[at] for x in parameters)


def _seeds(points, counts, k, starts, rng):
    """Greedy k-means++ (Arthur & Vassilvitskii 2007) for all starts at once: (starts, k, p)."""
    norms, trials = (points**2).sum(1), 2 + int(np.log(k))

    def distances(rows):
        chosen = points[rows]
        return np.maximum(norms - 2 * chosen @ points.T + (chosen**2).sum(1)[:, None], 0)

    picked = [_draw(counts, rng.random(starts))]
    closest = distances(picked[0])
    for _ in range(k - 1):
        draws = rng.random((starts, trials))
        rows = np.array([_draw(c * counts, u) for c, u in zip(closest, draws, strict=True)])
        nearer = np.minimum(distances(rows.ravel()).reshape(starts, trials, -1), closest[:, None])
        best = (nearer @ counts).argmin(1)
        closest = nearer[np.arange(starts), best]
        picked.append(rows[np.arange(starts), best])
    return points[np.array(picked).T]


def _draw(weights, u):
    """Rows drawn in proportion to their weights, from uniform numbers."""
    cumulated = np.cumsum(weights)
    return np.minimum(np.searchsorted(cumulated, u * cumulated[-1], "right"), len(weights) - 1)
