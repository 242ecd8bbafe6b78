"""Behind a share of a large group a few may stand: neither they nor who gives them away is published."""

import numpy as np
import pandas as pd
import pytest

from lib.report import levels
from lib.report.blocks import Absent
from lib.report.numbers import Format
from lib.report.protect import Sum
from lib.report.suppress import hidden, suppress, without_few_next
from lib.report.tables import profiles
from lib.stats import wilson
from tests.report.test_suppress import attacked

FMT = Format()
COLUMNS = ["segment", "variable", "n", "mean", "low", "high", "base", "marker", "made_segments"]


def frame(counts: np.ndarray, sizes: np.ndarray | None = None) -> pd.DataFrame:
    """Rows of a profile: so many of each segment (rows) have each level of `plan` (columns)."""
    sizes = counts.sum(axis=1) if sizes is None else sizes
    low, high = wilson(counts, sizes[:, None])
    rows = [(f"s{i}", f"plan={'abcdefgh'[j]}", sizes[i], counts[i, j] / sizes[i], low[i, j], high[i, j],
             counts[:, j].sum() / sizes.sum(), False, False)
            for i in range(len(counts)) for j in range(counts.shape[1])]
    return pd.DataFrame(rows, columns=COLUMNS)


def drawn(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = rng.integers(2, 5, 2)
    counts = np.where(rng.random(shape) < 0.3, rng.integers(0, 10, shape), rng.negative_binomial(1, 0.02, shape))
    return counts + np.where(counts.sum(axis=1, keepdims=True) < 30, 30, 0)


@pytest.mark.parametrize("seed", range(12))
def test_no_count_of_few_can_be_computed_from_the_shares_that_are_shown(seed):
    """Known to the attacker: every size, every share shown, and the base; levels add up to segments, and to it."""
    counts = drawn(seed)
    table = frame(counts)
    out = hidden(table, "profile", FMT)
    few = (counts.ravel() > 0) & (counts.ravel() < FMT.smallest)
    assert not (few & ~out).any()
    at = np.arange(counts.size).reshape(counts.shape)
    whole = np.concatenate([counts.ravel(), counts.sum(axis=1), counts.sum(axis=0)])
    sums = [Sum(tuple(r), counts.size + i) for i, r in enumerate(at)]
    sums += [Sum(tuple(c), counts.size + len(at) + j) for j, c in enumerate(at.T)]
    ranges = attacked(whole, sums, np.concatenate([out, np.zeros(sum(counts.shape), bool)]))
    widths = np.subtract(*ranges[: counts.size][few][:, ::-1].T) if few.any() else np.array([np.inf])
    assert (widths >= FMT.smallest).all()


def test_all_but_few_tells_of_few_as_well():
    table = frame(np.array([[297, 3], [150, 150], [40, 60], [500, 0]]))
    out = hidden(table, "profile", FMT).reshape(4, 2)
    assert out[0].all() and not out[3].any(), "everybody and nobody are no few"
    assert out[:, 0].sum() >= 2 and not out[1].all()


def test_a_mean_on_a_scale_is_no_count_and_stays():
    table = frame(np.array([[297, 3], [150, 150]]))
    scale = table.head(2).assign(segment=["s0", "s1"], variable="depth", mean=[0.013, 0.4], n=[300, 300], base=0.2)
    both = pd.concat([table, scale], ignore_index=True)
    assert not hidden(both, "profile", FMT)[-2:].any()
    orders = scale.assign(variable="n_orders", mean=[4 / 300, 3.5])  # four orders among 300 people
    assert hidden(orders, "profile", FMT)[0]
    bought = scale.assign(variable="revenue", mean=[4 / 300, 3.5])
    assert not hidden(bought, "profile", FMT).any(), "money has a rule of its own"


def test_a_profile_of_nobody_is_empty():
    nobody = frame(np.array([[40, 30]])).iloc[:0]
    assert not hidden(nobody, "profile", FMT).any() and suppress(nobody, "profile", FMT) == []
    outside = pd.DataFrame(columns=["state", "variable", "n", "mean", "low", "high", "base"])
    assert isinstance(profiles.outside_profile(outside, FMT), Absent)


def test_what_is_hidden_is_in_no_table_and_no_summary():
    counts = np.array([[40, 3, 257], [150, 90, 60], [20, 70, 10]])
    table = frame(counts).assign(marker=True)
    out = hidden(table, "profile", FMT)
    segments = pd.DataFrame({"segment": ["s0", "s1", "s2"], "name": ["Ants", "Bees", "Cats"], "rank": [1, 2, 3],
                             "n": counts.sum(axis=1), "share": 1 / 3, "claim": "natural"})
    shown = {(row[0], row[1]) for row in profiles.markers(table, segments, FMT).rows}
    assert ("Ants", "plan: b") not in shown and ("Ants", "plan: c") in shown
    records = suppress(table, "profile", FMT)
    assert [r["suppressed"] for r in records] == out.tolist()
    assert all(r["mean"] is None and r["n"] is None for r in records if r["suppressed"])


def test_findings_come_first_and_those_farthest_in_standard_deviations():
    """A level that one in thirty has is farther from the base in per cent, and tells less."""
    rows = [("s0", "channel=friend", 300, 0.63, 0.57, 0.69, 0.30, True, False),
            ("s0", "channel=shop", 300, 0.0, 0.0, 0.01, 0.05, True, False),
            ("s0", "channel=press", 300, 0.0, 0.0, 0.01, 0.06, True, False),
            ("s0", "revenue", 300, 74_300.0, 67_300.0, 81_400.0, 13_200.0, True, True),
            ("s0", "depth", 300, 16.0, 15.0, 17.0, 12.0, True, True),
            ("s0", "frequency", 300, 9.0, 8.9, 9.1, 1.0, True, True)]
    segments = pd.DataFrame({"segment": ["s0"], "name": ["Ants"], "rank": [1], "n": [300], "share": 1.0,
                             "claim": "natural"})
    block = profiles.markers(pd.DataFrame(rows, columns=COLUMNS), segments, FMT)
    assert [row[1] for row in block.rows] == [
        "channel: friend", "channel: press", "active days per period", "revenue"]


def next_period(yes: list[int], n: list[int]) -> pd.DataFrame:
    low, high = wilson(np.array(yes), np.array(n))
    return pd.DataFrame({"segment": [f"s{i}" for i in range(len(n))], "n": n, "share": np.array(n) / sum(n),
                         "claim": "natural", "next_active": np.array(yes) / n, "next_low": low, "next_high": high,
                         "n_next": n})


def test_of_few_who_were_active_no_rate_is_told_but_how_many_were_known():
    told = without_few_next(next_period([2, 180, 60, 120], [150, 250, 90, 300]), FMT)
    assert told["n_next"].tolist() == [150, 250, 90, 300]
    gone = told["next_active"].isna().tolist()
    assert gone[0] and sum(gone) == 2, "one more covers it"
    assert told.loc[told["next_active"].isna(), ["next_low", "next_high"]].isna().all(axis=None)
    nobody = without_few_next(next_period([0, 250, 60], [150, 250, 90]), FMT)
    assert nobody["next_active"].tolist() == [0, 1, pytest.approx(2 / 3)]
    nearly = without_few_next(next_period([147, 180, 60], [150, 250, 90]), FMT)
    assert nearly["next_active"].isna().tolist()[0], "three were not"


def test_the_same_table_is_solved_once():
    levels._protected.cache_clear()
    table = frame(drawn(3))
    first, again = hidden(table, "profile", FMT), hidden(table.copy(), "profile", FMT)
    assert (first == again).all() and levels._protected.cache_info().hits == 1
