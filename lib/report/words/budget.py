"""Sentences of notebook 05 about the budget: what the contacts cost and may bring, and what would change that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.campaign_names import UNNAMED, readable_id
from lib.report.contacts import tellable, told_cases
from lib.report.numbers import Format

UNREACHED = "nobody may be contacted"  # reason of the budget
NEEDED = " Needed: records of consent for the channel, as a source of their own."
UNCONTACTED = {  # reasons of a budget for no contacts, in a sentence; the others are fit for one
    "measured below its cost": "the effect measured there does not earn its cost",
    "assumed below its cost": "the effect assumed there does not earn its cost",
    "no capacity left": "no capacity is left", "knocked out": "ruled out before targets were compared",
}
UNSAID = "How many customers the plan contacts is not said: it would tell of few customers."


@shows
def budget(table: pd.DataFrame, capacity: int, facts: pd.DataFrame, fmt: Format,
           campaigns: Mapping[str, str] = UNNAMED) -> Sentence:
    """What the contacts cost and what they may bring, or that no return may be promised. ``campaigns``: what each is
    called, by id."""
    paid = table.merge(facts[["segment", "quiet"]], on="segment").query("contacts > 0")
    contacts, cost = int(paid["contacts"].sum()), float(paid["cost"].sum())
    based = paid[paid["basis"].isin(["measured", "declared"])]
    limit = f" of a capacity of {fmt.count(capacity)}" if capacity else ""
    text, values = UNSAID, {"capacity": capacity}
    if paid.empty:
        text, more = contacts_nobody(table["reason"], fmt)
        text += NEEDED * (UNREACHED in set(table["reason"]))
        values |= more
    elif tellable(paid):
        text = f"The plan contacts {fmt.people(contacts)} customers{limit} for {fmt.money(cost)}."
        values |= {"contacts": contacts, "cost": cost}
    losing = table[table["reason"] == "measured below its cost"]
    if len(losing):
        seen = ", ".join(sorted({campaigns.get(c, readable_id(c)) for c in losing["source"]}))
        text += (f" In {fmt.count(len(losing))} of {fmt.counted(len(table), 'segment')} the effect measured "
                 f"({seen}) does not earn its cost even at the upper end of its interval, so no money is "
                 "planned there.")
        values |= {"losing": len(losing), "segments": len(table), "campaigns": seen}
    if based.empty:
        test = (" It is a test budget: no effect was measured or declared that clears its cost, so no return is "
                "promised.")
        return Sentence(text + test * bool(contacts), values, tone="caveat")
    if not tellable(based):
        return Sentence(f"{text} Some contacts rest on measured effects or declared assumptions.", values,
                        tone="caveat")
    low, mid, high = (float(based[c].sum()) for c in ("low", "expected_margin", "high"))
    spent = float(based["cost"].sum())
    bases = " and ".join(sorted(set(based["basis"])))
    text += (f" {fmt.people(based['contacts'].sum())} of the contacts rest on {bases} effects and are expected to "
             f"bring {fmt.estimate(mid, low, high, fmt.money)} after their cost")
    text += f", {fmt.number(mid / spent, 1)} per unit spent." if spent else "."
    return Sentence(text, values | {"based_contacts": int(based["contacts"].sum()), "expected_margin": mid, "low": low,
                                    "high": high, **({"return": mid / spent} if spent else {})})


def contacts_nobody(reasons: Iterable[str], fmt: Format) -> tuple[str, dict]:
    """That the plan contacts nobody, by how many segments for which of the budget's reasons, with these numbers."""
    why = Counter(reasons).most_common()
    said = "; ".join(f"{fmt.counted(n, 'segment')}: {UNCONTACTED.get(reason, reason)}" for reason, n in why)
    return f"The plan contacts nobody ({said}).", {f"segments {i}": n for i, (_, n) in enumerate(why)}


@shows
def sensitivity(table: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Sentence:
    """Whether the allocation hangs on what was assumed."""
    cases = told_cases(table, facts)
    planned, others = cases.loc["as planned"], cases.drop("as planned")
    same = int((others["moved"] == 0).sum())
    worst = others["margin"].idxmin()
    text = (f"The contacts would be placed alike under {fmt.count(same)} of "
            f"{fmt.counted(len(others), 'other assumption')}. The worst of them ({worst}): "
            f"{fmt.money(others['margin'].min())} instead of "
            f"{fmt.money(planned['margin'])} after cost, with the contacts placed for that case.")
    return Sentence(text, {"same": same, "cases": len(others), "worst": float(others["margin"].min()),
                           "planned": float(planned["margin"])}, tone="caveat" if same < len(others) else "finding")
