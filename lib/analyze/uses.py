"""Breadth × frequency of features: how many customers use each, and how often those who do (method.md §3.3)."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.stats import Z95, wilson

PERIODS = 4  # the last four natural periods, as for user types
FEWEST_USERS = 10  # smaller groups are not shown, method.md §7


@measured
def feature_matrix(use: ir.Table, *, as_of: dt.date, period_days: float) -> pd.DataFrame | NotMeasured:
    """One row per feature (or category) with ten users or more, as the contract `feature_matrix`.

    ``use``: days per customer and use, as from `activity.use_days`. reach: share of the customers active in the last
    four periods who used it; frequency: days of use per period of those who did (mean, with normal bounds).
    """
    recent = use.filter(ibis.date(as_of).delta(use.day, unit="day") < PERIODS * period_days)
    users = int(recent.customer_key.nunique().execute())
    each = recent.group_by(["use", "customer_key"]).aggregate(days=recent.day.nunique())
    found = each.group_by("use").aggregate(n=each.count(), total=each.days.sum(),
                                           squares=(each.days * each.days).sum()).to_pandas()
    found = found[found["n"] >= FEWEST_USERS].sort_values("use", ignore_index=True)
    if found.empty:
        return NotMeasured("no feature was used by ten customers lately", "more use before the as-of date")
    n, mean = found["n"], found["total"] / found["n"]
    error = Z95 * np.sqrt((found["squares"] / n - mean**2).clip(lower=0) / (n - 1)) / PERIODS
    low, high = wilson(n, users)
    rate = mean / PERIODS
    return pd.DataFrame({"use": found["use"].astype("str"), "n": n, "n_active": users, "reach": n / users,
                         "reach_low": low, "reach_high": high, "frequency": rate,
                         "frequency_low": (rate - error).clip(lower=0), "frequency_high": rate + error})
