"""What notebook 04 shows: every number of a sentence, card or title is among its values, and no small cell is shown."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from lib.contracts import NotMeasured
from lib.report.blocks import Absent
from lib.report.figures import segments as figures
from lib.report.numbers import Format
from lib.report.statements import statement, untraced
from lib.report.suppress import BESIDE
from lib.report.tables import segments as tables
from lib.report.words import growing, segments as words
from lib.segments.distinct import distinct, held_out, overall
from lib.segments.growth import sizes
from lib.segments.landscape import landscape
from lib.segments.model import assign, assignment_table
from lib.segments.outside import outside_ledger, reconcile
from lib.segments.prediction import next_by_segment, prediction
from lib.segments.profile import crosstab, made_columns, profile, segment_table
from lib.segments.rules import rule_cards
from lib.segments.validation import validate

FMT = Format()
COLLECTED = {"protection": {"opted out": 42, "test or excluded id": 4}, "n_customers": 820}
ABSENT = NotMeasured("no survey", "a survey")
DAY, DAY_BEFORE = dt.date(2026, 6, 30), dt.date(2026, 5, 31)


@pytest.fixture(scope="module")
def made(models, placed, before, found, lead, icp):
    """Everything the notebook computes, by its names there."""
    model = models["clusters"]
    assigned, earlier = assign(placed, model), assign(before, model)
    members = assignment_table(assigned, placed, models)
    cards = rule_cards(placed, assigned, model, money=FMT.money)
    segments = segment_table(placed, assigned, model, cards, next_by_segment(before, earlier))
    descriptors = held_out(placed, made_columns(model))
    ledger = outside_ledger(assigned, placed, model, collected=COLLECTED, icp=icp)
    return {"model": model, "members": members, "segments": segments, "found": found, "lead": lead, "ledger": ledger,
            "profile": profile(placed, assigned, made_columns(model)), "pairs": distinct(assigned, descriptors),
            "tests": overall(assigned, descriptors), "foreseen": prediction(before, earlier, seed=1),
            "map": landscape(placed, assigned, model), "crosstab": crosstab(members, model),
            "checked": validate(members, placed, voice=ABSENT, survey=ABSENT, icps=[], icp=icp, period_days=7, seed=1),
            "sizes": sizes(assigned, {DAY_BEFORE: earlier.iloc[:780]}, as_of=DAY),
            "counted": reconcile(ledger, COLLECTED)}


def said(made) -> dict:
    m = made
    return {
        "lead": words.lead(m["lead"]), "claim": words.claim(m["model"], m["segments"]),
        "cards": words.cards(m["segments"], m["checked"], m["sizes"], FMT), "value": words.value(m["segments"], FMT),
        "markers": words.markers(m["profile"], m["segments"], FMT), "overall": words.overall(m["tests"], FMT),
        "distinct": words.distinct(m["pairs"], m["segments"], FMT), "prediction": words.prediction(m["foreseen"], FMT),
        "validation": words.validation(m["checked"], m["segments"], FMT), "claims": words.claims(m["checked"], FMT),
        "outside": words.outside(m["ledger"], FMT), "reconciled": words.reconciled(m["counted"], FMT),
        "portable": words.portable(m["model"], m["members"], FMT), "sizes": figures.sizes(m["segments"], FMT),
        "profiles": figures.profiles(m["profile"], m["segments"], FMT),
        "growth": growing.growth(m["sizes"], m["segments"], FMT),
        "over time": figures.over_time(m["sizes"], m["segments"], FMT),
        "map": figures.landscape(m["map"], m["segments"], FMT),
        "heat": figures.crosstab(m["crosstab"], m["segments"], "user_types", FMT)}


def test_the_size_of_a_small_segment_cannot_be_had_by_subtraction(made):
    segments = made["segments"].copy()
    small, next_small = segments.sort_values("n").index[:2]
    segments.loc[small, "n"] = 4
    shown = words.cards(segments, made["checked"], made["sizes"], FMT)
    by_name = {card.title: card for card in shown.cards}
    assert by_name[segments["name"][small]].figure == "< 10"
    assert by_name[segments["name"][next_small]].figure == "not shown"
    hidden = set(segments.loc[[small, next_small], "segment"])
    assert not [key for key in shown.values if key.split(".")[0] in hidden and not key.endswith(".name")]
    sizes = {row[0]: row[-1] for row in tables.rules(segments, FMT).rows}
    assert sizes[segments["name"][small]] == sizes[segments["name"][next_small]] == "few"
    assert len([size for size in sizes.values() if size != "few"]) == len(segments) - 2
    drawn = figures.sizes(segments, FMT)
    bars = drawn.alt.removeprefix("Bars: ").split("; ")
    assert len(bars) == len(segments) - 2 and "Not drawn" in drawn.caption
    assert not [bar for bar in bars for name in segments.loc[[small, next_small], "name"] if bar.startswith(name + " ")]


def test_of_two_segments_a_small_one_hides_the_other(made):
    two = made["segments"].head(2).copy()
    two["n"] = [4, 816]
    assert isinstance(figures.sizes(two, FMT), Absent)
    assert not set(words.value(two, FMT).values) - {"smallest"}


def test_every_number_said_is_among_its_values(made):
    for name, block in said(made).items():
        content = {**block.content(), "values": block.values}
        assert untraced(statement("04", content), FMT) == [], name
        assert not [v for v in block.values.values() if isinstance(v, float) and np.isnan(v)], name
    pyplot.close("all")


def test_bars_are_as_long_as_the_shares(made):
    ax = figures.sizes(made["segments"], FMT).ax
    ordered = made["segments"].sort_values("rank", ascending=False)
    lengths = [bar.get_width() for bar in ax.patches[: len(ordered)]]
    assert lengths == pytest.approx(ordered["share"].tolist())
    pyplot.close("all")


def test_the_map_shows_no_cell_of_few_people(made, placed):
    assert (made["map"]["cells"]["n"] >= 10).all()
    assert made["map"]["centres"]["n"].sum() == made["map"]["n"] == len(placed) - 20
    assert not landscape(placed.head(5), made["members"], made["model"])


def test_small_cells_are_hidden_with_one_more(made):
    block = tables.outside(made["ledger"], FMT)
    rows = {(row[0], row[1]): row[2:] for row in block.rows}
    assert rows[("filtered", "test or excluded id")] == [tables.HIDDEN] * 5
    hidden = [key for key, row in rows.items() if row[0] == tables.HIDDEN and key[0] not in BESIDE]
    assert len(hidden) == 2
    small = made["segments"].assign(n=[3, *made["segments"]["n"].iloc[1:]])
    assert words.cards(small, made["checked"], made["sizes"], FMT).cards[0].figure == "< 10"


def test_what_was_not_measured_is_said(made):
    nobody = pd.DataFrame(columns=["scheme", "segment"])
    for block in (words.lead(ABSENT), tables.pairs(ABSENT, made["segments"], FMT),
                  figures.landscape(ABSENT, ABSENT, FMT), figures.crosstab(nobody, made["segments"], "icp", FMT)):
        assert isinstance(block, Absent)
    assert "pending" in words.validation(made["checked"], made["segments"], FMT).text
