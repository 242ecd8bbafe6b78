"""Doubts about customers' attributes: no value, one, one of their own each, repetitions, rare values (catalogue 85-88).

An attribute with a value of its own for nearly every customer identifies people: it is told, and never kept.
"""

from __future__ import annotations

from itertools import combinations

import ibis.expr.types as ir
import pandas as pd

from lib.collect.doubts.commas import commas
from lib.collect.doubts.warning import warning
from lib.collect.screens import INTERNAL, OWN, kept
from lib.contracts.raw import Rules

FEWEST = 50  # [ours] customers below which many values tell nothing
OWN_VALUES = 0.9  # [ours] share of customers with a value of their own that makes a text an identifier
DIGITS = 6  # [ours] whole numbers of one length, from so many digits on, each of one customer, are account numbers
RARE = 20  # [ours] customers of a value; rarer values are read together, as in step 1
SAME = 0.999999  # correlation of two numbers from which one follows from the other
IDENTIFIER, EMPTY, CONSTANT = "a value of its own for nearly every customer", "no value in any row", "one value only"
ALIKE, FEW = "follows from another attribute", "values of few customers, read as other"
MEANINGS = {
    IDENTIFIER: "it identifies people: no basis, and not kept", EMPTY: "it can tell nobody apart; it is no basis",
    CONSTANT: "it can tell nobody apart; it is no basis", ALIKE: "it adds nothing to the first of the two",
    FEW: f"fewer than {RARE} customers share each of them"}


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about the attributes of customers."""
    if "customers" not in states:
        return []
    frame = attributes(states["customers"])
    lines = frame.index.to_series()
    told = useless(frame)
    found = [_told(f"{c}: {why}", why, lines) for c, why in told.items()]
    useful = frame.drop(columns=list(told))
    pairs = repetitions(useful)
    found += [_told(f"{c}: follows from {first}", ALIKE, lines[frame[c].notna()]) for c, first in pairs.items()]
    for column in (c for c in useful if c not in pairs and not pd.api.types.is_numeric_dtype(frame[c])):
        sizes = frame.groupby(column)[column].transform("size")
        if (sizes >= RARE).any() and (sizes < RARE).any():
            found.append(_told(f"{column}: {FEW}", FEW, lines[sizes < RARE]))
    seen = {d["rule"].partition(": ")[2].split(" from ")[0] for d in found}
    return found + [warning("customers", rule, MEANINGS[rule], 0) for rule in (IDENTIFIER, CONSTANT, FEW)
                    if rule not in seen and len(frame.columns)] + commas(
                        "customers", states["customers"], rules.sources["customers"])


def attributes(customers: ir.Table) -> pd.DataFrame:
    """The attributes of the customers who go on, by their own names; one row per customer, its line as index."""
    columns = [c for c in customers.columns if c.startswith(OWN) and c not in INTERNAL]
    frame = kept(customers).select("line", *columns).to_pandas().set_index("line")
    return frame.rename(columns=lambda c: c.removeprefix(OWN))


def useless(frame: pd.DataFrame) -> dict[str, str]:
    """Attributes that can divide nobody, or name everybody: {column: why}."""
    found = {}
    for column in frame:
        known = frame[column].dropna()
        if known.empty:
            found[column] = EMPTY
        elif known.nunique() == 1:
            found[column] = CONSTANT
        elif is_identifier(known):
            found[column] = IDENTIFIER
    return found


def is_identifier(known: pd.Series) -> bool:
    """Whether nearly every value is one customer's own: texts, and whole numbers that all have many digits."""
    if len(known) < FEWEST or pd.api.types.is_datetime64_any_dtype(known) or pd.api.types.is_bool_dtype(known):
        return False
    if not pd.api.types.is_numeric_dtype(known):
        return known.nunique() > OWN_VALUES * len(known)
    whole = known.abs()
    return bool((whole % 1 == 0).all() and known.nunique() == len(known) and whole.min() >= 10 ** (DIGITS - 1)
                and len(str(int(whole.min()))) == len(str(int(whole.max()))))


def repetitions(frame: pd.DataFrame) -> dict[str, str]:
    """Attributes that an earlier one determines, both ways: {column: the earlier one}."""
    found = {}
    for first, second in combinations(frame.columns, 2):
        if second not in found and first not in found and _same(frame[first], frame[second]):
            found[second] = first
    return found


def _same(a: pd.Series, b: pd.Series) -> bool:
    both = a.notna() & b.notna()
    if both.sum() < FEWEST or (a.notna() != b.notna()).any():
        return False
    if all(pd.api.types.is_numeric_dtype(s) for s in (a, b)):
        return bool(abs(a[both].astype("float64").corr(b[both].astype("float64"))) >= SAME)
    pairs = pd.DataFrame({"a": a[both].astype("str"), "b": b[both].astype("str")}).drop_duplicates()
    return pairs["a"].is_unique and pairs["b"].is_unique


def _told(rule: str, why: str, lines: pd.Series) -> dict:
    return warning("customers", rule, MEANINGS[why], len(lines), list(lines))
