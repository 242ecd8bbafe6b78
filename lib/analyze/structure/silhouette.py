"""How much nearer customers are to their own segment than to the next (Rousseeuw 1987): shown, never decisive."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import euclidean_distances

ROWS = 2_000  # [ours] rows looked at, spread evenly over all


def silhouettes(points: np.ndarray, models) -> list[float]:
    """Mean silhouette of every division over the same rows, from one table of their distances; nan for one segment."""
    rows = points[np.unique(np.linspace(0, len(points) - 1, ROWS).astype(int))]
    return of_distances(euclidean_distances(rows), [model.labels(rows) for model in models])


def of_distances(distances: np.ndarray, labellings) -> list[float]:
    """The same, from the distances and the labels of the rows."""
    return [_silhouette(distances, np.unique(labels, return_inverse=True)[1]) for labels in labellings]


def _silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    sizes = np.bincount(labels)
    if not 1 < len(sizes) < len(labels):
        return np.nan
    own = labels[:, None] == np.arange(len(sizes))
    toward = distances @ own
    inside = toward[own] / np.maximum(sizes - 1, 1)[labels]
    outside = np.where(own, np.inf, toward / sizes).min(1)
    furthest = np.maximum(np.maximum(outside, inside), np.finfo(float).tiny)
    return float(np.where(sizes[labels] == 1, 0.0, (outside - inside) / furthest).mean())
