"""Sentences and tables about surveys say the figures they were given, suppress few people, and claim no more."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.transforms import Bbox

from lib.contracts import NotMeasured
from lib.report.blocks import Absent, once
from lib.report.figures import survey as figures
from lib.report.numbers import Format
from lib.report.tables import survey as tables
from lib.report.words import survey as words

FMT = Format()
SCALES = pd.DataFrame([
    {"scale": "trust", "item": f"trust_{i}", "n": 240, "items": 3, "alpha": 0.82, "low": 0.77, "high": 0.86,
     "omega": 0.83, "factors": 1, "item_rest": 0.6 + i / 100, "note": ""} for i in (1, 2, 3)] + [
    {"scale": "joy", "item": "joy_1", "n": 240, "items": 1, "alpha": None, "low": None, "high": None, "omega": None,
     "factors": None,     "item_rest": None, "note": "fewer than 3 items vary"}])


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
    assert "joy is not measured: fewer than 3 items vary" in sentence.text


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


def test_items_that_measure_several_things_are_no_scale():
    assert "things" not in words.scales(SCALES, FMT).text
    assert "measure 3 things, not one" in words.scales(SCALES.assign(factors=3), FMT).text
    assert "nothing in common" in words.scales(SCALES.assign(factors=0), FMT).text


def test_one_reason_is_said_once():
    nothing = NotMeasured("no survey", "a survey")
    shown = once(tables.scales(nothing, FMT), words.scales(SCALES, FMT), words.classes(nothing, FMT))
    assert [isinstance(block, Absent) for block in shown] == [True, False]


def test_the_map_names_answers_of_enough_people_only():
    rows = [{"item": "plan", "level": "big", "n": 60, "x": 1.0, "y": 0.2},
            {"item": "plan", "level": "rare", "n": 4, "x": -3.0, "y": 0.0},
            {"item": "joy", "level": "", "n": 120, "x": 0.5, "y": 0.5}]
    table = pd.DataFrame(rows).assign(respondents=120, share_x=0.3, share_y=0.2)
    picture = figures.answer_map(table, FMT)
    named = " ".join(text.get_text() for text in picture.ax.texts)
    assert "big" in named and "rare" not in named and picture.values == {"share": 0.5, "n": 120}
    assert isinstance(figures.answer_map(table[table["n"] == 4], FMT), Absent)


def test_items_stand_as_they_were_asked_and_their_scale_has_no_code():
    asked = {f"trust_{i}": text for i, text in enumerate(("I trust you", "You keep your word", "You are fair"), 1)}
    sentence, table = words.scales(SCALES, FMT, asked), tables.scales(SCALES, FMT, asked)
    assert "The scale of 3 items that begins with “I trust you” is reliable" in sentence.text
    assert [row[:2] for row in table.rows[:3]] == [["1", f"“{text}”"] for text in asked.values()]
    assert table.rows[3][:2] == ["joy", "joy 1"], "an item without a wording keeps its label"
    marked = tables.classes(classes(120, 40), FMT, {"job": "What brings you here?"})
    assert "“What brings you here?”: dinner" in marked.rows[0][3]
    rows = pd.DataFrame([{"item": "trust_1", "level": "", "n": 120, "x": 1.0, "y": 0.2}])
    drawn = figures.answer_map(rows.assign(respondents=120, share_x=0.3, share_y=0.2), FMT, asked)
    assert "“I trust you”" in [text.get_text() for text in drawn.ax.texts]


def test_on_the_map_as_it_is_saved_no_name_lies_on_a_mark_or_on_another():
    at = np.random.default_rng(4).normal(0, 0.5, (22, 2))
    rows = pd.DataFrame(at, columns=["x", "y"]).assign(item="industry", level=[f"a long answer {i}" for i in range(22)])
    table = rows.assign(n=50, share_x=0.2, share_y=0.1, respondents=300)
    ax = figures.answer_map(table, FMT).ax
    ax.figure.draw_without_rendering()
    half = figures.MARK / 2 * ax.figure.dpi / 72
    marks = [Bbox([point - half, point + half]) for point in ax.transData.transform(at)]
    names = [text.get_window_extent() for text in ax.texts]
    assert len(names) >= 11 and not any(a.overlaps(b) for a, b in itertools.combinations(names, 2))
    assert not any(name.overlaps(mark) for name in names for mark in marks)
    assert all(ax.figure.bbox.x0 <= name.x0 and name.x1 <= ax.figure.bbox.x1 for name in names)
