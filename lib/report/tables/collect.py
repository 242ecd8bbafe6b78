"""Tables of notebook 02: what was read, where every row went, what each rule found, which columns go on."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format

STATES = ("in", "kept", "repaired", "quarantined", "excluded")
WORST_FIRST = {"quarantined": 0, "excluded": 1, "warning": 2, "repaired": 3, "pass": 4}


@shows
def sources(collected: dict, as_of: dt.date, fmt: Format) -> TableBlock:
    """Every file with its rows, its newest day and the share of customers it knows."""
    rows = [[s["source"], s["file"], fmt.count(s["rows"]), _newest(s, fmt), _age(s, as_of, fmt), _known(s, fmt)]
            for s in collected["sources"]]
    numbers = ["rows", "older than as-of by", "customers known"]
    return TableBlock("What was read", ["source", "file", "rows", "newest day", *numbers[1:]], rows, numbers,
                      f"Customers known: of the {fmt.count(collected['n_customers'])} who may be analysed. "
                      "The hash of every file is kept beside the data.")


@shows
def absent(collected: dict) -> TableBlock:
    """The sources that the product does not have, and what each would allow."""
    rows = [[a["source"], a["would_allow"]] for a in collected["absent"]]
    return TableBlock("What was not there" if rows else "Nothing was missing: every kind of source is there",
                      ["source", "would allow"], rows)


@shows
def ledger(ledger: pd.DataFrame, fmt: Format) -> TableBlock:
    """Rows in and where they went, by source; and the money on order lines."""
    wide = ledger.pivot_table(index="source", columns="state", values="rows", aggfunc="sum", fill_value=0, sort=False)
    wide = wide.reindex(columns=list(STATES), fill_value=0)
    lines = ledger.dropna(subset=["amount"])
    money = lines.pivot_table(index="source", columns="state", values="amount", aggfunc="sum")
    rows = [[source, *(fmt.count(n) for n in counts)] for source, *counts in wide.itertuples()]
    rows += [[f"{source}, money", *(fmt.money(amounts.get(s, 0.0)) for s in STATES)]
             for source, amounts in money.iterrows()]
    return TableBlock("Every row accounted for", ["source", *STATES], rows, list(STATES),
                      "In = kept + repaired + quarantined + excluded, for rows and to the smallest coin. "
                      "An unreadable amount counts as no money.")


@shows
def quality(quality: pd.DataFrame, collected: dict, smallest: int, fmt: Format) -> TableBlock:
    """Every rule that found something, worst first, with the first lines; passed rules are counted in the note.

    Rows of people who left for data protection are shown from ``smallest`` on.
    """
    found = quality[quality["severity"] != "pass"]
    order = found["severity"].map(WORST_FIRST)
    found = found.assign(order=order).sort_values(["order", "rows_affected"], ascending=[True, False], kind="stable")
    people = set(collected["protection"])
    rows = [[r.source, r.rule, r.severity, _few(r, people, smallest, fmt), fmt.count(r.rows_in),
             "" if r.rule in people else r.first_lines, r.meaning] for r in found.itertuples()]
    passed = int((quality["severity"] == "pass").sum())
    return TableBlock("What the rules found", ["source", "rule", "then", "rows", "of", "first lines", "meaning"], rows,
                      ["rows", "of"], f"{fmt.count(passed)} further rules were checked and nothing broke them.")


@shows
def columns(collected: dict) -> TableBlock:
    """The columns that go on, by table, and those that do not, with the reason."""
    dropped = {table: [] for table in collected["kept_columns"]}
    for column in collected["dropped_columns"]:
        dropped[column["table"]].append(f"{column['column']} ({column['reason']})")
    rows = [[table, ", ".join(kept), "; ".join(dropped[table])] for table, kept in collected["kept_columns"].items()]
    return TableBlock("Columns kept", ["table", "kept", "not kept"], rows, [],
                      "Columns that are not mapped in the product file were never read.")


def _few(row, people: set[str], smallest: int, fmt: Format) -> str:
    few = row.rule in people and row.rows_affected < smallest
    return f"fewer than {fmt.count(smallest)}" if few else fmt.count(row.rows_affected)


def _newest(source: dict, fmt: Format) -> str:
    return fmt.date(dt.date.fromisoformat(source["newest"])) if source["newest"] else "no dates"


def _age(source: dict, as_of: dt.date, fmt: Format) -> str:
    return fmt.days((as_of - dt.date.fromisoformat(source["newest"])).days) if source["newest"] else ""


def _known(source: dict, fmt: Format) -> str:
    if source["coverage"] is None:
        return ""
    return f"{fmt.count(source['customers'])} ({fmt.share(source['coverage'])})"
