"""Doubts about customers over time: signed up after buying, silent for years and back, one with most of the money."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from lib.collect.doubts.warning import counted, warning
from lib.collect.screens import kept
from lib.contracts.raw import Rules

EARLY, RECYCLED, LARGEST = ("signed up after the first purchase", "silent for long, then active again",
                            "one customer with most of the money")
MOST = 0.5  # [ours] share of all money from which one customer is named
SILENT_DAYS, SILENT_TIMES, DAYS_EACH_SIDE = 540, 10, 3  # [ours] gap; times any other gap; days of purchase around it


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about customers and their orders."""
    if "transactions" not in states:
        return []
    lines = kept(states["transactions"])
    money = {"money": lines.amount.sum()} if "amount" in lines.columns else {}
    each = lines.group_by("customer_key").aggregate(
        rows=lines.count(), line=lines.line.min(), first=lines.ordered_at.min(), last=lines.ordered_at.max(),
        **money).cache()
    found = [_recycled(lines, each)]
    if money:
        found.append(_largest(each))
    if "customers" in states and "signup_date" in states["customers"].columns:
        found.append(_early(kept(states["customers"]), each))
    return found


def _largest(each: ir.Table) -> dict:
    total, most = each.aggregate(t=each.money.sum(), m=each.money.max()).to_pyarrow().to_pylist()[0].values()
    meaning = "sums and means are this customer's"
    several = int(each.count().execute()) > 2
    if not several or not total or total <= 0 or most < MOST * total:
        return warning("transactions", LARGEST, meaning, 0)
    return counted("transactions", LARGEST, each.filter(each.money == most), meaning)


def _early(people: ir.Table, each: ir.Table) -> dict:
    first = each.select(buyer="customer_key", first="first")
    known = people.inner_join(first, people.customer_key == first.buyer)
    early = known.filter(known.signup_date > known.first.truncate("D"))
    return counted("customers", EARLY, early.select("line", rows=1),
                   "the account is younger than its orders: moved, merged, or a date of another meaning")


def _recycled(lines: ir.Table, each: ir.Table) -> dict:
    """Customers with one gap of years, many times any other of theirs, and purchases on both sides of it."""
    meaning = "perhaps an id given to another person, or two accounts merged; the history counts as one"
    longest = each.aggregate(d=each["last"].delta(each["first"], unit="day").max()).to_pyarrow().to_pylist()[0]["d"]
    if (longest or 0) < SILENT_DAYS:
        return warning("transactions", RECYCLED, meaning, 0)
    days = lines.select("customer_key", day=lines.ordered_at.truncate("D").cast("date")).distinct()
    order = ibis.window(group_by="customer_key", order_by="day")
    gaps = days.mutate(gap=days.day.delta(days.day.lag().over(order), unit="day"), before=ibis.row_number().over(order),
                       all=days.count().over(ibis.window(group_by="customer_key")))
    by_length = ibis.window(group_by="customer_key", order_by=ibis.desc("gap"))
    gaps = gaps.filter(gaps.gap.notnull())
    ranked = gaps.mutate(rank=ibis.row_number().over(by_length), other=gaps.gap.lead().over(by_length))
    odd = ranked.filter((ranked["rank"] == 0) & (ranked.gap >= SILENT_DAYS)
                        & (ranked.gap >= SILENT_TIMES * ranked.other) & (ranked.before >= DAYS_EACH_SIDE)
                        & (ranked["all"] - ranked.before >= DAYS_EACH_SIDE))
    return counted("transactions", RECYCLED, each.semi_join(odd, "customer_key"), meaning)
