"""What was read and what was not there: the `collected` document and the entry of the processing register."""

from __future__ import annotations

import ibis.expr.types as ir
import pandas as pd

from lib.collect.ledger import STATES
from lib.collect.screens import kept
from lib.contracts.raw import Raw, Rules

DAY_OF = {"customers": "signup_date", "transactions": "ordered_at", "events": "occurred_at", "survey": "answered_at",
          "interviews": "held_at", "texts": "written_at", "campaigns": "starts_on", "assignments": "assigned_at",
          "consent": "recorded_at"}
WOULD_ALLOW = {
    "customers": "profiles by attribute, and telling customers who never bought from strangers",
    "transactions": "recency, frequency and money, and the value of customers",
    "events": "breadth and depth of use, and user types from use",
    "features": "which core value and job each feature serves",
    "survey": "needs and attitudes, and stated against observed frequency",
    "interviews": "pain points and jobs in customers' words, and agreement of coders",
    "texts": "themes in what customers write",
    "campaigns": "what earlier campaigns were, and what they cost",
    "assignments": "effects of earlier campaigns, from who was and was not treated",
    "outcomes": "uplift per segment, and return on campaigns",
    "consent": "audience files: nobody is contacted without a record",
}


def source_facts(raw: Raw, states: dict[str, ir.Table], base: pd.Series) -> list[dict]:
    """One entry a file: {source, file, sha256, bytes, rows, newest, customers, coverage} and rows by state.

    The newest day, customers and coverage are those of the source.
    """
    facts = {name: {"newest": _newest(name, table), **_coverage(table, base)} for name, table in states.items()}
    rows = {name: _rows_by_file(table, raw.tables[name].rejected) for name, table in states.items()}
    return [{**file, **facts[file["source"]], **rows[file["source"]].get(file["file"], dict.fromkeys(STATES, 0))}
            for file in raw.files]


def absent(raw: Raw) -> list[dict]:
    """Sources that the product does not have, and what each would allow."""
    return [{"source": name, "would_allow": text} for name, text in WOULD_ALLOW.items() if name not in raw.tables]


def period(states: dict[str, ir.Table]) -> list:
    """First and last day of the orders and events that were kept."""
    days = []
    for name in ("transactions", "events"):
        if name in states:
            when = kept(states[name])[DAY_OF[name]]
            days += [when.min().execute(), when.max().execute()]
    days = [d.date() for d in days if not pd.isna(d)]
    return [min(days), max(days)] if days else [None, None]


def register(rules: Rules, facts: dict) -> dict:
    """The entry of the processing register: purpose, basis, categories, sources, retention, measures (method.md §7)."""
    return {
        "purpose": rules.purpose, "lawful_basis": rules.lawful_basis, "owner": rules.owner,
        "legitimate_interest": rules.legitimate_interest, "impact_assessment": rules.impact_assessment,
        "key_id": rules.key_id,
        "retention_days": rules.retention_days, "minimum_age": rules.minimum_age, "as_of": rules.as_of.isoformat(),
        "categories": {table: list(columns) for table, columns in facts["kept_columns"].items()},
        "compared": list(rules.compare),
        "sources": sorted({s["source"] for s in facts["sources"]}),
        "people": facts["n_customers"], "left_out": facts["protection"],
        "recipients": "readers of the reports (aggregates); audience files under consent, with an expiry date",
        "measures": ["ids replaced by keyed pseudonyms on load (HMAC-SHA-256, 128 bits)",
                     "only mapped columns are read, only those that the basis needs are kept",
                     "free text masked", "published cells below the smallest size suppressed"],
        "remark": "published or synthetic data: a public key" if rules.public_data
                  else "pseudonymised data is still personal data",
    }


def _rows_by_file(table: ir.Table, rejected: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Rows of each file by state; lines that could not be split into columns are quarantined."""
    counts = table.group_by("file", "state").aggregate(rows=table.count()).to_pandas()
    lost = rejected.groupby("file").size() if len(rejected) else pd.Series(dtype="int64")
    lost = pd.DataFrame({"file": lost.index, "state": "quarantined", "rows": lost.to_numpy()})
    wide = pd.concat([counts, lost]).pivot_table(index="file", columns="state", values="rows", aggfunc="sum",
                                                 fill_value=0).reindex(columns=list(STATES), fill_value=0)
    return {file: {s: int(n) for s, n in row.items()} for file, row in wide.to_dict("index").items()}


def _newest(name: str, table: ir.Table) -> str | None:
    if DAY_OF.get(name) not in table.columns:
        return None
    newest = kept(table)[DAY_OF[name]].max().execute()
    return None if pd.isna(newest) else newest.date().isoformat()


def _coverage(table: ir.Table, base: pd.Series) -> dict:
    """Customers that may be analysed whom the source knows, and their share; nothing for sources without customers."""
    if "customer_key" not in table.columns:
        return {"customers": None, "coverage": None}
    keys = kept(table).select("customer_key").distinct().to_pandas()["customer_key"]
    known = int(keys.isin(base).sum())
    return {"customers": known, "coverage": known / len(base) if len(base) else None}
