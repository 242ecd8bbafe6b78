"""The families of methods that compete: k-means, Gaussian mixtures with tied or diagonal covariances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.analyze.structure import em

FAMILIES = ("kmeans", "tied", "diagonal")
STARTS = 5  # method.md §3.5: fewer than five starts give a wrong stability


@dataclass(frozen=True)
class Model:
    """A fitted division into k segments, in the standardised space.

    ``precisions`` (inverse variances): one number for kmeans, a matrix for tied, k rows for diagonal.
    """

    family: str
    centres: np.ndarray
    precisions: np.ndarray | float
    weights: np.ndarray

    @property
    def k(self) -> int:
        return len(self.centres)

    def scores(self, points: np.ndarray) -> np.ndarray:
        """Rows of points, columns of segments: higher is nearer (what it is: em.coefficients)."""
        weights = em.coefficients(self.family, self.centres, self.precisions, self.weights)
        return em.features(self.family, points).T @ weights.T

    def labels(self, points: np.ndarray) -> np.ndarray:
        """The segment of every point: the highest score, the first one among equals."""
        return self.scores(points).argmax(1)

    def nearest_two(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first and the second nearest segment of every point."""
        scores, rows = self.scores(points), np.arange(len(points))
        first = scores.argmax(1)
        scores[rows, first] = -np.inf
        return first, scores.argmax(1)

    def ordered(self, points: np.ndarray) -> Model:
        """The same model with its segments numbered by size, largest first."""
        sizes = np.bincount(self.labels(points), minlength=self.k)
        order = np.lexsort((*self.centres.T[::-1], -sizes))
        precisions = self.precisions[order] if self.family == "diagonal" else self.precisions
        return Model(self.family, self.centres[order], precisions, self.weights[order])


def fit(family: str, points: np.ndarray, k: int, *, seed: int, counts=None, starts: int = STARTS) -> Model:
    """A division of the points into k segments, the best of several random starts.

    ``counts``: how often each row occurs (default once).
    """
    counts = np.ones(len(points)) if counts is None else np.asarray(counts, float)
    return _model(family, points, counts, em.fit(family, points, counts, k, seed=seed, starts=starts))


def refit(model: Model, points: np.ndarray) -> Model:
    """The same family fitted to other points, going on from ``model``: segments keep their numbers."""
    counts = np.ones(len(points))
    precisions = None if model.family == "kmeans" else model.precisions[None]
    begun = (model.centres[None], precisions, None if model.family == "kmeans" else model.weights[None])
    parameters, _ = em.run(model.family, points, counts, begun, em.LONG)
    return _model(model.family, points, counts, [None if x is None else x[0] for x in parameters])


def _model(family, points, counts, parameters) -> Model:
    centres, precisions, weights = parameters
    if family != "kmeans":
        return Model(family, centres, precisions, weights)
    k, p = centres.shape
    model = Model(family, centres, 1.0, np.full(k, 1 / k))
    square = counts @ ((points - centres[model.labels(points)]) ** 2).sum(1)
    return Model(family, centres, 1 / max(square / (counts.sum() * p), em.RIDGE), model.weights)
