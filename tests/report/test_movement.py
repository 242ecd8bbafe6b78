"""Who moved, up or down: with few on one side neither side's figures may tell how few."""

import re

import pandas as pd
import pytest

from lib.report.blocks import halves
from lib.report.figures.monitor import migration_map
from lib.report.numbers import Format
from lib.report.words.monitor import movement


def moves(up: int, down: int, stayed: int) -> pd.DataFrame:
    n = up + down + stayed
    return pd.DataFrame({"move": ["upgraded", "downgraded", "stayed"], "n": [up, down, stayed], "n_base": n,
                         "share": [up / n, down / n, stayed / n], "low": 0.01, "high": 0.04, "noise": [0.05, 0.05, 0.9],
                         "value": [1000.0, -500.0, 0.0]})


@pytest.mark.parametrize(("up", "down", "stayed"), [(9, 18, 387), (18, 9, 387), (3, 4, 600), (40, 30, 6)])
def test_few_on_one_side_are_told_by_no_count_share_or_sum(up, down, stayed):
    said = movement(moves(up, down, stayed), Format())
    n, told = up + down + stayed, set(said.values)
    assert not told & {f"{m}.{k}" for m in ("upgraded", "downgraded") for k in ("n", "share", "low", "value")}
    shares = [float(s) / 100 for s in re.findall(r"([\d.]+) %", said.text.partition("where chance")[0])]
    few = [c for c in (up, down, stayed) if c < 10]
    assert not any(round(share * n) in few for share in shares)
    assert f"Of {n} customers" in said.text and "few" in said.text


def test_many_on_both_sides_are_told_apart():
    said = movement(moves(51, 115, 2508), Format())
    assert "51 upgraded" in said.text and said.values["downgraded.n"] == 115


def test_a_card_says_its_first_sentence_and_folds_the_rest():
    rest = "It goes from " + "very " * 50 + "far."
    assert halves(f"Test them one by one. {rest}") == ("Test them one by one.", rest)
    assert halves("Short. And well.") == ("Short. And well.", "") and halves("x" * 300) == ("", "x" * 300)


def test_a_map_without_any_cell_to_show_is_no_picture():
    segments = pd.DataFrame({"segment": ["a", "b"], "name": ["A", "B"], "rank": [1, 2], "n": [96, 84]})
    cells = pd.DataFrame({"before": ["a", "a", "b", "b"], "now": ["a", "b", "a", "b"], "n": [90, 4, 6, 80],
                          "n_before": [94, 94, 86, 86], "share": [0.96, 0.04, 0.07, 0.93], "low": 0.0, "high": 1.0,
                          "noise": 0.05, "direction": ["stayed", "down", "up", "stayed"], "noise_up": 0.02,
                          "noise_down": 0.03, "verdict": ["stayed", "within noise", "within noise", "stayed"]})
    assert migration_map(cells, segments, Format()) is None
    assert "beyond what chance moves" in migration_map(cells.assign(n=[90, 40, 60, 80]), segments, Format()).title
