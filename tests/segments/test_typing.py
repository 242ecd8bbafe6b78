"""The typing questionnaire: planted items are found, noise is refused, and whoever is judged chose nothing."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.report.blocks import Absent
from lib.report.numbers import Format
from lib.report.statements import statement, untraced
from lib.report.tables import typing as tables
from lib.report.words import typing as words
from lib.segments.items import OTHER, coded, last_answers
from lib.segments.typing import points_of, questionnaire, totals

FMT = Format()
QUESTIONS = {"telling": "How do you cook?"}


def survey(seed: int, *, right: float, n: int = 300, segments: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Respondents in segments of one size; `telling` names the segment with that chance, six items are noise."""
    rng = np.random.default_rng(seed)
    own = np.arange(n) % segments
    said = np.where(rng.random(n) < right, own, rng.integers(0, segments, n))
    table = pd.DataFrame({f"noise_{i}": rng.integers(1, 6, n).astype(float) for i in range(6)})
    table["telling"] = [f"way {s}" for s in said]
    table["customer_key"] = [f"c{i:04d}" for i in range(n)]
    table = table.assign(wave="a", in_base=True)
    return table, pd.DataFrame({"customer_key": table["customer_key"], "segment": [f"s{s}" for s in own]})


@pytest.fixture(scope="module")
def planted() -> dict:
    return questionnaire(*survey(1, right=0.7), seed=3)


@pytest.fixture(scope="module")
def names() -> pd.DataFrame:
    return pd.DataFrame({"segment": ["s0", "s1", "s2"], "name": ["Regulars", "Rare guests", "Explorers"],
                         "rank": [1, 2, 3]})


def test_the_planted_item_is_found_and_as_accurate_as_planted(planted):
    assert [i["item"] for i in planted["items"]] == ["telling"]
    assert planted["items"][0]["chosen"] == 1
    assert planted["low"] < 0.7 + 0.3 / 3 < planted["high"]  # the truth: said rightly, or by chance
    assert planted["baseline"] == pytest.approx(1 / 3, abs=0.02)
    assert planted["verdict"] == "places respondents" and planted["gain_low"] > 0


def test_noise_is_refused_nearly_always():
    refused = [questionnaire(*survey(seed, right=0.0, n=150), seed=seed)["items"] == [] for seed in range(20)]
    assert sum(refused) >= 19


def test_a_key_that_names_everybody_is_no_leak():
    """Items that fit the respondents by chance raise the accuracy of choosers, not of those who are judged."""
    table, own = survey(5, right=0.0, n=120, segments=2)
    rng = np.random.default_rng(5)
    many = pd.DataFrame({f"more_{i}": rng.integers(0, 4, 120).astype(float) for i in range(60)})
    found = questionnaire(pd.concat([table, many], axis=1), own, seed=1)
    assert found["low"] < 0.5 < found["high"] and found["items"] == []


def test_points_added_by_hand_place_as_the_procedure_says(planted):
    table, own = survey(1, right=0.7)
    points = {(r["item"], r["answer"]): r["points"] for r in planted["points"]}
    start = planted["start"]
    said = [max(start, key=lambda s: start[s] + points["telling", a][s]) for a in table["telling"]]
    assert np.mean(np.array(said) == own["segment"]) == pytest.approx(planted["accuracy"], abs=0.03)


def test_points_are_logarithms_of_how_often_an_answer_is_given():
    answers = coded(pd.DataFrame({"q": ["a"] * 40 + ["b"] * 60 + ["a"] * 80 + ["b"] * 20}), 10)
    start, (table,) = points_of(answers, np.repeat([0, 1], 100), 2, [0])
    assert start.tolist() == [0, 0]
    assert table.tolist() == [[0, 7], [11, 0]]  # 10 ln(80 / 40) = 6.9 and 10 ln(60 / 20) = 11.0
    assert totals(np.array([[0], [1], [-1]]), start, [table]).tolist() == [[0, 7], [11, 0], [0, 0]]


def test_points_tell_nothing_of_answers_that_few_gave():
    few = [coded(pd.DataFrame({"q": ["a"] * n + ["b"] * (50 - n) + ["a"] * 25 + ["b"] * 25}), 10) for n in (1, 9)]
    own = np.repeat([0, 1], 50)
    first, second = (points_of(answers, own, 2, [0])[1][0][0] for answers in few)
    assert first[0] == second[0] == 0 and abs(first[1] - second[1]) <= 2  # 49 and 41 others, not 1 against 9


def test_order_of_rows_and_columns_changes_nothing(planted):
    table, own = survey(1, right=0.7)
    again = questionnaire(table.sample(frac=1, random_state=2)[sorted(table, reverse=True)],
                          own.sample(frac=1, random_state=3), seed=3)
    assert again == planted


def test_too_few_respondents_are_said():
    table, own = survey(2, right=0.9, n=80)
    assert isinstance(questionnaire(table, own, seed=1), NotMeasured)  # 27 and 26 a segment
    one = own.assign(segment=np.where(np.arange(80) < 70, "s0", "s1"))
    assert "fewer than two segments" in questionnaire(table, one, seed=1).reason


def test_a_segment_of_few_respondents_counts_as_missed(names):
    table, own = survey(3, right=1.0)
    small = own.assign(segment=own["segment"].where((own["segment"] != "s2") | (np.arange(300) < 36), "outside"))
    found = questionnaire(table, small, seed=1)
    assert found["n"] == 212 and found["accuracy"] == pytest.approx(200 / 212)
    assert [s["accuracy"] is None for s in found["segments"]] == [False, False, True]
    assert "Explorers" in words.questionnaire(found, names, {}, FMT).text


def test_items_are_asked_as_they_were_worded():
    table = pd.DataFrame({"customer_key": ["a", "a", "b"], "wave": ["1", "2", "1"], "in_base": [True, True, False],
                          "q1": [1.0, 2.0, 5.0]})
    assert last_answers(table, {"q1": (1, 5)})["q1"].tolist() == [4.0]


def test_answers_in_bands_and_rare_words_together():
    rare = list("abcdefgggggg")
    table = pd.DataFrame({"likely": np.repeat(np.arange(11.0), 10), "word": ["x"] * 60 + ["y"] * 38 + rare,
                          "one": ["z"] * 110, "free": [f"text {i}" for i in range(110)]})
    answers = coded(table, 10)
    assert answers.items == ["likely", "word"]
    assert all(np.bincount(c[c >= 0]).min() >= 10 for c in answers.codes.T)
    assert answers.labels[1] == ["x", "y", OTHER] and answers.labels[0] == ["0 to 2", "3 to 5", "6 to 10"]


def test_what_is_said_and_shown(planted, names):
    said = words.questionnaire(planted, names, QUESTIONS, FMT)
    refused = words.questionnaire(questionnaire(*survey(4, right=0.0), seed=1), names, {}, FMT)
    for block in (said, refused):
        assert untraced(statement("04", {**block.content(), "values": block.values}), FMT) == []
    assert "How do you cook?" in said.text and "No questionnaire" in refused.text
    table = tables.questionnaire(planted, names, QUESTIONS, FMT)
    assert table.columns[2:] == names["name"].tolist() and len(table.rows) == 1 + 3
    assert isinstance(tables.questionnaire({"items": []}, names, {}, FMT), Absent)
    few = {**planted, "segments": [{**planted["segments"][0], "n": 4}, *planted["segments"][1:]]}
    assert [row[1] for row in tables.placed(few, names, FMT).rows].count("few") == 2
