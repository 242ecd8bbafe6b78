"""Uplift: planted effects come back, and what is no experiment is never read as one."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib.contracts import ARTEFACTS, NotMeasured
from lib.monitor.trust import judge, ratio_p, visible_loss
from lib.monitor.uplift import checks, interaction, uplift

DAY = dt.date(2026, 6, 30)
CAMPAIGN = {"campaign": "spring", "name": "Spring", "starts_on": pd.Timestamp("2026-04-01"),
            "ends_on": pd.Timestamp("2026-05-01"), "channel": "email", "cost_per_contact": 100.0, "margin_rate": 0.4,
            "randomised": True}
EFFECTS = {"gain": 1500.0, "nothing": 0.0, "harm": -1500.0, "costly": 180.0}


def trial(seed=0, n=1200, share=0.5, effects=EFFECTS, targeted=False):
    rng = np.random.default_rng(seed)
    parts = []
    for segment, effect in effects.items():
        before = rng.gamma(4, 500, n)
        chance = share if not targeted else np.where(before > np.median(before), 0.8, 0.2)
        treated = rng.random(n) < chance
        spread = 50 if segment == "costly" else 400
        spend = np.maximum(0, before + 4000 + effect * treated + rng.normal(0, spread, n))
        parts.append(pd.DataFrame({
            "segment": segment, "arm": np.where(treated, "treated", "control"), "spend": spend, "spend_before": before,
            "converted": (rng.random(n) < 0.2 + 0.1 * (effect > 1000) * treated).astype(float)}))
    rows = pd.concat(parts, ignore_index=True)
    rows["customer_key"] = [f"{i:032x}" for i in range(len(rows))]
    return rows.assign(campaign="spring", assigned_on=pd.Timestamp("2026-04-01"))


def run(rows, campaign=CAMPAIGN, unit="customer", **more):
    labels = rows.set_index("customer_key")["segment"]
    return uplift(pd.DataFrame([campaign]), rows.drop(columns="segment"), labels, as_of=DAY, unit=unit, **more)


def test_positive_zero_and_negative_effects_come_back():
    table = run(trial())
    ARTEFACTS["uplift"].check(table)
    money = table[table["outcome"] == "money"].set_index("segment")
    for segment in ("gain", "nothing", "harm"):
        row = money.loc[segment]
        assert row["low"] <= EFFECTS[segment] <= row["high"]
        assert row["adjusted_low"] <= EFFECTS[segment] <= row["adjusted_high"]
        assert row["adjusted_high"] - row["adjusted_low"] < row["high"] - row["low"]
    assert money["verdict"].str.split(",").str[0][["gain", "nothing", "harm"]].tolist() == [
        "works", "no effect seen", "harms"]
    assert interaction(table).set_index("outcome").loc["money", "differs"]


def test_two_outcomes_of_a_campaign_are_two_chances_to_differ():
    """By hand: Cochran's Q of two segments is the squared difference over the sum of their variances."""
    half = 1.959964
    parts = [(segment, outcome, effect, effect - half, effect + half) for outcome, effects in (
        ("rate", (0.0, 3.0)), ("money", (0.0, 1.0)), ("capped money", (0.0, 9.0)))
        for segment, effect in zip("ab", effects, strict=True)]
    table = pd.DataFrame(parts, columns=["segment", "outcome", "uplift", "low", "high"]).assign(campaign="c", p=np.nan)
    found = interaction(table).set_index("outcome")
    alone = {o: stats.chi2.sf(d ** 2 / 2, 1) for o, d in (("rate", 3.0), ("money", 1.0))}
    assert found["p"].to_dict() == pytest.approx({"rate": 2 * alone["rate"], "money": alone["money"]}, rel=1e-4)
    assert alone["rate"] < 0.05 < 2 * alone["rate"] and not found["differs"].any()


def test_a_strategy_that_works_and_loses_money_is_called_so():
    rows = trial(effects={"costly": 180.0}, n=20_000)
    money = run(rows)[lambda t: (t["outcome"] == "money") & (t["segment"] == "costly")].iloc[0]
    n = money["n_treated"]
    assert money["profit"] == pytest.approx(money["uplift"] * 0.4 * n - 100 * n)
    assert money["low"] > 0 and money["profit_high"] < 0
    assert money["verdict"] == "works, but loses money"


def test_spend_is_capped_beside_and_never_instead():
    table = run(trial()).set_index(["segment", "outcome"])
    assert {"money", "capped money", "rate"} <= set(table.index.get_level_values(1))
    assert np.isnan(table.loc[("gain", "capped money"), "profit"])


def test_targeting_by_earlier_spend_is_never_an_effect():
    table = run(trial(targeted=True, effects={"nothing": 0.0}))
    assert table[["uplift", "low", "high", "adjusted", "profit"]].isna().all(axis=None)
    assert table["verdict"].tolist() == ["not read as an effect: who was treated depends on earlier spend"]


@pytest.mark.parametrize(("change", "said"), [
    ({"randomised": False}, "declared as not randomised"), ({"ends_on": pd.Timestamp("2026-07-15")}, "not over")])
def test_other_reasons_not_to_read_a_campaign(change, said):
    table = run(trial(), {**CAMPAIGN, **change})
    assert said in table["verdict"].iloc[0] and table["uplift"].isna().all()


def test_without_a_holdout_there_is_no_figure():
    rows = trial().assign(arm="treated")
    assert run(rows)["verdict"].tolist() == ["not measured: nobody was held out"]
    assert isinstance(uplift(NotMeasured("no campaigns"), rows, pd.Series(dtype=str), as_of=DAY, unit="customer"),
                      NotMeasured)


def test_a_sample_ratio_mismatch_voids():
    rows = trial(n=3000)
    lost = rows[~((rows["arm"] == "control") & (np.arange(len(rows)) % 5 == 0))]  # a fifth of one arm is gone
    assert "void" in run(lost, {**CAMPAIGN, "treated_share": 0.5})["verdict"].iloc[0]
    assert 0.05 < visible_loss(6000, 6000) < 0.2
    assert judge(pd.Series(CAMPAIGN), rows, as_of=DAY).problem == ""


def test_a_fair_draw_is_rarely_voided():
    rng = np.random.default_rng(3)
    ps = []
    for _ in range(400):
        arm = np.where(rng.random(800) < 0.5, "treated", "control")
        ps.append(ratio_p(pd.DataFrame({"arm": arm, "stratum": rng.integers(0, 4, 800).astype(str)}), 0.5))
    assert np.mean(np.array(ps) < 0.001) <= 0.01
    assert np.mean(np.array(ps) < 0.05) <= 0.08


def test_small_arms_are_not_read():
    table = run(trial(n=100, effects={"gain": 1500.0}))
    row = table[(table["segment"] == "gain") & (table["outcome"] == "rate")].iloc[0]
    assert row["verdict"].startswith("too few to tell") and np.isnan(row["uplift"])


def test_few_buyers_leave_the_rate_only():
    rows = trial(effects={"gain": 0.0})
    rows.loc[rows.index % 100 != 0, "spend"] = 0.0
    money = run(rows)[lambda t: t["outcome"] == "money"]
    assert money["verdict"].str.startswith("too few buyers").all() and money["uplift"].isna().all()


def test_accounts_are_judged_by_t_on_their_means():
    rows = trial(n=60, effects={"gain": 1500.0})
    row = run(rows, unit="account")[lambda t: (t["segment"] == "all") & (t["outcome"] == "money")].iloc[0]
    from scipy import stats
    arms = [rows.loc[rows["arm"] == a, "spend"] for a in ("treated", "control")]
    expected = stats.ttest_ind(*arms, equal_var=True).confidence_interval()
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_order_of_rows_changes_nothing():
    rows = trial()
    pd.testing.assert_frame_equal(run(rows), run(rows.sample(frac=1, random_state=4)))


def test_checks_say_what_they_could_have_seen():
    rows = trial()
    said = checks(pd.DataFrame([CAMPAIGN]), rows, as_of=DAY).iloc[0]
    assert said["problem"] == "" and "would have shown" in said["note"]
