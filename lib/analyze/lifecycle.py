"""Lifecycle: in each period, who is new, current, resurrected or dormant."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.contracts.counts import nearly_all, number_of

STATES = ("new", "current", "resurrected", "dormant")
MOST_PERIODS = 18


@measured
def lifecycle(days: ir.Table, *, as_of: dt.date, period_days: float, everyone: int = 0,
              smallest: int = 0) -> pd.DataFrame | NotMeasured:
    """One row per period and state as the contract `lifecycle`, for at most the last 18 whole periods.

    new: first active in the period; current: active in it and in the one before; resurrected: active again after
    a pause; dormant: active earlier, not in it. The four add up to everyone ever active by then. Where fewer than
    ``smallest`` of ``everyone`` never were, these few count as dormant: by themselves they would be told.
    """
    age = ibis.date(as_of).delta(days.day, unit="day")
    seen = days.mutate(period=-(age / period_days).floor().cast("int64")).select("customer_key", "period").distinct()
    before = seen.period.lag().over(ibis.window(group_by="customer_key", order_by="period"))
    seen = seen.mutate(state=ibis.cases((before.isnull(), "new"), (before == seen.period - 1, "current"),
                                        else_="resurrected"))
    counts = seen.group_by(["period", "state"]).aggregate(n=seen.count()).to_pandas()
    oldest = int((pd.Timestamp(as_of) - pd.Timestamp(days.day.min().execute())).days + 1)
    whole = int(oldest // period_days)
    if whole < 2:
        return NotMeasured("the history holds fewer than two natural periods", "a longer history")
    wide = counts.pivot(index="period", columns="state", values="n")
    wide = wide.reindex(index=range(int(wide.index.min()), 1), columns=list(STATES[:3])).fillna(0)
    known = wide["new"].cumsum()
    never = nearly_all(int(known.iloc[-1]), everyone, smallest) - known.iloc[-1]
    wide["dormant"] = known + never - wide[list(STATES[:3])].sum(axis=1)
    last = wide.loc[1 - min(whole, MOST_PERIODS):]
    table = last.rename_axis("period").reset_index().melt("period", var_name="state", value_name="n")
    table = table.astype({"n": "int64", "period": "int64", "state": "str"})
    return table.sort_values(["period", "state"], ignore_index=True)


@measured
def flows(days: ir.Table, *, as_of: dt.date, period_days: float, **among: int) -> pd.DataFrame | NotMeasured:
    """What became of each state one period later: period, before, after, n (contract `lifecycle_flows`).

    Of the active (new, current, resurrected), who is active again is current, the rest dormant; of the dormant, who
    comes back is resurrected. For each period and state before, n adds up to all customers in it; ``among`` as for
    `lifecycle`.
    """
    states = lifecycle(days, as_of=as_of, period_days=period_days, **among)
    if isinstance(states, NotMeasured):
        return states
    age = ibis.date(as_of).delta(days.day, unit="day")
    seen = days.mutate(period=-(age / period_days).floor().cast("int64")).select("customer_key", "period").distinct()
    order = ibis.window(group_by="customer_key", order_by="period")
    before, after = seen.period.lag().over(order), seen.period.lead().over(order)
    seen = seen.mutate(stays=(after == seen.period + 1).fill_null(False), state=ibis.cases(
        (before.isnull(), "new"), (before == seen.period - 1, "current"), else_="resurrected"))
    stayed = seen.group_by(["period", "state"]).aggregate(n=seen.stays.sum()).to_pandas()
    stayed = stayed.set_index(["period", "state"])["n"]
    wide = states.pivot(index="period", columns="state", values="n")
    rows = [row for period in wide.index[1:] for row in _flows_into(period, wide, stayed)]
    return pd.DataFrame(rows, columns=["period", "before", "after", "n"]).astype(
        {"period": "int64", "n": "int64", "before": "str", "after": "str"})


def _flows_into(period: int, wide: pd.DataFrame, stayed: pd.Series) -> list[tuple]:
    rows = []
    for state in STATES[:3]:
        kept = int(stayed.get((period - 1, state), 0))
        rows += [(period, state, "current", kept), (period, state, "dormant", int(wide.loc[period - 1, state]) - kept)]
    back = int(wide.loc[period, "resurrected"])
    return rows + [(period, "dormant", "resurrected", back),
                   (period, "dormant", "dormant", int(wide.loc[period - 1, "dormant"]) - back)]


@measured
def power_curve(days: ir.Table, *, as_of: dt.date, window: int = 28) -> pd.DataFrame | NotMeasured:
    """How many customers were active on 1, 2, ... `window` of the last `window` days: {active_days, n, share}.

    A rise at the right end is a group that lives in the product. Shares are of those active at least once.
    """
    inside = days.filter(ibis.date(as_of).delta(days.day, unit="day") < window)
    users = inside.group_by("customer_key").aggregate(active_days=inside.count())
    counts = users.group_by("active_days").aggregate(n=users.count()).to_pandas().set_index("active_days")["n"]
    if counts.empty:
        return NotMeasured(f"nobody was active in the last {number_of(window, 'day')}",
                           "activity shortly before the as-of date")
    n = counts.reindex(range(1, window + 1), fill_value=0)
    return pd.DataFrame({"active_days": n.index, "n": n.to_numpy(), "share": n.to_numpy() / n.sum()})


def active_share(table: pd.DataFrame) -> pd.Series:
    """Share of everyone ever active who is active in each period, from the table of `lifecycle`."""
    wide = table.pivot(index="period", columns="state", values="n")
    with np.errstate(invalid="ignore"):
        return 1 - wide["dormant"] / wide.sum(axis=1)
