"""Orders: the lines of one order joined, with refunds netted against it (method.md §3.1).

Everything here is an Ibis expression on the table that was handed in; only counts leave the engine.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from lib.contracts import NotMeasured


def has(table, column: str) -> bool:
    """Whether an Ibis table holds that column with at least one value."""
    if isinstance(table, NotMeasured) or column not in table.columns:
        return False
    return bool(table.filter(table[column].notnull()).limit(1).count().execute() > 0)  # the first one ends the search


def whole(total: ir.NumericValue) -> ir.IntegerValue:
    """A sum of whole numbers in 64 bits: DuckDB's sums have 128, which cost twice the time and leave it as objects.

    The way over a double is exact below 2**53.
    """
    return total.cast("float64").cast("int64")


def up_to(table: ir.Table, day_column: str, as_of: dt.date) -> ir.Table:
    """The rows on or before `as_of`, with their day as a date in `day` (cast before any gap is taken)."""
    dated = table.mutate(day=table[day_column].cast("date"))
    return dated.filter(dated.day <= ibis.date(as_of))


def purchase_lines(transactions: ir.Table, *, as_of: dt.date) -> ir.Table:
    """Lines up to `as_of` with `day` and `bought`: a positive amount, or no refund where there are no amounts."""
    lines = up_to(transactions, "ordered_on", as_of)
    bought = ~lines.is_refund.fill_null(False)
    if has(transactions, "amount"):
        bought = bought & (lines.amount.fill_null(0) > 0)
    return lines.mutate(bought=bought)


def order_table(transactions: ir.Table, *, as_of: dt.date, categories_since: dt.date | None = None) -> ir.Table:
    """Rows that add up to the orders with a purchase: customer_key, day, opens; and, with amounts, net, taken.

    `opens` is 1 on one row of each order and 0 on others. `day` is the day of the order's first purchase; an order
    that cost nothing is a purchase too. `net` is what was taken less what was given back up to `as_of`, whenever that
    happened (minor units). Lines that step 2 found to be an order by themselves are taken as they are.
    With `categories_since`, `category` is what was bought on that day or later, and lines of joined orders name theirs
    on rows of their own, without a day.
    """
    lines = purchase_lines(transactions, as_of=as_of)
    money = ["net", "taken"] if has(transactions, "amount") else []
    if categories_since:
        lines = lines.mutate(category=ibis.ifelse(lines.day >= ibis.date(categories_since), lines.category, None))
    parts = [_joined(lines, money, categories_since is not None)]
    if "opens" in lines.columns:
        parts.append(_parts(lines.filter(lines.opens.notnull()), money, categories_since is not None))
    if categories_since:
        loose = _to_join(lines)
        loose = loose.filter(loose.bought & loose.category.notnull())
        nothing = {"day": ibis.null("date"), "opens": ibis.literal(0, "int64")}
        parts.append(_parts(loose.mutate(**nothing, amount=ibis.literal(0, "int64")), money, True))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def unmatched_refunds(transactions, *, as_of: dt.date) -> dict | NotMeasured:
    """Refunds whose order is not in the data, and which therefore enter no figure: {orders, amount, share}.

    `amount` is in minor units, `share` its part of all money given back.
    """
    if isinstance(transactions, NotMeasured):
        return transactions
    if not has(transactions, "amount"):
        return NotMeasured("transactions carry no amounts", "amounts, refunds negative")
    grouped = _by_order(_to_join(purchase_lines(transactions, as_of=as_of)), True)
    row = grouped.aggregate(
        orders=grouped.count(where=grouped.day.isnull()).fill_null(0),  # Spark counts none of none as missing
        amount=grouped.returned.sum(where=grouped.day.isnull()).fill_null(0),
        all=grouped.returned.sum().fill_null(0),
    ).to_pandas().iloc[0]
    share = float(row["amount"] / row["all"]) if row["all"] else 0.0
    return {"orders": int(row["orders"]), "amount": int(row["amount"]), "share": share}


def _parts(lines: ir.Table, money: list[str], category: bool) -> ir.Table:
    """Each line as a row of `order_table`."""
    columns = ["customer_key", "day", lines.opens.cast("int64").name("opens")]
    columns += [lines.amount.cast("int64").name(name) for name in money]
    return lines.select(*columns, *(["category"] if category else []))


def _joined(lines: ir.Table, money: list[str], category: bool) -> ir.Table:
    """Rows of `order_table` for the lines that must be joined by order: one an order."""
    grouped = _by_order(_to_join(lines), bool(money))
    rows = grouped.filter(grouped.day.notnull()).mutate(opens=ibis.literal(1, "int64"))
    rows = rows.mutate(category=ibis.null(lines.category.type())) if category else rows
    return rows.select("customer_key", "day", "opens", *money, *(["category"] if category else []))


def _to_join(lines: ir.Table) -> ir.Table:
    """The lines that must be joined by order: those of refunds, of several days, or without a purchase."""
    return lines.filter(lines.opens.isnull()) if "opens" in lines.columns else lines


def _by_order(lines: ir.Table, paid: bool) -> ir.Table:
    money = {}
    if paid:
        money = {
            "net": whole(lines.amount.sum().fill_null(0)),
            "taken": whole(lines.amount.sum(where=lines.amount > 0).fill_null(0)),
            "free": lines.day.min(where=(lines.amount == 0) & ~lines.is_refund.fill_null(False)),
        }
    orders = lines.group_by(["customer_key", "order_key"]).aggregate(day=lines.day.min(where=lines.bought), **money)
    if not money:
        return orders
    orders = orders.mutate(returned=orders.taken - orders.net)
    cost_nothing = (orders.taken == 0) & (orders.net == 0)
    return orders.mutate(day=ibis.ifelse(cost_nothing, orders.free, orders.day)).drop("free")
