"""Categories in a fitted solution: what an answer adds to the score of a segment, in Python and in SQL.

``solution["categories"]`` lists {column, levels, rare}: levels that count, and levels known but too rare to count. A
level is a text, yes or no (a boolean), or a number of a column of two values. Mixed data: what is missing, or a level
never seen, cannot be placed. Latent classes: an answer that is missing or never seen counts as none, and whoever
gave no answer at all cannot be placed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.segments.conditions import double, numbers, quoted, text


def level_effects(solution: dict) -> list[np.ndarray]:
    """Per category, what each level (columns) adds to the score of each segment (rows), less what it adds to the first.
    """
    given, start = [], len(solution["columns"])
    for category in solution.get("categories", []):
        stop = start + len(category["levels"])
        own = (_of_classes if solution["family"] == "latent classes" else _of_axes)(solution, start, stop)
        given.append(own - own[0])
        start = stop
    return given


def _of_classes(solution: dict, start: int, stop: int) -> np.ndarray:
    return np.log(np.asarray(solution["probabilities"], float)[:, start:stop])


def _of_axes(solution: dict, start: int, stop: int) -> np.ndarray:
    axes = np.asarray(solution["axes"], float)[start:stop]
    scale = np.asarray(solution["axis_scale"], float)[start:stop]
    centres = np.asarray(solution["centres"], float) * np.asarray(solution["precisions"], float)
    return centres @ (axes / scale[:, None]).T


def effects(frame: pd.DataFrame, solution: dict) -> list[np.ndarray]:
    """Rows × segments for each category: what the answer found adds; nothing where it is none of the levels."""
    found = []
    for category, given in zip(solution.get("categories", []), level_effects(solution), strict=True):
        total = np.zeros((len(frame), solution["k"]))
        for level, column in zip(category["levels"], given.T, strict=True):
            total[is_level(frame, category["column"], level)] = column
        found.append(total)
    return found


def known_answers(frame: pd.DataFrame, solution: dict) -> np.ndarray:
    """Whether the categories of a row allow to place it."""
    asked = [np.any([is_level(frame, c["column"], level) for level in (*c["levels"], *c["rare"])], axis=0)
             for c in solution.get("categories", [])]
    if not asked:
        return np.ones(len(frame), bool)
    return np.any(asked, axis=0) if solution["family"] == "latent classes" else np.all(asked, axis=0)


def is_level(frame: pd.DataFrame, column: str, level) -> np.ndarray:
    """Rows in which a column has exactly this level."""
    if column not in frame:
        return np.zeros(len(frame), bool)
    if isinstance(level, str | bool):
        return frame[column].isin([level]).to_numpy(bool)
    return numbers(frame, column) == float(level)


def level_sql(solution: dict) -> list[str]:
    """SQL of the position of the level found in each category, -1 where it is none that counts: columns c0, c1, ..."""
    found = []
    for category in solution.get("categories", []):
        cases = " ".join(f"WHEN {_is_level_sql(category['column'], level)} THEN {i}"
                         for i, level in enumerate(category["levels"]))
        found.append(f"CASE {cases} ELSE -1 END")
    return found


def effect_sql(solution: dict, j: int) -> list[str]:
    """SQL of what each category adds to the score of segment j, over columns c0, c1, ..."""
    found = []
    for i, given in enumerate(level_effects(solution)):
        cases = " ".join(f"WHEN {level} THEN {double(value)}" for level, value in enumerate(given[j]) if value)
        found += [f"CASE c{i} {cases} ELSE 0e0 END"] if cases else []
    return found


def known_sql(solution: dict) -> list[str]:
    """SQL conditions under which the categories of a row allow to place it."""
    asked = ["(" + " OR ".join(_is_level_sql(c["column"], level) for level in (*c["levels"], *c["rare"])) + ")"
             for c in solution.get("categories", [])]
    # a condition on a null is null, not false
    if solution["family"] == "latent classes":
        return [f"coalesce({' OR '.join(asked)}, FALSE)"]
    return [f"coalesce({condition}, FALSE)" for condition in asked]


def _is_level_sql(column: str, level) -> str:
    if isinstance(level, bool):
        return f"{quoted(column)} = {'TRUE' if level else 'FALSE'}"
    if isinstance(level, str):
        return f"{quoted(column)} = {text(level)}"
    return f"{quoted(column)} = {double(level)}"
