"""Sizes of the segments over time, and their revenue: the frozen model on what was known at earlier days
(method.md §3.8, §4)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.model import OUTSIDE
from lib.stats import Z95, hidden_money, ratio_interval, wilson

LOOKS, LEAST_DAYS = 3, 30  # [ours] how often the past is looked at, and days between two looks at least
REVENUE = ("revenue_growth", "revenue_growth_low", "revenue_growth_high")
GROWTH = ("growth", "growth_low", "growth_high", *REVENUE)
COLUMNS = ["as_of", "segment", "n", "share", "low", "high", *GROWTH]


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


def sizes(assigned, earlier: dict, *, as_of: dt.date, known: dict | None = None) -> pd.DataFrame | NotMeasured:
    """One row per day and segment; columns as the contract `sizes`.

    ``assigned`` and the values of ``earlier``, by day: customer_key and segment by the same model. `growth` is the
    change in number from that day to the last; its interval takes who came and who left for two counts that vary as
    such (Poisson), given how many there were. `revenue_growth` is the change in what the segment's customers of each
    day brought in the window before it; ``known``: by day, the last one too, features with customer_key and revenue.
    Without an earlier day there are the rows of the last one only.
    """
    if isinstance(assigned, NotMeasured):
        return assigned
    days = {day: table for day, table in earlier.items() if not isinstance(table, NotMeasured)} | {as_of: assigned}
    segments = sorted(set(assigned["segment"]) - {OUTSIDE})
    now = assigned.set_index("customer_key")["segment"]
    rows = [_row(day, s, table.set_index("customer_key")["segment"], now) for day, table in days.items()
            for s in segments]
    found = pd.DataFrame(rows, columns=COLUMNS)
    found.loc[found["as_of"] == as_of.isoformat(), list(GROWTH)] = np.nan
    money = {day: _brought(table, (known or {}).get(day)) for day, table in days.items()}
    for day in days:
        if day != as_of and money[day] is not None and money[as_of] is not None:
            own = found["as_of"] == day.isoformat()
            grown = _revenue(money[day], money[as_of], segments)
            found.loc[own, list(REVENUE)] = grown.reindex(found.loc[own, "segment"]).to_numpy()
    return found


def change(before: pd.Index, after: pd.Index) -> dict:
    """{growth, growth_low, growth_high} of a group of customers, from their keys then and now; NaN without any then."""
    n, came, left = len(before), len(after.difference(before)), len(before.difference(after))
    if not n:
        return dict.fromkeys(("growth", "growth_low", "growth_high"), np.nan)
    growth, half = (came - left) / n, Z95 * np.sqrt(came + left + 1) / n  # + 1: that nobody moved is no proof of rest
    return {"growth": growth, "growth_low": max(growth - half, -1.0), "growth_high": growth + half}


def _brought(assigned: pd.DataFrame, features) -> pd.DataFrame | None:
    """Segment and revenue by customer_key; None where no amounts are known."""
    if features is None or isinstance(features, NotMeasured) or "revenue" not in features:
        return None
    revenue = features.set_index("customer_key")["revenue"].fillna(0.0)
    table = assigned.set_index("customer_key")[["segment"]]
    return table.assign(revenue=revenue.reindex(table.index).fillna(0.0))


def _revenue(then: pd.DataFrame, now: pd.DataFrame, segments: list[str]) -> pd.DataFrame:
    """Change of the revenue of each segment, with its interval; missing where it would tell what one customer brought,
    then, now, or by the change."""
    both = then.join(now, how="outer", suffixes=("_then", "_now"))
    amounts = {s: (both["revenue_then"].where(both["segment_then"] == s, 0.0),
                   both["revenue_now"].where(both["segment_now"] == s, 0.0)) for s in [*segments, OUTSIDE]}
    unsaid = [hidden_money(t["revenue"], t["segment"], never=(OUTSIDE,)) for t in (then, now)]
    changes = {s: after - before for s, (before, after) in amounts.items()}
    unsaid.append(hidden_money(np.concatenate(list(changes.values())), np.repeat(list(changes), len(both)),
                               never=(OUTSIDE,)))
    rows = {s: [np.nan] * 3 if any(u.get(s) for u in unsaid) else _ratio(*amounts[s]) for s in segments}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(REVENUE))


def _ratio(before: pd.Series, after: pd.Series) -> list[float]:
    """Growth of a total with its 95 % interval, both totals over the same customers."""
    ratio, low, high = ratio_interval(after, before)
    return [ratio - 1, max(low, 0.0) - 1, high - 1]


def _row(day: dt.date, segment: str, then: pd.Series, now: pd.Series) -> dict:
    before, after = then.index[then == segment], now.index[now == segment]
    low, high = (float(v) for v in wilson(len(before), len(then)))
    return {"as_of": day.isoformat(), "segment": segment, "n": len(before), "share": len(before) / max(len(then), 1),
            "low": low, "high": high, **change(before, after)}
