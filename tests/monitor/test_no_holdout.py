"""Nobody held out: no uplift, no profit and no return stands anywhere, in a table, a sentence, a card or a picture."""

import re

import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.monitor.scorecard import benefits
from lib.monitor.uplift import checks, interaction, uplift
from lib.report import headline
from lib.report.blocks import plain_text
from lib.report.figures.campaigns import uplift_forest
from lib.report.numbers import Format
from lib.report.tables import campaigns as tables
from lib.report.words import campaigns as words, next_campaigns
from lib.strategy.budget import effects
from tests.monitor.test_uplift import CAMPAIGN, DAY, trial

SEGMENTS = pd.DataFrame({"segment": ["gain", "harm"], "name": ["Gain", "Harm"], "rank": [1, 2], "n": [400, 400]})
FIGURES = ["uplift", "low", "high", "adjusted", "adjusted_low", "adjusted_high", "p", "detectable", "profit",
           "profit_low", "profit_high", "roi", "roi_low", "roi_high", "control"]
FIGURE = re.compile(r"[€%]|\bpp\b|\d\.\d|-\d")  # money, a share, points, a number that is no whole count


@pytest.fixture(scope="module")
def judged():
    rows = trial(n=400)
    rows = rows.assign(arm="treated")  # a large effect in spend is there, and nothing to read it from
    campaigns = pd.DataFrame([CAMPAIGN])
    labels = rows.set_index("customer_key")["segment"]
    table = uplift(campaigns, rows.drop(columns="segment"), labels, as_of=DAY, unit="customer", margin_rate=0.4)
    return campaigns, table, checks(campaigns, rows, as_of=DAY)


def test_no_table_holds_a_figure(judged):
    _, table, trusted = judged
    assert len(table) == 1 and table[FIGURES].isna().all(axis=None)
    assert trusted["problem"].tolist() == ["not measured: nobody was held out"]
    assert interaction(table).empty


def test_no_block_says_one(judged):
    _, table, trusted = judged
    differs, fmt = interaction(table), Format("en", "EUR")
    told = [words.uplift(table, trusted, SEGMENTS, fmt), words.differs(differs, trusted, fmt),
            next_campaigns.next_steps(table, trusted, differs, SEGMENTS, fmt)]
    said = [plain_text(block.content()) for block in told if block is not None]
    said += [str(cell) for block in (tables.uplift(table, SEGMENTS, fmt), tables.campaigns(trusted, fmt))
             for row in getattr(block, "rows", []) for cell in row]
    assert uplift_forest(table, SEGMENTS, fmt) is None and tables.uplift(table, SEGMENTS, fmt) is None
    assert not [text for text in said if FIGURE.search(text)]
    assert any("nobody was held out" in text for text in said)
    assert headline._uplift({"uplift": table.astype("object").where(table.notna(), None).to_dict("records")}, [],
                            fmt) is None
    found = {b["promise"]: b for b in benefits(NotMeasured("x"), differs, NotMeasured("x"), table)}
    assert found["efficient spending"]["status"] == "not measured" and not found["efficient spending"]["values"]


def test_no_budget_rests_on_one(judged):
    campaigns, table, _ = judged
    strategies = pd.DataFrame({"segment": ["gain", "harm"], "channel": "email", "objective": "deepen"})
    facts = pd.DataFrame({"segment": ["gain", "harm"], "mean_occasion_value": 4000.0})
    found = effects(strategies, facts, table, campaigns, [], margin_rate=0.4, cost=100.0)
    assert set(found["basis"]) == {"none"} and found[["value", "low", "high"]].isna().all(axis=None)
