"""Sentences of notebook 02: who is in the base, who left and why, and whether the books add up."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Closing, Sentence, shows
from lib.report.numbers import Format


@shows
def base(collected: dict, fmt: Format) -> Sentence:
    """How many customers may be analysed, over which days."""
    n, (first, last) = collected["n_customers"], collected["period"]
    when = f"Orders and events run from {fmt.date(first)} to {fmt.date(last)}." if first else (
        "There are neither orders nor events.")
    names = sorted({s["source"] for s in collected["sources"]})
    return Sentence(f"{fmt.count(n)} customers may be analysed, from {fmt.count(len(names))} kinds of sources. {when}",
                    {"n_customers": n, "n_sources": len(names)})


@shows
def books(totals: dict, ledger: pd.DataFrame, fmt: Format) -> Sentence:
    """That the ledger adds up, and what share of rows and money goes on."""
    on = ledger[ledger["state"].isin(["kept", "repaired"])]
    rows, share = int(on["rows"].sum()), on["rows"].sum() / max(totals["rows"], 1)
    text = (f"All {fmt.count(totals['rows'])} rows of {fmt.count(totals['sources'])} sources are accounted for; "
            f"{fmt.count(rows)} go on, {fmt.share(share, 1)}.")
    values = {"rows": totals["rows"], "sources": totals["sources"], "rows_on": rows, "share_on": share}
    if ledger["amount"].notna().any() and totals["amount"]:
        money = float(on["amount"].sum())
        values |= {"money": totals["amount"], "money_on": money, "money_share": money / totals["amount"]}
        text += (f" So is all money, to the smallest coin: of {fmt.money(totals['amount'])} on order lines "
                 f"{fmt.money(money)} goes on, {fmt.share(values['money_share'], 1)}.")
    return Sentence(text, values)


@shows
def findings(quality: pd.DataFrame, fmt: Format) -> Sentence:
    """How many rules held, what was repaired and quarantined, and what deserves a look."""
    count = quality["severity"].value_counts()
    rows = quality.groupby("severity")["rows_affected"].sum()
    values = {"rules": len(quality), "passed": int(count.get("pass", 0)), "repaired": int(rows.get("repaired", 0)),
              "quarantined": int(rows.get("quarantined", 0)), "warnings": int(count.get("warning", 0))}
    text = (f"{fmt.count(values['passed'])} of {fmt.count(values['rules'])} rules found nothing. "
            f"Repairs touched {fmt.count(values['repaired'])} rows; {fmt.count(values['quarantined'])} rows could not "
            "be read and were set aside.")
    warned = quality[quality["severity"] == "warning"]
    told = [f"{w.source}: {w.rule} ({fmt.count(w.rows_affected)} rows; {w.meaning})" for w in warned.itertuples()]
    return Sentence(" ".join([text, *(f"To look at: {t}." for t in told)]), values, "caveat" if told else "finding")


@shows
def protection(collected: dict, smallest: int, fmt: Format) -> Sentence:
    """How many customers left before any feature was computed, and for which reasons.

    Reasons with fewer than ``smallest`` customers are not told apart, nor can they be by subtraction.
    """
    counts = {k: n for k, n in sorted(collected["protection"].items(), key=lambda kn: -kn[1]) if n}
    total = sum(counts.values())
    if not total:
        return Sentence("Nobody had to be left out.", {"left": 0})
    told = {k: n for k, n in counts.items() if n >= smallest}
    rest = total - sum(told.values())
    if 0 < rest < smallest and told:
        rest += told.pop(list(told)[-1])
    parts = [f"{fmt.count(n)} {k}" for k, n in told.items()]
    parts += [f"{fmt.count(rest)} for other reasons"] if told and rest else []
    said = f"fewer than {fmt.count(smallest)}" if total < smallest else fmt.count(total)
    text = f"{said} customers left before any feature was computed" + (f": {', '.join(parts)}." if parts else ".")
    values = {"left": total, **told, "other": rest} if total >= smallest else {}
    return Sentence(text.capitalize() if text[0].isalpha() else text, values)


@shows
def register(register: dict) -> Sentence:
    """What the processing register says about this run."""
    return Sentence(f"Purpose: {register['purpose']}. Lawful basis: {register['lawful_basis']}. Owner: "
                    f"{register['owner']}. Ids are keyed pseudonyms; {register['remark']}.", {}, "method")


def closing(collected: dict, quality: pd.DataFrame, wrote: list[str], fmt: Format) -> Closing:
    """What step 2 decided, and what to open next."""
    warnings = int((quality["severity"] == "warning").sum())
    looked = f"{fmt.count(warnings)} warning{'s' if warnings != 1 else ''} to look at" if warnings else "no warnings"
    n = "nobody" if isinstance(collected, NotMeasured) else f"{fmt.count(collected['n_customers'])} customers"
    return Closing(f"Decided: {n} may be analysed; the books add up, {looked}.", "02_collect", wrote, "03_analyze")
