"""Which shares of large groups must not be shown: those behind which a few customers stand, in profiles, in rates of
activity, and in groups of another scheme.

Of 471 customers one per cent came from the app store: that counts five. Shares of people and sums of small whole
numbers are counts again when multiplied by `n`, so they are protected as counts: the levels of a column add up to the
group, and the groups to the base, whose mean stands beside every row.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from lib.contracts.labels import MONEY
from lib.report.numbers import Format
from lib.report.protect import Sum, protect

RATES = ("active",)  # measures of `kpis` that are shares of people
NEAR = 1e-6  # what is farther from a whole number is no count


def hidden_rows(frame: pd.DataFrame, always: np.ndarray, smallest: int, *, groups: str) -> np.ndarray:
    """A mask over rows of the contracts `profile` and `outside_profile`. ``always``: hidden whatever they count;
    ``groups``: the column of the groups, of which those of `profile` add up to the base."""
    out = always.copy()
    column = np.array([variable.partition("=")[0] for variable in frame["variable"]], object)
    for name, rows in frame.assign(_place=np.arange(len(frame))).groupby(column, sort=False):
        if name not in MONEY:
            places = rows["_place"].to_numpy()
            out[places] |= _column(rows, always[places], smallest, groups)
    return out


def _column(rows: pd.DataFrame, always: np.ndarray, smallest: int, groups: str) -> np.ndarray:
    """The rows of one column to hide."""
    n = rows["n"].to_numpy(float)
    total = rows["mean"].fillna(0).to_numpy(float) * n
    yes = np.rint(total).astype("int64")
    if (np.abs(total - yes) > NEAR * np.maximum(n, 1)).any() or (yes < 0).any():
        return np.zeros(len(rows), bool)  # measured on a scale: a mean is no count
    few = (yes > 0) & (yes < smallest)
    levels = rows["variable"].str.contains("=", regex=False).to_numpy()
    binary = levels.all() or (rows["mean"].fillna(0) <= 1).all()
    no = (n - yes).astype("int64") if binary else np.zeros(len(rows), "int64")
    few |= (no > 0) & (no < smallest)
    if not few.any():
        return few
    added = rows.assign(_yes=yes).groupby(groups)["_yes"].transform("sum")
    whole = bool(levels.all() and (added == n).all())  # then who has not is who has another level
    cells, marked = (yes, always | few) if whole or not binary else (np.r_[yes, no], np.tile(always | few, 2))
    out = np.array(_protected(tuple(cells), tuple(marked), _sums(rows, groups, len(cells) > len(rows)), smallest))
    return out.reshape(-1, len(rows)).any(axis=0)


def _sums(rows: pd.DataFrame, groups: str, both: bool) -> tuple[Sum, ...]:
    """Who has a level and who has not (``both`` are cells) add up to the group; levels to it, too; groups to the base.
    """
    k, place = len(rows), pd.Series(range(len(rows)), index=rows.index)
    found = [Sum((i, k + i)) for i in range(k)] if both else []
    if groups == "segment":
        found += [Sum(tuple(place[own.index])) for _, own in rows.groupby("variable", sort=False)]
    if rows["variable"].nunique() > 1:
        found += [Sum(tuple(place[own.index])) for _, own in rows.groupby(groups, sort=False)]
    return tuple(found)


def few_were_active(share: np.ndarray, n: np.ndarray, always: np.ndarray, smallest: int) -> np.ndarray:
    """Whose rate tells of few customers: those active or not in a segment add up to it, those of all segments too."""
    active, k = np.rint(np.nan_to_num(share) * n).astype("int64"), len(n)
    cells = [*active, *(n - active)]
    sums = [*(Sum((i, k + i)) for i in range(k) if not always[i]), Sum(tuple(range(k))), Sum(tuple(range(k, 2 * k)))]
    out = protect(cells, sums, smallest, always=[*always, *always])
    return out[:k] | out[k:]


def few_of_many(kpis: pd.DataFrame, counts: pd.DataFrame, smallest: int) -> np.ndarray:
    """Rates of people of which few of many are so, or few are not, then or now."""
    found = np.zeros(len(kpis), bool)
    for share, n in (("now", counts["n"]), ("before", counts["before"])):
        yes = (kpis[share].astype(float) * n).fillna(0).round()
        found |= sum((part > 0) & (part < smallest) for part in (yes, n - yes)).to_numpy(bool)
    return found & kpis["measure"].isin(RATES).to_numpy()


def of_untold_groups(crosstab: pd.DataFrame, fmt: Format) -> np.ndarray:
    """Rows about groups of another scheme whose own size is not told, because it is small or gives a small one away."""
    hid, out = set(map(tuple, fmt.before.get("groups", ()))), np.zeros(len(crosstab), bool)
    for scheme, own in crosstab.groupby("scheme"):
        sizes = own.groupby("group")["n"].sum()
        gone = protect(sizes, [Sum(tuple(range(len(sizes))))], fmt.smallest,
                       always=[(scheme, group) in hid for group in sizes.index])
        out |= (crosstab["scheme"].eq(scheme) & crosstab["group"].isin(sizes.index[gone])).to_numpy(bool)
    return out & (crosstab["n"] > 0).to_numpy()


@lru_cache(maxsize=256)  # the table, the figure and the sentence of a page ask for the same
def _protected(counts: tuple, always: tuple, sums: tuple, smallest: int) -> tuple:
    return tuple(protect(counts, sums, smallest, always=always))
