"""Doubts about the money on order lines: lone and large refunds, nothing paid, prices that do not multiply, outliers.

One query over the lines tells which doubts there are; only these ask for their lines.
"""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir

from lib.collect.doubts.warning import counted, warning
from lib.collect.screens import kept
from lib.contracts.raw import Rules

SOURCE = "transactions"
ZERO, NO_ITEMS, PRICE = "amount: zero", "quantity: zero or below", "quantity times price is not the amount"
EQUAL, FAR, TWICE = "all amounts equal", "amount far from all others", "order id twice with different content"
LONE, LARGE = "refund without its sale", "refund larger than its sale"
ENOUGH = 20  # [ours] lines from which a look at their spread makes sense
FAR_SPREADS, FAR_TIMES, LEAST_SPREAD = 6.0, 20.0, 0.1  # [ours] robust spreads of log amounts, times the median, floor
ROBUST = 1.4826  # makes the median absolute deviation of a normal spread its standard deviation
SINGLE = 0.01  # [ours] where fewer orders than this have two lines, an order is one line, and two lines are a doubt
AT_ONCE = 8_000_000  # [ours] lines whose orders are counted at once
ROUNDING, TOLERANCE = 1.0, 0.005  # [ours] minor units an item, and share of the amount, that prices may be off


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about transactions."""
    if SOURCE not in states or "amount" not in states[SOURCE].columns:
        return []
    lines = kept(states[SOURCE])
    facts = _facts(lines, rules)
    return [*_paid(lines, facts, rules), _far(lines, facts), *_refunds(lines, facts), _twice(lines)]


def _facts(lines: ir.Table, rules: Rules) -> dict:
    sold = ~lines.is_refund & (lines.amount > 0)
    found = lines.aggregate(
        sold=sold.sum(), low=lines.amount.min(where=sold), high=lines.amount.max(where=sold),
        refunds=lines.is_refund.sum(), zero=(lines.amount == 0).sum(), no_items=lines.count(where=_no_items(lines)),
        priced=lines.count(where=_misprised(lines, rules)))
    return {k: v or 0 for k, v in found.to_pyarrow().to_pylist()[0].items()}


def _spread(lines: ir.Table) -> tuple[float, float]:
    """Median of the logarithms of amounts of sales, and their median distance from it.

    Counted by amount: prices repeat, and an engine holds every value of a median in memory.
    """
    sold = lines.filter(~lines.is_refund & (lines.amount > 0))
    prices = sold.group_by("amount").aggregate(n=sold.count())
    prices = prices.select("n", log=prices.amount.cast("float64").ln()).cache()
    middle = _median(prices, prices.log)
    return middle, _median(prices, (prices.log - middle).abs())


def _median(counted_values: ir.Table, value: ir.FloatingValue) -> float:
    """The lower median of values that occur `n` times each."""
    each = counted_values.select("n", value=value)
    ranked = each.mutate(upto=each.n.sum().over(ibis.cumulative_window(order_by=each.value)), total=each.n.sum())
    return ranked.filter(2 * ranked.upto >= ranked.total).value.min().execute()


def _paid(lines: ir.Table, facts: dict, rules: Rules) -> list[dict]:
    """Lines that nothing was paid for, of no items, or whose price does not give the amount; and one price for all."""
    equal = facts["sold"] if facts["sold"] >= ENOUGH and facts["low"] == facts["high"] else 0
    found = [_flagged(lines, ZERO, lines.amount == 0, facts["zero"],
                      "free orders count as orders and bring no money; leave test orders out by their ids"),
             warning(SOURCE, EQUAL, "money cannot tell customers apart: by money they are ranked as ties", equal)]
    if "quantity" in lines.columns:
        found.append(_flagged(lines, NO_ITEMS, _no_items(lines), facts["no_items"], "paid for, and nothing was bought"))
    if {"quantity", "price"} <= set(lines.columns):
        found.append(_flagged(lines, PRICE, _misprised(lines, rules), facts["priced"],
                              "tax, discount, or gross beside net amounts; the amount counts"))
    return found


def _flagged(lines: ir.Table, rule: str, flag: ir.BooleanValue, rows: int, meaning: str) -> dict:
    """The doubt, with a query for its lines only where there is one."""
    if not rows:
        return warning(SOURCE, rule, meaning, 0)
    return counted(SOURCE, rule, lines.filter(flag.fill_null(False)).select("line", rows=1), meaning)


def _no_items(lines: ir.Table) -> ir.BooleanValue:
    if "quantity" not in lines.columns:
        return ibis.literal(False)
    return (lines.quantity <= 0) & (lines.amount > 0) & ~lines.is_refund


def _misprised(lines: ir.Table, rules: Rules) -> ir.BooleanValue:
    if not {"quantity", "price"} <= set(lines.columns):
        return ibis.literal(False)
    amount, items = lines.amount.abs().cast("float64"), lines.quantity.abs()
    off = (amount - items * lines.price.abs() * 10**rules.minor_digits).abs()
    wrong = off > ROUNDING * ibis.greatest(items, 1.0) + TOLERANCE * amount
    return wrong & (lines.currency.upper() == rules.currency) if "currency" in lines.columns else wrong


def _far(lines: ir.Table, facts: dict) -> dict:
    """Amounts that are many robust spreads and many times away from the median: cents for euros, or a slip."""
    meaning = "perhaps in another unit, or a slip; it counts as it is: correct the source if it is wrong"
    if facts["sold"] < ENOUGH:
        return warning(SOURCE, FAR, meaning, 0)
    middle, spread = _spread(lines)
    reach = max(FAR_SPREADS * max(ROBUST * spread, LEAST_SPREAD), math.log(FAR_TIMES))
    low, high = math.exp(middle - reach), math.exp(middle + reach)
    outside = facts["low"] < low or facts["high"] > high
    far = (lines.amount > 0) & ~lines.is_refund & ((lines.amount < low) | (lines.amount > high))
    return _flagged(lines, FAR, far, int(outside), meaning)


def _refunds(lines: ir.Table, facts: dict) -> list[dict]:
    """Refunds without a sale under their order, or larger than it; without order ids the customer's sales count."""
    told = {LONE: "the sale is older than the data, or elsewhere; the refund counts",
            LARGE: "more was given back than paid; the refund counts"}
    if not facts["refunds"]:
        return [warning(SOURCE, rule, meaning, 0) for rule, meaning in told.items()]
    by_moment = lines.order_key.contains("@")  # no order id: see activity
    owner = ibis.ifelse(by_moment, lines.customer_key, lines.order_key)
    owned = lines.select("line", "amount", "is_refund", owner=owner)
    owned = owned.semi_join(owned.filter(owned.is_refund).select("owner").distinct().cache(), "owner")
    each = owned.group_by("owner").aggregate(
        rows=owned.is_refund.sum(), line=owned.line.min(where=owned.is_refund), sales=(~owned.is_refund).sum(),
        left=owned.amount.sum()).cache()
    return [counted(SOURCE, LONE, each.filter(each.sales == 0), told[LONE]),
            counted(SOURCE, LARGE, each.filter((each.sales > 0) & (each.left < 0)), told[LARGE])]


def _twice(lines: ir.Table) -> dict:
    """Orders of two lines where hardly any order has two: perhaps one order exported twice."""
    meaning = ("perhaps one order in two versions; a number for each row tells them apart (transaction_id in the "
               "product file)")
    sales = lines.filter(~lines.is_refund & ~lines.order_key.contains("@"))
    marked = sales.select("line", order=sales.order_key.hash()).cache()  # numbers spill to disk, texts do not
    of = _parts(marked)
    parts = [_orders(marked, part, of) for part in range(of)]
    sizes = [each.aggregate(n=each.count(), m=(each.rows > 1).sum()).to_pyarrow().to_pylist()[0] for each in parts]
    total, double = sum(s["n"] for s in sizes), sum(s["m"] or 0 for s in sizes)
    if not double or double > SINGLE * total or "transaction_key" in lines.columns:
        return warning(SOURCE, TWICE, meaning, 0)
    return counted(SOURCE, TWICE, ibis.union(*[each.filter(each.rows > 1).cache() for each in parts]), meaning)


def _parts(marked: ir.Table) -> int:
    """In how many parts orders are counted, a power of two: what an engine counts at once does not spill well."""
    return 1 << (int(marked.count().execute()) // AT_ONCE).bit_length()


def _orders(marked: ir.Table, part: int, of: int) -> ir.Table:
    """The orders of one part by their hash: {order, rows, line}."""
    own = marked.filter((marked.order & (of - 1)) == part)
    return own.group_by("order").aggregate(rows=own.count(), line=own.line.max())
