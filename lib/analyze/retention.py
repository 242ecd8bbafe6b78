"""Cohort retention: how many of those who started in a month are active so many periods later, and in which month."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.contracts.counts import number_of
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
        return NotMeasured("nobody has been seen for two whole periods", f"{number_of(2 * step, 'day')} of history")
    grid = grid.merge(active[["first", "age", "active"]], on=["first", "age"], how="left").fillna({"active": 0})
    grid["cohort"] = _cohort(grid["first"], starts["first"])
    table = grid.groupby(["cohort", "age"], as_index=False).agg(n=("started", "sum"), active=("active", "sum"))
    table["retained"] = table["active"] / table["n"]
    table["low"], table["high"] = wilson(table["active"], table["n"])
    return table.drop(columns="active")


@measured
def by_calendar(days: ir.Table, *, as_of: dt.date) -> pd.DataFrame | NotMeasured:
    """One row per cohort and later calendar month (or quarter) that lies whole on or before `as_of`, as the contract
    `retention_calendar`: customers of the cohort (n) and the share of them active in it (retained).

    Cohorts are those of `cohort_table`; the month in which a cohort began is not listed.
    """
    span = ibis.window(group_by="customer_key")
    dated = days.mutate(first=days.day.min().over(span))
    ends = dated.aggregate(first=dated["first"].min(), last=dated["first"].max()).to_pandas()
    long = _is_long(pd.to_datetime(ends.iloc[0]))
    numbered = {"cohort": _numbered(dated["first"], long), "then": _numbered(dated.day, long)}
    seen = dated.mutate(**numbered).select("customer_key", "cohort", "then").distinct()
    active = seen.group_by(["cohort", "then"]).aggregate(active=seen.count()).to_pandas().astype("int64")
    sizes = active[active["cohort"] == active["then"]].set_index("cohort")["active"]
    tomorrow = as_of + dt.timedelta(days=1)
    whole = (tomorrow.year * 12 + tomorrow.month - 1) // (3 if long else 1)  # the first that is not whole
    grid = pd.DataFrame([(c, then) for c in sorted(sizes.index) for then in range(c + 1, whole)],
                        columns=["cohort", "then"])
    if grid.empty:
        return NotMeasured("no calendar month lies whole after the one in which customers began",
                           "at least two months of history")
    table = grid.merge(active, how="left").fillna({"active": 0})
    table["n"] = table["cohort"].map(sizes)
    table["retained"] = table["active"] / table["n"]
    table["low"], table["high"] = wilson(table["active"], table["n"])
    table["month"], table["cohort"] = (_named(table[c], long) for c in ("then", "cohort"))
    return table[["cohort", "month", "n", "retained", "low", "high"]]


def _numbered(day, long: bool):
    """Months, or quarters, since the year 0, of a column of dates."""
    months = day.year().cast("int64") * 12 + day.month().cast("int64") - 1
    return (months / 3).floor().cast("int64") if long else months


def _named(number: pd.Series, long: bool) -> pd.Series:
    """The names that `_cohort` gives, from numbers of months or quarters."""
    year, part = (number // (4 if long else 12)).astype("str"), number % (4 if long else 12) + 1
    return year + "-Q" + part.astype("str") if long else year + "-" + part.astype("str").str.zfill(2)


def _is_long(first: pd.Series) -> bool:
    return (first.max() - first.min()).days / 30.44 > LONGEST_MONTHLY


def step_days(period_days: float) -> int:
    """Days of one column of the cohort table."""
    return int(np.ceil(max(period_days, LEAST_STEP)))


def _cohort(first: pd.Series, all_first: pd.Series) -> pd.Series:
    if not _is_long(all_first):
        return first.dt.strftime("%Y-%m")
    return first.dt.year.astype("str") + "-Q" + first.dt.quarter.astype("str")
