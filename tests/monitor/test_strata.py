"""Step 5 draws in strata and step 6 judges in the same: what is credited before is found after, by simulation."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.monitor.estimates import means, newcombe, stratified, stratified_rates
from lib.monitor.strata import family, strata_of
from lib.monitor.trust import planned, ratio_p
from lib.monitor.uplift import uplift
from lib.stats import tie_safe_score
from lib.strategy.experiment import draw
from lib.strategy.power import needed_per_arm, smallest_effect, smallest_rise
from lib.strategy.strata import epsilon_squared, strata, taken_away

N, KEYS = 800, np.array([f"{i:032x}" for i in range(800)])
ASSIGNED = pd.DataFrame({"customer_key": KEYS, "segment": "steady"})
USEFUL = pd.DataFrame({"segment": ["steady"], "stratified_by": ["revenue"], "explained": [0.5]})


def drawn(before: np.ndarray, seed: int, treated: int = 400, control: int = 400) -> pd.DataFrame:
    """One draw of step 5, as its files hand it back: arm and stratum of every customer."""
    quarter = strata(ASSIGNED, pd.DataFrame({"customer_key": KEYS, "revenue": before}), USEFUL)
    plan = pd.DataFrame({"segment": ["steady"], "campaign": f"c{seed}", "n_control": control, "n_treated": treated})
    arm = draw(ASSIGNED, plan, quarter, key=f"k{seed}".encode())
    return ASSIGNED.assign(arm=arm, stratum="steady/" + quarter.reindex(KEYS).to_numpy(), campaign="c", before=before)


def judged(rows: pd.DataFrame, outcome: str) -> pd.Series:
    """The row of step 6 for the segment."""
    campaigns = pd.DataFrame([{"campaign": "c", "name": "C", "starts_on": dt.date(2026, 5, 1),
                               "ends_on": dt.date(2026, 5, 31)}])
    labels = pd.Series("steady", index=KEYS)
    found = uplift(campaigns, rows, labels, as_of=dt.date(2026, 6, 30), unit="customer")
    return found[(found["segment"] == "steady") & (found["outcome"] == outcome)].iloc[0]


@pytest.fixture(scope="module")
def money() -> pd.DataFrame:
    """300 draws of one base: spend goes with earlier spend, and those treated spend 100 more."""
    rng = np.random.default_rng(11)
    before = rng.gamma(2, 1000, N)
    base = 1000 + 1.0 * before + rng.gamma(2, 600, N)
    explained = epsilon_squared(pd.Series(base), tie_safe_score(before, 4))
    found = []
    for seed in range(300):
        rows = drawn(before, seed)
        rows = rows.assign(spend=base + 100 * (rows["arm"] == "treated"))
        arms = [rows[rows["arm"] == a] for a in ("treated", "control")]
        spend = [arm["spend"].to_numpy() for arm in arms]
        inside, plain = stratified(*spend, strata_of(arms)), means(*spend)
        found.append({"value": inside.value, "low": inside.low, "high": inside.high, "detectable": inside.detectable,
                      "plain_low": plain.low, "plain_high": plain.high})
        if seed < 2:  # step 6 gives the same figures, and the plain ones where no stratum came back
            for row, same in ((judged(rows, "money"), inside), (judged(rows.assign(stratum=None), "money"), plain)):
                assert (row["uplift"], row["low"], row["high"]) == pytest.approx((same.value, same.low, same.high))
    table = pd.DataFrame(found)
    table.attrs.update(explained=explained, sd=base.std(ddof=1))
    return table


def test_the_variance_within_strata_is_what_is_left_unexplained(money):
    """Over the draws of one base: the error of step 6, and the one its interval claims, without what quarters tell."""
    claimed = (money["high"] - money["low"]) / (2 * 1.963)
    free = money.attrs["sd"] * np.sqrt(2 / 400) * np.sqrt(1 - money.attrs["explained"])
    assert 0.4 < money.attrs["explained"] < 0.9
    assert claimed.mean() == pytest.approx(free, rel=0.05)
    assert money["value"].std() == pytest.approx(free, rel=0.12)
    assert money["value"].mean() == pytest.approx(100, abs=4 * free / np.sqrt(300))


def test_intervals_hold_the_truth_as_often_as_they_say_and_plain_ones_say_too_little(money):
    held = ((money["low"] <= 100) & (money["high"] >= 100)).mean()
    wide = ((money["plain_low"] <= 100) & (money["plain_high"] >= 100)).mean()
    assert 0.92 <= held <= 0.98 and wide > 0.99  # without strata the same draws get intervals that are far too wide


def test_the_smallest_effect_credited_before_is_the_one_seen_after(money):
    credited = smallest_effect(money.attrs["sd"] * np.sqrt(1 - money.attrs["explained"]), 400, 400)
    assert money["detectable"].mean() == pytest.approx(credited, rel=0.05)
    power = ((money["low"] - 100 + credited) > 0).mean()  # the same draws, had the effect been that large
    assert 0.74 <= power <= 0.87


def test_rates_within_strata_cover_and_see_what_was_credited():
    """2,000 sets: rates from 5 to 60 % by stratum, 8 points gained, a holdout of a third."""
    rng, rates, n, m = np.random.default_rng(3), np.array([0.05, 0.2, 0.35, 0.6]), 100, 50
    strata_both = (np.repeat(np.arange(4), n), np.repeat(np.arange(4), m))
    sets = [(rng.random((4, n)) < rates[:, None] + 0.08, rng.random((4, m)) < rates[:, None]) for _ in range(2000)]
    found = [stratified_rates(t.ravel(), c.ravel(), strata_both) for t, c in sets]
    assert 0.93 <= np.mean([f.low <= 0.08 <= f.high for f in found]) <= 0.97
    plain = [newcombe(t.sum(), 4 * n, c.sum(), 4 * m) for t, c in sets[:300]]
    explained = rates.var() / (rates.mean() * (1 - rates.mean()))
    width = np.mean([f.high - f.low for f in found[:300]]) / np.mean([p.high - p.low for p in plain])
    assert width == pytest.approx(np.sqrt(1 - explained), rel=0.04)
    seen = smallest_rise(rates.mean(), 4 * n, 4 * m, explained)
    assert np.mean([f.detectable for f in found]) == pytest.approx(seen, rel=0.06)


def test_money_with_a_small_holdout_covers_within_strata():
    """1,000 sets of lognormal spend whose level rises by stratum, 25 held out of 250 in each."""
    rng, level = np.random.default_rng(4), np.array([2.0, 2.5, 3.0, 3.5])
    both = (np.repeat(np.arange(4), 225), np.repeat(np.arange(4), 25))
    held = 0
    for _ in range(1000):
        t, c = (np.exp(rng.normal(level[s], 0.6)) for s in both)
        found = stratified(t + 5, c, both)
        held += found.low <= 5 <= found.high
    assert 0.93 <= held / 1000 <= 0.97


def test_one_stratum_is_no_stratum():
    rng = np.random.default_rng(1)
    t, c = rng.gamma(2, 10, 60), rng.gamma(2, 10, 50)
    one = (np.zeros(60), np.zeros(50))
    inside, plain = stratified(t, c, one), means(t, c)
    assert (inside.value, inside.low, inside.df) == pytest.approx((plain.value, plain.low, plain.df))
    a, b = (t > 15).astype(float), (c > 15).astype(float)
    inside, plain = stratified_rates(a, b, one), newcombe(a.sum(), 60, b.sum(), 50)
    assert (inside.low, inside.high, inside.p) == pytest.approx((plain.low, plain.high, plain.p))


def test_strata_too_small_are_judged_with_the_next_and_one_alone_is_none():
    def arms(treated: dict, control: dict):
        return [pd.DataFrame({"stratum": [k for k, n in given.items() for _ in range(n)]})
                for given in (treated, control)]

    even = strata_of(arms({"a/1": 20, "a/2": 5, "a/3": 30, "b/1": 3}, {"a/1": 20, "a/2": 15, "a/3": 30, "b/1": 3}))
    assert pd.Series(even[0]).value_counts().to_dict() == {"a/1": 20, "a/2": 38}
    assert strata_of(arms({"a": 30}, {"a": 30})) is None and strata_of(arms({"a": 9, "b": 9}, {"a": 9, "b": 9})) is None
    assert strata_of([pd.DataFrame({"x": [1]})] * 2) is None


def test_segments_with_shares_of_their_own_are_no_sample_ratio_mismatch_and_bias_nothing():
    """Half of the small spenders and a tenth of the large ones are held out: plainly that reads as an effect of -1."""
    rng = np.random.default_rng(8)
    segment = np.repeat(["large", "small"], 1000)
    arm = np.where(rng.random(2000) < np.where(segment == "small", 0.5, 0.1), "control", "treated")
    rows = pd.DataFrame({"arm": arm, "stratum": [f"{s}/" for s in segment]})
    spend = np.where(segment == "large", 10.0, 4.0) + rng.normal(0, 1, 2000)
    parts = [rows[arm == a] for a in ("treated", "control")]
    of = strata_of(parts)
    found = stratified(spend[arm == "treated"], spend[arm == "control"], of)
    assert found.low <= 0 <= found.high and means(spend[arm == "treated"], spend[arm == "control"]).low > 1
    assert set(family(rows["stratum"])) == {"large", "small"}
    share = (arm == "treated").mean()
    assert ratio_p(rows, share) > 0.5
    assert ratio_p(rows.assign(stratum=segment), share) < 1e-9  # of a draw that promised one ratio it would be one
    broken = rows.assign(stratum=[f"{s}/{q}" for s, q in zip(segment, rng.integers(1, 3, 2000), strict=True)])
    lost = broken[~((broken["stratum"] == "small/1") & (arm == "treated") & (rng.random(2000) < 0.6))]
    assert ratio_p(lost, (lost["arm"] == "treated").mean()) < 0.001


def test_what_strata_take_away_lowers_what_is_needed_and_what_is_not_stratified_gets_nothing():
    useful = pd.DataFrame({"segment": ["a", "b"], "stratified_by": ["revenue", ""], "explained": [0.4, 0.05]})
    assert taken_away(useful).to_dict() == {"a": 0.4, "b": 0.0}
    assert needed_per_arm(10 * np.sqrt(0.6), 2) == pytest.approx(0.6 * needed_per_arm(10, 2))


def test_a_campaign_of_our_own_is_held_against_the_arms_that_its_plan_drew():
    """760 treated and 240 held out are no usual split; a plan that drew them so makes them one, and a loss is seen."""
    arms = [(500, 140), (270, 90), (0, 0)]
    plans = [{"campaign": "c", "experiments": [{"n_treated": t, "n_control": c} for t, c in arms]}, {"campaign": "x"}]
    told = planned(pd.DataFrame({"campaign": ["c", "other"]}), plans)
    assert told["treated_share"].tolist()[0] == 0.77 and np.isnan(told["treated_share"].iloc[1])
    declared = planned(pd.DataFrame({"campaign": ["c", "other", "x"], "treated_share": [0.5, 0.6, np.nan]}), plans)
    assert declared["treated_share"].fillna(-1).tolist() == [0.77, 0.6, -1]  # what was drawn, else what was declared
    rows = pd.DataFrame({"arm": ["treated"] * 7700 + ["control"] * 2300})
    assert ratio_p(rows, told["treated_share"].iloc[0]) == 1 and ratio_p(rows) < 0.001
    assert ratio_p(rows.iloc[1500:], 0.77) < 0.001
