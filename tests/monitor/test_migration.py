"""Migration: rows sum to 1, noise is called noise, planted moves are called moves."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.monitor.migration import DORMANT, LEFT, NEW, comparable, directed, matrix, noise_shares, summary, with_dormant
from lib.monitor.noise import label_draws, resampled

DAY, LONG_AGO = dt.date(2026, 6, 30), dt.date(2025, 1, 1)
NOTHING = NotMeasured("not resampled")


@pytest.fixture
def base():
    """1,000 customers whose orders come at a rate of their own; features of their days, a frozen cut at 6 days."""
    rng = np.random.default_rng(2)
    keys = [f"{i:032x}" for i in range(1000)]
    rate = rng.gamma(4, 2, 1000)
    return keys, rate


def own_days(keys, rate, seed):
    rng = np.random.default_rng(seed)
    rows = [(k, pd.Timestamp(DAY) - pd.Timedelta(days=int(d)), 100.0)
            for k, r in zip(keys, rate, strict=True) for d in rng.choice(90, max(1, rng.poisson(r)), replace=False)]
    return pd.DataFrame(rows, columns=["customer_key", "day", "value"]).assign(active=True, bought=True)


def features_of(own):
    groups = own.groupby("customer_key")
    return pd.DataFrame({"n_occasions": groups.size().astype(float), "revenue": groups["value"].sum(),
                         "recency_days": (pd.Timestamp(DAY) - groups["day"].max()).dt.days.astype(float)}).reset_index()


def cut(features):
    table = features.set_index("customer_key")
    return pd.Series(np.where(table["n_occasions"] >= 6, "often", "seldom"), index=table.index)


def test_rows_sum_to_one_and_everybody_is_somewhere():
    before = pd.Series(["a", "a", "b", "b"], index=list("wxyz"))
    now = pd.Series(["a", "b", DORMANT, "a"], index=list("wxyn"))
    table = matrix(before, now, NOTHING)
    ARTEFACTS["migration"].check(directed(table, pd.Series({"a": 1, "b": 2}), NOTHING))
    assert table.groupby("before")["share"].sum().tolist() == pytest.approx([1, 1, 1])
    assert set(zip(table["before"], table["now"], strict=True)) == {
        ("a", "a"), ("a", "b"), ("b", DORMANT), ("b", LEFT), (NEW, "a")}


def test_noise_alone_stays_within_noise(base):
    keys, rate = base
    first, second = own_days(keys, rate, 1), own_days(keys, rate, 2)
    draws = label_draws(features_of(first), first, cut, since=LONG_AGO, as_of=DAY, seed=3)
    table = matrix(cut(features_of(first)), cut(features_of(second)), noise_shares(draws))
    moves = table[table["before"] != table["now"]]
    assert len(moves) == 2 and set(moves["verdict"]) == {"within noise"}


def test_a_planted_rise_is_a_move(base):
    keys, rate = base
    first, second = own_days(keys, rate, 1), own_days(keys, rate * 2, 2)
    draws = label_draws(features_of(first), first, cut, since=LONG_AGO, as_of=DAY, seed=3)
    before, now = cut(features_of(first)), cut(features_of(second))
    table = matrix(before, now, noise_shares(draws)).set_index(["before", "now"])
    assert table.loc[("seldom", "often"), "verdict"] == "moved"
    moves = summary(before, now, pd.Series({"often": 1, "seldom": 2}), NOTHING, NOTHING).set_index("move")
    assert moves.loc["upgraded", "n"] > 10 * max(1, moves.loc["downgraded", "n"])


def test_small_rows_say_too_few():
    before = pd.Series(["a"] * 10, index=[str(i) for i in range(10)])
    now = pd.Series(["b"] * 10, index=before.index)
    assert matrix(before, now, NOTHING)["verdict"].tolist() == ["too few"]


def test_resampling_keeps_the_mean_and_leaves_a_sign_of_life(base):
    keys, rate = base
    own = own_days(keys, rate, 1)
    features = features_of(own)
    copies = list(resampled(features, own, since=LONG_AGO, as_of=DAY, seed=1, draws=10))
    drawn = np.mean([c["n_occasions"].mean() for c in copies])
    assert drawn == pytest.approx(features["n_occasions"].mean(), rel=0.03)
    assert all((c["n_occasions"] > 0).all() and (c["recency_days"] >= 0).all() for c in copies)


def test_dormant_is_four_periods_without_a_day():
    labels = pd.Series("a", index=["x", "y", "z"])
    found = with_dormant(labels, pd.Series({"x": 27.0, "y": 28.0}), period_days=7.0)
    assert found.tolist() == ["a", DORMANT, DORMANT]


def test_value_moves_with_customers():
    up, down = [f"x{i}" for i in range(5)], [f"y{i}" for i in range(5)]
    before, now = pd.Series("low", up + down), pd.Series("high", up + down)
    before[down], now[down] = "high", "low"
    first, then = pd.Series(10.0, up + down), pd.Series(24.0, up + down)
    first[down] = 40.0
    rank = pd.Series({"high": 1, "low": 2})
    moved = summary(before, now, rank, first, then).set_index("move")["value"]
    assert moved.drop("stayed").to_dict() == {"upgraded": 70.0, "downgraded": -80.0}
    then["x0"] = 900.0  # one customer makes most of what moved up
    moved = summary(before, now, rank, first, then).set_index("move")["value"]
    assert np.isnan(moved["upgraded"]) and moved["downgraded"] == -80.0


def test_days_before_the_period_stay(base):
    """Every resample keeps what happened before the period; only what the period adds is drawn."""
    keys, rate = base
    own = own_days(keys, rate, 1)
    features, since = features_of(own), DAY - dt.timedelta(days=10)
    older = own[own["day"] <= pd.Timestamp(since)].groupby("customer_key").size()
    for copy in resampled(features, own, since=since, as_of=DAY, seed=1, draws=4):
        count = copy.set_index("customer_key")["n_occasions"]
        assert (count >= older.reindex(count.index).fillna(0) - 1e-9).all()
        assert count.mean() == pytest.approx(features["n_occasions"].mean(), rel=0.05)


def test_going_dormant_by_chance_is_within_noise():
    """Customers with one day in 40 on average, held against windows of 56 days one month apart: nobody changed."""
    rng = np.random.default_rng(4)
    keys = [f"{i:032x}" for i in range(1500)]
    rows = [(k, pd.Timestamp(DAY) - pd.Timedelta(days=d))
            for k in keys for d in np.flatnonzero(rng.random(400) < 1 / 40)]
    every = pd.DataFrame(rows, columns=["customer_key", "day"]).assign(active=True, bought=False, value=0.0)
    since = DAY - dt.timedelta(days=30)
    labels = pd.Series("a", index=keys)
    last = [every[every["day"] <= pd.Timestamp(day)].groupby("customer_key")["day"].max() for day in (since, DAY)]
    before, now = (with_dormant(labels, (pd.Timestamp(day) - days).dt.days, period_days=14.0)
                   for day, days in zip((since, DAY), last, strict=True))
    features = pd.DataFrame({"customer_key": keys, "frequency": 1.0})
    draws = label_draws(features, every, lambda copy: labels.reindex(copy["customer_key"]), since=since, as_of=DAY,
                        seed=5, dormant_days=56)
    moves = matrix(before, now, noise_shares(draws)).set_index(["before", "now"])
    cell = moves.loc[("a", DORMANT)]
    assert cell["noise"] == pytest.approx(cell["share"], abs=0.05)


def test_migration_of_a_product_being_launched_stays_closed():
    labels = pd.Series({"a": "x"})
    assert comparable(labels, {"not_measured": []}) is labels
    closed = {"question": "migration between segments", "reason": "the product is being launched", "needed": "more"}
    assert comparable(labels, {"not_measured": [closed]}) == NotMeasured(closed["reason"], closed["needed"])
