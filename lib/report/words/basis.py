"""Sentences of notebook 01: why now, whether to go on, who the profiles are, what may divide customers, its worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import Card, Cards, Closing, Sentence, full_stop, shows
from lib.report.numbers import Format
from lib.report.words.typing import NOBODY_ASKED, asked

LEAD = {"icp": "the ideal customer profile", "rfm": "the RFM groups", "user_types": "the user types",
        "clusters": "what customers do"}
OPENING = {"go": "Go: this base can carry a segmentation", "caution": "Caution: segment, but read with care",
           "no-go": "No-go: do not segment this base"}


def why_now(product: dict) -> Cards:
    """The product in one card: why it is segmented now, and what it is. ``product`` is the product file's content."""
    facts = [["business", product["business"].upper()], ["stage", product["stage"]], ["billing", product["billing"]],
             ["critical event", product["critical_event"]],
             ["core value", "; ".join(product["cvps"]) or "not declared"]]
    return Cards([Card(product["name"], text=f"Why now: {product['why_now'] or 'not decided yet'}.", facts=facts)])


@shows
def base(collected: dict, people: pd.DataFrame, fmt: Format) -> Sentence:
    """How many customers there are, and how many of them this step looks at."""
    n_customers, n_sample, period = collected["n_customers"], len(people), [_day(d) for d in collected["period"]]
    seen = "all of them" if n_sample >= n_customers else f"a keyed sample of {fmt.people(n_sample)} of them"
    text = f"{fmt.people(n_customers)} customers may be analysed after data protection; this step looks at {seen}."
    if period and None not in period:
        text += f" The data cover {fmt.date(period[0])} to {fmt.date(period[1])}."
    return Sentence(text, {"n_customers": n_customers, "n_sample": fmt.rounded(n_sample)})


def verdict(readiness: dict, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> Sentence:
    """The readiness verdict with its reasons, each with the number needed."""
    text = f"{OPENING[readiness['verdict']]}, with {fmt.people(readiness['n_customers'])} customers."
    text += "".join(f" {_capital(reason)}; needed: {full_stop(needed)}"
                    for reason, needed in zip(readiness["reasons"], readiness["needed"], strict=True))
    if readiness["verdict"] != "no-go":
        text += f" {_carried(readiness, questions, fmt)}"
    return Sentence(text, {"n_customers": fmt.rounded(readiness["n_customers"]), "largest_k": readiness["largest_k"],
                           "variables": len(readiness["variables"]),
                           "asked": [asked(v, questions) for v in readiness["variables"]]}, tone="decision")


def _carried(readiness: dict, questions: Mapping[str, str], fmt: Format) -> str:
    variables = [asked(v, questions) for v in readiness["variables"]]
    if not variables:
        return "No behaviour can divide customers yet: they are placed by profile and by what they say."
    return (f"It carries up to {fmt.counted(readiness['largest_k'], 'segment')} on "
            f"{fmt.counted(len(variables), 'variable')}: {', '.join(variables)}.")


def lead(readiness: dict) -> Sentence:
    """Which basis leads and the rule that spoke; and whether RFM applies, each reason why not a sentence of its own."""
    leads = LEAD.get(readiness["lead_basis"], readiness["lead_basis"])
    text = f"The leading basis is {leads}. The rule that spoke: {full_stop(readiness['lead_rule'])}"
    return Sentence(f"{text} {_rfm(readiness['rfm'])}", {}, tone="decision")


def _rfm(answer: dict) -> str:
    if answer["applies"]:
        return "RFM applies: a scaling or mature product with enough buyers, history and repeat purchases."
    said = [f"{_capital(reason)}; needed: {need}."
            for reason, need in zip(answer["reasons"], answer["needed"], strict=True)]
    return " ".join(["RFM does not apply.", *said])


@shows
def icps(table: pd.DataFrame, fmt: Format) -> Sentence:
    """Which profiles exist in the data, how they differ from all others, and how many customers match none."""
    profiles, none = table[table["icp"] != "(none)"], table[table["icp"] == "(none)"].iloc[0]
    told = [*(_profile(r, fmt) for r in profiles.itertuples()), _nobodys(none, fmt),
            "These are associations: a profile is not thereby the cause."]
    columns = ("n", "share", "share_low", "share_high", "revenue_share", "value_diff", "value_diff_low",
               "value_diff_high")
    values = {f"{r.icp}.{c}": getattr(r, c) for r in table.itertuples() if not fmt.is_few(r.n) for c in columns}
    values |= {f"{r.icp}.points{end}": 100 * getattr(r, f"retained_diff{end}") for r in table.itertuples()
               for end in ("", "_low", "_high") if not fmt.is_few(r.n)}
    return Sentence(" ".join(told), values, paragraphs=told)


def _profile(r, fmt: Format) -> str:
    if r.n == 0:
        return f"{r.icp}: {r.finding}."
    if r.n < fmt.smallest:
        return f"{r.icp}: fewer than {fmt.smallest} customers, {r.finding}."
    text = f"{r.icp}: {fmt.people(r.n)} customers, {fmt.estimate(r.share, r.share_low, r.share_high, fmt.share)}"
    text += f", {r.finding}"
    differences = []
    if pd.notna(r.value_diff_low):
        differences.append(f"value {fmt.estimate(r.value_diff, r.value_diff_low, r.value_diff_high, fmt.money)}")
    if pd.notna(r.retained_diff_low):
        points = [100 * v for v in (r.retained_diff, r.retained_diff_low, r.retained_diff_high)]
        differences.append(f"active again {fmt.estimate(*points, lambda v: fmt.number(v, 1))} points")
    return f"{text} (difference: {', '.join(differences)})." if differences else f"{text}."


def _nobodys(none, fmt: Format) -> str:
    if fmt.is_few(none["n"]):
        return f"Fewer than {fmt.smallest} customers match no profile."
    text = (f"{fmt.people(none['n'])} customers, "
            f"{fmt.estimate(none['share'], none['share_low'], none['share_high'], fmt.share)}, match no profile")
    if none["n"] and pd.notna(none["revenue_share"]):
        text += f" and bring {fmt.share(none['revenue_share'])} of revenue"
    return f"{text}."


@shows
def bases(basis: pd.DataFrame, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> Sentence:
    """How many candidates may be used, which tells most, what was refused, and how far to trust it."""
    usable = basis[basis["verdict"] == "use"].sort_values("signal", ascending=False)
    protected = basis[(basis["sensitivity"] != "none") & (basis["verdict"] == "do not use")]
    count = {0: "None"}.get(len(usable), fmt.count(len(usable)))
    parts = [f"{count} of {fmt.counted(len(basis), 'candidate column')} may divide these customers."]
    values = {"candidates": len(basis), "usable": len(usable)}
    if len(usable) and usable["signal"].isna().all():
        parts.append("They are answers: nothing was done yet, so what a column tells about a next period is not known.")
    elif len(usable):
        best, called = usable.iloc[0], asked(usable["column"].iloc[0], questions)
        values |= {"asked": called} | {c: best[c] for c in ("signal", "signal_low", "signal_high", "n", "p")}
        told = fmt.estimate(best["signal"], best["signal_low"], best["signal_high"], lambda v: fmt.share(v, 1))
        parts.append(f"{_capital(called)} tells most about the next period: {told} of its variation, "
                     f"{fmt.n(best['n'])}, {fmt.p(best['p'])} after correction for all candidates. "
                     "What tells is not thereby the cause.")
    if len(protected):
        named = [asked(r.column, questions) + (f" (stands for {readable(r.proxy_for)})" if r.proxy_for else "")
                 for r in protected.itertuples()]
        parts.append(f"Data protection rules out: {', '.join(sorted(named))}.")
        values |= {"ruled_out": named}
    return Sentence(" ".join(parts), values)


@shows
def framework(table: pd.DataFrame, fmt: Format) -> Sentence:
    """Which dimension of engagement leads, or that the data cannot tell."""
    primary = table[table["relevance"] == "Primary"]
    n, r2 = int(table["n"].iloc[0]), float(table["r2"].iloc[0])
    together = (f"Together the three tell {fmt.share(r2, 1)} of what varies in the next period "
                f"({table['outcome'].iloc[0]}), {fmt.n(n)}.")
    if primary.empty:
        text = f"Breadth, depth and frequency are not separable in these data, and none is declared. {together}"
        return Sentence(text, {"n": n, "r2": r2})
    row = primary.iloc[0]
    values = {"n": n, "r2": r2, "importance": row["importance"], "low": row["importance_low"],
              "high": row["importance_high"], "first_share": row["first_share"]}
    if row["chosen_by"] == "declared":
        return Sentence(f"Breadth, depth and frequency are not separable in these data. {_capital(row['dimension'])} "
                        f"leads because it is {full_stop(row['rationale'])} {together}", values)
    text = (f"{_capital(row['dimension'])} leads engagement: it came first in {fmt.share(row['first_share'])} of "
            f"draws, importance {fmt.number(row['importance'], 3)} "
            f"{fmt.interval(row['importance_low'], row['importance_high'], lambda v: fmt.number(v, 3))}. {together} "
            "This is association, not cause.")
    return Sentence(text, values)


@shows
def cost_value(value: dict, fmt: Format) -> Sentence:
    """Cost against the margin at stake, with its interval, and the uplift that pays for it."""
    if value["break_even_uplift"] is None:
        return Sentence("There is no margin at stake in these data, so the declared cost cannot be earned back.",
                        tone="caveat")
    stake = fmt.estimate(value["margin_at_stake"], value.get("margin_low"), value.get("margin_high"), fmt.money)
    uplift = fmt.estimate(value["break_even_uplift"], value.get("break_even_low"), value.get("break_even_high"),
                          lambda v: fmt.share(v, 2))
    text = (f"Collecting and analysing costs {fmt.money(value['cost'])} as declared; the margin at stake in a year is "
            f"{stake}, from {fmt.n(value['n'])} customers over {fmt.counted(value['days'], 'day')}. It pays for "
            f"itself when targeting lifts revenue by {uplift}. Whether it does is measured by an experiment, not here.")
    return Sentence(text, dict(value))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(value) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def closing(readiness: dict, wrote: list[str]) -> Closing:
    """What step 1 decided, and what to open next."""
    return Closing(f"Decided: {readiness['verdict']}, led by {readiness['lead_basis']}.", "01_identify_basis", wrote,
                   "02_collect")
