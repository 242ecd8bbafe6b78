"""What a statement's words hide, its values do not tell."""

import pytest

from lib.report.numbers import Format
from lib.report.statements import untraced
from lib.report.withheld import publishable

FMT = Format("en", "EUR", smallest=10)


def said(text: str, values: dict, kind: str = "sentence") -> dict:
    return {"step": "04", "kind": kind, "text": text, "values": values}


@pytest.mark.parametrize(("text", "values", "left"), [
    ("Lapsed: < 10 customers", {"lapsed.n": 4, "lapsed.share": 0.0123, "gone.n": 40}, {"gone.n": 40}),
    ("Coders and model: < 10 of 16 people", {"same": 5, "n": 16}, {"n": 16}),
    ("Champions: < 10", {"Champions_n": 7, "Champions_share_low": 0.011, "Champions": 7}, {}),
    ("< 10 of 414 customers changed", {"0": {"n": 9, "low": 0.01, "of": 414}}, {"0": {"of": 414}}),
    ("two groups, 8 of them small: < 10", {"n": [8, 400], "m": 400}, {"m": 400}),
])
def test_a_count_that_the_words_hide_is_in_no_value(text, values, left):
    assert publishable(said(text, values), FMT)["values"] == left


@pytest.mark.parametrize(("text", "values"), [
    ("The cut into 4 segments of 1,370 customers", {"k": 4, "n": 1370}),
    ("6 % (5 % to 7 %) of 2,674 customers moved", {"moved": 0.0636, "low": 0.05, "high": 0.07, "n": 2674}),
    ("0 of 0 kinds of move go beyond chance", {"judged": 0, "real": 0}),
    ("Stability 1", {"stability": 1.0, "name": "Lapsed", "median": None, "known": True}),
])
def test_what_is_said_or_counts_nobody_stays(text, values):
    assert publishable(said(text, values), FMT)["values"] == values


def test_a_small_number_elsewhere_in_the_text_does_not_bring_a_hidden_count_back():
    kept = publishable(said("4 segments; Lapsed: < 10 customers", {"segments": 4, "lapsed.n": 4}), FMT)["values"]
    assert kept == {"segments": 4}


def test_values_behind_a_picture_stay_unless_they_count_few_people():
    values = {"k": 4, "lapsed.n": 4, "lapsed.share": 0.01, "core.n": 80}
    assert publishable(said("Sizes", values, "picture"), FMT)["values"] == {"k": 4, "core.n": 80}


def test_counts_of_people_are_rounded_as_the_product_rounds_them():
    exact = said("Core: 115 of 415 customers, 28 %, over 53 weeks",
                 {"core.n": 113, "of": 413, "share": 0.277, "weeks": 53, "moved": 19.0})
    kept = publishable(exact, Format("en", "EUR", smallest=10, rounding=5))
    assert kept["values"] == {"core.n": 115, "of": 415, "share": 0.277, "weeks": 53, "moved": 20.0}
    assert not untraced(kept, FMT) and exact["values"]["core.n"] == 113


def test_no_statement_of_the_report_tells_a_count_that_its_words_hide(good):
    for told in good["summary"]["statements"]:
        assert publishable(told, FMT) == told
