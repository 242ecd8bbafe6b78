"""Proxies found in the data: how well a candidate tells a protected column that is present too (method.md §1, §7)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.basis.signal import FEWEST, RARE, coded
from lib.stats import cramers_v

STRONG = 0.5  # [ours] Cramér's V, or 2·AUC - 1 of a number (an AUC of .75), from which a candidate is a proxy
PROTECTED_CLASSES = ("special", "protected")


def proxies(table: pd.DataFrame, classes: dict[str, str]) -> dict[str, tuple[str, float]]:
    """For each column of ``classes`` ({column: sensitivity}): (protected column it tells most about, how well).

    ("", NaN) where no protected column is present or too few customers have both. Protected columns are no proxies.
    """
    protected = [c for c, name in classes.items() if name in PROTECTED_CLASSES]
    found = {}
    for column in classes:
        known = {} if column in protected else {p: strength(table[column], table[p]) for p in protected}
        known = {p: s for p, s in known.items() if not np.isnan(s)}
        best = max(known, key=known.get, default="")
        found[column] = (best, known.get(best, np.nan))
    return found


def strength(candidate: pd.Series, protected: pd.Series) -> float:
    """0-1: Cramér's V of the groups; for a number also the best one-against-rest 2·AUC - 1, whichever is larger."""
    both = pd.concat([candidate, protected], axis=1, keys=["c", "p"]).dropna()
    counts = both["p"].value_counts()
    if len(both) < FEWEST or both["c"].nunique() < 2 or (counts >= RARE).sum() < 2:
        return np.nan
    told = pd.crosstab(coded(both["c"], both["c"]).judged, coded(both["p"], both["p"]).judged)
    values = [cramers_v(told)]
    if pd.api.types.is_numeric_dtype(both["c"]) and not pd.api.types.is_numeric_dtype(both["p"]):
        values += [_separation(both["c"], both["p"] == level) for level in counts[counts >= RARE].index]
    return float(np.nanmax(values)) if not np.isnan(values).all() else np.nan


def _separation(values: pd.Series, inside: pd.Series) -> float:
    """|2·AUC - 1| of telling members from others by a number (Mann-Whitney)."""
    ranks, n = sps.rankdata(values), int(inside.sum())
    rest = len(values) - n
    if not n or not rest:
        return np.nan
    auc = (ranks[inside.to_numpy()].sum() - n * (n + 1) / 2) / (n * rest)
    return float(abs(2 * auc - 1))
