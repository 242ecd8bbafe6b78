"""Sentences of notebook 01: why now, who the profiles are, what may divide customers, and whether to go on."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import Card, Cards, Closing, Sentence, shows
from lib.report.numbers import Format

LEAD = {"icp": "the ideal customer profile", "rfm": "the RFM groups", "user_types": "the user types"}


def why_now(product: dict) -> Cards:
    """The product in one card: why it is segmented now, and what it is. ``product`` is the product file's content."""
    facts = [["business", product["business"].upper()], ["stage", product["stage"]], ["billing", product["billing"]],
             ["critical event", product["critical_event"]],
             ["core value", "; ".join(product["cvps"]) or "not declared"]]
    return Cards([Card(product["name"], text=f"Why now: {product['why_now'] or 'not decided yet'}.", facts=facts)])


@shows
def base(collected: dict, features: pd.DataFrame, fmt: Format) -> Sentence:
    """How many customers there are, and how many of them this step looks at."""
    n_customers, n_sample, period = collected["n_customers"], len(features), [_day(d) for d in collected["period"]]
    seen = "all of them" if n_sample >= n_customers else f"a keyed sample of {fmt.count(n_sample)} of them"
    text = (f"{fmt.count(n_customers)} customers may be analysed after data protection; this step looks at {seen}. "
            f"The data cover {fmt.date(period[0])} to {fmt.date(period[1])}.")
    return Sentence(text, {"n_customers": n_customers, "n_sample": n_sample})


@shows
def icps(table: pd.DataFrame, fmt: Format) -> Sentence:
    """Which profiles exist in the data, and how many customers match none."""
    profiles, none = table[table["icp"] != "(none)"], table[table["icp"] == "(none)"].iloc[0]
    parts = [f"{r.icp}: {fmt.count(r.n)} customers, {fmt.share(r.share)} "
             f"{fmt.interval(r.share_low, r.share_high, fmt.share)}, {r.finding}." for r in profiles.itertuples()]
    parts.append(f"{fmt.count(none['n'])} customers, {fmt.share(none['share'])} "
                 f"{fmt.interval(none['share_low'], none['share_high'], fmt.share)}, match no profile"
                 + (f" and bring {fmt.share(none['revenue_share'])} of revenue." if none["n"] and
                    pd.notna(none["revenue_share"]) else "."))
    values = {f"{r.icp}.{c}": getattr(r, c) for r in table.itertuples()
              for c in ("n", "share", "share_low", "share_high", "revenue_share")}
    return Sentence(" ".join(parts), values)


@shows
def bases(basis: pd.DataFrame, fmt: Format) -> Sentence:
    """How many candidates may be used, which tells most, and what was refused."""
    usable = basis[basis["verdict"] == "use"]
    refused = basis[basis["sensitivity"] != "none"]["column"].tolist()
    if usable.empty:
        text = f"None of {fmt.count(len(basis))} candidate columns may divide these customers."
    else:
        best = usable.iloc[0]
        text = (f"{fmt.count(len(usable))} of {fmt.count(len(basis))} candidate columns may divide these customers. "
                f"{readable(best['column']).capitalize()} tells most about the next period: "
                f"{fmt.share(best['signal'], 1)} of its variation "
                f"{fmt.interval(best['signal_low'], best['signal_high'], lambda v: fmt.share(v, 1))}, "
                f"n = {fmt.count(best['n'])}.")
    if refused:
        text += f" Data protection rules out: {', '.join(sorted(readable(c) for c in refused))}."
    values = {"candidates": len(basis), "usable": len(usable)}
    if len(usable):
        values |= {c: usable.iloc[0][c] for c in ("signal", "signal_low", "signal_high", "n")}
    return Sentence(text, values)


@shows
def framework(table: pd.DataFrame, fmt: Format) -> Sentence:
    """Which dimension of engagement leads, or that the data cannot tell."""
    primary = table[table["relevance"] == "Primary"]
    n, r2 = int(table["n"].iloc[0]), float(table["r2"].iloc[0])
    together = (f"Together the three tell {fmt.share(r2, 1)} of what varies in the next period "
                f"({table['outcome'].iloc[0]}), n = {fmt.count(n)}.")
    if primary.empty:
        text = f"Breadth, depth and frequency are not separable in these data, and none is declared. {together}"
        return Sentence(text, {"n": n, "r2": r2})
    row = primary.iloc[0]
    values = {"n": n, "r2": r2, "importance": row["importance"], "low": row["importance_low"],
              "high": row["importance_high"], "first_share": row["first_share"]}
    if row["chosen_by"] == "declared":
        return Sentence(f"{row['dimension'].capitalize()} leads because it is declared: {row['rationale']}. {together}",
                        values)
    text = (f"{row['dimension'].capitalize()} leads engagement: it came first in {fmt.share(row['first_share'])} of "
            f"draws, importance {fmt.number(row['importance'], 3)} "
            f"{fmt.interval(row['importance_low'], row['importance_high'], lambda v: fmt.number(v, 3))}. {together} "
            "This is association, not cause.")
    return Sentence(text, values)


def verdict(readiness: dict, fmt: Format) -> Sentence:
    """The readiness verdict with its reasons, and what would change it."""
    opening = {"go": "Go: this base can carry a segmentation", "caution": "Caution: segment, but read with care",
               "no-go": "No-go: do not segment this base"}[readiness["verdict"]]
    text = f"{opening}, with {fmt.count(readiness['n_customers'])} customers."
    if readiness["reasons"]:
        text += f" Because {'; '.join(readiness['reasons'])}. Needed: {'; '.join(readiness['needed'])}."
    if readiness["verdict"] != "no-go":
        text += (f" It carries up to {fmt.count(readiness['largest_k'])} segments on "
                 f"{fmt.count(len(readiness['variables']))} variables: "
                 f"{', '.join(readable(v) for v in readiness['variables'])}.")
    return Sentence(text, {"n_customers": readiness["n_customers"], "largest_k": readiness["largest_k"],
                           "variables": len(readiness["variables"])}, tone="decision")


def lead(readiness: dict) -> Sentence:
    """Which basis leads, and the rule that spoke."""
    return Sentence(f"The leading basis is {LEAD.get(readiness['lead_basis'], readiness['lead_basis'])}: "
                    f"{readiness['lead_rule']}.", {}, tone="decision")


def rfm(readiness: dict) -> Sentence:
    """Whether recency, frequency and monetary value apply to this product."""
    if readiness["rfm"]["applies"]:
        return Sentence("RFM applies: a scaling or mature product with enough buyers, history and repeat purchases.")
    return Sentence(f"RFM does not apply: {'; '.join(readiness['rfm']['reasons'])}.", tone="caveat")


@shows
def cost_value(value: dict, fmt: Format) -> Sentence:
    """Cost against the margin at stake."""
    if value["break_even_uplift"] is None:
        return Sentence("There is no margin at stake in these data, so the declared cost cannot be earned back.",
                        tone="caveat")
    text = (f"Collecting and analysing costs {fmt.money(value['cost'])} as declared; the margin at stake in a year is "
            f"{fmt.money(value['margin_at_stake'])}. It pays for itself when targeting lifts revenue by "
            f"{fmt.share(value['break_even_uplift'], 2)}.")
    return Sentence(text, dict(value))


def _day(value) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def closing(readiness: dict, wrote: list[str]) -> Closing:
    """What step 1 decided, and what to open next."""
    return Closing(f"Decided: {readiness['verdict']}, led by {readiness['lead_basis']}.", "01_identify_basis", wrote,
                   "02_collect")
