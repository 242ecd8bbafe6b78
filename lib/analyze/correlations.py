"""Which measures say the same: rank correlations of the variables that the search for groups looked at."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from lib.analyze.structure.kinds import is_category
from lib.analyze.variables import searched
from lib.contracts import NotMeasured, measured
from lib.stats import Z95

FEWEST = 30  # customers with both values [ours]: of fewer the interval says nothing
SURE = 1 - 1e-12  # where Fisher's transformation is still a number


@measured
def correlations(features: pd.DataFrame, variables: pd.DataFrame) -> pd.DataFrame | NotMeasured:
    """One row per pair of variables, the closest first: {first, second, rho, low, high, n}.

    Spearman's rank correlation among the customers who are searched and have both values, with the 95 % interval of
    Bonett and Wright (2000). Amounts and counts only, used or not; a pair of which one does not vary has no row.
    """
    table = searched(features)
    names = [v for v in variables["variable"] if v in table and _is_amount(table[v])]
    rows = [row for pair in combinations(names, 2) if (row := _pair(table, *pair))]
    if not rows:
        return NotMeasured("no two variables to compare", f"two amounts or counts known of {FEWEST} customers")
    found = pd.DataFrame(rows, columns=["first", "second", "rho", "low", "high", "n"])
    closest = found["rho"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[closest].reset_index(drop=True)


def _is_amount(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not is_category(values)


def _pair(table: pd.DataFrame, first: str, second: str) -> tuple | None:
    both = table[[first, second]].dropna()
    if len(both) < FEWEST or (both.nunique() < 2).any():
        return None
    rho = float(both[first].corr(both[second], method="spearman"))
    half = Z95 * np.sqrt((1 + rho**2 / 2) / (len(both) - 3))
    low, high = np.tanh(np.arctanh(np.clip(rho, -SURE, SURE)) + np.array([-half, half]))
    return first, second, rho, min(float(low), rho), max(float(high), rho), len(both)
