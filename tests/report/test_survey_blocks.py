"""Sentences and tables about surveys say the figures they were given, suppress few people, and claim no more."""

import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.report.blocks import Absent
from lib.report.numbers import Format
from lib.report.tables import survey as tables
from lib.report.words import survey as words

FMT = Format()
SCALES = pd.DataFrame([
    {"scale": "trust", "item": f"trust_{i}", "n": 240, "items": 3, "alpha": 0.82, "low": 0.77, "high": 0.86,
     "omega": 0.83, "item_rest": 0.6 + i / 100, "note": ""} for i in (1, 2, 3)] + [
    {"scale": "joy", "item": "joy_1", "n": 240, "items": 1, "alpha": None, "low": None, "high": None, "omega": None,
     "item_rest": None, "note": "1 items that vary: a scale needs 3"}])


def classes(*sizes: int, claim: str = "reproducible") -> dict:
    marks = [{"item": "job", "answer": "dinner", "share": 0.9, "overall": 0.3}]
    return {"k": len(sizes), "n": sum(sizes), "items": ["job", "pain", "where"], "claim": claim, "entropy_r2": 0.87,
            "stability": 0.9, "stability_low": 0.8, "stability_high": 0.95, "pairs": 20,
            "classes": [{"n": n, "share": n / sum(sizes), "low": 0.1, "high": 0.9, "marks": marks} for n in sizes]}


@pytest.mark.parametrize("low, high, verdict", [(0.77, 0.86, "is reliable"), (0.4, 0.6, "is unreliable"),
                                                (0.6, 0.75, "not surely reliable")])
def test_a_scale_is_judged_on_its_interval(low, high, verdict):
    sentence = words.scales(SCALES.assign(low=low, high=high), FMT)
    assert verdict in sentence.text and sentence.values["trust"]["low"] == low
    assert "joy is not measured: 1 items" in sentence.text


def test_an_item_without_a_figure_has_none():
    table = tables.scales(SCALES, FMT)
    assert [row[-1] for row in table.rows] == ["0.61", "0.62", "0.63", "not measured"]


def test_a_class_of_few_people_says_nothing_of_them():
    table = tables.classes(classes(120, 4), FMT)
    assert table.rows[0][1] == "120" and "dinner" in table.rows[0][3]
    assert table.rows[1][1:] == ["< 10", "", ""]


def test_classes_are_never_called_natural_and_none_is_an_answer():
    assert "never called natural" in words.classes(classes(80, 40), FMT).text
    none = words.classes(classes(90, claim="none"), FMT)
    assert "No classes" in none.text and none.values["k"] == 1


def test_what_was_not_measured_is_said():
    for helper in (words.scales, words.classes, tables.scales, tables.classes):
        assert isinstance(helper(NotMeasured("no survey", "a survey"), FMT), Absent)
