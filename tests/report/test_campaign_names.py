"""What everybody reads of a campaign is its name, else its id in readable form, and never two alike."""

import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.report.blocks import plain_text
from lib.report.campaign_names import called, named
from lib.report.figures import campaigns as figures
from lib.report.numbers import Format
from lib.report.tables import assumptions as taken, campaigns as tables, strategy as plan_tables
from lib.report.words import campaigns as words, next_campaigns, strategy as plan_words
from lib.report.words.campaigns import differs
from lib.strategy.plan import register
from tests.report import test_plan_blocks as plan

FMT, KEY, NAME = Format(), "vch-26_b", "Free premium box"
CHECKS = plan.CHECKS.assign(campaign=[KEY, "gold"], name=[NAME, "gold"])
UPLIFT = plan.UPLIFT.assign(campaign=KEY, name=NAME, ends_on="2026-05-01")
BUDGET = plan.BUDGET.assign(source=[KEY, KEY], reason=["", "measured below its cost"])


def test_a_campaign_has_its_name_else_its_id_to_be_read():
    checks = pd.DataFrame({"campaign": ["v-26", "nudge_2026", "x", "y"],
                           "name": ["Free box", "nudge_2026", "Spring", "Spring"]})
    assert called(checks) == {"v-26": "“Free box”", "nudge_2026": "“nudge 2026”", "x": "“Spring” (x)",
                              "y": "“Spring” (y)"}
    assert named(pd.concat([checks, checks])) == {"v-26": "Free box", "nudge_2026": "nudge 2026", "x": "Spring (x)",
                                                  "y": "Spring (y)"}
    assert called(NotMeasured("no campaigns", "campaigns")) == {}
    found = pd.DataFrame({"campaign": ["v-26"], "outcome": ["rate"], "segments": [4], "p": [0.04], "differs": [True]})
    assert "“Free box”, response rate: differs (p = 0.04" in differs(found, checks, Format()).text


def shown() -> dict[str, str]:
    """Every block that tells of campaigns, as the text that a person or a screen reader gets of it."""
    forest = figures.uplift_forest(UPLIFT, plan.SEGMENTS, FMT)
    registered = register(campaign="c", as_of=pd.Timestamp("2026-06-30").date(), audience_days=30, period_days=7.0,
                          assumptions=[], weights={}, saturation=0.5, budget=BUDGET, experiments=plan.EXPERIMENTS,
                          strategies=plan.STRATEGIES, withheld="", campaigns=called(CHECKS))
    blocks = {
        "said": words.uplift(UPLIFT, CHECKS, plan.SEGMENTS, FMT),
        "cards": next_campaigns.next_steps(UPLIFT, CHECKS, plan.DIFFERS, plan.SEGMENTS, FMT),
        "effects": tables.uplift(UPLIFT, plan.SEGMENTS, FMT), "trust": tables.campaigns(CHECKS, FMT),
        "targeting": tables.targeting(plan.TARGETING.assign(campaign=[KEY, "gold"]), CHECKS, FMT),
        "plan": plan_words.budget(BUDGET, 600, plan.SEGMENTS, FMT, called(CHECKS)),
        "money": plan_tables.budget(BUDGET, plan.SEGMENTS, FMT, named(CHECKS)),
        "taken": taken.assumptions(registered, FMT)}
    rows = " ".join(tick.get_text() for tick in forest.ax.get_yticklabels())
    return {name: plain_text(block.content()) for name, block in blocks.items()} | {
        "forest": f"{rows} {forest.title} {forest.alt} {forest.caption}"}


@pytest.mark.parametrize("name", ["said", "cards", "effects", "trust", "targeting", "plan", "money", "taken", "forest"])
def test_no_block_shows_the_id_of_a_campaign_that_has_a_name(name):
    text = shown()[name]
    assert NAME in text and KEY not in text and "vch" not in text


def test_without_a_name_the_id_is_written_as_words():
    text = plan_words.budget(BUDGET, 600, plan.SEGMENTS, FMT).text
    assert "(vch 26 b)" in text and KEY not in text
