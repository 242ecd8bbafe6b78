"""Sizes of the segments over time: the frozen model on what was known at earlier days (method.md §3.8, §4)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.model import OUTSIDE
from lib.stats import Z95, wilson

LOOKS, LEAST_DAYS = 3, 30  # [ours] how often the past is looked at, and days between two looks at least
COLUMNS = ["as_of", "segment", "n", "share", "low", "high", "growth", "growth_low", "growth_high"]


def looks(as_of: dt.date, first: dt.date | str, *, period_days: float, window_days: int) -> list[dt.date]:
    """Earlier days, oldest first, a natural period and 30 days apart at least, before which the whole window is known.

    A shorter window would count less behaviour then than now, and pass for growth.
    """
    step = max(LEAST_DAYS, round(period_days))
    days = [as_of - dt.timedelta(days=step * i) for i in range(LOOKS, 0, -1)]
    if pd.isna(pd.Timestamp(first)):  # nothing was ever done: answers and attributes have no earlier day
        return []
    start = pd.Timestamp(first).date()
    return [day for day in days if day - dt.timedelta(days=window_days) >= start]


def sizes(assigned, earlier: dict, *, as_of: dt.date) -> pd.DataFrame | NotMeasured:
    """One row per day and segment; columns as the contract `sizes`.

    ``assigned`` and the values of ``earlier``, by day: customer_key and segment by the same model. `growth` is the
    change in number from that day to the last; its interval takes who came and who left for two counts that vary as
    such (Poisson), given how many there were. Without an earlier day there are the rows of the last one only.
    """
    if isinstance(assigned, NotMeasured):
        return assigned
    days = {day: table for day, table in earlier.items() if not isinstance(table, NotMeasured)} | {as_of: assigned}
    segments = sorted(set(assigned["segment"]) - {OUTSIDE})
    now = assigned.set_index("customer_key")["segment"]
    rows = [_row(day, s, table.set_index("customer_key")["segment"], now) for day, table in days.items()
            for s in segments]
    found = pd.DataFrame(rows, columns=COLUMNS)
    found.loc[found["as_of"] == as_of.isoformat(), ["growth", "growth_low", "growth_high"]] = np.nan
    return found


def change(before: pd.Index, after: pd.Index) -> dict:
    """{growth, growth_low, growth_high} of a group of customers, from their keys then and now; NaN without any then."""
    n, came, left = len(before), len(after.difference(before)), len(before.difference(after))
    if not n:
        return dict.fromkeys(("growth", "growth_low", "growth_high"), np.nan)
    growth, half = (came - left) / n, Z95 * np.sqrt(came + left + 1) / n  # + 1: that nobody moved is no proof of rest
    return {"growth": growth, "growth_low": max(growth - half, -1.0), "growth_high": growth + half}


def _row(day: dt.date, segment: str, then: pd.Series, now: pd.Series) -> dict:
    before, after = then.index[then == segment], now.index[now == segment]
    low, high = (float(v) for v in wilson(len(before), len(then)))
    return {"as_of": day.isoformat(), "segment": segment, "n": len(before), "share": len(before) / max(len(then), 1),
            "low": low, "high": high, **change(before, after)}
