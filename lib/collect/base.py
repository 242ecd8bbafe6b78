"""The base: the customers who may be analysed."""

from __future__ import annotations

import ibis.expr.types as ir
import pandas as pd

from lib.collect.screens import kept
from lib.contracts.raw import Rules


def analysable(states: dict[str, ir.Table], rules: Rules) -> pd.Series:
    """Pseudonyms of the customers who may be analysed, sorted.

    A complete table of customers decides; else everybody with a row of a customer, order or event. Who only answered
    the survey is a respondent outside the base, unless the survey is all there is.
    """
    complete = "customers" in states and not rules.sources["customers"].partial
    names = ["customers"] if complete else [n for n in ("customers", "transactions", "events") if n in states]
    keys = [kept(states[n]).select("customer_key").distinct().to_pandas()["customer_key"]
            for n in names or ["survey"] if n in states]
    every = pd.concat(keys).dropna().drop_duplicates() if keys else pd.Series([], dtype="str")
    return every.sort_values(ignore_index=True)
