"""A scale that one wave turned round is found, and waves that merely differ are not (catalogue 97)."""

import numpy as np
import pandas as pd
import pytest

from lib.collect.waves import turned_items
from lib.stats import effective_n, weighted_share


def answers(seed: int, *, turned: tuple[str, ...] = (), panel: bool = False, n: int = 80, shift: float = 0.0):
    """Three waves; items of two scales that measure different things, and the likelihood to recommend."""
    rng = np.random.default_rng(seed)
    parts = []
    for wave in "abc":
        people = np.arange(n) if panel else rng.permutation(5000)[:n]
        traits = np.random.default_rng(1).normal(size=(5000, 2))[people]
        frame = pd.DataFrame({f"q{i}": traits[:, i % 2] + rng.normal(0, 0.7, n) for i in range(6)})
        frame["nps"] = traits[:, 0] + rng.normal(0, 1, n)
        frame = (frame * 0.9 + 3 + (shift if wave == "b" else 0)).round().clip(1, 5)
        for item in turned if wave == "b" else ():
            frame[item] = 6 - frame[item]
        parts.append(frame.assign(wave=wave, customer_key=[f"k{p}" for p in people]))
    return pd.concat(parts, ignore_index=True)


ITEMS = [f"q{i}" for i in range(6)]


@pytest.mark.parametrize("item", ["q0", "q3"])
def test_one_turned_item_is_found_in_its_wave_and_no_other(item):
    for seed in range(5):
        found = turned_items(answers(seed, turned=(item,)), ITEMS, "nps")
        assert found[["item", "wave"]].to_numpy().tolist() == [[item, "b"]]
        assert found["here"].iloc[0] < 0 < found["elsewhere"].iloc[0]


def test_a_wave_that_turned_everything_is_found_where_the_same_people_answered():
    found = turned_items(answers(1, turned=tuple(ITEMS), panel=True), ITEMS)
    assert set(found.loc[found["wave"] == "b", "item"]) == set(ITEMS)


def test_waves_that_agree_or_differ_in_level_are_left_in_peace():
    alarms = sum(len(turned_items(answers(seed, shift=shift), ITEMS, "nps"))
                 for seed in range(20) for shift in (0.0, 1.0))
    assert alarms == 0


def test_few_answers_tell_nothing():
    assert turned_items(answers(1, turned=("q0",), n=20), ITEMS).empty
    assert turned_items(answers(1).query("wave == 'a'"), ITEMS).empty


def test_weighted_shares_against_a_second_computation():
    rng = np.random.default_rng(2)
    weights, holds = rng.gamma(2, 1, 300), rng.random(300) < 0.3
    share, low, high, n = weighted_share(holds, weights)
    assert share == pytest.approx(np.average(holds, weights=weights)) and low < share < high
    assert n == pytest.approx(300 / (1 + np.var(weights) / np.mean(weights) ** 2))  # Kish: n / (1 + cv²)
    assert effective_n(np.ones(40)) == 40 and effective_n([]) == 0
    assert weighted_share([1, 0, 1], [1, 1, np.nan])[0] == 0.5
