"""How much of falling asleep is nothing but time: customers who were active once, and aged."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd

from lib.contracts import NotMeasured, requires
from lib.monitor.migration import DORMANT
from lib.stats import wilson


@requires("before", "now", "days")
def aged(before: pd.Series | NotMeasured, now: pd.Series | NotMeasured, days, *, as_of: dt.date) -> dict | NotMeasured:
    """Of the customers who fell asleep between two days, how many had been active on one day only, ever.

    ``before`` and ``now``: labels with Dormant, indexed by customer; ``days``: Ibis table (customer_key, day) of active
    days. Nothing that such a customer did changed: his one day came to lie further back. Keys: n (who fell asleep),
    once (of them), share, low, high (Wilson, 95 %); the share is NaN where nobody fell asleep.
    """
    asleep = before.index[(before != DORMANT) & (now.reindex(before.index) == DORMANT)]
    known = days.filter(days.day <= ibis.date(as_of)).group_by("customer_key").aggregate(n=days.day.nunique())
    counted = known.to_pandas().set_index("customer_key")["n"].reindex(asleep)
    n, once = len(asleep), int((counted == 1).sum())
    low, high = wilson(once, n)
    return {"n": n, "once": once, "share": once / n if n else float("nan"), "low": float(low), "high": float(high)}
