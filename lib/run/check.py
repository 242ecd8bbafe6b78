"""`segments check`: a product's sources read and cleaned as step 2 does it, and what that found. Nothing is written."""

from __future__ import annotations

import pandas as pd

from lib import collect, sources

LISTED = ("warning", "quarantined", "excluded", "repaired")  # the worst to know first


def report(settings) -> str:
    """What was read, what was kept, and every rule that found something. Raises UserError where a run would stop."""
    found = collect.collect(sources.read(settings), sources.rules(settings))
    facts = found.collected
    rows = found.ledger.pivot_table(index="source", columns="state", values="rows", aggfunc="sum", fill_value=0)
    lines = [f"{settings.id}: {facts['n_customers']:,} customers may be analysed, as of {settings.as_of}",
             *(_source(fact, rows) for fact in facts["sources"])]
    lines += [f"  not there: {absent['source']} (it would allow {absent['would_allow']})" for absent in facts["absent"]]
    rules = found.quality[(found.quality["rows_affected"] > 0) & found.quality["severity"].isin(LISTED)]
    rules = rules.assign(rank=rules["severity"].map(LISTED.index)).sort_values(["rank", "source", "rule"])
    return "\n".join([*lines, *(_rule(rule) for rule in rules.itertuples())])


def _source(fact: dict, rows: pd.DataFrame) -> str:
    states = rows.loc[fact["source"]].drop("in")
    counts = ", ".join(f"{n:,} {state}" for state, n in states.items() if n)
    return f"  {fact['source']}: {fact['file']}, {fact['rows']:,} rows; of the source {counts}"


def _rule(rule) -> str:
    lines = f", first in lines {rule.first_lines}" if rule.first_lines else ""
    return f"  {rule.severity}: {rule.source}, {rule.rule}: {rule.rows_affected:,} rows{lines}. {rule.meaning}"
