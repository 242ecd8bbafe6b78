"""Order lines and events: signs of money, repeats, time, people. Raw rows stay in the engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from lib.collect import reasons as why
from lib.collect.screens import People, is_repeat, kept, people_checks, screened, time_checks, with_people
from lib.contracts import UserError
from lib.contracts.raw import Rules, SourceRules


def transaction_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The transactions source with states; `amount` net and signed, `is_refund`, `order_key` always filled.

    Raises UserError for a negative amount without a declared rule, and for another currency.
    """
    source = rules.sources["transactions"]
    _refuse_currency(typed, rules.currency)
    table = with_people(_with_order(_signed(typed, source)), people).cache()
    repeat = is_repeat(table)
    owner = ibis.ifelse(table.is_orphan | table.fault.notnull(), ibis.null("string"), table.customer_key)
    order = ibis.window(group_by=table.order_key)
    two_owners = owner.min().over(order) != owner.max().over(order)
    checks = [("excluded", why.EQUAL_ROW, repeat)] if source.equal_rows == "remove" else []
    checks += [("excluded", why.EXCLUDED_ID, table.barred_for == why.EXCLUDED_ID)]
    checks += [("excluded", why.ORPHAN, table.is_orphan), ("quarantined", why.TWO_CUSTOMERS, two_owners)]
    checks += time_checks(table.ordered_at, rules) + people_checks(table)
    return screened(table, checks).cache()


def transactions(table: ir.Table) -> ir.Table:
    """Columns as the contract `transactions`, of the rows that go on."""
    return _artefact(kept(table), "ordered", ("order_key", "amount", "category", "quantity", "is_refund"))


def event_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The events source with states."""
    source = rules.sources["events"]
    table = with_people(typed, people).cache()
    repeat = is_repeat(table)
    checks = [("excluded", why.EQUAL_ROW, repeat)] if source.equal_rows == "remove" else []
    if "value" in table.columns:
        checks.append(("quarantined", "value: negative", table.value < 0))
    checks += time_checks(table.occurred_at, rules) + people_checks(table)
    return screened(table, checks).cache()


def events(table: ir.Table) -> ir.Table:
    """Columns as the contract `events`, of the rows that go on."""
    return _artefact(kept(table), "occurred", ("feature", "value", "session_key", "user_key"))


def _artefact(table: ir.Table, verb: str, optional: tuple[str, ...]) -> ir.Table:
    at = table[f"{verb}_at"]
    days = {f"{verb}_at": at, f"{verb}_on": at.truncate("D")}
    return table.select("customer_key", **days, **{c: table[c] for c in optional if c in table.columns})


def _signed(table: ir.Table, source: SourceRules) -> ir.Table:
    """Amounts with refunds negative, by the declared rule."""
    if "amount" not in table.columns:
        return table.mutate(is_refund=ibis.literal(False))
    if source.sold_as == "kind":
        if "kind" not in table.columns:
            raise UserError("transactions: sold_as is `kind`, and no column is mapped to it",
                            fix="map `kind`, or declare another sold_as")
        refund = table.kind.isin(source.refund_kinds).fill_null(False)
        return table.mutate(is_refund=refund, amount=ibis.ifelse(refund, -table.amount.abs(), table.amount))
    if not source.sold_as:
        _refuse_negative(table)
    return table.mutate(is_refund=(table.amount < 0).fill_null(False))


def _with_order(table: ir.Table) -> ir.Table:
    """Lines without an order id: what a customer bought in one moment is one order."""
    moment = table.customer_key + "@" + table.ordered_at.strftime("%Y%m%d%H%M%S")
    key = ibis.coalesce(table.order_key, moment) if "order_key" in table.columns else moment
    return table.mutate(order_key=key)


def _refuse_negative(table: ir.Table) -> None:
    negative = table.filter(table.amount < 0)
    count, lines = _first_lines(negative)
    if count:
        raise UserError(f"transactions: {count} amounts are negative, and no rule says what that means",
                        where=f"amount, lines {lines}",
                        fix='declare sold_as: "negative refunds", "net of refunds" or "kind"')


def _refuse_currency(table: ir.Table, currency: str) -> None:
    if "currency" not in table.columns:
        return
    other = table.filter(table.currency.isnull() | (table.currency.upper() != currency))
    count, lines = _first_lines(other)
    if count:
        raise UserError(f"transactions: {count} rows are not in {currency}", where=f"currency, lines {lines}",
                        fix="convert them before, or give one product a currency")


def _first_lines(table: ir.Table) -> tuple[int, str]:
    count = int(table.count().execute())
    lines = table.order_by(["file", "line"]).limit(5).line.to_pyarrow().to_pylist() if count else []
    return count, ", ".join(str(n) for n in lines)
