"""Natural frequency of products whose rhythm is known, and Kaplan-Meier against statsmodels."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from lib.analyze.rhythm import by_group, natural_frequency, nearest_bucket, quantile_draws, second_day, user_gaps
from lib.contracts import ARTEFACTS, NotMeasured


def regular(period, spread, users=150, length=540, seed=0):
    """Users who come every `period` days, give or take."""
    rng = np.random.default_rng(seed)
    days = {}
    for user in range(users):
        steps = np.maximum(1, rng.normal(period, spread, int(length / period) + 2).round())
        own = rng.integers(0, max(int(period), 2)) + np.cumsum(steps)
        days[f"u{user:03d}"] = own[own < length]
    return days


@pytest.mark.parametrize(("period", "spread", "bucket"),
                         [(1, 0.2, 1), (7, 1.5, 7), (14, 3, 14), (30, 5, 30), (91, 9, 90)])
def test_the_bucket_of_a_product_with_a_rhythm(days_of, period, spread, bucket):
    found = natural_frequency(days_of(regular(period, spread)), seed=1)
    ARTEFACTS["rhythm"].check(found)
    assert found["bucket_days"] == bucket and found["verdict"] == "clear"
    assert found["period_days"] == max(bucket, 7)
    assert found["low"] <= found["median_gap"] <= found["high"]


def test_bursts_are_recognised(days_of):
    rng = np.random.default_rng(3)
    burst = {f"u{u:03d}": np.concatenate([s + np.arange(7) for s in 90 * np.arange(6) + rng.integers(0, 40)])
             for u in range(80)}
    found = natural_frequency(days_of(burst), seed=1)
    assert found["verdict"] == "bursts" and found["bucket_days"] == 1 and found["window_bucket"] > 7


def test_mixed_rhythms_are_recognised(days_of):
    mixed = {f"a{k}": v for k, v in regular(1, 0.1, users=60, length=300).items()}
    mixed |= {f"b{k}": v for k, v in regular(60, 5, users=60, length=540).items()}
    assert natural_frequency(days_of(mixed), seed=1)["verdict"] == "mixed rhythms"


def test_between_two_buckets_is_uncertain(days_of):
    between = {f"{gap}{user}": days for gap in (6, 8, 9, 11, 12, 15)  # the bound between the buckets is 9.9 days
               for user, days in regular(gap, 0.3, users=10, seed=gap).items()}
    found = natural_frequency(days_of(between), seed=1)
    assert found["bucket_certainty"] < 0.9 and found["verdict"] == "uncertain"


def test_one_day_users_leave_the_period_assumed(days_of):
    found = natural_frequency(days_of({f"u{i}": [i] for i in range(30)}), seed=1, as_of=dt.date(2026, 1, 1))
    assert (found["verdict"], found["n"], found["one_day_share"], found["period_days"]) == ("not measured", 0, 1.0, 30)
    assert found["second_day"] == []


def test_few_who_never_were_active_are_told_by_no_number_of_users(days_of):
    days = days_of({f"u{i}": [0, 7, 14, 21] for i in range(30)} | {f"o{i}": [3] for i in range(10)})
    plain = natural_frequency(days, seed=1)
    few, many = (natural_frequency(days, seed=1, everyone=n, smallest=10) for n in (43, 60))
    assert (plain["n_users"], few["n_users"], many) == (40, 43, plain)
    uses = days.mutate(use=ibis.literal("all"))
    known = natural_frequency(days, seed=1, by_use=uses, everyone=43, smallest=10)["by_use"]
    assert [row["n_users"] for row in known] == [43]
    assert few["one_day_share"] == pytest.approx(10 / 43) and few["median_gap"] == plain["median_gap"]


def test_user_gaps_of_users_one_can_count(days_of):
    table = user_gaps(days_of({"a": [0, 3, 10, 11], "b": [5, 6, 9], "c": [2]})).set_index("customer_key")
    assert table["n_days"].tolist() == [4, 3, 1]
    assert table.loc["a", "gap_variation"] == pytest.approx(np.std([3, 7, 1], ddof=1) / np.mean([3, 7, 1]))
    assert table.loc["a", "median_gap"] == 3 and table["median_gap"].isna().tolist() == [False, True, True]
    assert (table.loc["b", "second"] - table.loc["b", "first"]).days == 1 and pd.isna(table.loc["c", "second"])


def test_second_day_is_kaplan_meier_with_greenwood(days_of):
    rng = np.random.default_rng(4)
    users = {f"u{i:03d}": [f, *([f + int(rng.integers(1, 60))] if rng.random() < 0.6 else [])]
             for i, f in enumerate(rng.integers(0, 200, 120))}
    end = dt.date(2025, 1, 1) + dt.timedelta(days=270)
    gaps = user_gaps(days_of(users))
    curve = pd.DataFrame(second_day(gaps, as_of=end))
    waited = np.array([(d[1] if len(d) > 1 else 270) - d[0] for d in users.values()])
    came = np.array([len(d) > 1 for d in users.values()])
    reference = SurvfuncRight(waited, came)
    steps = reference.surv_times[reference.n_events > 0]
    at = np.searchsorted(steps, curve["day"])
    survived = reference.surv_prob[reference.n_events > 0][at]
    error = reference.surv_prob_se[reference.n_events > 0][at]
    np.testing.assert_allclose(curve["share"], 1 - survived)
    half = 1.959964 * error / (survived * np.abs(np.log(survived)))
    np.testing.assert_allclose(curve["low"], 1 - survived ** np.exp(-half), rtol=1e-5)
    np.testing.assert_allclose(curve["high"], 1 - survived ** np.exp(half), rtol=1e-5)


def test_direct_draws_follow_the_ordinary_bootstrap():
    values = np.sort(np.random.default_rng(5).lognormal(2, 1, 101))
    rng = np.random.default_rng(6)
    ordinary = np.median(values[rng.integers(0, 101, (4000, 101))], axis=1)
    direct = quantile_draws(values, 0.5, seed=7, draws=4000)
    np.testing.assert_allclose(np.quantile(direct, [0.025, 0.5, 0.975]), np.quantile(ordinary, [0.025, 0.5, 0.975]),
                               rtol=0.08)


def test_nearest_on_a_log_scale():
    assert nearest_bucket(np.array([1, 2.6, 2.7, 9.8, 10, 21, 300])).tolist() == [1, 1, 7, 7, 14, 30, 365]


def test_a_declared_period_is_used_and_the_measured_rhythm_still_told(days_of):
    days = days_of(regular(14, 3))
    found, declared = (natural_frequency(days, seed=1, declared=d) for d in (0, 90))
    assert (found["period_days"], declared["period_days"]) == (14, 90)
    assert found["median_gap"] == declared["median_gap"]


def test_each_use_has_its_rhythm_and_its_share_of_users_who_return(days_of):
    """The rhythm of one use is that of a product with this use alone; who returns is Kaplan-Meier, read off exactly."""
    rng = np.random.default_rng(11)
    cook = {f"u{u:03d}": np.cumsum(rng.integers(2, 30, rng.integers(1, 9))) for u in range(150)}
    plan = {c: own[:1] for c, own in cook.items()}  # nobody plans twice
    table = pd.concat([days_of(own).to_pandas().assign(use=use) for use, own in (("cook", cook), ("plan", plan))])
    by_use = ibis.memtable(table.astype({"day": "datetime64[us]"}))
    by_use = by_use.mutate(day=by_use.day.cast("date"))
    as_of = dt.date(2025, 1, 1) + dt.timedelta(days=250)
    found = natural_frequency(days_of(cook), seed=1, as_of=as_of, by_use=by_use, declared=14)
    first, second = found["by_use"]
    assert [first["use"], second["use"]] == ["cook", "plan"] and first["n_users"] == second["n_users"] == 150
    assert (first["median_gap"], first["low"], first["high"]) == (found["median_gap"], found["low"], found["high"])
    waited = np.array([own[1] - own[0] if len(own) > 1 else 250 - own[0] for own in cook.values()])
    reference = SurvfuncRight(waited, np.array([len(own) > 1 for own in cook.values()]))
    assert first["returned"] == pytest.approx(1 - reference.surv_prob[reference.surv_times <= 14][-1])
    assert first["returned_low"] < first["returned"] < first["returned_high"]
    assert second["returned"] == 0 and second["n"] == 0 and second["median_gap"] is None


def test_a_product_without_features_or_categories_has_a_rhythm_all_the_same(days_of):
    days = days_of(regular(14, 3))
    found = natural_frequency(days, seed=1, by_use=NotMeasured("nobody says what was used"))
    assert found == natural_frequency(days, seed=1) and found["bucket_days"] == 14 and found["by_use"] == []
    assert isinstance(natural_frequency(NotMeasured("no days"), seed=1), NotMeasured)


def test_each_group_has_its_own_rhythm(days_of):
    """Weekly and monthly customers, and one-day customers among the monthly: Kaplan-Meier by hand, nobody censored."""
    weekly = {f"w{i:02d}": range(i % 3, 300, 7) for i in range(40)}
    monthly = {f"m{i:02d}": range(0, 300, 30) for i in range(30)} | {f"o{i:02d}": [5] for i in range(10)}
    groups = pd.DataFrame({"customer_key": [*weekly, *monthly, "never"], "segment": ["a"] * 40 + ["b"] * 40 + ["b"]})
    found = by_group(user_gaps(days_of(weekly | monthly)), groups, as_of=dt.date(2026, 6, 30), period=30, seed=1)
    table = found.set_index("segment")
    assert table.loc["a", ["n", "n_users", "median_gap", "returned"]].tolist() == [40, 40, 7, 1]
    assert table.loc["b", ["n", "n_users", "median_gap"]].tolist() == [30, 40, 30]
    assert table.loc["b", "returned"] == pytest.approx(30 / 40)
    low, high = table.loc["b", ["returned_low", "returned_high"]]
    assert low < 30 / 40 < high
    ARTEFACTS["segment_rhythm"].check(found)
    few = by_group(user_gaps(days_of(weekly | monthly)), groups, as_of=dt.date(2026, 6, 30), period=30, seed=1,
                   smallest=10).set_index("segment")
    assert few["n_users"].tolist() == [40, 41] and few.drop(columns="n_users").equals(table.drop(columns="n_users"))
