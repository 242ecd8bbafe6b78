"""The answer in a headline and three to five sentences, said from the content of summary.json, with its numbers."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.report.campaign_names import called
from lib.report.numbers import Format
from lib.report.words.budget import UNCONTACTED

CLAIMS = {  # plain words of the three claim levels, method.md §3.7
    "natural": "groups that exist in these data",
    "reproducible": "a cut through a continuum that would come out the same again",
    "constructed": "a cut we chose because it is useful",
}
LEADS = {
    "clusters": "told apart by their behaviour", "answers": "told apart by what they answered",
    "user_types": "told apart by how often they are active",
    "rfm": "told apart by how recently and how often they order", "icp": "told apart by ideal customer profile",
}
UNSEEN = "underpowered"  # verdict of a campaign with too few customers
SENTENCES = 5
CLEARLY_FIRST = 0.6  # [ours] share of the weights below which another segment may as well come first


def rows(section) -> list[dict]:
    """The rows of a section; none when it was not measured. Segments come by rank."""
    found = section if isinstance(section, list) else []
    return sorted(found, key=lambda row: row["rank"]) if found and "rank" in found[0] else found


def said(text: str, **values) -> dict:
    return {"step": "first screen", "kind": "sentence", "text": text, "values": values}


def headline(content: dict, fmt: Format) -> dict:
    """The answer in one sentence."""
    segments = rows(content["segments"])
    if content["verdict"] == "no-go":
        return said(f"Not segmented, because {listed(content['reasons'])}.", reasons=content["reasons"])
    if not segments:
        return said("No segments were made in this run.")
    hidden = any(row.get("suppressed") for row in segments)  # then a sum of the others would be no sum
    total = content["data"]["n_customers"] if hidden else sum(row["n"] for row in segments)
    by = LEADS.get(content["lead"].get("lead", ""), LEADS["clusters"])
    return said(f"{fmt.counted(len(segments), 'segment')} {'among' if hidden else 'of'} {fmt.people(total)} customers, "
                f"{by}.",
                segments=len(segments), customers=total)


def answer(content: dict, fmt: Format) -> list[dict]:
    """Findings as far as the data allow, then how far to trust them; none after a no-go."""
    if content["verdict"] == "no-go":
        return []
    segments = rows(content["segments"])
    trust = [sentence for make in (_claim, _caution) if (sentence := make(content, segments, fmt))]
    found = [sentence for make in (_most_valuable, _target, _uplift, _change, _engagement)
             if (sentence := make(content, segments, fmt))]
    return found[:SENTENCES - len(trust)] + trust


def _caution(content: dict, segments: list, fmt: Format):
    if content["verdict"] == "caution" and content["reasons"]:
        return said(f"To be read with caution: {listed(content['reasons'])}.", reasons=content["reasons"])
    return None


def _claim(content: dict, segments: list, fmt: Format):
    claim = content["lead"].get("claim")
    if not claim:
        return None
    alike, values = [row for row in segments if row["claim"] == claim], {}
    some = f"{of_all(alike, segments, fmt)} segments {'is' if len(alike) == 1 else 'are'}"
    whose = "The segments are" if len(alike) == len(segments) else some
    text = f"{whose} {CLAIMS[claim]}"
    chosen = next((row for row in rows(content["structure"]) if row["chosen"]), None)
    if content["lead"].get("lead") == "clusters" and chosen and chosen["stability"] is not None:
        values = {key: chosen[key] for key in ("stability", "stability_low", "stability_high", "k")}
        values["pairs"] = content["structure_choice"].get("pairs")
        interval = fmt.interval(values["stability_low"], values["stability_high"])
        text += (f": over {fmt.counted(values['pairs'], 'pair')} of samples they come out with an agreement of "
                 f"{fmt.number(values['stability'])} {interval}, where one would be identical")
    by_rule = len(segments) - len(alike)
    others = f" The {'other is' if by_rule == 1 else 'others are'} set apart by a rule." if by_rule else ""
    return said(text + "." + others, **values, segments=len(segments), of_this_claim=len(alike))


def _most_valuable(content: dict, segments: list, fmt: Format):
    known = [row for row in segments if row["revenue_share"] is not None]
    total = content["data"]["n_customers"] or sum(row["n"] or 0 for row in segments)  # shares are of all of them
    if not known:
        shown = [row for row in segments if row["share"] is not None]
        of = "" if len(shown) == len(segments) else " of those whose size is shown"
        largest = max(shown, key=lambda row: row["share"], default=None)
        return largest and said(f"Largest{of}: {largest['name']}, {share(largest, fmt)} of {fmt.people(total)} "
                                "customers.", total=total, **_values(largest))
    top = max(known, key=lambda row: row["revenue_share"])
    earns = fmt.estimate(top["revenue_share"], top["revenue_share_low"], top["revenue_share_high"], fmt.share)
    text = f"{top['name']}: {share(top, fmt)} of {fmt.people(total)} customers, and {earns} of revenue"
    spend = fmt.interval(top["value_low"], top["value_high"], fmt.money)
    if spend:
        text += f", on average {fmt.money(top['mean_value'])} {spend} each"
    return said(text + ".", total=total, **_values(top))


def _target(content: dict, segments: list, fmt: Format):
    names = {row["segment"]: row["name"] for row in segments}
    targets = [row for row in rows(content["targets"]) if row["role"] == "target"]
    if not targets:
        return None
    first = max(targets, key=lambda row: row["p_first"] or 0)
    name, waits = names.get(first["segment"], first["segment"]), uncontacted(content)
    alone = sum(row["p_first"] is not None for row in rows(content["targets"])) < 2
    ranks = "is the only segment that passed the knock-outs" if alone else \
        f"comes first in {fmt.share(first['p_first'])} of the ways in which the criteria may be weighted"
    if not alone and first["p_first"] < CLEARLY_FIRST:
        ranks += ", so which is first depends on what counts most"
    told = {"segment": name} | ({} if first["p_first"] is None else {"p_first": first["p_first"]})
    if first["segment"] not in waits:
        return said(f"Start with {name}: it {ranks}.", **told)
    others = [other for segment, other in names.items() if segment not in waits]
    why = UNCONTACTED.get(waits[first["segment"]], waits[first["segment"]])
    return said(f"{name} {ranks}, but nobody of it is contacted yet: {why}. The plan contacts "
                f"{listed(others) or 'nobody'}.", **told)


def uncontacted(content: dict) -> dict[str, str]:
    """Segments of which the plan contacts nobody, each with the reason of the budget."""
    return {row["segment"]: row["reason"] for row in rows(content["budget"]) if row.get("reason")}


def _change(content: dict, segments: list, fmt: Format):
    change = content["change"]
    if not change:
        return None
    alarms = sum(row["verdict"] == "alarm" for row in rows(content["drift"]))
    drifted = {0: "no measure has", 1: "1 measure has"}.get(alarms, f"{fmt.count(alarms)} measures have")
    since, interval = day(change["since"], fmt), fmt.interval(change["low"], change["high"], fmt.share)
    chance = f" where chance alone moves {fmt.share(change['noise'])}" if "noise" in change else ""
    return said(f"Since {since}, {fmt.share(change['share'])} {interval} of {fmt.people(change['n'])} customers have "
                f"changed segment{chance}, and {drifted} drifted.", **{**change, "since": since, "alarms": alarms})


def _uplift(content: dict, segments: list, fmt: Format):
    """The newest campaign with a holdout: what it did to the response, and whether it paid."""
    overall = [row for row in rows(content["uplift"]) if row["segment"] == "all" and row["uplift"] is not None]
    rates = [row for row in overall if row["outcome"] == "rate"]
    if not rates:
        return None
    row = max(rates, key=lambda rate: (rate.get("ends_on") or "", rate["campaign"]))
    n = row["n_treated"] + row["n_control"]
    points = {key: None if row[key] is None else 100 * row[key] for key in ("uplift", "low", "high")}
    interval = fmt.interval(points["low"], points["high"], lambda v: fmt.number(v, 1))
    paid, profit = _profit(next((r for r in overall if r["outcome"] == "money" and
                                 r["campaign"] == row["campaign"]), {}), fmt)
    name, harm = called(pd.DataFrame(rates))[row["campaign"]], _harm(row["campaign"], content, segments, fmt)
    return said(f"{_changed(row, name)}: {fmt.number(points['uplift'], 1)} points {interval} against customers held "
                f"out ({fmt.n(n)}){'' if row['verdict'] == UNSEEN else ', ' + row['verdict'].rstrip('. ')}."
                f"{paid}{harm[0]}",
                campaign=row["campaign"], name=name, n=n, verdict=row["verdict"], **points, **profit, **harm[1])


def _harm(campaign: str, content: dict, segments: list, fmt: Format) -> tuple[str, dict]:
    """In which segments a campaign lowered the response clear of chance, in a sentence, with its numbers."""
    parts, values = [], {}
    for segment in segments:
        for row in rows(content["uplift"]):
            at = (row["campaign"], row["segment"], row["outcome"])
            if at == (campaign, segment["segment"], "rate") and _harms(row):
                points = [100 * row[key] for key in ("uplift", "low", "high")]
                n = row["n_treated"] + row["n_control"]
                effect, low, high = (fmt.number(v, 1) for v in points)
                parts.append(f"{segment['name']}: {effect} points ({low} to {high}), {fmt.n(n)}")
                values |= {f"harm {segment['segment']} {i}": value for i, value in enumerate((*points, n))}
    return (f" It harms {listed(parts)}." if parts else ""), values


def _harms(row: dict) -> bool:
    shown = None not in (row["uplift"], row["low"], row["high"], row["n_treated"], row["n_control"])
    return shown and row["verdict"].startswith("harms")


def _changed(row: dict, name: str) -> str:
    """What its interval lets one say of a campaign: 0 in it is no change, or too few customers to tell."""
    if row["verdict"] == UNSEEN:
        return f"Whether campaign {name} changed the response rate cannot be told from so few"
    sure = row["low"] is not None and not row["low"] <= 0 <= row["high"]
    return f"Campaign {name} {'changed' if sure else 'did not visibly change'} the response rate"


def _profit(row: dict, fmt: Format) -> tuple[str, dict]:
    """What was left after its cost, in a sentence, with its numbers."""
    profit = {key: row[key] for key in ("profit", "profit_low", "profit_high") if row.get(key) is not None}
    if len(profit) < 3:
        return "", {}
    verdict = ("It lost money" if profit["profit_high"] < 0 else "It paid" if profit["profit_low"] > 0 else
               "Whether it paid cannot be told")
    return f" {verdict}: {fmt.estimate(*profit.values(), fmt.money)}.", profit


def _engagement(content: dict, segments: list, fmt: Format):
    found = rows(content["engagement_framework"])
    primary = next((row for row in found if row["relevance"] == "Primary"), None)
    if primary is None or primary["chosen_by"] != "data":
        return found and said("The data do not tell which of breadth, depth and frequency of use matters most "
                              f"({fmt.n(found[0]['n'])}).", n=found[0]["n"])
    return said(f"{primary['dimension'].capitalize()} of use goes most closely with what customers do next "
                f"(first in {fmt.share(primary['first_share'])} of resamples, {fmt.n(primary['n'])}); "
                "an association, not a cause.", first_share=primary["first_share"], n=primary["n"])


def of_all(some: list, every: list, fmt: Format) -> str:
    return f"{fmt.count(len(some))} of {fmt.count(len(every))}"


def share(row: dict, fmt: Format) -> str:
    """Share of customers with its interval."""
    return f"{fmt.share(row['share'])} {fmt.interval(row['share_low'], row['share_high'], fmt.share)}".rstrip()


def day(iso: str, fmt: Format) -> str:
    return fmt.date(dt.date.fromisoformat(iso)) if iso else "an earlier date"


def listed(parts: list[str]) -> str:
    """Sentence parts, joined; each without its own full stop."""
    return "; ".join(str(part).rstrip(". ") for part in parts)


def _values(row: dict) -> dict:
    keys = ("name", "n", "share", "share_low", "share_high", "revenue_share", "revenue_share_low",
            "revenue_share_high", "mean_value", "value_low", "value_high")
    return {key: row[key] for key in keys}
