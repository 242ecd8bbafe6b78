"""Order lines and events: signs of money, repeats, time, people. Raw rows stay in the engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from lib.collect import reasons as why
from lib.collect.found import found_at
from lib.collect.screens import People, is_repeat, kept, people_checks, screened, time_checks, with_people
from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import Rules, SourceRules

MOST_UNITS = 2**53  # sums of minor units are exact up to here, also where a table holds them as floats


def transaction_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The transactions source with states; `amount` net and signed, `is_refund`, `order_key` always filled.

    Raises UserError for a negative amount without a declared rule, for a currency without a rate, for one
    transaction id with two contents, and where the money is too much to be counted exactly.
    """
    source = rules.sources["transactions"]
    _refuse_currency(typed, rules.currency)
    typed = typed.drop("is_rated") if "is_rated" in typed.columns else typed
    table = _with_order(_signed(_sold(typed, source), source))
    _refuse_too_much(table, rules.minor_digits)
    table = with_people(table.mutate(_repeat=is_repeat(table)), people)
    _refuse_two_contents(table)
    repeat = table._repeat
    two_owners = table.order_key.isin(_of_two_customers(table).order_key)
    known_copies = source.equal_rows == "remove" or "transaction_key" in table.columns
    checks = [("excluded", why.EQUAL_ROW, repeat)] if known_copies else []
    checks += [("excluded", why.EXCLUDED_ID, table.barred_for == why.EXCLUDED_ID)]
    checks += [("excluded", why.ORPHAN, table.is_orphan), ("quarantined", why.TWO_CUSTOMERS, two_owners)]
    checks += time_checks(table.ordered_at, rules) + people_checks(table)
    return screened(table, [*checks, ("excluded", why.VOID, table._void)]).drop("_repeat", "_void").cache()


def transactions(table: ir.Table) -> ir.Table:
    """Columns as the contract `transactions`, of the rows that go on."""
    return _artefact(kept(table), "ordered", ("order_key", "amount", "category", "quantity", "is_refund"))


def event_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The events source with states."""
    source = rules.sources["events"]
    table = with_people(typed.mutate(_repeat=is_repeat(typed)), people)
    checks = [("excluded", why.EQUAL_ROW, table._repeat)] if source.equal_rows == "remove" else []
    if "value" in table.columns:
        checks.append(("quarantined", "value: negative", table.value < 0))
    checks += time_checks(table.occurred_at, rules) + people_checks(table)
    return screened(table, checks).drop("_repeat").cache()


def events(table: ir.Table) -> ir.Table:
    """Columns as the contract `events`, of the rows that go on."""
    return _artefact(kept(table), "occurred", ("feature", "value", "session_key", "user_key"))


def _artefact(table: ir.Table, verb: str, optional: tuple[str, ...]) -> ir.Table:
    at = table[f"{verb}_at"]
    days = {f"{verb}_at": at, f"{verb}_on": at.truncate("D")}
    return table.select("customer_key", **days, **{c: table[c] for c in optional if c in table.columns})


def _sold(table: ir.Table, source: SourceRules) -> ir.Table:
    """With `_void`: whether the row is of a kind declared as not sold."""
    if not source.void_kinds:
        return table.mutate(_void=ibis.literal(False))
    if "kind" not in table.columns:
        raise UserError("transactions: void_kinds is declared, and no column is mapped to `kind`",
                        where="sources.transactions.void_kinds", fix="map `kind`: the column that holds these values")
    return table.mutate(_void=table.kind.isin(source.void_kinds).fill_null(False))


def _signed(table: ir.Table, source: SourceRules) -> ir.Table:
    """Amounts with refunds negative, by the declared rule."""
    if "amount" not in table.columns:
        return table.mutate(is_refund=ibis.literal(False))
    if source.sold_as == "kind":
        if "kind" not in table.columns:
            raise UserError("transactions: sold_as is `kind`, and no column is mapped to it",
                            where="sources.transactions.sold_as", fix="map `kind`, or declare another sold_as")
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
    count, where = found_at(table.filter((table.amount < 0) & ~table._void), "amount")
    if count:
        raise UserError(f"transactions: {number_of(count, 'amount is', 'amounts are')} negative, and no rule says what "
                        "that means", where=where,
                        fix='declare sold_as: "negative refunds", "net of refunds" or "kind"')


def _refuse_currency(table: ir.Table, currency: str) -> None:
    """Rows in another currency that no rate converts, or in none; unreadable rows are set aside for that."""
    if "currency" not in table.columns:
        return
    other = table.currency.isnull() | (table.currency.upper() != currency)
    if "is_rated" in table.columns:
        other = other & ~table.is_rated & table.fault.isnull()
    count, where = found_at(table.filter(other), "currency")
    rest = f"not in {currency}, or in no currency, and"
    if count:
        raise UserError(f"transactions: {number_of(count, f'row is {rest} has', f'rows are {rest} have')} no rate",
                        where=where, fix="give sources.transactions.rates, a file of currency, rate (and from); "
                                         "or convert the amounts before")


def _refuse_too_much(table: ir.Table, digits: int) -> None:
    if "amount" not in table.columns:
        return
    large = table.amount.abs() > MOST_UNITS
    count, where = found_at(table.filter(large), "amount")
    total = 0 if count else int(table.amount.abs().sum().execute() or 0)
    if count or total > MOST_UNITS:
        raise UserError(f"transactions: {number_of(count, 'amount is', 'amounts are') if count else 'all amounts are'} "
                        "more than can be counted exactly "
                        f"({MOST_UNITS // 10**digits:,})", where=where or "amount",
                        fix="correct the amounts, or give them in the currency's unit")


def _of_two_customers(table: ir.Table) -> ir.Table:
    """Orders (order_key) that stand under two customers, each of them known and in a row without a fault.

    Hashes find the few to look at: states of numbers spill to disk, windows over all rows do not.
    """
    owned = table.filter(~table.is_orphan & table.fault.isnull() & table.order_key.notnull())
    owned = owned.select("order_key", "customer_key", _order=owned.order_key.hash(), _owner=owned.customer_key.hash())
    both = owned.group_by("_order").aggregate(least=owned._owner.min(), most=owned._owner.max())
    suspects = both.filter(both.least != both.most).select("_order").cache()
    looked = owned.semi_join(suspects, "_order").group_by("order_key").aggregate(n=lambda t: t.customer_key.nunique())
    return looked.filter(looked.n > 1).select("order_key").cache()


def _refuse_two_contents(table: ir.Table) -> None:
    """One transaction id on rows that differ: nobody knows which one holds."""
    if "transaction_key" not in table.columns:
        return
    rows = ibis.window(group_by=table.transaction_key)
    differing = (~table._repeat).sum().over(rows) > 1
    bad = table.mutate(_bad=differing & table.transaction_key.notnull() & ~table._repeat).filter(lambda t: t._bad)
    count, where = found_at(bad, "transaction_id")
    if count:
        raise UserError(f"transactions: {number_of(count, 'row shares', 'rows share')} a transaction id with a row of "
                        "other content", where=where,
                        fix="one row a transaction id; keep the version that holds")
