"""What notebook 04 shows: every number of a sentence, card or title is among its values, and no small cell is shown."""


import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from lib.contracts.labels import readable
from lib.report.blocks import Absent
from lib.report.figures import segments as figures
from lib.report.statements import statement, untraced
from lib.report.suppress import BESIDE
from lib.report.tables import segments as tables
from lib.report.words import segments as words
from lib.segments.landscape import landscape
from tests.segments.page_four import ABSENT, FMT, computed, said


@pytest.fixture(scope="module")
def made(models, placed, before, found, lead, icp):
    return computed(models["clusters"], models, placed, before, found, lead, icp)


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


@pytest.mark.parametrize(("active", "said"), [
    (0.5, "50 % (40 % to 60 %), n = 200"), (0.02, "fewer than 10, n = 200"), (0.985, "all but fewer than 10, n = 200")])
def test_of_who_goes_on_a_card_tells_the_rate_or_that_few_do_or_do_not(made, active, said):
    segments = made["segments"].assign(next_active=0.5, next_low=0.4, next_high=0.6, n_next=200)
    first = segments.index[0]
    segments.loc[first, "next_active"] = active
    shown = words.cards(segments, made["checked"], made["sizes"], FMT)
    facts = {card.title: dict(map(tuple, card.facts)) for card in shown.cards}
    rates = {name: told["active in the next period"] for name, told in facts.items()}
    assert rates[segments.loc[first, "name"]] == said
    covers = [name for name, rate in rates.items() if rate.startswith("not shown")]
    assert len(covers) == (active != 0.5)
    assert (f"{segments.loc[first, 'segment']}.next_active" in shown.values) == (active == 0.5)


def test_of_two_segments_a_small_one_hides_the_other(made):
    two = made["segments"].head(2).copy()
    two["n"] = [4, 816]
    assert isinstance(figures.sizes(two, FMT), Absent)
    assert not set(words.value(two, FMT).values) - {"smallest"}


def test_the_rhythm_of_a_few_users_hides_another(made):
    """Ever active or with three gaps: either number of few people takes its row out, and one more with it."""
    segments = made["segments"]
    beats = pd.DataFrame({"segment": segments["segment"], "n": 40, "median_gap": 7.0, "low": 6.0, "high": 8.0,
                          "n_users": segments["n"] + 20, "returned": 0.5, "returned_low": 0.4, "returned_high": 0.6})
    assert not any("few" in row for row in tables.rhythm(beats, segments, 14, FMT).rows)
    beats.loc[0, "n"] = 3
    rows = {row[0]: row[1:] for row in tables.rhythm(beats, segments, 14, FMT).rows}
    assert [name for name, row in rows.items() if row == ["few"] * 3 and name == segments["name"][0]]
    assert sum(row == ["few"] * 3 for row in rows.values()) == 2


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


def test_findings_stand_above_what_made_the_segments(made):
    block = figures.profiles(made["profile"], made["segments"], FMT)
    place = dict(zip([t.get_text() for t in block.ax.get_yticklabels()], block.ax.get_yticks(), strict=True))
    making = {readable(v) for v in made["profile"].loc[made["profile"]["made_segments"], "variable"]}
    above, below = ([y for name, y in place.items() if (name in making) == kind] for kind in (False, True))
    assert above and below and min(above) > max(below) + 1
    (line,) = [line for line in block.ax.lines if line.get_linestyle() == "--"]
    assert max(below) < line.get_ydata()[0] < min(above)
    signs = {line.get_label(): line.get_marker() for line in block.ax.lines if line.get_marker() != "None"}
    assert len(set(signs.values())) == len(signs) == len(made["segments"]), "told apart without colour"


def test_the_title_names_a_marker_or_says_that_there_is_none(made):
    held = made["profile"][made["profile"]["marker"] & ~made["profile"]["made_segments"]]
    block = figures.profiles(made["profile"], made["segments"], FMT)
    assert any(readable(v) in block.title for v in held["variable"])
    block = figures.profiles(made["profile"].assign(marker=False), made["segments"], FMT)
    assert block.title == "Nothing beside what made them marks a segment by far more than the base"


def test_a_segment_with_nobody_in_it_has_no_card_and_is_named_once(made):
    model = made["model"] | {"segments": [*made["model"]["segments"], {"segment": "gone", "name": "Gone fishing"}]}
    told = words.claim(model, made["segments"]).text
    assert told.count("Gone fishing") == 1 and "with nobody in it" in told
    assert "Gone fishing" not in [card.title for card in said(made)["cards"].cards]
