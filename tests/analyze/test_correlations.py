"""Rank correlations against numbers one can count, SciPy, and coverage by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from lib.analyze.correlations import FEWEST, correlations
from lib.contracts import NotMeasured

NAMES = ["revenue", "n_orders", "breadth"]
ASKED = pd.DataFrame({"variable": [*NAMES, "plan"]})


def drawn(n: int, rho: float = 0.6, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    first, second = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n).T
    return pd.DataFrame({"revenue": np.exp(first), "n_orders": second, "breadth": rng.random(n), "plan": "basic",
                         "seen": 1.0})


def test_every_pair_of_amounts_once_and_the_closest_first():
    table = drawn(400)
    found = correlations(table, ASKED)
    assert found[["first", "second"]].apply(frozenset, axis=1).nunique() == len(found) == 3
    assert set(found.loc[0, ["first", "second"]]) == {"revenue", "n_orders"}
    assert found["rho"].abs().is_monotonic_decreasing
    for r in found.itertuples():
        assert r.rho == pytest.approx(spearmanr(table[r.first], table[r.second]).statistic)
        assert -1 <= r.low <= r.rho <= r.high <= 1 and r.n == 400


def test_order_of_rows_and_monotone_changes_of_scale_change_nothing():
    table = drawn(200)
    other = table.sample(frac=1, random_state=1).assign(revenue=lambda t: t["revenue"] ** 3 * 100)
    pd.testing.assert_frame_equal(correlations(table, ASKED), correlations(other, ASKED))


def test_only_customers_who_are_searched_and_have_both_values_count():
    table = drawn(200)
    table.loc[:49, "seen"] = 0
    table.loc[50:59, "breadth"] = np.nan
    n = correlations(table, ASKED).set_index(["first", "second"])["n"]
    assert n.loc[("revenue", "n_orders")] == 150 and n.loc[("revenue", "breadth")] == 140


def test_equal_measures_and_too_few_customers():
    table = drawn(100).assign(n_orders=lambda t: t["revenue"])
    top = correlations(table, ASKED).iloc[0]
    assert (top["rho"], top["low"], top["high"]) == pytest.approx((1, 1, 1))
    assert isinstance(correlations(drawn(FEWEST - 1), ASKED), NotMeasured)
    assert isinstance(correlations(drawn(100).assign(revenue=1.0, n_orders=2.0), ASKED), NotMeasured)


def test_the_interval_holds_the_truth_in_about_95_of_100():
    rho = 0.6
    truth = 6 / np.pi * np.arcsin(rho / 2)  # Spearman's rho of a bivariate normal
    only = ASKED.iloc[:2]
    kept = [(r["low"] <= truth <= r["high"]).item()
            for r in (correlations(drawn(120, rho, seed), only).iloc[0] for seed in range(400))]
    assert 0.92 <= np.mean(kept) <= 0.98
