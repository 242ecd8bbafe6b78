"""What readers of step 2 see: every number is in the values, and nobody is told apart by subtraction."""

import datetime as dt
import re

import pandas as pd
import pytest
from matplotlib import pyplot

from lib.contracts import NotMeasured
from lib.report.blocks import Absent
from lib.report.figures import collect as figures
from lib.report.numbers import Format
from lib.report.tables import collect as tables
from lib.report.words import collect as words

FMT = Format("en", "EUR")
LEDGER = pd.DataFrame(
    [("transactions", "in", "", 1000, 50, 90_000.0), ("transactions", "kept", "", 900, 50, 80_000.0),
     ("transactions", "repaired", "rounded", 20, 9, 5_000.0),
     ("transactions", "quarantined", "not a number", 3, 2, 0.0),
     ("transactions", "excluded", "erased on request", 77, 5, 5_000.0)],
    columns=["source", "state", "reason", "rows", "customers", "amount"])


def collected(**counts: int) -> dict:
    return {"protection": counts, "n_customers": 40, "period": [dt.date(2026, 1, 1), dt.date(2026, 6, 30)],
            "voices": {"survey": None, "interviews": None, "texts": None},
            "sources": [{"source": "transactions", "file": "a.csv", "rows": 1000, "newest": "2026-06-28", "kept": 900,
                         "repaired": 20, "quarantined": 3, "excluded": 77, "customers": 30, "coverage": 0.75}]}


def surveyed(*groups: tuple[str, int, int], outside: int = 0, weighted: bool = False) -> dict:
    """The document of a survey that these groups (name, customers, answered) answered."""
    n, answered = sum(g[1] for g in groups), sum(g[2] for g in groups)
    given = [{"question": "pain_point", "code": c, "n": k, "of": 60, "share": k / 60, "low": 0.1, "high": 0.9,
              "effective_n": 41.5} for c, k in (("price", 40), ("call Anna", 3))]
    survey = {"respondents": answered + outside, "in_base": answered, "outside": outside, "base": n, "waves": [],
              "items": [], "empty": [], "weighted": weighted, "rows": answered + outside, "effective_n": 41.5,
              "by_activity": [{"group": g, "n": k, "answered": a} for g, k, a in groups], "answers": given}
    texts = {"messages": 500, "writers": 90, "masked": 4}
    return collected() | {"voices": {"survey": survey, "interviews": {"held": 12, "people": 9}, "texts": texts}}


def test_the_base_names_its_sources_and_no_orders_where_there_are_none():
    orders = words.base(collected(), FMT).text
    assert "from 1 source: transactions. Orders run from 1 January 2026" in orders and "vents" not in orders
    events = collected() | {"sources": [{"source": "events"}, {"source": "customers"}]}
    assert "from 2 sources: customers, events. Events run from" in words.base(events, FMT).text


def test_the_books_in_a_sentence():
    said = words.books({"sources": 1, "rows": 1000, "amount": 90_000.0}, LEDGER, FMT)
    assert "1,000 rows" in said.text and "920 go on, 92 %" in said.text and "€900" in said.text
    assert said.values["share_on"] == 0.92 and said.values["money_share"] == pytest.approx(85 / 90)


@pytest.mark.parametrize(("counts", "told", "kept_back"), [
    ({"erased": 40, "minors": 30, "objected": 3}, ["40 erased", "33 for other reasons"], ["objected", "minors"]),
    ({"erased": 40, "minors": 30, "objected": 20}, ["40 erased", "30 minors", "20 objected"], ["other"]),
    ({"erased": 4, "minors": 3}, ["ewer than 10 customers"], ["7", "4", "3"]),
    ({"erased": 6, "minors": 7, "objected": 0}, ["13 customers"], ["6", "7"]),
    ({"erased": 0}, ["Nobody"], []),
])
def test_small_groups_of_people_are_not_told_apart(counts, told, kept_back):
    said = words.protection(collected(**counts), 10, FMT)
    assert all(part in said.text for part in told), said.text
    numbers = re.findall(r"\w+", said.text.replace("10", ""))
    assert not [k for k in kept_back if k in numbers or (k.isalpha() and k in said.text)]


def test_the_waterfall_ends_at_what_was_kept():
    picture = figures.ledger(LEDGER, 10, FMT)
    bars = picture.ax.patches
    assert [b.get_width() for b in bars] == [1000, 77, 3, 920]
    assert bars[1].get_x() == 923 and bars[2].get_x() == 920
    assert picture.title == "92 % of the rows of transactions go on" and picture.values["kept"] == 920


def test_tables_count_what_the_ledger_counts():
    block = tables.ledger(LEDGER, collected(), FMT)
    assert block.rows[0] == ["transactions", "1,000", "900", "20", "3", "77"]
    assert tables.sources(collected(), dt.date(2026, 6, 30), FMT).rows[0][3:] == ["28 June 2026", "2 days", "30 (75 %)"]


def test_rows_of_few_people_are_not_counted_in_public():
    quality = pd.DataFrame([("customers", "erased", "excluded", 50, 4, "3, 9", "left"),
                            ("customers", "date", "quarantined", 50, 1, "7", "unreadable")],
                           columns=["source", "rule", "severity", "rows_in", "rows_affected", "first_lines", "meaning"])
    rows = tables.quality(quality, collected(erased=4), 10, FMT).rows
    assert rows[1][3:6] == ["few", "50", ""] and rows[0][3:6] == ["1", "50", "7"]


def test_money_is_told_to_the_cent_and_every_file_adds_up():
    odd = LEDGER.assign(amount=LEDGER["amount"] + 7)
    assert tables.ledger(odd, collected(), FMT).rows[1][1:3] == ["€900.07", "€800.07"]
    assert tables.files(collected(), FMT).rows == [["transactions", "a.csv", "1,000", "900", "20", "3", "77"]]


def test_the_table_of_those_who_left_says_no_more_than_the_sentence():
    quality = pd.DataFrame([("customers", "erased", "left")], columns=["source", "rule", "meaning"])
    rows = tables.protection(collected(erased=40, minors=30, objected=3), quality, 10, FMT).rows
    assert [r[:2] for r in rows] == [["erased", "40"], ["other reasons", "33"]] and rows[0][2] == "left"
    assert [r[1] for r in tables.protection(collected(erased=4, minors=3), quality, 10, FMT).rows] == ["fewer than 10"]
    assert tables.protection(collected(erased=0), quality, 10, FMT).caption == "Nobody had to leave"


def test_who_was_heard_in_a_sentence():
    said = words.voices(surveyed(("1", 300, 20), ("10 and more", 100, 40), outside=3, weighted=True), 10, FMT)
    assert "60 of 400 customers" in said.text and "15 %" in said.text and "the other 340" in said.text
    assert "Fewer than 10 respondents" in said.text and "outside" not in said.values
    assert "as much as 42 of equal weight" in said.text and "fewer than 10 of them" in said.text
    assert isinstance(words.voices(collected(), 10, FMT), Absent)


def test_who_answered_is_drawn_without_telling_few_apart():
    groups = ("none", 50, 3), ("1", 300, 20), ("2", 30, 2), ("10 and more", 90, 40)
    picture = figures.response(surveyed(*groups), 10, FMT)
    assert [b.get_width() for b in picture.ax.patches] == pytest.approx([25 / 380, 40 / 90])
    assert "10 and more" in picture.title and "at most 2" in picture.title
    assert isinstance(figures.response(surveyed(("1", 300, 4)), 10, FMT), Absent)
    assert isinstance(figures.response(collected(), 10, FMT), Absent)


def test_answers_of_few_are_not_shown():
    block = tables.answers(surveyed(("1", 300, 60), weighted=True), 10, FMT)
    assert [r[1] for r in block.rows] == ["price"] and "Anna" not in str(block.rows) and "Kish" in block.note
    assert isinstance(tables.answers(collected(), 10, FMT), Absent)


def test_a_source_that_fell_behind_is_named():
    at = dt.date(2026, 6, 30)
    assert words.fresh(collected(), at, FMT).tone == "finding"
    behind = words.fresh(collected(), dt.date(2026, 8, 30), FMT)
    assert behind.tone == "caveat" and "transactions may be out of date" in behind.text


def test_absence_is_shown():
    assert isinstance(words.base(NotMeasured("nothing read"), FMT), Absent)
    assert isinstance(figures.ledger(LEDGER.assign(source="texts"), 10, FMT), Absent)


@pytest.mark.parametrize("survey", [7, 493])
def test_few_respondents_are_told_neither_by_share_nor_by_the_others(survey):
    """Seven of five hundred answered, or seven did not: no number of the block gives them away."""
    asked = {"in_base": survey, "base": 500, "outside": 0, "weighted": False}
    text, values = words._answered(asked["in_base"], asked["base"], Format())
    assert not {"7", "493"} & set(re.findall(r"\d+", text)) and values == {"base": 500}
    known = {"sources": [
        {"source": "transactions", "customers": 500, "coverage": 1.0},
        {"source": "survey", "customers": 7, "coverage": 7 / 500}], "n_customers": 500}
    picture = figures.coverage(known, Format())
    assert "1 %" not in picture.title + picture.alt and list(picture.values) == ["coverage.transactions"]
    assert picture.title == "100 % of the customers are known from transactions, < 10 customers from survey"
    pyplot.close("all")
