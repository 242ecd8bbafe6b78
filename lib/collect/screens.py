"""Where each row of a source goes: kept, repaired, quarantined or excluded, for exactly one reason."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.contracts.raw import Rules

NOT_VALUES = {"file", "line", "fault", "repair", "barred_for", "is_orphan"}
INTERNAL = {*NOT_VALUES, "digest", "state", "reason"}
OWN = "own__"  # prefix of columns that the product itself named: an attribute may be called `state`


@dataclass(frozen=True)
class People:
    """Who may not be analysed, and why: `barred` (customer_key, barred_for), `known` (customer_key) or None.

    ``known`` are the ids of a complete table of customers; ids outside it are orphans. ``erased_users`` are pseudonyms
    of people inside accounts who asked to be erased: their rows leave, the account stays.
    """

    barred: pd.DataFrame
    known: pd.DataFrame | None
    erased_users: tuple[str, ...] = ()


def with_people(table: ir.Table, people: People) -> ir.Table:
    """The table with `barred_for` (why its customer may not be analysed) and `is_orphan`."""
    barred = ibis.memtable(_text(people.barred)).rename(_barred="customer_key")
    table = table.left_join(barred, table.customer_key == barred._barred).drop("_barred")
    if people.erased_users and "user_key" in table.columns:
        theirs = table.user_key.isin(people.erased_users).fill_null(False)
        table = table.mutate(barred_for=ibis.ifelse(theirs, why.ERASED, table.barred_for))
    if people.known is None:
        return table.mutate(is_orphan=ibis.literal(False))
    known = ibis.memtable(_text(people.known)).rename(_known="customer_key")
    table = table.left_join(known, table.customer_key == known._known)
    return table.mutate(is_orphan=table._known.isnull() & table.customer_key.notnull()).drop("_known")


def is_repeat(table: ir.Table) -> ir.BooleanValue:
    """Whether an equal row stands earlier: equal in every mapped value and in the digest of all other columns."""
    values = [table[c] for c in table.columns if c not in NOT_VALUES]
    every = ibis.struct({v.get_name(): v for v in values}).hash()
    found = table.aggregate(rows=table.count(), several=every.nunique()).to_pyarrow().to_pylist()[0]
    if found["rows"] == found["several"]:  # as many hashes as rows: no two are equal, and nothing need be sorted
        return ibis.literal(False)
    order = ibis.window(group_by=values, order_by=[table.file, table.line])
    return ibis.row_number().over(order) > 0


def screened(table: ir.Table, checks: list[tuple[str, str, ir.BooleanValue]]) -> ir.Table:
    """The table with `state` and `reason`: a typing fault, else the first (state, reason, condition) that holds.

    Rows of people who were erased leave before anything else, so that not even a faulty one is set aside.
    """
    holds = [(condition.fill_null(False), state, reason) for state, reason, condition in checks]
    faulty = table.fault.notnull()
    gone = (table.barred_for == why.ERASED).fill_null(False) if "barred_for" in table.columns else ibis.literal(False)
    state = ibis.cases((gone, "excluded"), (faulty, "quarantined"), *((c, s) for c, s, _ in holds),
                       (table.repair.notnull(), "repaired"), else_="kept")
    reason = ibis.cases((gone, ibis.literal(why.ERASED)), (faulty, table.fault), *((c, r) for c, _, r in holds),
                        else_=ibis.coalesce(table.repair, ibis.literal("")))
    return table.mutate(state=state, reason=reason)


def time_checks(day: ir.TimestampValue, rules: Rules, *, expires: bool = True) -> list[tuple]:
    """Nothing after the as-of day is read; nothing older than the declared retention."""
    last = pd.Timestamp(rules.as_of) + pd.Timedelta(days=1)
    first = pd.Timestamp(rules.as_of) - pd.Timedelta(days=rules.retention_days)
    checks = [("excluded", why.FUTURE, day >= ibis.timestamp(last.isoformat()))]
    return checks + [("excluded", why.EXPIRED, day < ibis.timestamp(first.isoformat()))] if expires else checks


def people_checks(table: ir.Table) -> list[tuple]:
    """Rows of customers who may not be analysed, by their reason; then rows of nobody known."""
    return [("excluded", reason, table.barred_for == reason) for reason in why.CUSTOMER_REASONS] + [
        ("excluded", why.ORPHAN, table.is_orphan)]


def kept(table: ir.Table) -> ir.Table:
    """The rows that go on."""
    return table.filter(table.state.isin(["kept", "repaired"]))


def kept_frame(table: ir.Table) -> pd.DataFrame:
    """The rows that go on, without the columns of this step, and with the product's own names."""
    values = [c for c in table.columns if c not in INTERNAL]
    return kept(table).select(values).to_pandas().rename(columns=lambda c: c.removeprefix(OWN))


def _text(frame: pd.DataFrame) -> pd.DataFrame:
    """String columns, even when the frame is empty: the engine needs their type."""
    return frame.astype("str")
