"""Noise: customers whom a segment holds only because some segment must, far from everybody else in it.

Clusters divide everybody, so that whoever resembles nobody ends in the nearest one. How far is far is told by each
segment's own members: beyond the third quartile of their distances from its centre by three interquartile ranges
(Tukey 1977, "far out"; of a normal cloud one customer in many thousands). [ours]: of distances, and of 20 members.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.segments.categories import is_level
from lib.segments.model import OUTSIDE
from lib.segments.solution import scaled

FENCE, FEWEST = 3.0, 20


def has_centres(model: dict) -> bool:
    """Whether anybody can be far from a segment: rules and classes of answers have no centres."""
    return bool(model["solution"]) and model["solution"]["family"] != "latent classes"


def far_out(table: pd.DataFrame, model: dict) -> pd.Series:
    """Which rows are noise: features with the `segment` of each. Whoever was placed by an atom is not."""
    solution, found = model["solution"], pd.Series(False, table.index)
    for j, segment in enumerate(model["cluster_segments"][: solution["k"]]):
        members = table[(table["segment"] == segment) & (segment != OUTSIDE)]
        if len(members) >= FEWEST:
            away = _distance(_coordinates(members, solution), solution, j)
            low, high = np.quantile(away, [0.25, 0.75])
            found[members.index] = away > high + FENCE * (high - low)
    return found


def _coordinates(members: pd.DataFrame, solution: dict) -> np.ndarray:
    """Rows × dimensions of the space that the centres lie in: scaled amounts, or factors of mixed data."""
    z = scaled(members, solution)
    if solution["family"] != "mixed":
        return z
    levels = [is_level(members, c["column"], level) for c in solution["categories"] for level in c["levels"]]
    found = np.column_stack([z, *levels]) / np.asarray(solution["axis_scale"], float)
    return (found - np.asarray(solution["axis_centre"], float)) @ np.asarray(solution["axes"], float)


def _distance(points: np.ndarray, solution: dict, j: int) -> np.ndarray:
    """Distance from the centre, as the family measures it: plain, or in standard deviations of the mixture."""
    away = points - np.asarray(solution["centres"], float)[j]
    precisions = np.asarray(solution["precisions"], float)
    if solution["family"] == "tied":
        return np.sqrt(np.einsum("ij,jk,ik->i", away, precisions, away))
    return np.sqrt((away**2 * (precisions[j] if precisions.ndim == 2 else precisions)).sum(axis=1))
