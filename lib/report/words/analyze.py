"""Sentences of notebook 03 about behaviour: base, rhythm, engagement, user types, concentration, themes."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Absent, Sentence, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.stats import mean_interval, wilson

RULE = "These groups are cut by rule, so they are constructed: useful names, not groups found in the data."


@shows
def base(features: pd.DataFrame, window_days: int, period_days: float, fmt: Format) -> Sentence:
    """How many customers the analysis rests on, and how many of them did something in the window."""
    n = len(features)
    if "seen" not in features:
        return Sentence(f"The analysis rests on {fmt.people(n)} people. Nothing that they did is recorded yet: what "
                        "they answered and what is known of them must do.", {"n": n})
    active = int(features["seen"].sum())
    share, values = rate("active", active, n, fmt)
    text = (f"The analysis rests on {fmt.people(n)} customers. {fmt.people(active)} of them, {share}, ordered or were "
            f"active in the last {fmt.counted(window_days, 'day')}, the window of every figure below; rates are "
            f"counted per natural period of {fmt.days(period_days)}.")
    return Sentence(text, values | {"window_days": window_days, "period_days": period_days})


@shows
def refunds(unmatched: dict, fmt: Format) -> Sentence:
    """Which refunds could not be netted."""
    if not unmatched["orders"]:
        return Sentence("Every refund was netted against the order it belongs to.", {"orders": 0}, tone="method")
    text = (f"Refunds without their order in the data: {fmt.count(unmatched['orders'])}, together "
            f"{fmt.money(unmatched['amount'])} or {fmt.share(unmatched['share'], 1)} of all money given back. They "
            "enter no figure, so revenue is overstated by that much.")
    return Sentence(text, dict(unmatched), tone="caveat")


@shows
def rhythm(found: dict, fmt: Format) -> Sentence:
    """The natural frequency, or that there is none to measure."""
    values = {key: found[key] for key in ("n", "n_users", "one_day_share", "one_day_low", "one_day_high", "median_gap",
                                          "low", "high", "bucket_days", "bucket_certainty", "period_days",
                                          "window_bucket")}
    share = fmt.estimate(found["one_day_share"], found["one_day_low"], found["one_day_high"], fmt.share)
    once = f"{share} of {fmt.people(found['n_users'])} users were active on one day only"
    if found["verdict"] == "not measured":
        text = (f"No rhythm could be measured: no user has three gaps between active days, and {once}. Rates below "
                f"assume a period of {fmt.days(found['period_days'])}.")
        return Sentence(text, values, tone="caveat")
    text = (f"The typical user comes back every {fmt.days(found['median_gap'])} "
            f"{fmt.interval(found['low'], found['high'])}: the median over {fmt.people(found['n'])} users with at "
            f"least three gaps. Rates below are counted per {fmt.days(found['period_days'])}. {_certainty(found, fmt)} "
            f"{once}; gaps alone say nothing about them.")
    return Sentence(text, values)


def _certainty(found: dict, fmt: Format) -> str:
    share = fmt.share(found["bucket_certainty"])
    match found["verdict"]:
        case "bursts":
            return (f"But the median user fills most windows only at {fmt.days(found['window_bucket'])}: use comes in "
                    "bursts, so declare the period.")
        case "mixed rhythms":
            low, high = found["spread"]
            return (f"But users differ widely, from {fmt.days(low)} at the 20 % point to {fmt.days(high)} at the 80 % "
                    "point: mixed rhythms, one period does not fit all.")
        case "uncertain":
            return (f"Only {share} of resamples of these users name {fmt.days(found['bucket_days'])} as the rhythm: "
                    "uncertain.")
        case _:
            return f"{share} of resamples of these users name {fmt.days(found['bucket_days'])} as the rhythm."


@shows
def second_day(found: dict, fmt: Format) -> Sentence:
    """How many users come back at all, and how soon."""
    if not found["second_day"]:
        return Sentence("Nobody has been seen on a second active day.", {}, tone="caveat")
    period = found["period_days"]
    reached = [point for point in found["second_day"] if point["day"] <= period] or found["second_day"][:1]
    soon, last = reached[-1], found["second_day"][-1]
    early, late = (estimate(point["share"], point["low"], point["high"], fmt) for point in (soon, last))
    text = (f"{early} of {fmt.people(found['n_users'])} users have a second active day within "
            f"{fmt.days(soon['day'])} of the first, and {late} within {fmt.days(last['day'])}; those who may still "
            "come are allowed for (Kaplan-Meier).")
    return Sentence(text, {"soon_day": soon["day"], "soon": soon["share"], "soon_low": soon["low"],
                           "soon_high": soon["high"], "last_day": last["day"], "last": last["share"],
                           "last_low": last["low"], "last_high": last["high"], "n": found["n_users"]})


@shows
def engagement(table: pd.DataFrame, fmt: Format) -> Sentence:
    """Breadth and frequency of those who were active in the last period."""
    last = table[(table["period"] == 0) & (table["frequency"] > 0)]
    if len(last) < fmt.smallest:
        return Sentence("Hardly anybody was active in the last period.", {}, tone="caveat")
    days, breadth = mean_interval(last["frequency"]), mean_interval(last["breadth"])
    text = (f"{fmt.people(len(last))} customers did something in the last period, on {fmt.number(days[0])} "
            f"{fmt.interval(*days[1:])} days each, with {estimate(*breadth, fmt)} of what is offered.")
    return Sentence(text, {"n": fmt.rounded(len(last)), "days": list(days), "breadth": list(breadth)})


@shows
def framework_again(first: pd.DataFrame, again: pd.DataFrame, fmt: Format) -> Sentence:
    """Whether the whole base names the same leading dimension of engagement as the sample of step 1."""
    before, now = _leading(first), _leading(again)
    if before == now:
        text = f"The whole base agrees with step 1: {_led(now)}."
    else:
        text = f"The whole base disagrees with step 1: there {_led(before)}, here {_led(now)}."
    return Sentence(text, {"step_1": before, "whole_base": now}, tone="finding" if before == now else "caveat")


def _leading(table: pd.DataFrame) -> str:
    primary = table.loc[(table["relevance"] == "Primary") & (table["chosen_by"] == "data"), "dimension"]
    return primary.iloc[0] if len(primary) else ""


def _led(dimension: str) -> str:
    return f"{dimension} tells most about the next period" if dimension else "no dimension of engagement leads clearly"


@shows
def user_types(cuts: dict, fmt: Format) -> Sentence:
    """Sizes of the user types and where the cut to Power lies."""
    out = hidden(pd.DataFrame(cuts["sizes"]), "user_type_cuts", fmt)
    sizes = {row["user_type"]: row for row in cuts["sizes"]}
    few = {row["user_type"] for row, gone in zip(cuts["sizes"], out, strict=True) if gone}
    parts = ", ".join(f"{_type_share(sizes[x], few, fmt)} {x}" for x in ("Casual", "Core", "Power") if sizes[x]["n"])
    apart = [f"{_type_share(sizes[x], few, fmt)} {x}" for x in ("New", "Dormant", "Prospect") if sizes[x]["n"]]
    text = (f"Of {fmt.people(cuts['n'])} customers, {parts or 'none can be rated'}; kept apart: "
            f"{', '.join(apart) or 'none'}. {_cut(cuts, fmt)} {RULE}")
    values = {f"{name}_{key}": row[key] for name, row in sizes.items() if name not in few
              for key in ("n", "share", "low", "high")}
    return Sentence(text, values | {"n": cuts["n"], "period_days": cuts["period_days"]} | _cut_values(cuts))


def _type_share(row: dict, few: set[str], fmt: Format) -> str:
    return "few" if row["user_type"] in few else estimate(row["share"], row["low"], row["high"], fmt)


def _cut(cuts: dict, fmt: Format) -> str:
    period = fmt.days(cuts["period_days"])
    core = (f"Core means at least one active day per {period}: at least four in five of those who keep coming are back "
            "within it")
    if len(cuts["cuts"]) < 2:
        return f"{core}. Power is not separable here: two types only."
    power = cuts["cuts"][1]
    near = f"{fmt.share(power['share_inside'])} of rated customers lie near it"
    inside = near if power["low"] < power["high"] else "nearly every draw gives the same cut"
    return (f"{core}; Power at least {fmt.number(power['value'])} {fmt.interval(power['low'], power['high'])} "
            f"({power['how']}; {inside}).")


def _cut_values(cuts: dict) -> dict:
    if len(cuts["cuts"]) < 2:
        return {}
    return {f"power_{key}": cuts["cuts"][1][key] for key in ("value", "low", "high", "n_inside", "share_inside")}


@shows
def concentration(found: dict, fmt: Format) -> Sentence:
    """The revenue share of the best fifth."""
    share = estimate(found["top20"], found["low"], found["high"], fmt)
    text = f"The best fifth of {fmt.people(found['n'])} paying customers bring {share} of net revenue in the window."
    return Sentence(text, {key: found[key] for key in ("n", "top20", "low", "high")})


@shows
def themes(table: pd.DataFrame, fmt: Format) -> Sentence:
    """What the texts are about most."""
    everyone = table[(table["group"] == "all") & (table["theme"] != "(none)")]
    total = int(table.loc[table["group"] == "all", "n"].sum())
    top = everyone.sort_values(["n", "theme"], ascending=[False, True]).iloc[0]
    share, values = rate("theme", int(top["n"]), total, fmt)
    text = (f"The most frequent theme in {fmt.counted(total, 'text')} is “{top['theme']}”: {fmt.count(top['n'])}, "
            f"{share}. Themes are words that occur together; read the examples before naming them.")
    return Sentence(text, values)


def rate(name: str, count, n, fmt: Format) -> tuple[str, dict]:
    """A share of n with its Wilson interval, as text and as values."""
    count, n = fmt.rounded(count), fmt.rounded(n)
    low, high = (float(bound) for bound in wilson(count, n))
    values = {"n": int(n), f"{name}_of": int(n), f"{name}_n": int(round(count)), f"{name}_share": float(count / n),
              f"{name}_low": low, f"{name}_high": high}
    return estimate(count / n, low, high, fmt), values


def estimate(share, low, high, fmt: Format) -> str:
    return f"{fmt.share(share)} {fmt.interval(low, high, fmt.share)}".strip()


def together(*said) -> Sentence | Absent:
    """Several sentences, a paragraph each, without those that were not measured; all of them absent: the first."""
    measured = [part for part in said if isinstance(part, Sentence)]
    if not measured:
        return said[0]
    values = {f"{number}": part.values for number, part in enumerate(measured)}
    texts = [part.text for part in measured]
    return Sentence(" ".join(texts), values, tone=measured[0].tone, paragraphs=texts)
