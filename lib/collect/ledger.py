"""The books: every row of every source accounted for once, money to the minor unit; and what each rule found."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.contracts import ContractError, UserError
from lib.contracts.counts import in_lines, number_of
from lib.contracts.raw import RawTable, SourceRules

STATES = ("kept", "repaired", "quarantined", "excluded")
LINES = 5  # line numbers shown for each rule
NO_LINES = pd.DataFrame({"state": [], "reason": [], "first_lines": []}, dtype="str")


def source_ledger(name: str, states: ir.Table, raw: RawTable, source: SourceRules) -> pd.DataFrame:
    """Rows, customers and money of one source by state and reason, with the lines of the first breaches.

    Columns as the contract `ledger`, and `first_lines`. Raises UserError when more is quarantined than allowed.
    """
    table = states.mutate(customer_key=ibis.null("string")) if "customer_key" not in states.columns else states
    has_money = name == "transactions" and "amount" in table.columns
    money = {"amount": table.amount.sum()} if has_money else {}
    rows = table.group_by("state", "reason").aggregate(
        rows=table.count(), customers=table.customer_key.nunique(), **money).order_by("state", "reason").to_pandas()
    files, file, everybody = table.aggregate(n=table.file.nunique(), f=table.file.min(), c=table.customer_key.nunique()
                                             ).to_pyarrow().to_pylist()[0].values()
    told = _first_lines(table, files > 1) if (rows["reason"] != "").any() else NO_LINES
    rows = rows.merge(told, on=["state", "reason"], how="left").assign(source=name)
    if "amount" not in rows:
        rows["amount"] = float("nan")
    else:
        rows["amount"] = rows["amount"].astype("float64").fillna(0.0)  # nothing readable is no money
    rows = pd.concat([rows, _rejected(name, raw, has_money)], ignore_index=True)
    _check_limit(name, rows, source, f"{file}, " if files == 1 else "")
    total = {"source": name, "state": "in", "reason": "", "rows": rows["rows"].sum(),
             "customers": everybody, "amount": rows["amount"].sum(min_count=1)}
    rows = pd.concat([pd.DataFrame([total]), rows], ignore_index=True)
    return rows.fillna({"first_lines": ""})[
        ["source", "state", "reason", "rows", "customers", "amount", "first_lines"]]


def quality(books: pd.DataFrame, raw: dict[str, RawTable], warnings: list[dict], checked: dict[str, list[str]]):
    """One row per source and rule; columns as the contract `quality`. Rules that nothing broke are shown as passed."""
    rows_in = books[books["state"] == "in"].set_index("source")["rows"]
    breaches = books[(books["state"] != "in") & (books["reason"] != "")]
    found = [{"source": r.source, "rule": r.reason, "severity": r.state, "rows_affected": r.rows,
              "first_lines": r.first_lines, "meaning": meaning(r.reason)} for r in breaches.itertuples()]
    found += [{"source": name, "rule": n["rule"], "severity": "repaired", "rows_affected": n["rows"],
               "first_lines": n["first_lines"], "meaning": n["meaning"]}
              for name, table in raw.items() for n in _merged(table.notes)]
    found += warnings
    broken = {(f["source"], f["rule"]) for f in found}
    found += [{"source": name, "rule": rule, "severity": "pass", "rows_affected": 0, "first_lines": "",
               "meaning": meaning(rule)} for name, rules in checked.items() for rule in rules
              if (name, rule) not in broken]
    table = pd.DataFrame(found).assign(rows_in=lambda t: t["source"].map(rows_in).fillna(0).astype("int64"))
    return table[["source", "rule", "severity", "rows_in", "rows_affected", "first_lines", "meaning"]]


def reconcile(ledger: pd.DataFrame) -> dict:
    """{sources, rows, amount} when in = kept + repaired + quarantined + excluded for every source, rows and money.

    Raises ContractError naming the source that does not add up.
    """
    rows = ledger.assign(into=ledger["state"] == "in").groupby(["source", "into"])[["rows", "amount"]].sum()
    wide = rows.unstack("into")
    for unit in ("rows", "amount"):
        wrong = wide.index[wide[unit][True] != wide[unit][False]]
        if len(wrong):
            raise ContractError(f"the ledger of {', '.join(wrong)} does not add up in {unit}")
    totals = ledger[ledger["state"] == "in"]
    return {"sources": len(totals), "rows": int(totals["rows"].sum()), "amount": float(totals["amount"].sum())}


def meaning(rule: str) -> str:
    """What a breach means for the reader."""
    words = rule if rule in why.MEANINGS else rule.partition(": ")[2]  # without the column
    if words in why.MEANINGS:
        return why.MEANINGS[words]
    if rule.endswith("unit"):
        return "computed to the smallest coin"
    return "the value cannot be read, so the row is set aside"


def _first_lines(table: ir.Table, several: bool) -> pd.DataFrame:
    """The first line numbers of each state and reason; with the file where there are several."""
    marked = table.filter(table.reason != "")
    order = ibis.window(group_by=["state", "reason"], order_by=[marked.file, marked.line])
    place = marked.file + ":" + marked.line.cast("string") if several else marked.line.cast("string")
    ranked = marked.select("state", "reason", "file", "line", place=place, rank=ibis.row_number().over(order))
    first = ranked.filter(ranked["rank"] < LINES).order_by(["state", "reason", "file", "line"]).to_pandas()
    lines = first.groupby(["state", "reason"], sort=True)["place"].agg(", ".join)
    return lines.rename("first_lines").reset_index().astype("str")


def _rejected(name: str, raw: RawTable, has_money: bool) -> pd.DataFrame:
    if raw.rejected.empty:
        return pd.DataFrame()
    lines = ", ".join(str(n) for n in raw.rejected["line"].head(LINES))
    return pd.DataFrame([{"source": name, "state": "quarantined", "reason": why.FIELDS, "rows": len(raw.rejected),
                          "customers": 0, "amount": 0.0 if has_money else float("nan"), "first_lines": lines}])


def _check_limit(name: str, rows: pd.DataFrame, source: SourceRules, file: str) -> None:
    """Raises UserError when more rows are quarantined than the source allows."""
    bad = rows[rows["state"] == "quarantined"].sort_values("rows", ascending=False)
    if bad["rows"].sum() > source.quarantine_limit * rows["rows"].sum():
        worst = bad.iloc[0]
        raise UserError(f"{name}: {bad['rows'].sum():,} of {number_of(rows['rows'].sum(), 'row')} cannot be used; most "
                        f"often: {worst['reason']}", where=f"{file}{in_lines(worst['first_lines'])}",
                        fix=f"correct the file or the declaration, or raise sources.{name}.quarantine_limit (now "
                            f"{source.quarantine_limit:g})")



def _merged(notes: tuple[dict, ...]) -> list[dict]:
    """Notes of several files with the same rule, added up."""
    merged: dict[str, dict] = {}
    for note in notes:
        merged[note["rule"]] = {**note, "rows": note["rows"] + merged.get(note["rule"], {}).get("rows", 0)}
    return list(merged.values())
