"""Order histories of customers, from the engine: what the value models learn from and are judged on."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.analyze.orders import order_table, whole


def histories(transactions: ir.Table, *, as_of: dt.date) -> pd.DataFrame:
    """One row per customer with an order up to ``as_of``, sorted by customer_key.

    x: repeat occasions (days with an order after the first); t_x, T: days from the first occasion to the last and
    to ``as_of``; repeat_value: mean net value per repeat occasion (minor units, missing without one).
    """
    orders = order_table(transactions, as_of=as_of)
    days = orders.group_by(["customer_key", "day"]).aggregate(net=whole(orders.net.sum()))
    dated = days.mutate(first=days.day.min().over(ibis.window(group_by="customer_key")))
    table = dated.group_by("customer_key").aggregate(
        first=dated["first"].min(), last=dated.day.max(), x=dated.count() - 1,
        repeated=dated.net.sum(where=dated.day > dated["first"]).cast("float64")).to_pandas()
    first, last = pd.to_datetime(table["first"]), pd.to_datetime(table["last"])
    out = pd.DataFrame({
        "customer_key": table["customer_key"].astype("str"), "x": table["x"].astype("int64"),
        "t_x": (last - first).dt.days, "T": (pd.Timestamp(as_of) - first).dt.days,
        "repeat_value": table["repeated"] / table["x"].where(table["x"] > 0)})
    return out.sort_values("customer_key", ignore_index=True)


def occasions_between(transactions: ir.Table, after: dt.date, until: dt.date) -> pd.Series:
    """Days with an order after ``after`` up to ``until``, by customer_key; customers without one are absent."""
    orders = order_table(transactions, as_of=until)
    late = orders.filter(orders.day > ibis.date(after))
    counted = late.group_by("customer_key").aggregate(n=late.day.nunique()).to_pandas()
    return counted.set_index("customer_key")["n"]


def revenue_between(transactions: ir.Table, after: dt.date, until: dt.date) -> pd.Series:
    """Money taken less money given back on the days after ``after`` up to ``until``, by customer_key (minor units)."""
    lines = transactions.mutate(day=transactions.ordered_on.cast("date"))
    late = lines.filter((lines.day > ibis.date(after)) & (lines.day <= ibis.date(until)))
    summed = late.group_by("customer_key").aggregate(revenue=whole(late.amount.sum())).to_pandas()
    return summed.set_index("customer_key")["revenue"]
