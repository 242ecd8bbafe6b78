"""The first screen of the report, as text: verdict, answer, segment cards, what to do now, what is not known.

Made from the content of summary.json and kept in it, so that the page shows nothing that is not there.
"""

from __future__ import annotations

from lib.contracts.labels import NOTHING_SPENT
from lib.report.actions import actions
from lib.report.headline import CLAIMS, answer, headline, of_all, rows
from lib.report.inside import WITH_REST, remainder
from lib.report.numbers import Format
from lib.report.scorecard import capital, scorecard
from lib.report.style import colour

VERDICTS = {"go": ("go", "Fit to segment"), "caution": ("caution", "With caution"), "no-go": ("stop", "Not segmented")}
UNTESTED = ("too few", "validation pending", "untested")
LONG_RULE = 140  # characters; a longer rule is folded away on its card
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
        "actions": actions(content, segments, fmt), "unknown": _unknown(content, fmt),
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
    gaps = [gap | {"reason": fmt.dated(gap["reason"]), "needed": fmt.dated(gap["needed"])} for gap in gaps]
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
