"""BG/NBD and Gamma-Gamma against the published formulas written out, finite differences and simulated customers."""

import collections
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import beta as beta_function, gamma as gamma_function, hyp2f1

from lib.analyze import value
from lib.analyze.value import bgnbd, gamma_gamma
from lib.analyze.value.history import histories
from lib.contracts import ARTEFACTS, NotMeasured

TRUTH = {"r": 0.5, "alpha": 20.0, "a": 0.8, "b": 2.5}
MONEY = {"p": 6.0, "q": 4.0, "v": 1500.0}
AS_OF = dt.date(2026, 6, 30)


def buyers(n: int, seed: int, days: int = 540, leave: tuple[float, float] = (TRUTH["a"], TRUTH["b"])) -> pd.DataFrame:
    """Order lines of customers who follow the models to the letter: one order a day at most."""
    rng = np.random.default_rng(seed)
    lines = []
    for c in range(n):
        rate, leaves = rng.gamma(TRUTH["r"]) / TRUTH["alpha"], rng.beta(*leave)
        scale = rng.gamma(MONEY["q"]) / MONEY["v"]
        at = float(rng.integers(0, days - 30))
        while at < days:
            lines.append((f"k{c:05d}", f"o{len(lines)}", int(at), max(1, round(rng.gamma(MONEY["p"]) / scale))))
            if lines[-1][2] < at and rng.random() < leaves and len(lines) > 1 and lines[-2][0] == lines[-1][0]:
                break
            at += rng.exponential(1 / max(rate, 1e-9))
    table = pd.DataFrame(lines, columns=["customer_key", "order_key", "day", "amount"])
    on = pd.Timestamp(AS_OF) - pd.to_timedelta(days - 1 - table.pop("day"), unit="D")
    return table.assign(ordered_on=on, ordered_at=on, is_refund=False)


@pytest.fixture(scope="module")
def lines():
    return buyers(2500, seed=1)


@pytest.fixture(scope="module")
def cases():
    """Histories of every kind: one-time, frequent, silent, young."""
    x = np.array([0, 0, 1, 1, 3, 7, 20, 2, 2, 2])
    t_x = np.array([0, 0, 5, 80, 60, 90, 88, 10, 10, 10])
    T = np.array([10, 100, 90, 90, 95, 100, 90, 40, 40, 40])
    return x, t_x, T


def naive_likelihood(r, alpha, a, b, x, t_x, T) -> float:
    """The likelihood of one customer as printed (Fader, Hardie & Lee 2005, equation 6)."""
    shared = gamma_function(r + x) * alpha**r / gamma_function(r)
    stays = beta_function(a, b + x) / beta_function(a, b) * shared / (alpha + T) ** (r + x)
    if x == 0:
        return stays
    return stays + beta_function(a + 1, b + x - 1) / beta_function(a, b) * shared / (alpha + t_x) ** (r + x)


def test_grouped_likelihood_is_the_printed_one(cases):
    parameters = tuple(TRUTH.values())
    rows, counts, inverse = bgnbd.group(*cases)
    assert len(rows) == 8 and counts.sum() == 10
    np.testing.assert_array_equal(rows[inverse], np.column_stack(cases))
    total, _ = bgnbd.log_likelihood(parameters, *rows.T, counts)
    assert total == pytest.approx(sum(np.log(naive_likelihood(*parameters, *c)) for c in zip(*cases, strict=True)))


def naive_gamma_gamma(p, q, v, x, z) -> float:
    """Integral over the customers' own scale: the mean of x gamma values is gamma with shape p·x, rate x·nu."""
    def joint(nu):
        mean = (x * nu) ** (p * x) * z ** (p * x - 1) * np.exp(-x * nu * z) / gamma_function(p * x)
        return mean * v**q * nu ** (q - 1) * np.exp(-v * nu) / gamma_function(q)

    return quad(joint, 0, 50, limit=200)[0]


def test_gamma_gamma_likelihood_is_the_integral_over_customers():
    x, z = np.array([1.0, 3, 2]), np.array([0.4, 1.3, 3.0])
    total, _ = gamma_gamma.log_likelihood((2.0, 3.0, 2.5), x, z, np.ones(3))
    assert total == pytest.approx(sum(np.log(naive_gamma_gamma(2.0, 3.0, 2.5, *c)) for c in zip(x, z, strict=True)))


@pytest.mark.parametrize("model, parameters, data", [
    (bgnbd, (0.5, 20.0, 0.8, 2.5), ([0.0, 1, 3, 20], [0.0, 5, 60, 88], [10.0, 90, 95, 90])),
    (gamma_gamma, (6.0, 4.0, 15.0), ([1.0, 3, 9], [12.0, 40, 5])),
])
def test_gradients_equal_finite_differences(model, parameters, data):
    data = [np.array(column) for column in data]
    counts = np.arange(1.0, len(data[0]) + 1)
    _, gradient = model.log_likelihood(parameters, *data, counts)
    for i, value_i in enumerate(parameters):
        step = 1e-6 * value_i
        up, down = ([*parameters[:i], value_i + s, *parameters[i + 1:]] for s in (step, -step))
        slope = (model.log_likelihood(up, *data, counts)[0] - model.log_likelihood(down, *data, counts)[0]) / (2 * step)
        assert gradient[i] == pytest.approx(slope, rel=1e-5)


def test_expected_orders_equal_the_printed_equation_and_simulated_futures(cases):
    r, alpha, a, b = TRUTH.values()
    ours = bgnbd.expected(TRUTH, *cases, 60.0)
    for i, (x, t_x, T) in enumerate(zip(*cases, strict=True)):
        c = a + b + x - 1
        odds = (a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x)) if x else 0.0
        ratio = ((alpha + T) / (alpha + T + 60)) ** (r + x) * hyp2f1(r + x, b + x, c, 60 / (alpha + T + 60))
        assert ours[i] == pytest.approx(c / (a - 1) * (1 - ratio) / (1 + odds), rel=1e-8)
    drawn = bgnbd.simulate(TRUTH, *cases, 60.0, draws=40_000, rng=np.random.default_rng(1))
    error = drawn.std(1) / np.sqrt(drawn.shape[1])
    assert (np.abs(drawn.mean(1) - ours) < 4.5 * error).all()


def test_frequent_buyers_do_not_overflow():
    ahead = bgnbd.expected(TRUTH, [400], [500], [501], 30)
    assert np.isfinite(ahead).all() and 15 < ahead[0] < 25
    assert bgnbd.alive(TRUTH, [0, 400], [0, 1], [500, 500]).tolist() == pytest.approx([1, 0])


def draw_histories(n, seed):
    """(x, t_x, T) of customers who follow BG/NBD, straight from its story."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(TRUTH["r"], size=n) / TRUTH["alpha"], rng.beta(TRUTH["a"], TRUTH["b"], n)
    T, x, t_x, now, there = rng.uniform(100, 500, n), np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    while there.any():
        now = now + rng.exponential(1, n) / rate
        there &= now <= T
        x, t_x = x + there, np.where(there, now, t_x)
        there &= rng.random(n) >= leave
    return x, t_x, T


def test_parameters_of_simulated_customers_lie_in_their_intervals():
    covered = []
    for seed in range(6):
        fitted = bgnbd.fit(*draw_histories(4000, seed))
        assert fitted.converged
        covered += [i["low"] < TRUTH[name] < i["high"] for name, i in fitted.intervals().items()]
    assert np.mean(covered) >= 0.8  # 24 intervals at 95 %


def test_money_parameters_are_recovered_in_any_unit():
    rng = np.random.default_rng(3)
    x = 1 + rng.poisson(3, 6000)
    z = rng.gamma(MONEY["p"] * x) / x / (rng.gamma(MONEY["q"], size=6000) / MONEY["v"])
    fitted, other = gamma_gamma.fit(x, z), gamma_gamma.fit(x, z / 100)
    assert all(i["low"] < MONEY[name] < i["high"] for name, i in fitted.intervals().items())
    assert other.parameters["v"] * 100 == pytest.approx(fitted.parameters["v"], rel=1e-4)
    assert gamma_gamma.expected(MONEY, [0, 1000], [0, 900.0]) == pytest.approx([3000, 900], rel=0.01)


def test_blocks_of_customers_add_up():
    rows, counts = bgnbd.distinct(*draw_histories(30_000, 4))
    assert len(rows) > 2 * bgnbd.BLOCK
    total, slope = bgnbd.log_likelihood(tuple(TRUTH.values()), *rows.T, counts)
    parts = [bgnbd.log_likelihood(tuple(TRUTH.values()), *rows[i::7].T, counts[i::7]) for i in range(7)]
    assert total == pytest.approx(sum(t for t, _ in parts))
    assert slope == pytest.approx(sum(g for _, g in parts))


@pytest.mark.parametrize("days", [1, 0.5])
def test_who_is_which_changes_no_count(days):
    histories = [(v / days).round() * days for v in draw_histories(3000, 4)]
    rows, counts, inverse = bgnbd.group(*histories)
    again, numbers = bgnbd.distinct(*histories)
    np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(counts, numbers)
    np.testing.assert_array_equal(rows[inverse], np.column_stack(histories))
    expected = collections.Counter(zip(*(v.tolist() for v in histories), strict=True))
    assert dict(zip(map(tuple, rows.tolist()), counts.tolist(), strict=True)) == expected


def test_histories_equal_a_second_computation(engine, lines):
    as_of = AS_OF - dt.timedelta(days=60)
    table = histories(engine(lines), as_of=as_of).set_index("customer_key")
    past = lines[lines["ordered_on"] <= pd.Timestamp(as_of)]
    for customer, own in list(past.groupby("customer_key"))[:200]:
        days = sorted(set(own["ordered_on"]))
        later = own[own["ordered_on"] > days[0]]["amount"].sum()
        row = table.loc[customer]
        assert (row["x"], row["t_x"]) == (len(days) - 1, (days[-1] - days[0]).days)
        assert row["T"] == (pd.Timestamp(as_of) - days[0]).days
        assert np.isnan(row["repeat_value"]) if row["x"] == 0 else row["repeat_value"] == later / row["x"]
    assert len(table) == past["customer_key"].nunique()


def test_an_order_that_cost_nothing_is_an_order_and_a_refund_is_none(engine):
    def line(order, day, amount):
        on = pd.Timestamp(AS_OF) - pd.Timedelta(days=day)
        return {"customer_key": "k", "order_key": order, "amount": amount, "ordered_on": on, "ordered_at": on,
                "is_refund": amount < 0}

    paid, free = line("a", 50, 900), line("b", 30, 0)
    returned = [line("c", 20, -300), line("c", 20, 0)]  # money given back, with a line that cost nothing
    row = histories(engine(pd.DataFrame([paid, free, *returned])), as_of=AS_OF).iloc[0]
    assert (row["x"], row["t_x"], row["T"], row["repeat_value"]) == (1, 20, 50, 0)


def test_customers_of_the_model_are_estimated(engine, lines):
    document, table = value.estimate(engine(lines), as_of=AS_OF, period_days=60, billing="transactional", seed=1)
    assert document["status"] == "estimated" and document["reasons"] == []
    ARTEFACTS["value"].check(document)
    ARTEFACTS["customer_value"].check(table)
    assert document["holdout"]["low"] < document["holdout"]["actual"] < document["holdout"]["high"]
    total = sum(g["n"] * g["predicted"] for g in document["by_earlier"])
    assert total == pytest.approx(document["holdout"]["predicted"])
    assert document["second"]["predicted"] == pytest.approx(document["holdout"]["predicted"], rel=0.1)
    assert sum(g["n"] * g["actual"] for g in document["by_earlier"]) == pytest.approx(document["holdout"]["actual"])
    assert table["estimated"].all() and (table["value"] >= 0).all()


def test_row_order_changes_nothing(engine, lines):
    options = {"as_of": AS_OF, "period_days": 60, "billing": "transactional", "seed": 1}
    first = value.estimate(engine(lines), **options)
    second = value.estimate(engine(lines.sample(frac=1, random_state=2)), **options)
    assert first[0] == second[0]
    pd.testing.assert_frame_equal(first[1], second[1])


def test_nothing_after_the_as_of_date_is_read(engine, lines):
    early = AS_OF - dt.timedelta(days=100)
    options = {"as_of": early, "period_days": 60, "billing": "transactional", "seed": 1}
    whole = value.estimate(engine(lines), **options)
    known = value.estimate(engine(lines[lines["ordered_on"] <= pd.Timestamp(early)]), **options)
    assert whole[0] == known[0]
    pd.testing.assert_frame_equal(whole[1], known[1])


def test_without_transactions_or_amounts_it_is_not_measured(engine, lines):
    options = {"as_of": AS_OF, "period_days": 30, "billing": "transactional", "seed": 1}
    for transactions in (NotMeasured("no transactions"), engine(lines.drop(columns="amount"))):
        assert all(isinstance(part, NotMeasured) for part in value.estimate(transactions, **options))
