"""A fitted clustering as arithmetic: atoms, scaling and scores from plain numbers, the same in Python and in SQL.

Reads the solution that step 3 writes (described in its artefact `structure_choice`). Every family becomes
score_j = constant_j + Σ linear_ji z_i + Σ square_ji z_i² + what j gives to the answer found in each category; the
largest wins; what all segments share is left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.segments.categories import effect_sql, effects, known_answers, known_sql
from lib.segments.conditions import double, finite, numbers

FARTHEST = 1000.0  # scaled values are held within it, so that no extreme value overflows a score
EVEN_ODDS = 2.0  # [ours] ambiguous: the best is less than twice as likely as the second (method.md §4, ledger)


def place(frame: pd.DataFrame, solution: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(cluster, probability, ambiguous) of every row; cluster -1 and no probability where a value is missing.

    Clusters 0..k-1 are the centres, k.. the groups of atoms, in the solution's order.
    """
    known = known_answers(frame, solution)
    for column in dict.fromkeys([*solution["columns"], *solution["atom_columns"]]):
        known &= ~np.isnan(numbers(frame, column))
    cluster, probability = np.full(len(frame), -1), np.full(len(frame), np.nan)
    ambiguous = np.zeros(len(frame), bool)
    if known.any():
        found = scores(frame[known], solution)
        cluster[known], probability[known], ambiguous[known] = certainty(found)
    at, group = _atoms(frame, solution)
    at &= known
    cluster[at], probability[at], ambiguous[at] = solution["k"] + group[at], 1.0, False
    return cluster, probability, ambiguous


def listed_patterns(solution: dict) -> list[tuple[int, frozenset]]:
    """(group, positions of the atoms that hold) of every pattern that a group lists, in order."""
    return [(i, frozenset(p)) for i, group in enumerate(solution["atom_groups"]) for p in group["patterns"]]


def _atoms(frame: pd.DataFrame, solution: dict) -> tuple[np.ndarray, np.ndarray]:
    """Whether a row sits on an atom, and the group whose pattern differs in the fewest atoms, the first of equals."""
    listed = listed_patterns(solution)
    if not listed:
        return np.zeros(len(frame), bool), np.zeros(len(frame), int)
    on = np.column_stack([numbers(frame, a["column"]) == a["equals"] for a in solution["atoms"]])
    patterns = np.array([[i in p for i in range(on.shape[1])] for _, p in listed])
    nearest = (on[:, None, :] != patterns[None]).sum(axis=2).argmin(axis=1)
    return on.any(axis=1), np.array([i for i, _ in listed])[nearest]


def scaled(frame: pd.DataFrame, solution: dict) -> np.ndarray:
    """Rows × columns of the solution: logged where it logs, shifted, scaled, held within ±1000; NaN where missing."""
    columns = []
    for i, column in enumerate(solution["columns"]):
        values = numbers(frame, column)
        if solution["logged"][i]:
            values = np.log(np.maximum(values, solution["lowest"][i]) + solution["log_shift"][i])
        z = (values - solution["shift"][i]) / solution["scale"][i]
        columns.append(np.clip(z, -FARTHEST, FARTHEST))
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def coefficients(solution: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(constant k, linear k × p, square k × p) of the scores of a solution over its scaled columns."""
    p = len(solution["columns"])
    if solution["family"] == "latent classes":
        nothing = np.zeros((solution["k"], p))
        return np.log(np.asarray(solution["shares"], float)), nothing, nothing
    centres, precisions = np.asarray(solution["centres"], float), np.asarray(solution["precisions"], float)
    linear = centres @ precisions if solution["family"] == "tied" else centres * precisions
    constant = np.asarray(solution["offsets"], float) - 0.5 * (centres * linear).sum(axis=1)
    if solution["family"] == "mixed":
        axes, scale = np.asarray(solution["axes"], float), np.asarray(solution["axis_scale"], float)
        constant = constant - linear @ (np.asarray(solution["axis_centre"], float) @ axes)
        return constant, linear @ (axes[:p] / scale[:p, None]).T, np.zeros((solution["k"], p))
    square = -0.5 * precisions if solution["family"] == "diagonal" else np.zeros_like(centres)
    return constant, linear, square


def scores(frame: pd.DataFrame, solution: dict) -> np.ndarray:
    """Score of every row for every centre, summed column by column as the SQL does."""
    z = scaled(frame, solution)
    constant, linear, square = coefficients(solution)
    total = np.tile(constant, (len(z), 1))
    for i in range(z.shape[1]):
        column = z[:, i : i + 1]
        total = total + linear[:, i] * column
        if square[:, i].any():
            total = total + square[:, i] * (column * column)
    for given in effects(frame, solution):
        total = total + given
    return total


def certainty(found: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(best, probability, ambiguous) of rows of scores; ambiguous: the second is nearly as close."""
    best = found.argmax(axis=1)
    top = found[np.arange(len(found)), best]
    probability = 1 / np.exp(found - top[:, None]).sum(axis=1)
    close = (found > (top - np.log(EVEN_ODDS))[:, None]).sum(axis=1) >= 2
    return best, probability, close


def z_sql(solution: dict, i: int) -> str:
    """SQL of the i-th scaled column; null where the value is missing."""
    value = finite(solution["columns"][i])
    written = value
    if solution["logged"][i]:
        written = f"ln(greatest({value}, {double(solution['lowest'][i])}) + {double(solution['log_shift'][i])})"
    z = f"({written} - {double(solution['shift'][i])}) / {double(solution['scale'][i])}"
    # greatest and least skip nulls in some engines: what is missing must stay missing
    return f"CASE WHEN {value} IS NOT NULL THEN least(greatest({z}, {double(-FARTHEST)}), {double(FARTHEST)}) END"


def score_sql(solution: dict) -> list[str]:
    """SQL of the score of each centre over columns z0, z1, ... and the columns of categories."""
    constant, linear, square = coefficients(solution)
    return [" + ".join([_sum_sql(constant[j], linear[j], square[j], square.any(axis=0)), *effect_sql(solution, j)])
            for j in range(len(constant))]


def is_known_sql(solution: dict) -> str:
    """SQL of whether a row can be placed at all."""
    used = dict.fromkeys([*solution["columns"], *solution["atom_columns"]])
    return " AND ".join([*(f"{finite(c)} IS NOT NULL" for c in used), *known_sql(solution)])


def _sum_sql(constant, linear, square, squared) -> str:
    terms = [f"({double(constant)})"]
    for i, slope in enumerate(linear):
        terms.append(f"({double(slope)}) * z{i}")
        if squared[i]:
            terms.append(f"({double(square[i])}) * (z{i} * z{i})")
    return " + ".join(terms)
