"""Customers, and who of them may not be analysed: opted out, no consent, minors, erased, test ids (method.md §7).

They leave before any feature is computed, each for one counted reason.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.collect.erased import erased_among
from lib.collect.found import found_at
from lib.collect.pseudonyms import pseudonym
from lib.collect.screens import People, is_repeat, screened, time_checks, with_people
from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import Rules

RESTRICTIVE = {"granted": 0, "withdrawn": 1, "objected": 2}


def consent_table(typed: ir.Table, rules: Rules) -> ir.Table:
    """The consent source with states that need no knowledge of the customers: unknown status, repeats, later grants.

    A withdrawal or objection counts whatever its date; a grant only when it was on record at the as-of date.
    """
    table = typed.mutate(channel=typed.channel.lower(), status=typed.status.lower())
    checks = [("quarantined", "status: unknown value", ~table.status.isin(list(RESTRICTIVE))),
              ("excluded", why.EQUAL_ROW, is_repeat(table))]
    if "recorded_at" in table.columns:
        ((_, reason, later),) = time_checks(table.recorded_at, rules, expires=False)
        checks.append(("excluded", reason, later & (table.status == "granted")))
    return screened(table, checks).cache()


def consent_of_customers(table: ir.Table, people: People) -> ir.Table:
    """The consent source with the states that need the customers: whose customer left, and nobody's."""
    known = with_people(table, people)
    open_ = known.state.isin(["kept", "repaired"]) | (known.barred_for == why.ERASED).fill_null(False)
    reason = ibis.coalesce(known.barred_for, ibis.ifelse(known.is_orphan, why.ORPHAN, ibis.null("string")))
    out = open_ & reason.notnull()
    return known.mutate(state=ibis.ifelse(out, "excluded", known.state),
                        reason=ibis.ifelse(out, reason, known.reason)).cache()


def consents(table: ir.Table) -> pd.DataFrame:
    """The most restrictive usable record per customer and channel: columns as the contract `consents`."""
    rows = table.filter(table.state.isin(["kept", "repaired"])).to_pandas()
    rows["recorded_on"] = rows.get("recorded_at", pd.NaT)
    rows["rank"] = rows["status"].map(RESTRICTIVE)
    ordered = rows.sort_values(["customer_key", "channel", "rank", "recorded_on"], kind="stable")
    last = ordered.drop_duplicates(["customer_key", "channel"], keep="last")
    return last[["customer_key", "channel", "status", "recorded_on"]].reset_index(drop=True)


def barred_by_declaration(universe: pd.Series, records: pd.DataFrame | None, rules: Rules) -> pd.DataFrame:
    """Customers barred by an excluded id, an earlier erasure or their consent: customer_key, barred_for."""
    ids = {i for s in rules.sources.values() for i in s.exclude_ids}
    excluded = {pseudonym(i, "customer", rules.key) for i in ids}
    parts = [_barred(universe[universe.isin(excluded)], why.EXCLUDED_ID),
             _barred(pd.Series(erased_among(universe, rules), dtype="str"), why.ERASED)]
    if records is not None:
        analytics = records[records["channel"] == "analytics"]
        granted = analytics.loc[analytics["status"] == "granted", "customer_key"]
        asked = rules.asks_consent and len(analytics) > 0
        without = universe[~universe.isin(granted)] if asked else analytics.loc[
            analytics["status"] != "granted", "customer_key"]
        objected = records[(records["channel"] == "marketing") & (records["status"] == "objected")]
        parts += [_barred(without, why.NO_CONSENT), _barred(objected["customer_key"], why.OBJECTED)]
    return first_reason(pd.concat(parts))


def customer_table(typed: ir.Table, rules: Rules, declared: pd.DataFrame) -> ir.Table:
    """The customers source with its states. Raises UserError when one customer has two different rows."""
    table = with_people(typed, People(declared, None)).drop("is_orphan")
    if "erased_at" in table.columns:
        table = table.mutate(barred_for=ibis.ifelse(table.erased_at.notnull(), why.ERASED, table.barred_for))
    table = table.cache()
    checks = [("excluded", why.EQUAL_ROW, is_repeat(table)),
              ("excluded", why.EXCLUDED_ID, table.barred_for == why.EXCLUDED_ID)]
    if {"birth_year", "age"} & set(table.columns):
        checks.append(("excluded", why.MINOR, _youngest_age(table, rules) < rules.minimum_age))
    checks += [("excluded", r, table.barred_for == r) for r in (why.NO_CONSENT, why.OBJECTED)]
    if "signup_date" in table.columns:
        ((_, _, later),) = time_checks(table.signup_date, rules, expires=False)
        checks.append(("excluded", why.LATER, later))
    result = screened(table, checks).cache()
    _refuse_two_rows(result)
    return result


def barred_customers(declared: pd.DataFrame, table: ir.Table | None) -> pd.DataFrame:
    """Everyone barred, for the first of their reasons: customer_key, barred_for."""
    if table is None:
        return declared
    out = table.filter(table.state.isin(["excluded", "quarantined"]) & (table.reason != why.EQUAL_ROW)
                       & table.customer_key.notnull())
    rows = out.select("customer_key", "state", barred_for="reason").to_pandas()
    rows.loc[rows["state"] == "quarantined", "barred_for"] = why.UNREADABLE
    return first_reason(pd.concat([declared, rows[["customer_key", "barred_for"]]]))


def first_reason(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a customer: the reason that comes first in CUSTOMER_REASONS."""
    order = rows["barred_for"].map({r: i for i, r in enumerate(why.CUSTOMER_REASONS)})
    ordered = rows.assign(order=order).sort_values(["customer_key", "order"], kind="stable")
    return ordered.drop_duplicates("customer_key")[["customer_key", "barred_for"]].reset_index(drop=True)


def _youngest_age(table: ir.Table, rules: Rules) -> ir.NumericValue:
    """The age that is given, or that a year of birth proves: the birthday may lie after the as-of date."""
    if "birth_year" not in table.columns:
        return table.age
    birthday_passed = (rules.as_of.month, rules.as_of.day) == (12, 31)
    return rules.as_of.year - table.birth_year - (0 if birthday_passed else 1)


def _barred(keys: pd.Series, reason: str) -> pd.DataFrame:
    return pd.DataFrame({"customer_key": keys.astype("str"), "barred_for": reason}).astype("str")


def _refuse_two_rows(table: ir.Table) -> None:
    usable = table.filter((table.reason != why.EQUAL_ROW) & table.fault.isnull())
    twice = usable.mutate(_n=usable.count().over(ibis.window(group_by=usable.customer_key))).filter(lambda t: t._n > 1)
    count, where = found_at(twice, "customer_id")
    if count:
        raise UserError(f"customers: {number_of(count, 'row is', 'rows are')} one of two different rows of a customer",
                        where=where,
                        fix="one row a customer; keep the newest")
