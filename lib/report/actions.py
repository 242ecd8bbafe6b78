"""What to do now, on the first screen: what a refused product needs, or an action a segment, and what to do with the
segmentation."""

from __future__ import annotations

from lib.contracts.labels import AIMS
from lib.report.blocks import full_stop
from lib.report.headline import day, rows, uncontacted
from lib.report.numbers import Format
from lib.report.scorecard import capital
from lib.report.style import colour
from lib.report.tables.strategy import METRICS, TOPICS, level
from lib.report.words.budget import UNCONTACTED, contacts_nobody

DECISIONS = {
    "keep": "Keep this segmentation", "adjust": "Adjust this segmentation", "refit": "Fit the segmentation anew",
}
ROLES = {"target": 0, "keep": 1, "not now": 2}
FIRST = 3  # segments with an action of their own on the first screen where none is a target


def actions(content: dict, segments: list, fmt: Format) -> list[dict]:
    """After a no-go what is needed; else one action a segment, those that are contacted first, then the other targets;
    and the advice on the segmentation."""
    if content["verdict"] == "no-go":
        return _to_be_had(content)
    by_key = {row["segment"]: row for row in segments}
    roles = {row["segment"]: row["role"] for row in rows(content["targets"])}
    contacts = {row["segment"]: row["contacts"] for row in rows(content["budget"])}
    unseen = {row["segment"] for row in rows(content["experiments"]) if row["verdict"] == "hopeless"}
    plans = sorted((s for s in rows(content["strategies"]) if s["segment"] in by_key
                    and roles.get(s["segment"], "") != "not now"),
                   key=lambda s: (not contacts.get(s["segment"]), ROLES.get(roles.get(s["segment"], ""), 3),
                                  by_key[s["segment"]]["rank"]))
    first = [plan for plan in plans if roles.get(plan["segment"]) == "target" or contacts.get(plan["segment"])]
    first = first or plans[:FIRST]
    rest = [plan for plan in plans if plan not in first]
    before = _held_back(content["plan"]) or _nobody(content, fmt)
    return (before + [_action(plan, by_key[plan["segment"]], _known_by(plan, unseen, uncontacted(content)), fmt)
                      for plan in first]
            + _the_others(rest, by_key) + _decision(content["advice"], fmt))


def _to_be_had(content: dict) -> list[dict]:
    """What a refused product needs, in the order of the checks, each with the reason why."""
    pairs = zip(content["needed"], content["reasons"], strict=bool(content["needed"]))
    return [{"title": f"Needed: {need.rstrip('. ')}", "colour": "", "text": full_stop(capital(reason)), "foot": "",
             "values": {}} for need, reason in pairs]


def _the_others(plans: list[dict], by_key: dict) -> list[dict]:
    """What is meant for the segments that come later, in a line; their cards stand in step 5."""
    if not plans:
        return []
    said = "; ".join(f"{by_key[plan['segment']]['name']}: {AIMS[plan['objective']]}" for plan in plans)
    return [{"title": "Later, the other segments", "colour": "", "text": full_stop(said),
             "foot": "What to say to each of them, and by which channel, stands under strategies.", "values": {}}]


def _held_back(plan: dict) -> list[dict]:
    """Why nobody can be contacted by this plan, where its run wrote no audience file."""
    kept = plan.get("exported") or {"files": True}
    if kept["files"]:
        return []
    return [{"title": "Before anybody is contacted", "colour": "", "text": full_stop(capital(kept["reason"])),
             "foot": "Until then what follows is a plan.", "values": {}}]


def _nobody(content: dict, fmt: Format) -> list[dict]:
    """That the plan contacts nobody, by how many segments for which reason; nothing where it contacts somebody."""
    why, planned = uncontacted(content), rows(content["budget"])
    if not planned or len(why) < len(planned):
        return []
    text, values = contacts_nobody(why.values(), fmt)
    return [{"title": "Contact nobody yet", "colour": "", "text": text,
             "foot": "What follows is what the targets would be told, once a plan contacts them.", "values": values}]


def _decision(advice: dict, fmt: Format) -> list[dict]:
    if "decision" not in advice:
        return []
    fired = [trigger["trigger"] for trigger in advice["triggers"] or [] if trigger.get("fired")]
    why = f"Because: {'; '.join(fired)}." if fired else "No trigger for a change has fired."
    return [{"title": DECISIONS[advice["decision"]], "colour": "", "text": why,
             "foot": f"Next review: {day(advice['next_review'], fmt)}.", "values": {}}]


def _known_by(plan: dict, unseen: set[str], waits: dict[str, str]) -> str:
    """How the effect of a plan will be known, or why there is no test of it."""
    reason = "it could not see its aim" if plan["segment"] in unseen else \
        UNCONTACTED.get(waits.get(plan["segment"]), waits.get(plan["segment"]))
    if not reason:
        return f"How the effect will be known: {full_stop(plan['test'])}"
    contacted = ", so nobody of it is contacted yet" if plan["segment"] in waits else ""
    return f"No test is planned: {reason}{contacted}."


def _action(plan: dict, segment: dict, known_by: str, fmt: Format) -> dict:
    metric = plan["metric"]
    measured = METRICS.get(metric, metric)
    if plan["baseline"] is not None and plan["target"] is not None:
        measured += f", from {level(plan['baseline'], metric, fmt)} to {level(plan['target'], metric, fmt)}"
    need = f"{capital(TOPICS[plan['topic']])}: {full_stop(plan['need'])}"
    if plan["assumption"]:
        need = "The need behind it is assumed, without evidence."
    text = f"Say “{plan['message'].rstrip('.')}”, by {plan['channel']}. Offer: {full_stop(plan['offer'])}"
    return {"title": f"{segment['name']}: {AIMS[plan['objective']]}", "colour": colour(segment["rank"]), "text": text,
            "foot": f"{need} Watch: {measured}. {known_by}",
            "values": {"baseline": plan["baseline"], "target": plan["target"]}}
