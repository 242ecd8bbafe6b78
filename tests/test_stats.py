"""Shared statistics against published figures, other libraries and their own properties."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats as sps
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from lib import stats


@pytest.mark.parametrize(("x", "n"), [(0, 10), (3, 10), (81, 263), (15, 148), (10, 10)])
def test_wilson_equals_statsmodels(x, n):
    assert stats.wilson(x, n) == pytest.approx(proportion_confint(x, n, method="wilson"), abs=1e-12)


def test_a_share_is_never_outside_its_own_interval():
    """At none and at all of n the last bit of a double lay on the wrong side, and bars of errors were negative."""
    n = np.arange(1, 3000)
    for x in (np.zeros(len(n)), n):
        low, high = stats.wilson(x, n)
        assert (low <= x / n).all() and (x / n <= high).all()


def test_wilson_of_newcombe_1998():
    """Newcombe (1998), method 3: 81/263 gives .2553 to .3662."""
    low, high = stats.wilson(81, 263)
    assert (round(float(low), 4), round(float(high), 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize("adjust", [(stats.holm, "holm"), (stats.benjamini_hochberg, "fdr_bh")])
def test_adjusted_p_values_equal_statsmodels(adjust):
    ours, theirs = adjust
    p = np.random.default_rng(1).uniform(size=25) ** 3
    assert ours(p) == pytest.approx(multipletests(p, method=theirs)[1])


def test_a_missing_p_value_is_no_test():
    assert stats.holm([0.01, np.nan, 0.04]) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60), st.randoms())
def test_scores_are_tie_safe_monotone_and_order_free(values, random):
    scores = stats.tie_safe_score(values)
    n = len(values)
    assert list(scores) == [min(5, 1 + 5 * sum(v < x for v in values) // n) for x in values]
    order = list(range(n))
    random.shuffle(order)
    assert list(stats.tie_safe_score([values[i] for i in order])) == [scores[i] for i in order]
    for i in range(n):
        for j in range(n):
            assert values[i] > values[j] or scores[i] <= scores[j]


def test_mean_interval_equals_scipy():
    values = np.random.default_rng(2).normal(3, 2, 40)
    expected = sps.t.interval(0.95, 39, values.mean(), sps.sem(values))
    assert stats.mean_interval(values)[1:] == pytest.approx(expected)


def test_cramers_v_is_near_zero_for_independence_and_one_for_identity():
    rng = np.random.default_rng(3)
    table = np.histogram2d(rng.integers(0, 4, 5000), rng.integers(0, 3, 5000), bins=(4, 3))[0]
    assert stats.cramers_v(table) < 0.05
    assert stats.cramers_v(np.diag([500, 500, 500])) == pytest.approx(1.0, abs=1e-6)


def test_cohens_d_interval_covers():
    rng = np.random.default_rng(4)
    inside = sum(low <= 0.5 <= high for _, low, high in
                 (stats.cohens_d(rng.normal(0.5, 1, 80), rng.normal(0, 1, 80)) for _ in range(400)))
    assert 0.92 <= inside / 400 <= 0.98


@pytest.mark.parametrize(("values", "told"), [
    ([86, *[1] * 14], True), ([84, *[1] * 16], False),  # 85 % of the sum
    ([60, 36, 5], True), ([60, 34, 6], False),  # what is left beside the two largest, against 10 % of the largest
    ([5], True), ([5, 5], True), ([], False), ([0, 0], False), ([np.nan, 5, 5, 5], False), ([-86, 7, 7], True)])
def test_a_sum_is_dominated_as_worked_by_hand(values, told):
    assert stats.dominated(values) is told
    assert stats.dominated(np.array(values[::-1]) * 1e6) is told


@pytest.mark.parametrize("seed", range(40))
def test_what_stays_unsaid_tells_nobody_by_subtraction(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 6, 200).astype(str)
    values = rng.lognormal(3, 1, 200) * (rng.random(200) < 0.8)
    values[rng.integers(0, 200, 2)] *= 10 ** rng.uniform(2, 4)
    unsaid = stats.hidden_money(values, groups)
    out = np.array([unsaid[g] for g in groups])
    largest = values[out].max(initial=0)
    assert not out.any() or out.all() or abs(values[out].sum() - largest) > 0.10 * largest
    for group in set(groups[~out]):
        own = values[groups == group]
        assert own.sum() - own.max() > 0.10 * own.max()


def test_without_a_dominant_person_all_money_is_said():
    values = np.random.default_rng(1).lognormal(3, 0.5, 300)
    assert not any(stats.hidden_money(values, np.arange(300) % 5).values())


def test_interval_of_a_share_of_a_total_holds_as_often_as_it_says():
    """Customers drawn again and again: the share that one group makes of the revenue of all of them."""
    rng, held = np.random.default_rng(12), 0
    for _ in range(300):
        group, money = rng.random(400) < 0.3, rng.gamma(1.5, 50, 400)
        money = np.where(group, 2 * money, money)
        _, low, high = stats.ratio_interval(np.where(group, money, 0), money)
        held += low <= 0.6 / 1.3 <= high
    assert 0.92 <= held / 300 <= 0.98
    assert np.isnan(stats.ratio_interval([0.0, 0.0], [0.0, 0.0])).all()
