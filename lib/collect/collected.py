"""Everything of step 2 in one value: cleaned tables, books, quality, and what was and was not there (method.md §2)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from lib.collect import (
    activity,
    campaigns,
    document,
    evidence,
    identifiers,
    ids as written,
    people as persons,
    reasons as why,
    scales,
    voices,
)
from lib.collect.base import analysable
from lib.collect.beginnings import without_early
from lib.collect.consent import check_consent, check_records, overruled
from lib.collect.doubts import writings
from lib.collect.doubts.attributes import attributes, useless
from lib.collect.erased import erased_users
from lib.collect.ledger import quality, source_ledger
from lib.collect.masking import Mask, known_ids
from lib.collect.names import NAME_COLUMN
from lib.collect.quarantine import quarantined
from lib.collect.response import heard
from lib.collect.screens import People, is_repeat, kept, screened
from lib.collect.tables import artefacts, minimised
from lib.collect.typed import look, rules_checked, typed_source
from lib.collect.warnings import warnings
from lib.contracts import NotMeasured
from lib.contracts.raw import Raw, Rules
from lib.personal import regions_of

SAMPLE = 20_000  # customers that step 1 looks at (design.md §4)


@dataclass(frozen=True)
class Collected:
    """Artefacts of step 2 by name: ``tables`` (raw ones as Ibis tables, else DataFrames, or NotMeasured),
    ``ledger``, ``quality``, ``quarantine``, ``barred`` and the documents ``collected`` and ``register``."""

    tables: dict
    ledger: pd.DataFrame
    quality: pd.DataFrame
    collected: dict
    register: dict
    quarantine: pd.DataFrame
    barred: pd.DataFrame
    held: tuple = field(default=(), repr=False)  # engine tables that live as long as this value


def collect(raw: Raw, rules: Rules, keep: Collection[str] | None = None) -> Collected:
    """Clean, reconcile and protect every source.

    ``keep`` is the allow-list of attributes from step 1 (None: all mapped ones).
    Raises UserError where the sources contradict their declaration or more rows fail than the product allows.
    """
    book = written.book(raw, rules)
    ids = written.customer_keys(book, rules)
    written.refuse_bad_ids(book, ids, rules)
    known, names, doubted = known_ids(book["text"].unique().tolist()), _names(raw), writings.doubts(book, ids, rules)
    found = identifiers.screened(raw, rules, known)
    raw = found.raw
    seen = {name: look(name, table, rules.sources[name]) for name, table in raw.tables.items()}
    kinds = {name: s.kinds for name, s in seen.items()}
    read = {name: typed_source(name, table, rules, ids, seen[name]) for name, table in raw.tables.items()}
    typed = {name: table for name, (table, _) in read.items()}
    if "consent" in typed:
        check_consent(typed["consent"], rules, book, ids)
    del book  # of every customer: no longer needed, and large
    states, people = _people(typed, rules, ids)
    states |= _activity(typed, rules, people)
    base = analysable(states, rules)
    states |= _said(typed, rules, people)
    base = base if len(base) else analysable(states, rules)
    listed = people if people.known is not None else replace(people, known=pd.DataFrame({"customer_key": base}))
    states |= _tried(typed, rules, listed)
    if "consent" in states:
        states["consent"] = persons.consent_of_customers(states["consent"], listed)
    books = pd.concat([source_ledger(name, states[name], raw.tables[name], rules.sources[name])
                       for name in raw.tables], ignore_index=True)
    checked = {name: rules_checked(name, columns) + _rules(name, columns) for name, columns in kinds.items()}
    kept_columns, dropped = minimised(kinds, keep, _not_answers(states), _useless(states))
    dropped += found.dropped
    said, notes = evidence.evidence(states, known, names, regions_of(rules.timezone, rules.currency))
    notes += found.notes
    notes += [overruled(states["consent"])] if "consent" in states else []
    notes += scales.declared_codes(raw.tables["survey"], rules.sources["survey"]) if "survey" in states else []
    tables = artefacts(states, rules, base, kinds, kept_columns, said)
    facts = {"sources": document.source_facts(raw, states, base), "absent": document.absent(raw),
             "lists": [dict(file) for file in raw.lists],
             "kept_columns": kept_columns, "dropped_columns": dropped, "period": document.period(states),
             "n_customers": len(base), "protection": _protection(states, people),
             "voices": heard(states, base, said)}
    notes += [note for _, told in read.values() for note in told]
    notes += doubted + warnings(states, rules)
    return Collected(tables, books.drop(columns="first_lines"), quality(books, raw.tables, notes, checked), facts,
                     document.register(rules, facts),
                     quarantined(states, raw.tables, kept_columns, Mask(known), books, people.barred),
                     _barred(people), (raw, typed, states))


def sample_customers(collected: Collected, n: int = SAMPLE) -> Collected:
    """The same, restricted to the n customers with the smallest pseudonyms: a keyed-hash sample, alike in every run."""
    customers = collected.tables["customers"]
    if len(customers) <= n:
        return collected
    keys = customers["customer_key"].sort_values().head(n)
    chosen = ibis.memtable(pd.DataFrame({"customer_key": keys}).astype("str"))
    tables = {name: _restricted(table, keys, chosen) for name, table in collected.tables.items()}
    return replace(collected, tables=tables, held=(*collected.held, chosen))


def allowed_columns(basis: pd.DataFrame | NotMeasured, profiles: list[str] = ()) -> list[str]:
    """The attributes that step 1's basis needs: usable, descriptive, or named by a profile's rule; none refused.

    ``profiles`` are the rules of the ideal customer profiles, as declared.
    """
    words = {word for rule in profiles for word in re.findall(r"[^\W\d]\w*", rule)}
    if isinstance(basis, NotMeasured):  # nothing to judge attributes by: only what profiles are defined by goes on
        return sorted(words)
    refused = basis["sensitivity"].isin(["protected", "special"]) & (basis["verdict"] == "do not use")
    needed = (basis["verdict"] != "do not use") | basis["column"].isin(words)
    return sorted(basis.loc[needed & ~refused, "column"])


def _people(typed: dict, rules: Rules, ids: pa.Table) -> tuple[dict, People]:
    """States of customers and consent, and who is barred and known."""
    states, records = {}, None
    universe = pd.Series(ids["key"].drop_null().unique().to_pylist(), dtype="str")
    if "consent" in typed:
        states["consent"] = persons.consent_table(typed["consent"], rules)
        records = persons.consents(states["consent"])
        check_records(records, rules)
    declared = persons.barred_by_declaration(universe, records, rules)
    known = None
    if "customers" in typed:
        states["customers"] = persons.customer_table(typed["customers"], rules, declared)
        if not rules.sources["customers"].partial:
            known = states["customers"].select("customer_key").distinct().to_pandas().dropna()
    return states, People(persons.barred_customers(declared, states.get("customers")), known,
                          tuple(erased_users(typed, rules)))


def _activity(typed: dict, rules: Rules, people: People) -> dict:
    makers = {"transactions": activity.transaction_table, "events": activity.event_table}
    if "events" in typed:
        typed = typed | {"events": without_early(typed["events"], typed.get("customers"), rules)}
    return {name: make(typed[name], rules, people) for name, make in makers.items() if name in typed}


def _said(typed: dict, rules: Rules, people: People) -> dict:
    makers = {"survey": voices.survey_table, "interviews": voices.interview_table, "texts": voices.text_table}
    return {name: make(typed[name], rules, people) for name, make in makers.items() if name in typed}


def _not_answers(states: dict) -> dict[str, str]:
    """Columns of the survey that its table does not hold, with the reason."""
    if "survey" not in states:
        return {}
    free = dict.fromkeys(voices.free_answers(states["survey"]), "free text: masked, kept as evidence")
    return free | dict.fromkeys(scales.nobody_answered(kept(states["survey"])), "no answer in any row")


def _useless(states: dict) -> dict[str, str]:
    """Attributes that divide nobody or identify people, with the reason."""
    return useless(attributes(states["customers"])) if "customers" in states else {}


def _names(raw: Raw) -> list[str]:
    """Names of people that a mapped column of customers holds; they are looked for in what people wrote."""
    if "customers" not in raw.tables:
        return []
    table = raw.tables["customers"].table
    columns = [c for c in raw.tables["customers"].columns if NAME_COLUMN.search(c)]
    return [n for c in columns for n in table[c].name("n").as_table().distinct().n.to_pyarrow().to_pylist() if n]


def _tried(typed: dict, rules: Rules, people: People) -> dict:
    """States of campaigns, assignments, outcomes, and of the list of features."""
    states = {}
    if "features" in typed:
        states["features"] = screened(typed["features"], [
            ("excluded", why.EQUAL_ROW, is_repeat(typed["features"]))]).cache()
    if "campaigns" in typed:
        states["campaigns"] = campaigns.campaign_table(typed["campaigns"], rules)
    if "assignments" in typed:
        states["assignments"] = campaigns.assignment_table(typed["assignments"], rules, people)
    if "outcomes" in typed:
        declared = campaigns.campaigns(states["campaigns"]) if "campaigns" in states else None
        assigned = kept(states["assignments"]).to_pandas() if "assignments" in states else pd.DataFrame(
            columns=campaigns.KEY)
        states["outcomes"] = campaigns.outcome_table(
            typed["outcomes"], people, assigned, campaigns.unfinished_campaigns(declared, rules))
    return states


def _barred(people: People) -> pd.DataFrame:
    """Who left before features, but for those whose erasure was asked for: of these, marks alone are kept."""
    left = people.barred[people.barred["barred_for"] != why.ERASED]
    return left.sort_values("customer_key", ignore_index=True)


def _protection(states: dict, people: People) -> dict[str, int]:
    """Customers who left, by reason; each is counted once, and only if a source of customers or activity knows it."""
    names = ["customers"] if people.known is not None else ["customers", "transactions", "events"]
    keys = pd.concat([states[n].select("customer_key").distinct().to_pandas()["customer_key"]
                      for n in (names if set(names) & set(states) else ["survey"]) if n in states])
    left = people.barred[people.barred["customer_key"].isin(keys)]
    counts = left["barred_for"].value_counts()
    return {reason: int(counts.get(reason, 0)) for reason in why.CUSTOMER_REASONS}


def _rules(name: str, columns: dict[str, str]) -> list[str]:
    """Rules beyond typing that every source with rows of customers is held to."""
    rules = [why.EQUAL_ROW]
    if "customer_id" in columns and name not in ("customers", "survey", "interviews"):
        rules.append(why.ORPHAN)
    if "order_id" in columns:
        rules.append(why.TWO_CUSTOMERS)
    return rules + [why.FUTURE] if document.DAY_OF.get(name) in columns else rules


def _restricted(table, keys: pd.Series, chosen: ir.Table):
    if isinstance(table, ir.Table):
        return table.semi_join(chosen, "customer_key")
    if isinstance(table, NotMeasured) or "customer_key" not in table:
        return table
    return table[table["customer_key"].isna() | table["customer_key"].isin(keys)].reset_index(drop=True)
