"""The fitted division as plain JSON, and the assignment of customers from it with NumPy alone.

``structure_choice["solution"]`` (all lists follow the order of ``columns``; p columns, k segments):

columns      names of the original variables.
atom_columns names of further variables that only the atom rules read (may repeat ``columns``).
atoms        list of {column, equals}: the conditions, on original values.
atom_groups  list of {rule, name, n, patterns}: a pattern is the list of positions in ``atoms`` that hold.
logged       p booleans: whether the column is logged.
log_shift    p numbers added before the log (0 where not logged).
lowest       p numbers: smaller values are raised to this before the log (read only where logged).
shift, scale p numbers: mean and standard deviation after the log.
family       kmeans, tied or diagonal.   k: number of clustered segments.
centres      k rows of p, in the standardised space.
covariances  kmeans: one number (variance); tied: p rows of p; diagonal: k rows of p variances.
precisions   their inverses: one number, the inverse matrix, or k rows of p.
offsets      k numbers.   weights: k shares.

Order of work for one customer with original values x:

1. A missing value in any used column: cluster -1, probability missing.
2. The pattern of atoms that hold (equality of doubles, original values). Not empty: the customer belongs to the
   atom group that lists this pattern, cluster = k + position of the group, probability 1. A pattern that no group
   lists goes to the group holding the listed pattern with the smallest symmetric difference, the first among equals.
3. Else, column by column: y = ln(max(x, lowest) + log_shift) where logged, y = x elsewhere; z = (y - shift) / scale,
   held within ±1000. **No jitter**: ties are spread only while searching.
4. score_j = offsets_j - q_j / 2, where q_j is
   kmeans:   precisions * sum_d (z_d - c_jd)^2
   tied:     (z - c_j)' precisions (z - c_j)
   diagonal: sum_d precisions_jd * (z_d - c_jd)^2
5. cluster = the j with the highest score (the lowest j among equals, which differ by 1e-6 at most, so that every engine
   finds the same ones; for kmeans the nearest centre);
   probability = exp(score_cluster) / sum_j exp(score_j).

Two more families hold ``categories``: a list of {column, levels, rare}; a level is a text, yes or no (a boolean), or a
number of a column of two values. L levels that count, over all categories, in this order.

mixed             (amounts and categories) ``axes`` p + L rows of d, ``axis_scale`` and ``axis_centre`` p + L numbers,
                  ``centres`` k rows of d. After step 3 follow z and one 0/1 number a level (all 0 for a rare level);
                  each is divided by its axis_scale and lowered by its axis_centre, and their row times axes is the
                  point that step 4 takes, as for kmeans. A missing value, or a level that is neither listed nor rare:
                  cluster -1.
latent classes    (categories alone) ``shares`` k numbers, ``probabilities`` k rows of L, each item's adding up to 1.
                  score_j = ln shares_j + sum of ln probabilities_j of the levels found. An answer that is missing or
                  not listed counts as none; no answer at all: cluster -1.

Clusters 0..k-1 are numbered by size when fitted, largest first. Names are given in step 4, never from these numbers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analyze.structure.atoms import nearest, patterns
from lib.analyze.structure.families import Model
from lib.analyze.structure.scaling import Scaling

FARTHEST = 1000.0  # standardised values are held within it: no extreme value overflows a score
EQUAL = 1e-6  # [ours] scores that differ by less are equal


def portable(columns: list[str], scaling: Scaling, model: Model, atoms: list[dict], groups: list[dict]) -> dict:
    """The solution document of this module's description: plain numbers, lists and texts."""
    return {
        "columns": columns, "atom_columns": sorted({a["column"] for a in atoms}), "atoms": atoms,
        "atom_groups": groups, "family": model.family, "k": model.k,
        "logged": scaling.logged.tolist(), "lowest": scaling.lowest.tolist(),
        "log_shift": np.where(scaling.logged, scaling.log_shift, 0.0).tolist(),
        "shift": scaling.shift.tolist(), "scale": scaling.scale.tolist(),
        "centres": model.centres.tolist(), "weights": model.weights.tolist(), "offsets": _offsets(model).tolist(),
        "precisions": np.asarray(model.precisions).tolist(), "covariances": _covariances(model).tolist(),
    }


def assign(values: pd.DataFrame, solution: dict) -> pd.DataFrame:
    """Segments of customers by a saved solution: customer_key, cluster (-1 = a value is missing), probability.

    ``values`` is indexed by customer_key and holds the solution's columns; one row per customer comes back,
    sorted by key.
    """
    used = list(dict.fromkeys([*solution["columns"], *solution["atom_columns"]]))
    values = values.sort_index()
    table = values[used].astype(float)
    levels, placeable = _levels(values, solution)
    cluster, probability = np.full(len(table), -1), np.full(len(table), np.nan)
    known = table.notna().all(axis=1).to_numpy() & placeable
    if known.any():
        cluster[known], probability[known] = _assign_known(table[known], levels[known], solution)
    return pd.DataFrame({"customer_key": table.index.astype("str"), "cluster": cluster, "probability": probability})


def scores(points: np.ndarray, solution: dict) -> np.ndarray:
    """Step 4 for standardised points: one row per customer, one column per clustered segment."""
    gap = points[:, None, :] - np.array(solution["centres"])[None]
    precisions = np.array(solution["precisions"])
    if solution["family"] == "tied":
        square = np.einsum("nkp,pq,nkq->nk", gap, precisions, gap)
    else:
        square = (gap**2 * precisions).sum(2)
    return np.array(solution["offsets"]) - square / 2


def _levels(values: pd.DataFrame, solution: dict) -> tuple[np.ndarray, np.ndarray]:
    """0/1 columns of the levels that count, and whether the categories of a row allow to place it."""
    columns, answered = [np.empty((len(values), 0))], []
    for category in solution.get("categories", []):
        own = values[category["column"]]
        columns.append(np.column_stack([(own == v).fillna(False).to_numpy(bool) for v in category["levels"]]))
        answered.append(own.isin([*category["levels"], *category["rare"]]).to_numpy(bool))
    either = np.any if solution["family"] == "latent classes" else np.all
    placeable = either(answered, axis=0) if answered else np.ones(len(values), bool)
    return np.hstack(columns).astype(float), placeable


def _assign_known(table: pd.DataFrame, levels: np.ndarray, solution: dict):
    scaling = Scaling(*(np.array(solution[key]) for key in ("logged", "log_shift", "lowest", "shift", "scale")))
    points = np.clip(scaling.apply(table[solution["columns"]].to_numpy()), -FARTHEST, FARTHEST)
    if solution["family"] == "mixed":
        raw = np.hstack([points, levels]) / solution["axis_scale"] - np.array(solution["axis_centre"])
        points = raw @ np.array(solution["axes"])
    if solution["family"] == "latent classes":
        score = np.log(solution["shares"]) + levels @ np.log(np.array(solution["probabilities"])).T
    else:
        score = scores(points, solution)
    below = score - score.max(1, keepdims=True)
    cluster, probability = (below >= -EQUAL).argmax(1), 1 / np.exp(below).sum(1)
    listed = {tuple(p): i for i, group in enumerate(solution["atom_groups"]) for p in group["patterns"]}
    for row, pattern in enumerate(patterns(table, solution["atoms"]) if listed else ()):
        if pattern:
            cluster[row], probability[row] = solution["k"] + listed[nearest(pattern, listed)], 1.0
    return cluster, probability


def _offsets(model: Model) -> np.ndarray:
    """Log weight plus half the log determinant of the precisions, up to a shared constant; zero for kmeans."""
    if model.family == "kmeans":
        return np.zeros(model.k)
    if model.family == "tied":
        return np.log(model.weights)
    return np.log(model.weights) + 0.5 * np.log(model.precisions).sum(1)


def _covariances(model: Model) -> np.ndarray:
    if model.family == "tied":
        return np.linalg.inv(model.precisions)
    return 1 / np.asarray(model.precisions)
