"""A fitted clustering as arithmetic: atoms, scaling and scores from plain numbers, the same in Python and in SQL.

Reads the solution that step 3 writes (described in its artefact `structure_choice`). Every family becomes
score_j = constant_j + Σ z_i (linear_ji + square_ji z_i) + what j gives to the answer found in each category, less the
score of segment 0: what all segments share is left out. The largest wins, the first among equals.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.segments.categories import effect_sql, effects, known_answers, known_sql
from lib.segments.conditions import LARGEST, double, is_finite, numbers, quoted

FARTHEST = 1000.0  # scaled values are held within it, so that no extreme value overflows a score
EVEN_ODDS = 2.0  # [ours] ambiguous: the best is less than twice as likely as the second (method.md §4, ledger)
EQUAL = 1e-6  # [ours] log odds that differ by less are equal: logarithms of two engines may differ in the last bit
NOTHING = -40.0  # log odds below it add nothing to a sum of 1 and more; some engines fail where exp() underflows


def place(frame: pd.DataFrame, solution: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(cluster, probability, ambiguous) of every row; cluster -1 and no probability where a value is missing.

    Clusters 0..k-1 are the centres, k.. the groups of atoms, in the solution's order. Whoever sits on an atom is placed
    by it alone: who did nothing in the window has no basket value, and needs none.
    """
    decided = _known(frame, solution["atom_columns"])
    known = known_answers(frame, solution) & decided & _known(frame, solution["columns"])
    cluster, probability = np.full(len(frame), -1), np.full(len(frame), np.nan)
    ambiguous = np.zeros(len(frame), bool)
    if known.any():
        found = scores(frame[known], solution)
        cluster[known], probability[known], ambiguous[known] = certainty(found)
    at, group = _atoms(frame, solution)
    at &= decided
    cluster[at], probability[at], ambiguous[at] = solution["k"] + group[at], 1.0, False
    return cluster, probability, ambiguous


def _known(frame: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Rows with a finite number in each of the columns."""
    return ~np.isnan(np.array([numbers(frame, c) for c in columns]).reshape(len(columns), len(frame))).any(axis=0)


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
        values = np.clip(numbers(frame, column), *bounds(solution, i))
        if solution["logged"][i]:
            values = np.log(values + solution["log_shift"][i])
        columns.append((values - solution["shift"][i]) / solution["scale"][i])
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def bounds(solution: dict, i: int) -> tuple[float, float]:
    """Least and largest original value of a column that a score tells apart: those at ±1000, and what may be logged."""
    shift, reach = float(solution["shift"][i]), FARTHEST * float(solution["scale"][i])
    low, high = shift - reach, shift + reach
    if solution["logged"][i]:
        added = float(solution["log_shift"][i])
        with np.errstate(over="ignore"):
            low, high = float(np.exp(low)) - added, float(np.exp(high)) - added
        low = max(low, float(solution["lowest"][i]))
    return max(low, -LARGEST), min(high, LARGEST)


def coefficients(solution: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(constant k, linear k × p, square k × p) of the scores over the scaled columns, less those of segment 0."""
    constant, linear, square = _coefficients(solution)
    return constant - constant[0], linear - linear[0], square - square[0]


def _coefficients(solution: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
        total = total + column * (linear[:, i] + square[:, i] * column)
    for given in effects(frame, solution):
        total = total + given
    return total


def certainty(found: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(best, probability, ambiguous) of rows of scores; ambiguous: the second is nearly as close."""
    below = found - found.max(axis=1)[:, None]
    probability = 1 / np.where(below > NOTHING, np.exp(below), 0.0).sum(axis=1)
    return (below >= -EQUAL).argmax(axis=1), probability, (below > -np.log(EVEN_ODDS)).sum(axis=1) >= 2


def z_sql(solution: dict, i: int) -> str:
    """SQL of the i-th scaled column, for rows without a missing value."""
    value, (low, high) = quoted(solution["columns"][i]), map(double, bounds(solution, i))
    z = f"CASE WHEN {value} BETWEEN {low} AND {high} THEN {value} WHEN {value} < {low} THEN {low} ELSE {high} END"
    if solution["logged"][i]:
        z = f"ln({z} + {double(solution['log_shift'][i])})"
    return f"({z} - {double(solution['shift'][i])}) / {double(solution['scale'][i])}"


def score_sql(solution: dict) -> list[str]:
    """SQL of the score of each centre over columns z0, z1, ... and c0, c1, ..."""
    return [" + ".join([*_terms(*of_centre), *effect_sql(solution, j)])
            for j, of_centre in enumerate(zip(*coefficients(solution), strict=True))]


def is_known_sql(solution: dict) -> str:
    """SQL of whether a row can be placed at all."""
    used = dict.fromkeys([*solution["columns"], *solution["atom_columns"]])
    return " AND ".join([*map(is_finite, used), *known_sql(solution)])


def _terms(constant, linear, square) -> list[str]:
    terms = [double(constant)]
    for i, (slope, bend) in enumerate(zip(linear, square, strict=True)):
        factor = f"({double(slope)} + {double(bend)} * z{i})" if bend else f"({double(slope)})"
        terms += [f"z{i} * {factor}"] if slope or bend else []
    return terms
