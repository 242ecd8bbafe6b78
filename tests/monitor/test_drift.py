"""Drift: the index against its formula, false alarms by simulation, planted shifts found."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS
from lib.monitor.drift import comparable, drift, index_of, psi, too_few, verdict


def series(values, start=0) -> pd.Series:
    return pd.Series(values, index=[f"{i:06d}" for i in range(start, start + len(values))])


def test_the_index_of_two_shares_by_hand():
    before, now = np.array([50, 50]), np.array([80, 20])
    p, q = np.array([50.5, 50.5]) / 101, np.array([80.5, 20.5]) / 101
    assert psi(before, now) == pytest.approx(sum((q - p) * np.log(q / p)))


def test_too_few_is_the_published_limit():
    assert too_few(338, 338, 10) and not too_few(339, 339, 10)


def test_ties_are_joined():
    values = np.r_[np.zeros(900), np.arange(1, 101)]
    found = index_of(series(values), series(values, 5000), seed=1)
    assert found["bins"] == 2 and found["psi"] == pytest.approx(0)


@pytest.mark.parametrize("common", [0, 1, 5])
def test_a_rare_level_is_seen_wherever_the_common_one_lies(common):
    """98 of 100 have one value; the level of the others lies above it, below it, or on both sides of it."""
    others = [1, 2] if common == 0 else [0, 0] if common == 1 else [3, 9]
    before = np.r_[np.full(4900, common), np.full(50, others[0]), np.full(50, others[1])]
    doubled = np.r_[np.full(4800, common), np.full(100, others[0]), np.full(100, others[1])]
    appeared = np.r_[np.full(4650, common), np.full(350, others[0])]
    none = np.full(5000, common)
    assert index_of(series(before), series(before, 9000), seed=1)["bins"] == len(set(before))
    for same in (0, 9000):
        rare = index_of(series(before), series(doubled, same), seed=1)
        assert rare["p"] < 0.01 and verdict(rare["psi"], rare["p"], 5000, 5000, rare["bins"]) == "significant but small"
        new = index_of(series(none), series(appeared, same), seed=1)
        assert verdict(new["psi"], new["p"], 5000, 5000, new["bins"]) == "alarm"
    as_text = index_of(series(before).astype(str), series(doubled, 9000).astype(str), seed=1)
    as_number = index_of(series(before), series(doubled, 9000), seed=1)
    assert as_text == pytest.approx(as_number)


def test_what_lies_below_a_value_that_most_have_is_seen_among_many_values():
    """98 of 100 stand at the top of a scale of a hundred; twice as many fall below it."""
    rng = np.random.default_rng(9)
    before, now = (np.where(rng.random(5000) < share, rng.uniform(0, 100, 5000), 100.0) for share in (0.02, 0.04))
    found = index_of(series(before), series(now, 9000), seed=1)
    assert found["bins"] == 2 and found["p"] < 0.001


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("share", [0.005, 0.02])
def test_a_rare_level_is_no_false_alarm(share, same):
    """Where its share has not changed, p < .05 in 5 of 100, and no alarm: as far as 400 bases can tell."""
    rng, found = np.random.default_rng(8), []
    for i in range(400):
        base = rng.random(1000) < share
        now = np.where(rng.random(1000) < 0.5, base, rng.random(1000) < share) if same else rng.random(1000) < share
        row = index_of(series(1.0 - base), series(1.0 - now, 0 if same else 9000), seed=i)
        found.append((row["p"] < 0.05, verdict(row["psi"], row["p"], 1000, 1000, 2)))
    assert np.mean([p for p, _ in found]) <= 0.08 and "alarm" not in {v for _, v in found}


@pytest.mark.parametrize("same", [False, True])
def test_no_change_is_seldom_an_alarm(same):
    """Different customers: χ². The same customers: swaps. Under no change p must be uniform."""
    rng = np.random.default_rng(5)
    ps = []
    for i in range(120):
        first = rng.gamma(1, 1, 400)
        second = first * rng.uniform(0.5, 2, 400) if same else rng.gamma(1, 1, 400)
        ps.append(index_of(series(first), series(second, 0 if same else 9000), seed=i)["p"])
    if not same:
        assert np.mean(np.array(ps) < 0.05) <= 0.11
    else:
        exchangeable = []
        for i in range(120):
            base = rng.gamma(1, 1, 400)
            exchangeable.append(index_of(series(base * rng.lognormal(0, 0.3, 400)),
                                         series(base * rng.lognormal(0, 0.3, 400)), seed=i)["p"])
        assert np.mean(np.array(exchangeable) < 0.05) <= 0.11


def test_a_planted_shift_is_an_alarm_and_the_rest_is_quiet():
    rng = np.random.default_rng(6)
    keys = [f"{i:032x}" for i in range(1500)]
    before = pd.DataFrame({"customer_key": keys, "moved": rng.normal(0, 1, 1500), "still": rng.normal(0, 1, 1500)})
    now = before.assign(moved=before["moved"] + 0.8 + rng.normal(0, 0.2, 1500),
                        still=before["still"] + rng.normal(0, 0.01, 1500))
    labels = pd.Series(np.where(before["still"] > 0, "up", "down"), index=keys)
    table = drift(before, now, labels, labels, variables=["moved", "still"], seed=1)
    ARTEFACTS["drift"].check(table)
    assert table.set_index("variable")["verdict"].to_dict() == {
        "moved": "alarm", "still": "none", "(segment shares)": "none"}
    again = drift(before.iloc[::-1], now.sample(frac=1, random_state=2), labels, labels,
                  variables=["still", "moved"], seed=1)
    pd.testing.assert_frame_equal(again, table)


def test_the_four_verdicts():
    assert verdict(0.2, 0.01, 1000, 1000, 10) == "alarm"
    assert verdict(0.2, 0.20, 100, 100, 10) == "too few to tell"
    assert verdict(0.05, 0.01, 1000, 1000, 10) == "significant but small"
    assert verdict(0.2, 0.20, 1000, 1000, 10) == "none"


def test_missing_values_are_a_level_of_their_own():
    values = np.arange(400.0)
    found = index_of(series(values), series(np.where(values < 200, np.nan, values), 9000), seed=1)
    assert found["psi"] > 1


def test_invoices_of_a_contract_are_not_compared_by_number():
    """A period of 90 days holds two or three monthly invoices: by its dates alone, the base would drift."""
    table = pd.DataFrame(columns=["customer_key", "tenure_days", "n_orders", "revenue", "mean_occasion_value", "depth"])
    assert comparable(table, table, billing="subscription") == ["depth", "mean_occasion_value"]
    assert comparable(table, table, billing="transactional") == ["depth", "mean_occasion_value", "n_orders", "revenue"]


def test_what_has_one_value_throughout_is_not_compared_and_means_are_of_who_has_one():
    before = pd.DataFrame({"customer_key": list("ab"), "n_orders": [1, 2], "refund_share": [0.0, None], "breadth": 0.5})
    now = before.assign(breadth=[0.5, 0.6])
    assert comparable(before, now) == ["breadth", "n_orders"]
    assert comparable(before, before) == ["n_orders"]
