"""Cohort retention: how many of those who started in a month are active so many periods later."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.stats import wilson

LEAST_STEP = 30  # days [ours]: shorter periods would make more columns than anyone reads
LONGEST_MONTHLY = 24  # months of history above which cohorts are quarters [ours]
MOST_AGES = 24


@measured
def cohort_table(days: ir.Table, *, as_of: dt.date, period_days: float) -> pd.DataFrame | NotMeasured:
    """One row per cohort and age as the contract `retention`; one cohort per month (or quarter) of first activity.

    Age a covers days a·s to (a+1)·s - 1 after each customer's own first active day, s = max(period, 30) days. A
    customer counts at an age only once that whole stretch lies on or before `as_of` (n); age 0 is not listed:
    everyone is active in it by definition.
    """
    step = step_days(period_days)
    span = ibis.window(group_by="customer_key")
    aged = days.mutate(first=days.day.min().over(span))
    aged = aged.mutate(age=(aged.day.delta(aged["first"], unit="day") // step).cast("int64"))
    active = aged.group_by(["first", "age"]).aggregate(active=aged.customer_key.nunique()).to_pandas()
    active["first"] = pd.to_datetime(active["first"])
    active["known"] = (pd.Timestamp(as_of) - active["first"]).dt.days + 1
    starts = active.loc[active["age"] == 0, ["first", "active", "known"]].rename(columns={"active": "started"})
    ages = pd.DataFrame({"age": np.arange(1, MOST_AGES + 1)})
    grid = starts.merge(ages, how="cross")
    grid = grid[grid["known"] >= (grid["age"] + 1) * step]
    if grid.empty:
        return NotMeasured("nobody has been seen for two whole periods", f"{2 * step} days of history")
    grid = grid.merge(active[["first", "age", "active"]], on=["first", "age"], how="left").fillna({"active": 0})
    grid["cohort"] = _cohort(grid["first"], starts["first"])
    table = grid.groupby(["cohort", "age"], as_index=False).agg(n=("started", "sum"), active=("active", "sum"))
    table["retained"] = table["active"] / table["n"]
    table["low"], table["high"] = wilson(table["active"], table["n"])
    return table.drop(columns="active")


def step_days(period_days: float) -> int:
    """Days of one column of the cohort table."""
    return int(np.ceil(max(period_days, LEAST_STEP)))


def _cohort(first: pd.Series, all_first: pd.Series) -> pd.Series:
    months = (all_first.max() - all_first.min()).days / 30.44
    if months <= LONGEST_MONTHLY:
        return first.dt.strftime("%Y-%m")
    return first.dt.year.astype("str") + "-Q" + first.dt.quarter.astype("str")
