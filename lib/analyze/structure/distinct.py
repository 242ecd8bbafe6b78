"""Whether segments differ on something other than the variables that made them (method.md §3.8)."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.stats import cohens_d, cramers_v

LARGE_D, LARGE_V, ALPHA = 0.5, 0.3, 0.05  # [ours] method.md §3.8
LEVELS = 30  # [ours] a text with more levels describes nobody


def all_distinct(labels: np.ndarray, descriptors: pd.DataFrame) -> bool:
    """Whether every pair of segments differs clearly on at least one descriptor (rows as in ``labels``)."""
    columns = [_column(descriptors[c]) for c in descriptors]
    pairs = itertools.combinations(range(int(labels.max()) + 1), 2)
    return all(any(_differ(x, labels == i, labels == j) for x in columns if x is not None) for i, j in pairs)


def _column(x: pd.Series) -> pd.Series | None:
    if pd.api.types.is_datetime64_any_dtype(x):
        return None
    if pd.api.types.is_numeric_dtype(x):
        return x.astype(float)
    return x.astype("str").where(x.notna()) if x.nunique() <= LEVELS else None


def _differ(x: pd.Series, first: np.ndarray, second: np.ndarray) -> bool:
    if pd.api.types.is_float_dtype(x):
        d, low, high = cohens_d(x[first], x[second])
        return bool(abs(d) >= LARGE_D and (low > 0 or high < 0))
    both = (first | second) & x.notna().to_numpy()
    table = pd.crosstab(first[both], x[both].to_numpy())
    if min(table.shape) < 2:
        return False
    return bool(cramers_v(table) >= LARGE_V and sps.chi2_contingency(table).pvalue < ALPHA)
