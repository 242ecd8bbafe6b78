"""The sliders of notebook 05: they compute anew, show what changed, and let no name become live HTML."""

import pandas as pd
import pytest

from lib.contracts import NotMeasured, UserError
from lib.report.numbers import Format
from lib.report.what_if import changed, explore, number_of_segments
from tests.report import test_plan_blocks as plan
from tests.report.hostile import PAYLOADS
from tests.report.page_reader import Page

FMT = Format()
TARGETS = plan.TARGETS.assign(criteria="")
SCAN = pd.DataFrame({"family": ["kmeans", "tied", "kmeans"], "k": [2, 2, 3], "smallest": [300, 280, 90],
                     "stability": [0.9, 0.8, 0.6], "stability_low": [0.85, 0.7, 0.5],
                     "stability_high": [0.95, 0.9, 0.7],
                     "separated": [True, False, False], "chosen": [True, False, False]})


@pytest.fixture
def asked() -> list:
    return []


@pytest.fixture
def box(asked):
    def replan(facts, *, weights, capacity):
        asked.append((weights, capacity))
        if not sum(weights.values()):
            raise UserError("no criterion has any weight", fix="give weight to at least one")
        both = ["target" if weights["size"] > 50 else "keep", "not now"]
        return TARGETS.assign(role=both), plan.BUDGET

    facts = plan.SEGMENTS.assign(name=[PAYLOADS[0], PAYLOADS[1]])
    return explore(replan, {"facts": facts}, SCAN, TARGETS, {"size": 60.0, "value": 40.0}, 200, FMT)


def sliders(box) -> dict:
    return {s.description: s for column in box.children[0].children for s in column.children}


def test_it_begins_with_the_plan(box, asked):
    assert asked == [({"size": 60, "value": 40}, 200)]
    assert "The targets stay as planned" in box.children[1].value


def test_a_slider_computes_anew(box, asked):
    moved = sliders(box)
    moved["size"].value = 10
    assert asked[-1] == ({"size": 10, "value": 40}, 200)
    assert "No longer a target" in box.children[1].value
    moved["contacts"].value = 350
    assert asked[-1][1] == 350
    moved["segments"].value = 3
    assert "If there were 3 segments" in box.children[1].value


def test_a_choice_that_compares_nothing_says_so(box):
    for name in ("size", "value"):
        sliders(box)[name].value = 0
    assert "no criterion has any weight" in box.children[1].value and "at least one" in box.children[1].value


def test_a_name_is_never_live(box):
    sliders(box)["size"].value = 10
    assert not Page(f"<main>{box.children[1].value}</main>").of("script", "img", "svg")


def test_what_the_search_found_for_a_number_of_segments():
    rows = number_of_segments(SCAN, 2, FMT).rows
    assert [row[0] for row in rows] == ["kmeans", "tied"] and [row[3] for row in rows] == ["yes", "no"]
    assert number_of_segments(NotMeasured("too small", "more"), 2, FMT).reason == "too small"


def test_what_became_a_target_is_named():
    now = TARGETS.assign(role=["keep", "target"])
    assert changed(plan.SEGMENTS, TARGETS, now).text == "Now a target: Beta. No longer a target: Alpha."
