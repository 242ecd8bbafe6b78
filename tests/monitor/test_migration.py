"""Migration: rows sum to 1, noise is called noise, planted moves are called moves."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured, UserError
from lib.contracts.labels import OUTSIDE
from lib.monitor.migration import (
    DORMANT,
    LEFT,
    NEW,
    comparable,
    directed,
    few_asleep,
    matrix,
    noise_shares,
    summary,
    with_dormant,
)
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


def test_few_asleep_in_a_segment_do_not_follow_from_its_size():
    """Of Alpha nine were asleep, of Beta ten: only these are told apart, and no one of the nine falls asleep later."""
    labels = pd.Series(["a"] * 40 + ["b"] * 40, index=[f"k{i:02}" for i in range(80)])
    away = pd.Series(1.0, labels.index)
    away.iloc[:9], away.iloc[40:50] = 99.0, 99.0
    few = few_asleep(labels, away, period_days=7.0, smallest=10)
    assert few == set(labels.index[:9])
    then = with_dormant(labels, away, period_days=7.0, but=few)
    away.iloc[9:12] = 50.0  # three fell asleep since
    now = with_dormant(labels, away, period_days=7.0, but=few)
    table = matrix(then, now, NOTHING).set_index(["before", "now"])["n"]
    assert table.to_dict() == {("a", "a"): 37, ("a", DORMANT): 3, ("b", "b"): 30, (DORMANT, DORMANT): 10}
    rows, sizes = table.groupby("before").sum(), labels.value_counts()
    assert all(gone == 0 or gone >= 10 for gone in (sizes - rows.reindex(sizes.index)))
    assert few_asleep(NOTHING, away, period_days=7.0, smallest=10) == frozenset()


def test_value_moves_with_customers():
    up, down = [f"x{i}" for i in range(5)], [f"y{i}" for i in range(5)]
    before, now = pd.Series("low", up + down), pd.Series("high", up + down)
    before[down], now[down] = "high", "low"
    first, then = pd.Series(10.0, up + down), pd.Series(24.0, up + down)
    first[down] = 40.0
    rank = pd.Series({"high": 1, "low": 2})
    moved = summary(before, now, rank, first, then).set_index("move")["value"]
    assert moved.drop("stayed").to_dict() == {"upgraded": 70.0, "downgraded": -80.0}
    then["x0"] = 500.0  # one customer makes most of what moved up, and what all changed would tell it beside the others
    moved = summary(before, now, rank, first, then).set_index("move")["value"]
    assert np.isnan(moved["upgraded"]) and np.isnan(moved["downgraded"])
    stayed = pd.Series(1e4, [f"z{i}" for i in range(9)])  # those who stayed cover it, and are told no more themselves
    before, now = (pd.concat([s, pd.Series("low", stayed.index)]) for s in (before, now))
    moved = summary(before, now, rank, pd.concat([first, 0 * stayed]), pd.concat([then, stayed])).set_index("move")
    assert moved["value"].isna().tolist() == [True, True, False]


def test_who_is_in_no_segment_is_still_a_customer_and_falls_asleep_downwards():
    """Below the segments: in none of them, then asleep, then gone. Nobody who changed is counted as having stayed."""
    order = ["best", "worst", OUTSIDE, DORMANT, LEFT]
    pairs = [(b, n) for b in order[:-1] for n in order]
    before, now = (pd.Series([pair[i] for pair in pairs], [f"k{i}" for i in range(len(pairs))]) for i in (0, 1))
    rank = pd.Series({"best": 1, "worst": 2})
    way = directed(matrix(before, now, NOTHING), rank, NOTHING).set_index(["before", "now"])["direction"]
    expected = {(b, n): "stayed" if b == n else "down" if order.index(n) > order.index(b) else "up" for b, n in pairs}
    assert way.to_dict() == expected
    moves = summary(before, now, rank, NOTHING, NOTHING).set_index("move")["n"]
    assert moves.to_dict() == pd.Series(expected).map(
        {"up": "upgraded", "down": "downgraded", "stayed": "stayed"}).value_counts().to_dict()


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


def test_one_draw_is_refused(base):
    keys, rate = base
    own = own_days(keys, rate, 1)
    with pytest.raises(UserError, match="`draws` of 06_monitor"):
        label_draws(features_of(own), own, cut, since=LONG_AGO, as_of=DAY, seed=3, draws=1)
