"""The first screen of the report, as text: verdict, answer, segment cards, what to do now, what is not known.

Made from the content of summary.json and kept in it, so that the page shows nothing that is not there.
"""

from __future__ import annotations

from collections import Counter

from lib.contracts.labels import AIMS, NOTHING_SPENT
from lib.report.blocks import full_stop
from lib.report.headline import CLAIMS, UNCONTACTED, answer, day, headline, of_all, rows, uncontacted
from lib.report.inside import WITH_REST, remainder
from lib.report.numbers import Format
from lib.report.scorecard import capital, scorecard
from lib.report.style import colour
from lib.report.tables.strategy import METRICS, TOPICS, level

VERDICTS = {"go": ("go", "Fit to segment"), "caution": ("caution", "With caution"), "no-go": ("stop", "Not segmented")}
DECISIONS = {
    "keep": "Keep this segmentation", "adjust": "Adjust this segmentation", "refit": "Fit the segmentation anew",
}
ROLES = {"target": 0, "keep": 1, "not now": 2}
UNTESTED = ("too few", "validation pending", "untested")
LONG_RULE = 140  # characters; a longer rule is folded away on its card
FIRST = 3  # segments with an action of their own on the first screen where none is a target
GAPS = 8  # what is not known, before the page says "and so many more"
SECTIONS = {  # questions that a section of the summary answers, when it was measured
    "rfm_groups": "Who bought how recently, how often and for how much?",
    "rhythm": "How often is the product naturally used?",
    "user_type_cuts": "Who are casual, core and power users?",
    "value": "What are customers expected to be worth?",
    "prediction": "Do the segments tell what customers do next?",
    "migration": "Who has changed segment?",
    "uplift": "Do campaigns work, and for whom?",
    "themes": "What do customers write about?",
}


def first_screen(content: dict, fmt: Format) -> dict:
    """What the first screen says about this content of summary.json."""
    state, verdict = VERDICTS[content["verdict"]]
    claim = content["lead"].get("claim", "")
    segments = rows(content["segments"])
    names = {row["segment"]: row["name"] for row in segments}
    return {
        "state": state, "verdict": verdict, "claim": _claim(claim, segments, fmt),
        "headline": headline(content, fmt), "sentences": answer(content, fmt),
        "segments_note": _note(segments),
        "segments": [_segment(row, content, fmt) for row in segments],
        "actions": _actions(content, segments, fmt), "unknown": _unknown(content, fmt),
        "scorecard": scorecard(content["advice"], names, fmt),
    }


def _claim(claim: str, segments: list[dict], fmt: Format) -> str:
    """The claim level of the segmentation, and of how many segments it is that of."""
    if not claim:
        return ""
    alike = [row for row in segments if row["claim"] == claim]
    level = capital(claim) if len(alike) == len(segments) else f"{of_all(alike, segments, fmt)} {claim}"
    return f"{level}: {CLAIMS[claim]}"


def _note(segments: list[dict]) -> str:
    """How to read the cards."""
    if not segments:
        return ""
    money = any(row["revenue_share"] is not None for row in segments)
    order, shares = ("value", "all customers and of all revenue") if money else ("use", "all customers")
    return (f"In order of {order}. Bars are shares of {shares}; in brackets the 95 % interval. Active in next period: "
            "of those who were in the segment one period before.")


def _segment(row: dict, content: dict, fmt: Format) -> dict:
    """One segment as a card."""
    role = next((t["role"] for t in rows(content["targets"]) if t["segment"] == row["segment"]), "")
    size, (n, also) = _size(row, content)
    money, (mean, spend) = _money(row, content, fmt)
    bars = [_bar("Share of customers", *size, fmt)]
    spent = (row["mean_value"], row["value_low"], row["value_high"]) != (0, 0, 0)
    if spent and money[0] is not None:
        bars.append(_bar("Share of revenue", *money, fmt))
    stays = f"{fmt.interval(row['next_low'], row['next_high'], fmt.share)}, {fmt.n(row['n_next'])}"
    facts = [("Customers", fmt.people(n), WITH_REST if row["joined"] else also, n),
             ("Mean revenue", fmt.money(mean), spend, mean) if spent else ("Revenue", NOTHING_SPENT, "", mean),
             ("Active in next period", fmt.share(row["next_active"]), stays, row["next_active"])]
    return {"name": row["name"], "colour": colour(row["rank"]), "role": role, "bars": bars, "rule": row["rule"],
            "folded": len(row["rule"]) > LONG_RULE,
            "facts": [[label, text, interval] for label, text, interval, value in facts if value is not None]}


def _size(row: dict, content: dict) -> tuple[tuple, tuple]:
    """(share, low, high) of a segment, and its number with what it counts; of the one whose size covers those who could
    not be placed, of both together."""
    whole, others = content["data"]["n_customers"], _others(row, content)
    if not row["suppressed"] or not whole or None in (others := [other["n"] for other in others]):
        return (row["share"], row["share_low"], row["share_high"]), (row["n"], "")
    both = remainder(whole, sum(others))
    return (both["share"], both["low"], both["high"]), (both["n"], WITH_REST)


def _money(row: dict, content: dict, fmt: Format) -> tuple[tuple, tuple[float | None, str]]:
    """(share of revenue, low, high) of a segment, and its mean with what is said beside it; of the one that covers
    those who could not be placed what the others leave, which whoever reads their cards can work out."""
    own = (row["revenue_share"], row["revenue_share_low"], row["revenue_share_high"])
    n, also = _size(row, content)[1]
    others = [(other["revenue_share"], other["mean_value"], other["n"]) for other in _others(row, content)]
    told = [figure for figures in others for figure in figures]
    if not also or row["money_hidden"] or None in told or not sum(share for share, *_ in others):
        return own, (row["mean_value"], fmt.interval(row["value_low"], row["value_high"], fmt.money))
    elsewhere = sum(share for share, *_ in others)
    every = sum(mean * size for _, mean, size in others) / elsewhere
    return (1 - elsewhere, None, None), (every * (1 - elsewhere) / n, also)


def _others(row: dict, content: dict) -> list[dict]:
    return [other for other in rows(content["segments"]) if other["segment"] != row["segment"]]


def _bar(label: str, value, low, high, fmt: Format) -> dict:
    return {"label": label, "text": fmt.share(value), "interval": fmt.interval(low, high, fmt.share),
            "width": f"{100 * min(max(value or 0.0, 0.0), 1.0):.1f}",
            "values": {"share": value, "low": low, "high": high}}


def _actions(content: dict, segments: list, fmt: Format) -> list[dict]:
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
    why, planned = Counter(uncontacted(content).values()), rows(content["budget"])
    if not planned or why.total() < len(planned):
        return []
    said = "; ".join(f"{fmt.counted(n, 'segment')}: {reason}" for reason, n in why.most_common())
    return [{"title": "Contact nobody yet", "colour": "", "text": full_stop(f"The plan contacts nobody ({said})"),
             "foot": "What follows is what the targets would be told, once a plan contacts them.",
             "values": {f"segments {i}": n for i, (_, n) in enumerate(why.most_common())}}]


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


def _unknown(content: dict, fmt: Format) -> list[dict]:
    """Questions without an answer: as step 1 and the sections say, then how many claims lack evidence."""
    gaps = [{"question": capital(gap["question"]), "reason": capital(gap["reason"]), "needed": gap["needed"],
             "values": {}} for gap in content["readiness"].get("not_measured") or []]
    for section, question in SECTIONS.items():
        found = content[section]
        if "not_measured" in found and content["verdict"] != "no-go" and not _told(found["not_measured"], gaps):
            gaps.append({"question": question, "reason": capital(found["not_measured"]), "needed": found["needed"],
                         "values": {}})
    gaps = [*gaps, *_not_estimated(content["value"]), *_untested(rows(content["validation"]), fmt)]
    if len(gaps) <= GAPS:
        return gaps
    more = len(gaps) - GAPS
    rest = {"question": f"And {fmt.count(more)} more", "reason": "They stand in the steps below", "needed": "",
            "values": {"more": more}}
    return [*gaps[:GAPS], rest]


def _not_estimated(value: dict) -> list[dict]:
    if value.get("status", "estimated") == "estimated":
        return []
    return [{"question": SECTIONS["value"], "reason": capital(f"not estimated: {'; '.join(value['reasons'] or [])}"),
             "needed": "orders that a value model fits; until then realised revenue is used", "values": {}}]


def _untested(checks: list[dict], fmt: Format) -> list[dict]:
    """How many claims about groups could not be held against evidence; the only one in its own words."""
    open_ = [row for row in checks if row["verdict"] in UNTESTED]
    if not open_:
        return []
    few, of = len(open_), len(checks)
    reason = f"{fmt.count(few)} of {fmt.counted(of, 'check')} rest on too little evidence"
    reason = open_[0]["finding"] if few == 1 else reason
    return [{"question": "Does what customers say agree with the segments?", "reason": capital(reason),
             "needed": "more answers and interviews, spread over the segments", "values": {"open": few, "checks": of}}]


def _told(reason: str, gaps: list[dict]) -> bool:
    """Whether a reason was given already, for another question."""
    return any(gap["reason"].casefold() == reason.casefold() for gap in gaps)
