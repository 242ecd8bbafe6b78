"""Counts of people as exactly as a product publishes them, and the shares that follow from those counts.

The blocks and the summary take their tables and documents from here, so that no count, share or interval in them tells
more than the rounded counts do. Counts of too few people are left as they are: those are hidden, and never shown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.numbers import Format
from lib.stats import rate_ratio, wilson

COUNTS = ("n", "n_next", "n_before", "n_now", "n_base", "n_treated", "n_control", "n_available", "n_active",
          "n_customers", "n_users", "n_rated", "n_group", "n_inside", "contacts", "customers", "answered", "moved")
OF_ALL = {"share": (("low", "high"), ("share_low", "share_high")), "reach": (("reach_low", "reach_high"),),
          "coverage": ()}  # n of more
OF_THESE = {"retained": ("n", (("low", "high"),)), "next_active": ("n_next", (("next_low", "next_high"),))}  # of these
NEAR = 1e-6  # what is farther from a whole number is no count


def published(value, fmt: Format):
    """A copy of a table or document with its counts of people rounded, and with shares and Wilson intervals from these.

    The value itself where the product does not round, and for what is neither.
    """
    if fmt.rounding == 1:
        return value
    if isinstance(value, pd.DataFrame):
        return _table(value, fmt)
    if isinstance(value, dict):
        row = {key: published(v, fmt) for key, v in value.items()}
        scalars = {k: v for k, v in row.items() if isinstance(v, int | float | np.number) and not isinstance(v, bool)}
        done = _table(pd.DataFrame([scalars]), fmt) if set(scalars) & set(COUNTS) else pd.DataFrame([scalars])
        return row | {k: type(v)(done[k].iloc[0]) for k, v in scalars.items()}
    return [published(v, fmt) for v in value] if isinstance(value, list) else value


def _table(table: pd.DataFrame, fmt: Format) -> pd.DataFrame:
    out = table.copy()
    counted = [c for c in COUNTS if c in table and pd.api.types.is_numeric_dtype(table[c])]
    out[counted] = table[counted].apply(lambda c: _rounded(c, fmt))
    for share, (count, bounds) in {**{k: ("n", v) for k, v in OF_ALL.items()}, **OF_THESE}.items():
        if share in table and count in counted and pd.api.types.is_numeric_dtype(table[share]):
            _shares(table, out, share, count, bounds, fmt)
    if {"rate", "ratio", "n_group"} <= set(table):
        _rates(out)
    if {"measure", "now", "before"} <= set(table):  # kpis: among the measures is the number of customers
        sizes = table["measure"] == "customers"
        out.loc[sizes, ["before", "now"]] = table.loc[sizes, ["before", "now"]].apply(lambda c: _rounded(c, fmt))
    return out


def _rates(out: pd.DataFrame) -> None:
    """Writes selection rates and their ratios to the highest again, from rounded counts."""
    out["rate"] = out["n"] / out["n_group"].where(out["n_group"] > 0)
    out["low"], out["high"] = wilson(np.minimum(out["n"], out["n_group"]), out["n_group"])
    for _, part in out.groupby(["attribute", "kind", "selection"]):
        told = part[part["ratio"].notna()]
        top = out.loc[told["rate"].idxmax()] if len(told) else None
        for i, row in told.iterrows():
            found = rate_ratio(row["n"], row["n_group"], top["n"], top["n_group"])
            out.loc[i, ["ratio", "ratio_low", "ratio_high"]] = found


def _rounded(counts: pd.Series, fmt: Format) -> pd.Series:
    few = (counts > 0) & (counts < fmt.smallest)
    return counts.where(few, fmt.rounded(counts)).astype(counts.dtype)


def _shares(table: pd.DataFrame, out: pd.DataFrame, share: str, count: str, bounds: tuple, fmt: Format) -> None:
    """Writes the share again, from rounded counts, where it is one of whole numbers; and its interval with it."""
    n, exact = table[count].astype(float), table[share].astype(float)
    part, of = (n, n / exact.where(exact > 0)) if share in OF_ALL else (n * exact, n)
    whole = (part - part.round()).abs().lt(NEAR * n) & (of - of.round()).abs().lt(NEAR * of)
    some, every = fmt.rounded(part.round()), fmt.rounded(of.round())
    whole &= every > 0
    some = np.minimum(some, every)
    out[share] = exact.where(~whole, some / every)
    for low, high in (pair for pair in bounds if whole.any() and set(pair) <= set(table)):
        before, after = (wilson(np.minimum(a, b)[whole], b[whole]) for a, b in ((part, of), (some, every)))
        for name, old, new in zip((low, high), before, after, strict=True):
            same = np.abs(table.loc[whole, name] - old) < NEAR
            out.loc[whole, name] = table.loc[whole, name].where(~same, new)
