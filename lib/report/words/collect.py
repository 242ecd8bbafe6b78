"""Sentences of notebook 02: who is in the base, who left and why, and whether the books add up."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Absent, Closing, Sentence, shows
from lib.report.books import told_apart
from lib.report.numbers import Format
from lib.report.tables.collect import rule_words
from lib.stats import wilson

ACTIVITY = {"transactions": "orders", "events": "events"}  # what readers call the rows of a source
LIVE, BEHIND = ("transactions", "events"), 31  # [ours] days after which a source that grows daily has fallen behind


@shows
def base(collected: dict, fmt: Format) -> Sentence:
    """How many customers may be analysed, over which days."""
    n, (first, last) = collected["n_customers"], collected["period"]
    names = sorted({s["source"] for s in collected["sources"]})
    what = " and ".join(word for source, word in ACTIVITY.items() if source in names)
    when = f"{what[:1].upper()}{what[1:]} run from {fmt.date(first)} to {fmt.date(last)}." if first else (
        "There are neither orders nor events.")
    said = (f"{fmt.people(n)} customers may be analysed, from {fmt.counted(len(names), 'source')}: "
            f"{', '.join(names)}. {when}")
    return Sentence(said, {"n_customers": n, "n_sources": len(names)})


@shows
def books(totals: dict, ledger: pd.DataFrame, fmt: Format) -> Sentence:
    """That the ledger adds up, and what share of rows and money goes on."""
    on = ledger[ledger["state"].isin(["kept", "repaired"])]
    rows, share = int(on["rows"].sum()), on["rows"].sum() / max(totals["rows"], 1)
    text = (f"All {fmt.counted(totals['rows'], 'row')} of {fmt.counted(totals['sources'], 'source')} are accounted "
            f"for; {fmt.count(rows)} go on, {fmt.share(share, 1)}.")
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
    repairs = f"{fmt.counted(values['repaired'], 'repair')} made, of which one row may need several"
    mended = repairs if values["repaired"] else "Nothing had to be repaired"
    unread = (f"{fmt.counted(values['quarantined'], 'row')} could not be read and went to quarantine"
              if values["quarantined"] else "every row could be read")
    text = f"{fmt.count(values['passed'])} of {fmt.count(values['rules'])} rules found nothing. {mended}; {unread}."
    warned = quality[quality["severity"] == "warning"]
    told = [f"{w.source}: {rule_words(w.rule)} ({fmt.counted(w.rows_affected, 'row')}; {fmt.dated(w.meaning)})"
            for w in warned.itertuples()]
    return Sentence(" ".join([text, *(f"To look at: {t}." for t in told)]), values, "caveat" if told else "finding")


@shows
def protection(collected: dict, smallest: int, fmt: Format) -> Sentence:
    """How many customers left before any feature was computed, and for which reasons.

    Reasons with fewer than ``smallest`` customers are not told apart, nor can they be by subtraction.
    """
    total = sum(collected["protection"].values())
    if not total:
        return Sentence("Nobody had to be left out.", {"left": 0})
    told, rest = told_apart(collected["protection"], smallest)
    parts = [f"{fmt.people(n)} {k}" for k, n in told.items()]
    parts += [f"{fmt.people(rest)} for other reasons"] if told and rest else []
    said = f"fewer than {fmt.count(smallest)}" if total < smallest else fmt.people(total)
    text = f"{said} customers left before any feature was computed" + (f": {', '.join(parts)}." if parts else ".")
    counted = {"left": total, **told, "other": rest} if total >= smallest else {}
    values = {reason: fmt.rounded(n) for reason, n in counted.items()}
    return Sentence(text.capitalize() if text[0].isalpha() else text, values)


@shows
def fresh(collected: dict, as_of: dt.date, fmt: Format) -> Sentence:
    """How old the newest row of each source is, and which source has fallen behind."""
    ages = {s["source"]: (as_of - dt.date.fromisoformat(s["newest"])).days for s in collected["sources"] if s["newest"]}
    if not ages:
        return Sentence("No source carries dates, so nothing can be said about how fresh the data is.", {}, "caveat")
    live = {s: d for s, d in ages.items() if s in LIVE}
    behind = {s: d for s, d in live.items() if d > BEHIND}
    said = [f"{s} to {'the as-of date itself' if d == 0 else f'{fmt.days(d)} before it'}"
            for s, d in (live or ages).items()]
    text = f"How far the rows reach: {', '.join(said)}."
    if behind:
        text += (f" {', '.join(behind)} may be out of date: what happened since is missing, and customers look quieter "
                 "than they are.")
    return Sentence(text, {f"{s}.age": d for s, d in ages.items()}, "caveat" if behind else "finding")


@shows
def voices(collected: dict, smallest: int, fmt: Format) -> Sentence | Absent:
    """Who was heard in surveys, interviews and messages, and of how many customers nothing was heard."""
    heard = collected["voices"]
    parts = [_survey(heard["survey"], smallest, fmt), _interviews(heard["interviews"], fmt),
             _texts(heard["texts"], smallest, fmt)]
    told = [part for part in parts if part]
    if not told:
        return Absent("nobody was asked, and nobody wrote", "a survey, interviews or messages in the product file")
    return Sentence(" ".join(text for text, _ in told), {k: v for _, values in told for k, v in values.items()})


@shows
def register(register: dict) -> Sentence:
    """What the processing register says about this run."""
    return Sentence(f"Purpose: {register['purpose']}. Lawful basis: {register['lawful_basis']}. Owner: "
                    f"{register['owner']}. Ids are keyed pseudonyms; {register['remark']}.", {}, "method")


def _at_least(n: int, smallest: int, fmt: Format) -> str:
    return f"Fewer than {fmt.count(smallest)}" if n < smallest else fmt.people(n)


def _survey(survey: dict | None, smallest: int, fmt: Format) -> tuple[str, dict] | None:
    if not survey:
        return None
    text, values = _answered(fmt.rounded(survey["in_base"]), fmt.rounded(survey["base"]), fmt)
    if outside := survey["outside"]:
        text += (f" {_at_least(outside, smallest, fmt)} respondents are no customers: their answers count for the "
                 "survey only.")
        values |= {} if outside < smallest else {"outside": outside}
    if barred := survey.get("strangers_left_out", 0):
        text += f" {_at_least(barred, smallest, fmt)} more are no customers, and may not be analysed."
        values |= {} if barred < smallest else {"barred": barred}
    if survey["weighted"]:
        text += (f" Answers are weighted; {fmt.counted(survey['rows'], 'row')} tell as much as "
                 f"{fmt.number(survey['effective_n'], 0)} of equal weight.")
        values |= {"rows": survey["rows"], "effective_n": survey["effective_n"]}
    return text, values


def _answered(n: int, base: int, fmt: Format) -> tuple[str, dict]:
    """How many customers answered; where few did, or few did not, neither the number nor what gives it away."""
    few = f"fewer than {fmt.count(fmt.smallest)}"
    if fmt.is_few(n) or fmt.is_few(base - n):
        who = few.capitalize() if fmt.is_few(n) else f"All but {few}"
        return f"{who} of {fmt.people(base)} customers answered the survey.", {"base": base}
    low, high = (float(b) for b in wilson(n, max(base, 1)))
    share = n / base if base else None
    rest = f"nothing is filled in for the other {fmt.people(base - n)}" if n < base else "nothing had to be filled in"
    return (f"{fmt.people(n)} of {fmt.people(base)} customers answered the survey, "
            f"{fmt.estimate(share, low, high, fmt.share)}; {rest}.",
            {"answered": n, "base": base, "response": share, "low": low, "high": high, "silent": base - n})


def _interviews(held: dict | None, fmt: Format) -> tuple[str, dict] | None:
    if not held:
        return None
    return f"{fmt.counted(held['held'], 'interview')} may be used.", {"interviews": held["held"]}


def _texts(texts: dict | None, smallest: int, fmt: Format) -> tuple[str, dict] | None:
    if not texts:
        return None
    masked = texts["masked"]
    hidden = "in none of them" if not masked else f"in {fmt.count(masked)} of them" if masked >= smallest else (
        f"in fewer than {fmt.count(smallest)} of them")
    text = (f"{fmt.count(texts['messages'])} messages of {fmt.people(texts['writers'])} customers were read; {hidden} "
            "something personal was masked. Masks find most and not all, so no message is shown as it is.")
    values = {"messages": texts["messages"], "writers": fmt.rounded(texts["writers"])}
    return text, values | ({"masked": masked} if masked >= smallest else {})


def closing(collected: dict, quality: pd.DataFrame, wrote: list[str], fmt: Format) -> Closing:
    """What step 2 decided, and what to open next."""
    warnings = int((quality["severity"] == "warning").sum())
    looked = f"{fmt.count(warnings)} warning{'s' if warnings != 1 else ''} to look at" if warnings else "no warnings"
    n = "nobody" if isinstance(collected, NotMeasured) else f"{fmt.people(collected['n_customers'])} customers"
    return Closing(f"Decided: {n} may be analysed; the books add up, {looked}.", "02_collect", wrote, "03_analyze")
