"""Pareto/NBD against its likelihood integrated over a customer's two rates, simulated customers, printed values."""

import numpy as np
import pytest
from scipy.special import gamma as gamma_function, roots_genlaguerre

from lib.analyze.value import pareto_nbd

TRUTH = {"r": 0.8, "alpha": 30.0, "s": 0.7, "beta": 120.0}
CASES = [(0, 0.0, 40.0), (1, 5.0, 40.0), (3, 38.0, 40.0), (6, 20.0, 60.0)]


def integrated(parameters, x, t_x, T) -> float:
    """The likelihood given an ordering rate and a leaving rate, averaged over their gamma distributions."""
    r, alpha, s, beta = parameters
    rate, of_rate = roots_genlaguerre(120, r - 1)
    leave, of_leave = roots_genlaguerre(120, s - 1)
    rate, leave = rate[:, None] / alpha, leave[None] / beta
    both = rate + leave
    given = rate**x * (leave / both * np.exp(-both * t_x) + rate / both * np.exp(-both * T))
    return float(of_rate @ given @ of_leave / gamma_function(r) / gamma_function(s))


@pytest.mark.parametrize("parameters", [(2.0, 10.0, 1.5, 14.0), (2.0, 14.0, 1.5, 10.0), (1.5, 9.0, 2.0, 9.0)])
def test_likelihood_is_the_average_over_customers(parameters):
    for case in CASES:
        ours = pareto_nbd.log_likelihood(parameters, *(np.array([v], float) for v in case))[0]
        assert ours == pytest.approx(np.log(integrated(parameters, *case)), abs=1e-4), case


def drawn(n: int, seed: int, ahead: float = 0.0):
    """(x, t_x, T) and the occasions of the next ``ahead`` days of customers who follow the model to the letter."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(TRUTH["r"], size=n) / TRUTH["alpha"], rng.gamma(TRUTH["s"], size=n) / TRUTH["beta"]
    T = rng.uniform(100, 400, n)
    until = rng.exponential(1, n) / leave
    x = rng.poisson(rate * np.minimum(until, T))
    t_x = np.where(x > 0, np.minimum(until, T) * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return x, t_x, T, rng.poisson(rate * np.clip(until - T, 0, ahead))


def test_parameters_of_simulated_customers_lie_in_their_intervals():
    covered = []
    for seed in range(3):
        fitted = pareto_nbd.fit(*drawn(4000, seed)[:3])
        assert fitted.converged
        covered += [i["low"] < TRUTH[name] < i["high"] for name, i in fitted.intervals().items()]
    assert np.mean(covered) >= 0.8  # 12 intervals at 95 %


def test_expected_orders_and_chance_to_be_alive_are_those_of_simulated_customers():
    x, t_x, T, later = drawn(200_000, 9, ahead=60.0)
    ahead = pareto_nbd.expected(TRUTH, x, t_x, T, 60.0)
    assert ahead.sum() == pytest.approx(later.sum(), rel=0.02)
    for repeats in (0, 1, 2, 5):
        own = x == repeats
        assert ahead[own].mean() == pytest.approx(later[own].mean(), abs=4 * later[own].std() / np.sqrt(own.sum()))


def test_frequent_buyers_do_not_overflow_and_many_are_drawn_the_same_way_in_any_order():
    ahead = pareto_nbd.expected(TRUTH, [900, 900], [1000, 10], [1001, 1001], 30.0)
    assert np.isfinite(ahead).all() and 20 < ahead[0] < 30 and ahead[1] < 1e-6
    x, t_x, T, _ = drawn(21_000, 2)
    shuffled = np.random.default_rng(0).permutation(len(x))
    assert pareto_nbd.fit(x, t_x, T).parameters == pareto_nbd.fit(x[shuffled], t_x[shuffled], T[shuffled]).parameters
