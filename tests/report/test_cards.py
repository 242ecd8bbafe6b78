"""Cards of the first screen where one segment's size covers how few could not be placed: what the others leave."""

import pandas as pd
import pytest

from lib.report.first_screen import _segment
from lib.report.numbers import Format
from lib.stats import wilson

FMT = Format("en", "EUR")
MONEY = {"a": [1000] * 300, "b": [4000] * 100, "c": [500] * 595, "": [100] * 5}  # five of 1,000 in no segment


@pytest.fixture
def content():
    total = sum(map(sum, MONEY.values()))
    rows = []
    for rank, name in enumerate("abc", 1):
        n, revenue = len(MONEY[name]), sum(MONEY[name])
        low, high = wilson(n, 1000)
        row = {"segment": name, "name": name.upper(), "rank": rank, "rule": "r", "n": n, "share": n / 1000,
               "share_low": low, "share_high": high, "revenue_share": revenue / total,
               "revenue_share_low": 0.9 * revenue / total, "revenue_share_high": 1.1 * revenue / total,
               "mean_value": revenue / n, "value_low": 0.9 * revenue / n, "value_high": 1.1 * revenue / n,
               "next_active": 0.5, "next_low": 0.4, "next_high": 0.6, "n_next": 240, "joined": name == "b",
               "money_hidden": False, "suppressed": False}
        rows.append(row)
    kept = ("segment", "name", "rank", "rule", "money_hidden", "joined")
    rows[2] = {k: v if k in kept else None for k, v in rows[2].items()} | {"suppressed": True}
    return {"segments": rows, "targets": [], "data": {"n_customers": 1000}}


def card(content: dict, at: int) -> tuple[dict, dict]:
    made = _segment(content["segments"][at], content, FMT)
    return {b["label"]: b["values"]["share"] for b in made["bars"]}, {f[0]: f[1:] for f in made["facts"]}


def test_the_card_says_what_the_others_leave_and_what_it_counts(content):
    bars, facts = card(content, 2)
    both = pd.Series(MONEY["c"] + MONEY[""])
    assert bars == pytest.approx({"Share of customers": 0.6,
                                  "Share of revenue": both.sum() / sum(map(sum, MONEY.values()))})
    assert facts["Customers"] == ["600", "with those who could not be placed"]
    assert facts["Mean revenue"] == [FMT.money(both.mean()), "with those who could not be placed"]
    assert "Active in next period" not in facts


def test_the_other_cards_say_their_own(content):
    bars, facts = card(content, 0)
    assert bars["Share of customers"] == 0.3 and facts["Customers"] == ["300", ""]
    assert facts["Mean revenue"][0] == FMT.money(1000)
    assert facts["Active in next period"] == ["50 %", "(40 % to 60 %), n = 240"]


def test_a_card_that_counts_few_others_says_so(content):
    assert card(content, 1)[1]["Customers"][1] == "with those who could not be placed"


@pytest.mark.parametrize("of", ["the segment", "another"])
def test_hidden_money_stays_hidden(content, of):
    if of == "the segment":
        content["segments"][2]["money_hidden"] = True
    else:
        content["segments"][1] |= dict.fromkeys(("revenue_share", "mean_value"))
    bars, facts = card(content, 2)
    assert set(bars) == {"Share of customers"} and "Mean revenue" not in facts


def test_where_nobody_spent_no_amount_stands_as_if_measured(content):
    content["segments"][0] |= dict.fromkeys(("revenue_share", "mean_value", "value_low", "value_high",
                                             "revenue_share_low", "revenue_share_high"), 0.0)
    bars, facts = card(content, 0)
    assert set(bars) == {"Share of customers"} and "Mean revenue" not in facts
    assert facts["Revenue"] == ["none in the window", ""]
