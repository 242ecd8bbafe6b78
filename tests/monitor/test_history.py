"""Many periods, with stored artefacts: a history grows by the month, a rerun changes nothing, a gap is shown."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.monitor.advice import advise, next_review
from lib.monitor.frozen import judging_model
from lib.monitor.history import COLUMNS, history, missing
from lib.monitor.kpis import untouched
from lib.report.figures.history import history_lines
from lib.report.numbers import Format
from lib.report.words import monitor as words
from lib.store import Store

MONTHS = [dt.date(2026, 3, 31), dt.date(2026, 4, 30), dt.date(2026, 6, 30)]  # May is missing
NAMES, NOTHING = pd.Series({"a": "Alpha", "b": "Beta"}), NotMeasured("absent")
SEGMENTS = pd.DataFrame({"segment": ["a", "b"], "name": ["Alpha", "Beta"], "rank": [1, 2], "n": [300, 200]})
FMT = Format()


def kpis(active, n=300, target=np.nan):
    return pd.DataFrame({"segment": ["a", "b"] * 2, "measure": ["active", "active", "customers", "customers"],
                         "now": [active, 0.3, n, 200.0], "low": [active - 0.05, 0.25, np.nan, np.nan],
                         "high": [active + 0.05, 0.35, np.nan, np.nan], "n": [n, 200, n, 200],
                         "target": [target, np.nan, np.nan, np.nan]})


MOVES = pd.DataFrame({"move": ["upgraded"], "n": [50], "n_base": [500], "share": [0.1], "low": [0.08], "high": [0.13]})


def monthly(store_of, day, active):
    """What notebook 06 does with history and advice in the run of one month, through the store."""
    work = store_of(day)
    judge = judging_model(NOTHING, {"segments": [], "lead": "rfm", "as_of": str(day)}, day)
    advice = advise([], judge, [], [], work.newest_earlier("advice"), changed="nothing", as_of=day,
                    next_run=next_review(day, 30))
    work.save(history=history(kpis(active), NAMES, MOVES, work.newest_earlier("history"), as_of=day), advice=advice)
    (work.folder / "model.json").write_text("{}")  # published runs are those with a model
    return work


@pytest.fixture
def runs(tmp_path):
    def store_of(day):
        return Store("meals", day, tmp_path, tmp_path)

    for day, active in zip(MONTHS, (0.4, 0.45, 0.6), strict=True):
        monthly(store_of, day, active)
    return store_of


def test_every_month_adds_itself(runs):
    table = runs(MONTHS[-1]).load("history")
    assert sorted(set(table["as_of"])) == [d.isoformat() for d in MONTHS]
    active = table[(table["segment"] == "a") & (table["measure"] == "active")]
    assert active["value"].tolist() == [0.4, 0.45, 0.6] and active["n"].tolist() == [300.0] * 3
    assert active["low"].tolist() == pytest.approx([0.35, 0.4, 0.55])
    log = runs(MONTHS[-1]).load("advice")["log"]
    assert [e["as_of"] for e in log] == [d.isoformat() for d in reversed(MONTHS)]


def test_running_a_month_again_changes_nothing(runs):
    """Also a month before the last: nothing of a later one gets into it, and the last stays as it was."""
    for day, active in ((MONTHS[-1], 0.6), (MONTHS[1], 0.45)):
        files = {p: p.read_bytes() for d in MONTHS for p in runs(d).folder.iterdir()}
        monthly(runs, day, active)
        assert {p: p.read_bytes() for p in files} == files


def test_a_month_made_up_for_fills_the_gap_once_the_last_runs_again(runs):
    assert missing(runs(MONTHS[-1]).load("history"), 30) == ["2026-05"]
    monthly(runs, dt.date(2026, 5, 31), 0.5)
    table = monthly(runs, MONTHS[-1], 0.6).load("history")
    assert missing(table, 30) == [] and table["as_of"].nunique() == 4


def test_a_missing_month_is_said_and_breaks_the_lines(runs):
    table = runs(MONTHS[-1]).load("history")
    said = words.history(table, missing(table, 30), "2026-07-30", FMT)
    assert "3 runs" in said.text and "Without a run: May 2026" in said.text and said.tone == "caveat"
    picture = history_lines(table, SEGMENTS, 30, FMT)
    lines = [line.get_xdata() for line in picture.figure.axes[0].get_lines()]
    assert sorted(len(x) for x in lines) == [1, 1, 2, 2]  # both segments: March to April, then June alone
    assert "Alpha active 40 %, now 60 %" in picture.content()["title"]
    picture.content()


def test_reviews_by_the_quarter_miss_no_months():
    quarters = pd.concat([history(kpis(0.4), NAMES, NOTHING, NOTHING, as_of=d) for d in (
        dt.date(2025, 12, 31), dt.date(2026, 3, 31), dt.date(2026, 9, 30))])
    assert missing(quarters, 90) == ["1 review between 2026-03-31 and 2026-09-30"]


def test_a_run_that_could_not_measure_does_not_lose_what_others_did():
    first = history(kpis(0.4), NAMES, MOVES, NOTHING, as_of=MONTHS[0])
    ARTEFACTS["history"].check(first)
    through = history(NOTHING, NAMES, NOTHING, first, as_of=MONTHS[1])
    pd.testing.assert_frame_equal(through, first)
    assert history(NOTHING, NAMES, NOTHING, NOTHING, as_of=MONTHS[0]) is NOTHING


def test_a_history_of_before_there_were_intervals_is_read():
    old = history(kpis(0.4), NAMES, MOVES, NOTHING, as_of=MONTHS[0])[COLUMNS[:5]]
    table = history(kpis(0.5), NAMES, MOVES, ARTEFACTS["history"].check(old), as_of=MONTHS[1])
    assert table["as_of"].nunique() == 2 and table["low"].notna().any()


def test_one_run_says_when_it_can_be_compared():
    table = history(kpis(0.4), NAMES, MOVES, NOTHING, as_of=MONTHS[0])
    said = words.history(table, missing(table, 30), "2026-04-30", FMT).text
    assert "1 run." in said and "30 April 2026 or later" in said


@pytest.mark.parametrize(("target", "word"), [(0.3, "1 clearly reached"), (0.42, "1 not settled"), (0.5, "1 missed")])
def test_targets_are_judged_by_the_interval(target, word):
    said = words.kpis(kpis(0.4, target=target).assign(before=np.nan), SEGMENTS, "2026-07-30", [], FMT)
    assert word in said.text and (said.tone == "caveat") == (word == "1 missed")


def test_a_target_missed_where_nobody_was_contacted_is_no_failure_of_a_strategy():
    idle = untouched(pd.DataFrame({"segment": ["b", "a"], "contacts": [120, 0]}))
    assert idle == ["a"] and untouched(NOTHING) == []
    missed, reached = (words.kpis(kpis(0.4, target=t).assign(before=np.nan), SEGMENTS, "2026-07-30", idle, FMT).text
                       for t in (0.5, 0.3))
    assert "In Alpha that plan contacted nobody" in missed and "contacted nobody" not in reached


def test_segments_of_few_stay_out_of_the_history(runs):
    first = history(kpis(0.9, n=4), NAMES, MOVES, NOTHING, as_of=MONTHS[0])
    assert history_lines(first, SEGMENTS, 30, FMT) is None  # a point is no line
    few = history(kpis(0.9, n=4), NAMES, MOVES, first, as_of=MONTHS[1])
    picture = history_lines(few, SEGMENTS, 30, FMT)
    drawn = [y for line in picture.figure.axes[0].get_lines() for y in line.get_ydata()]
    assert not any(y == 0.9 for y in drawn)


def test_a_mean_of_few_who_answered_is_not_drawn_though_their_segment_is_large():
    asked = pd.concat([kpis(0.4), pd.DataFrame({"segment": ["a", "b"], "measure": "likelihood to recommend",
                                                "now": [9.5, 6.5], "low": np.nan, "high": np.nan, "n": [7, 60],
                                                "target": np.nan})], ignore_index=True)
    first = history(asked, NAMES, MOVES, NOTHING, as_of=MONTHS[0])
    picture = history_lines(history(asked, NAMES, MOVES, first, as_of=MONTHS[1]), SEGMENTS, 30, FMT)
    drawn = [y for ax in picture.figure.axes for line in ax.get_lines() for y in line.get_ydata()]
    assert 6.5 in drawn and 9.5 not in drawn
