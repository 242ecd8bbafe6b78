"""The product's own ids by pseudonym, and what its sources say today about consent, erasure and age.

Read anew whenever it is asked for, and kept nowhere. Of each source only the columns that decide are read.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

import pandas as pd

from lib import sources
from lib.collect import ids as written, people
from lib.collect.consent import check_consent, check_records
from lib.collect.pseudonyms import UNSEEN
from lib.collect.typed import look, typed_source
from lib.contracts import Blocked
from lib.contracts.raw import Rules

WANTED = {"customers": {"customer_id", "erased_at", "birth_year", "age"},
          "consent": {"customer_id", "channel", "status", "recorded_at"}}
ONLY_IDS = {"customer_id"}
ACTIVITY = ("transactions", "events")


@dataclass(frozen=True)
class Identities:
    """``ids`` the own id by customer_key; ``customers`` (customer_key and, where known, age); ``consents`` as the
    contract has them; ``barred`` (customer_key, barred_for)."""

    ids: pd.Series
    customers: pd.DataFrame
    consents: pd.DataFrame
    barred: pd.DataFrame


def identities(settings, today: dt.date) -> Identities:
    """What the sources say on that day. Raises Blocked when the record of consent is missing or cannot be relied on."""
    if "consent" not in settings.sources:
        raise Blocked("the product has no record of consent any more, so nobody may be contacted",
                      where="sources.consent of the product file", fix="name the record; a consent is never assumed")
    asked = _narrowed(settings).model_copy(update={"as_of": max(today, settings.as_of)})
    rules, raw = sources.rules(asked), sources.read(asked)
    book = written.book(raw, rules)
    keys = written.customer_keys(book, rules)
    seen = {name: look(name, raw.tables[name], rules.sources[name]) for name in WANTED if name in raw.tables}
    typed = {name: typed_source(name, raw.tables[name], rules, keys, seen[name])[0] for name in seen}
    check_consent(typed["consent"], rules, book, keys)
    records = people.consents(people.consent_table(typed["consent"], rules))
    check_records(records, rules)
    declared = people.barred_by_declaration(_every(keys), records, rules)
    table = people.customer_table(typed["customers"], rules, declared) if "customers" in typed else None
    return Identities(_own(book, keys, raw), _ages(table, rules), records, people.barred_customers(declared, table))


def _narrowed(settings):
    """The settings with the sources that know customers, each with the columns that decide."""
    customers = settings.sources.get("customers")
    names = ["customers", "consent"] if customers and not customers.partial else ["customers", "consent", *ACTIVITY]
    kept = {name: _narrow(settings.sources[name], WANTED.get(name, ONLY_IDS)) for name in names
            if name in settings.sources}
    if set(kept) == {"consent"} and "survey" in settings.sources:  # a launch: those who answered are the base
        kept["survey"] = _narrow(settings.sources["survey"], ONLY_IDS)
    return settings.model_copy(update={"sources": kept})


def _narrow(source, columns: set[str]):
    return source.model_copy(update={
        "columns": {c: header for c, header in source.columns.items() if c in columns},
        "lookups": {c: found for c, found in source.lookups.items() if c in columns},
        "constants": {c: value for c, value in source.constants.items() if c in columns}})


def _every(keys) -> pd.Series:
    return pd.Series(keys["key"].drop_null().unique().to_pylist(), dtype="str")


def _own(book: pd.DataFrame, keys, raw) -> pd.Series:
    """One id a customer: as the table of customers writes it, else as it is written most often; without signs that
    nobody sees and outer spaces."""
    key = dict(zip(keys["raw"].to_pylist(), keys["key"].to_pylist(), strict=True))
    known = [n for n in raw.tables if n != "consent"]
    rows = book[(book["column"] == "customer_id") & book["source"].isin(known)]
    rows = rows.assign(key=rows["raw"].map(key), first=rows["source"] != "customers").dropna(subset=["key"])
    best = rows.sort_values(["first", "rows", "raw"], ascending=[True, False, True]).drop_duplicates("key")
    return best.set_index("key")["raw"].map(_seen)


def _seen(raw: str) -> str:
    return "".join(c for c in raw if unicodedata.category(c) not in UNSEEN).strip()


def _ages(table, rules: Rules) -> pd.DataFrame:
    """Ages in years, where they or years of birth are known."""
    known = [c for c in ("age", "birth_year") if table is not None and c in table.columns]
    if not known:
        return pd.DataFrame({"customer_key": pd.Series(dtype="str")})
    frame = table.select("customer_key", *known).to_pandas().dropna(subset=["customer_key"])
    if "birth_year" in frame:
        frame["age"] = rules.as_of.year - frame["birth_year"].astype("float64")
    return frame[["customer_key", "age"]].drop_duplicates("customer_key")
