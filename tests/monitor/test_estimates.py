"""Differences of arms: published values, other libraries, and coverage by simulation."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from lib.monitor.estimates import Difference, adjusted, heterogeneity, means, newcombe


@pytest.mark.parametrize(("a", "n", "b", "m", "low", "high"), [
    (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (10, 10, 0, 10, 0.6075, 1.0)])
def test_newcombe_gives_the_published_intervals(a, n, b, m, low, high):
    """Newcombe 1998, Statistics in Medicine 17, table II, method 10."""
    found = newcombe(a, n, b, m)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("n", "m", "usevar"), [(120, 100, "unequal"), (400, 100, "pooled")])
def test_means_choose_the_variance_by_size_of_the_arms(n, m, usevar):
    rng = np.random.default_rng(1)
    a, b = rng.normal(3, 2, n), rng.normal(2, 5, m)
    expected = CompareMeans(DescrStatsW(a), DescrStatsW(b)).tconfint_diff(usevar=usevar)
    found = means(a, b)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.p == pytest.approx(stats.ttest_ind(a, b, equal_var=usevar == "pooled").pvalue)


def test_adjustment_narrows_the_interval_and_keeps_the_effect():
    rng = np.random.default_rng(2)
    x, y = rng.gamma(2, 10, 2000), rng.gamma(2, 10, 2000)
    a, b = x * 0.8 + rng.normal(5, 3, 2000), y * 0.8 + rng.normal(0, 3, 2000)
    plain, better = means(a, b), adjusted(a, b, x, y)
    assert better.high - better.low < 0.4 * (plain.high - plain.low)
    assert better.low < 5 < better.high


def test_an_earlier_value_that_says_nothing_changes_nothing():
    a, b = np.arange(20.0), np.arange(15.0)
    assert adjusted(a, b, np.ones(20), np.ones(15)) == means(a, b)


@pytest.mark.parametrize("method", ["rate", "money"])
def test_intervals_cover_the_planted_effect(method):
    """95 % nominal; 400 seeds leave ±2 points of chance (two standard errors)."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        if method == "rate":
            found, truth = newcombe(rng.binomial(600, 0.16), 600, rng.binomial(150, 0.10), 150), 0.06
        else:
            buys = [rng.gamma(2, 20, n) * (rng.random(n) < 0.5) for n in (600, 150)]
            found, truth = means(buys[0] + 2, buys[1]), 2.0
        hits += found.low <= truth <= found.high
    assert 0.925 <= hits / 400 <= 0.98


def test_effects_differ_only_when_they_do():
    same = [Difference(v, v - 2, v + 2, 0.1, 0) for v in (1.0, 1.4, 0.7)]
    other = [*same, Difference(9.0, 7, 11, 0.0, 0)]
    assert heterogeneity(same) > 0.5
    assert heterogeneity(other) < 0.001
    assert np.isnan(heterogeneity(same[:1]))
