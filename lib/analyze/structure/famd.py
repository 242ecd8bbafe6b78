"""Scores of mixed data: factor analysis of mixed data (Escofier 1979; Pagès 2004), so that distances mean something.

Numbers are standardised; each category is a 0/1 column over the square root of its share, less its mean. All numeric,
this is principal components; all categorical, it is multiple correspondence analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

SHARE = 0.80  # [ours] of the variance that the kept dimensions carry
MOST = 8  # dimensions: beyond that the valley test has little power, method.md §3.7 [ours]


@dataclass(frozen=True)
class Famd:
    """Coordinates of the rows, variance of each kept dimension, total variance, and how columns turn into scores."""

    scores: np.ndarray
    variances: np.ndarray
    total: float
    columns: list[tuple[str, object]]
    centre: np.ndarray
    scale: np.ndarray
    axes: np.ndarray

    def transform(self, table: pd.DataFrame) -> np.ndarray:
        """Scores of other rows by the same arithmetic; a level never seen before counts as none of those known."""
        return self.place(_coded(table, self.columns))

    def place(self, raw: np.ndarray) -> np.ndarray:
        """Scores of rows that are coded already."""
        return (raw / self.scale - self.centre) @ self.axes


def famd(table: pd.DataFrame, *, share: float = SHARE, most: int = MOST) -> Famd:
    """The leading dimensions of complete rows; columns are numbers or categories (texts, yes-or-no)."""
    columns = [(c, level) for c in sorted(table) for level in _levels(table[c])]
    return of_columns(_coded(table, columns), columns, share=share, most=most)


def of_columns(raw: np.ndarray, columns: list[tuple[str, object]], *, share: float = SHARE, most: int = MOST) -> Famd:
    """The same from coded columns: a number where the level is None, else 1 for who has the level and 0 for others."""
    mean, spread = raw.mean(0), raw.std(0)
    numeric = np.array([level is None for _, level in columns])
    scale = np.where(numeric, np.where(spread > 0, spread, 1.0), np.sqrt(np.maximum(mean, 1e-12)))
    scaled = raw / scale
    centre = scaled.mean(0)
    _, singular, axes = np.linalg.svd(scaled - centre, full_matrices=False)
    variances = singular**2 / len(raw)
    carried = np.cumsum(variances) / variances.sum()
    kept = min(int(np.searchsorted(carried, share - 1e-9)) + 1, most)
    axes = axes[:kept].T * np.sign(axes[:kept][np.arange(kept), np.abs(axes[:kept]).argmax(1)])
    return Famd((scaled - centre) @ axes, variances[:kept], float(variances.sum()), columns, centre, scale, axes)


def _levels(values: pd.Series) -> list:
    """None for a column of numbers, else its categories."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return [None]
    return sorted(values.unique(), key=str)


def _coded(table: pd.DataFrame, columns: list[tuple[str, object]]) -> np.ndarray:
    return np.column_stack([table[c].astype(float) if level is None else (table[c] == level).astype(float)
                            for c, level in columns])
