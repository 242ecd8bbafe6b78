"""Experiment: power against statsmodels, a draw that depends on key and campaign alone, strata that stay even."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from lib.contracts import ARTEFACTS, NotMeasured
from lib.strategy.budget import UNSEEN, budget
from lib.strategy.experiment import HOPELESS, SMALLEST_ARM, design, draw, settle
from lib.strategy.power import needed_per_arm, rate_sd, smallest_effect, smallest_rise
from lib.strategy.strata import epsilon_squared, noted, strata, worth

NO_STRATA = pd.Series(dtype="str")


@pytest.mark.parametrize(("sd", "effect"), [(0.5, 0.05), (30.0, 4.0), (1.0, 0.2)])
def test_units_needed_agree_with_statsmodels(sd, effect):
    exact = NormalIndPower().solve_power(effect_size=effect / sd, alpha=0.05, power=0.8)
    assert needed_per_arm(sd, effect) == pytest.approx(exact, rel=0.03)


def test_the_smallest_effect_agrees_with_statsmodels():
    exact = NormalIndPower().solve_power(nobs1=800, ratio=200 / 800, alpha=0.05, power=0.8) * 0.4
    assert smallest_effect(0.4, 800, 200) == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(("rate", "rise"), [(0.5, 0.05), (0.12, 0.04), (0.004, 0.03), (0.9, 0.05)])
def test_units_needed_for_a_rate_have_the_power_that_is_promised(rate, rise):
    """Also for a rare event, where the variance of the baseline alone would ask for a fifth of the units."""
    n = needed_per_arm(rate_sd(rate, rise), rise)
    assert power_proportions_2indep(rise, rate, n).power == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("rate", "treated", "control"), [(0.5, 400, 100), (0.01, 300, 300), (0.93, 900, 300)])
def test_the_smallest_rise_is_seen_in_80_percent(rate, treated, control):
    """Simulated: the difference of two shares, each with its own variance, beyond 1.96 standard errors."""
    rise, rng = smallest_rise(rate, treated, control), np.random.default_rng(4)
    a, b = rng.binomial(treated, rate + rise, 4000) / treated, rng.binomial(control, rate, 4000) / control
    error = np.sqrt(a * (1 - a) / treated + b * (1 - b) / control)
    assert ((a - b) > 1.96 * np.maximum(error, 1e-9)).mean() == pytest.approx(0.8, abs=0.05)


def test_what_cannot_rise_is_not_seen():
    assert np.isnan(smallest_rise(0.99, 20, 20)) and np.isnan(smallest_rise(1.0, 500, 500))
    assert np.isnan(smallest_rise(0.5, 0, 100))


def test_the_design_keeps_its_contract(facts, plan):
    designed = _designed(facts, plan)
    ARTEFACTS["experiments"].check(designed)
    assert (designed["n_treated"] + designed["n_control"] == designed["n_available"]).all()


def test_a_verdict_follows_from_the_smallest_effect(facts, plan):
    designed = _designed(facts, plan)
    paid = pd.DataFrame({"segment": designed["segment"], "contacts": 10_000})
    for table in (designed, settle(designed, paid, facts)):
        readable = table[["n_treated", "n_control"]].min(axis=1) >= SMALLEST_ARM["customer"]
        enough = (table["smallest_effect"] <= table["aimed"].abs()) & readable
        assert (enough == (table["verdict"] == "large enough")).all()
        seen = (table["smallest_effect"] <= HOPELESS * table["aimed"].abs()) & readable
        assert (seen == (table["verdict"] != "hopeless")).all()


def test_no_test_is_planned_smaller_than_what_can_be_judged(facts, plan):
    """A spread so small that 20 an arm would do: the plan still asks for what step 6 reads a result from."""
    narrow = facts.assign(breadth_sd=0.01)
    steady = _designed(narrow, plan).set_index("segment").loc["steady"]
    assert steady["n_needed"] == steady["n_control"] == SMALLEST_ARM["customer"]
    few = pd.DataFrame({"segment": facts["segment"], "contacts": 20})
    out = settle(_designed(narrow, plan), few.assign(reason=""), narrow).set_index("segment")
    assert out.loc["steady", "verdict"] == "hopeless", "nothing could be read from it"


@pytest.mark.parametrize("spread", [0.05, 0.2, 0.35, 0.6, 3.0])
def test_a_hopeless_test_is_one_that_would_see_its_aim_in_one_of_five_cases_at_most(facts, plan, spread):
    """Simulated: with arms drawn as designed, how often the effect aimed at is clear of chance."""
    row = _designed(facts.assign(breadth_sd=spread), plan).set_index("segment").loc["steady"]
    rng = np.random.default_rng(5)
    error = spread * np.sqrt(1 / row["n_treated"] + 1 / row["n_control"])
    seen = (np.abs(rng.normal(row["aimed"], error, 20_000)) > 1.96 * error).mean()
    assert (row["verdict"] == "hopeless") == (seen < 0.21), (seen, row["verdict"])
    if row["verdict"] == "hopeless":
        assert np.isnan(row["n_least"])
    else:
        least = int(row["n_least"])
        arms = row["n_control"], spread / row["aimed"]
        assert least >= SMALLEST_ARM["customer"] and smallest_effect(arms[1], least, arms[0]) <= 2.5
        assert least == SMALLEST_ARM["customer"] or smallest_effect(arms[1], least - 1, arms[0]) > 2.5


def test_a_hopeless_test_is_not_planned_and_buys_nothing(facts, plan):
    """The share active of those long gone is to rise by points; a handful who may be contacted could not show it."""
    few = pd.Series({"steady": 600, "rising": 400, "rare": 300, "gone": 150})
    wide = facts.assign(breadth_sd=3.0)
    designed = design(wide, plan, few, campaign="acme-1", unit="customer")
    hopeless = set(designed.loc[designed["verdict"] == "hopeless", "segment"])
    assert "gone" in hopeless and "steady" in hopeless
    targets = pd.DataFrame({"segment": facts["segment"], "role": "target", "p_first": 0.25, "p_second": 0.25})
    found = pd.DataFrame({"segment": plan["segment"], "basis": "none", "value": np.nan, "low": np.nan, "high": np.nan,
                          "cost_each": 5.0, "source": ""})
    money = ARTEFACTS["budget"].check(budget(found, targets, designed, capacity=0, cost=5.0, saturation=0.25))
    refused = money[money["reason"] == UNSEEN]
    assert set(refused["segment"]) == hopeless and refused["contacts"].eq(0).all() and refused["cost"].eq(0).all()
    settled = ARTEFACTS["experiments"].check(settle(designed, money, wide)).set_index("segment")
    assert settled.loc[list(hopeless), ["n_treated", "n_control"]].eq(0).all(axis=None)
    assert settled.loc[list(hopeless), "verdict"].eq("hopeless").all()
    paid = found.assign(basis="measured", value=50.0, low=20.0, high=90.0, source="c1")
    money = budget(paid, targets, designed, capacity=0, cost=5.0, saturation=0.25)
    settled = settle(designed, money, wide).set_index("segment")
    assert (settled.loc[list(hopeless), "n_control"] > 0).all() and settled.loc["gone", "verdict"] == "hopeless"


def test_where_no_target_can_be_tested_the_next_segment_that_can_be_is(facts, plan):
    """Steady, the target, has a hopeless test; of the others rising ranks before gone, and rare is no better."""
    roles = pd.DataFrame({"segment": ["steady", "rising", "rare", "gone"], "role": ["target", "keep", "keep", "keep"],
                          "p_first": [0.9, 0.1, 0.0, 0.0], "p_second": [0.1, 0.4, 0.3, 0.2]})
    found = pd.DataFrame({"segment": plan["segment"], "basis": "none", "value": np.nan, "low": np.nan, "high": np.nan,
                          "cost_each": 5.0, "source": ""})
    designed = _designed(facts, plan).set_index("segment")
    for least, wanted in (({"rising": 100.0, "gone": 100.0}, "rising"), ({"gone": 100.0}, "gone"), ({}, None)):
        given = designed.assign(n_least=pd.Series(least, dtype="float64").reindex(designed.index)).reset_index()
        money = budget(found, roles, given, capacity=0, cost=5.0, saturation=0.25).set_index("segment")
        assert money.loc["steady", ["contacts", "reason"]].tolist() == [0, UNSEEN]
        assert money.index[money["contacts"] > 0].tolist() == ([wanted] if wanted else [])


def test_too_little_capacity_for_a_test_buys_none(facts, plan):
    targets = pd.DataFrame({"segment": facts["segment"], "role": ["target", *["keep"] * 3], "p_first": 0.25,
                            "p_second": 0.25})
    found = pd.DataFrame({"segment": plan["segment"], "basis": "none", "value": np.nan, "low": np.nan, "high": np.nan,
                          "cost_each": 5.0, "source": ""})
    designed = _designed(facts.assign(breadth_sd=0.1), plan)
    least = int(designed.set_index("segment").loc["steady", "n_least"])
    for capacity, wanted in ((least - 1, 0), (least, least)):
        money = budget(found, targets, designed, capacity=capacity, cost=5.0, saturation=0.25).set_index("segment")
        assert money.loc["steady", "contacts"] == wanted
        assert money.loc["steady", "reason"] == ("" if wanted else "no capacity left")


def test_without_consent_nobody_is_drawn(facts, plan):
    designed = design(facts, plan, NotMeasured("no consents"), campaign="acme-1", unit="customer")
    assert set(designed["verdict"]) == {"no test"}
    assert designed[["n_available", "n_treated", "n_control"]].eq(0).all(axis=None)
    assert designed["smallest_effect"].notna().all()


def test_the_budget_settles_the_arms(facts, plan):
    designed = _designed(facts, plan)
    paid = pd.DataFrame({"segment": designed["segment"], "contacts": [50, 0, 10_000, 1]})
    out = settle(designed, paid, facts).set_index("segment")
    first, second = designed["segment"].iloc[:2]
    assert out.loc[first, "n_treated"] == 50
    assert out.loc[second, ["n_treated", "n_control"]].tolist() == [0, 0]
    assert out.loc[second, "verdict"] == "no test"
    assert (out["n_treated"] <= designed.set_index("segment")["n_treated"]).all()


def test_the_draw_is_repeatable_exact_and_blind_to_order(facts, plan, assignments):
    designed = _designed(facts, plan)
    arms = draw(assignments, designed, NO_STRATA, key=b"k")
    shuffled = assignments.sample(frac=1, random_state=5)
    pd.testing.assert_series_equal(draw(shuffled, designed, NO_STRATA, key=b"k").sort_index(), arms)
    counts = pd.crosstab(assignments["segment"], arms)
    planned = designed.set_index("segment")
    assert counts["control"].equals(planned.loc[counts.index, "n_control"].rename("control"))


def test_two_campaigns_draw_independently(facts, plan, assignments):
    arms = [draw(assignments, _designed(facts, plan, campaign), NO_STRATA, key=b"k") for campaign in ("one", "two")]
    steady = (assignments["segment"] == "steady").to_numpy()
    table = pd.crosstab(arms[0][steady], arms[1][steady])
    assert stats.chi2_contingency(table).pvalue > 0.001
    assert not np.array_equal(arms[0], arms[1])


def test_strata_stay_even_in_every_arm_and_the_arms_keep_their_size(facts, plan, assignments):
    designed = _designed(facts, plan)
    layer = pd.Series(np.random.default_rng(2).choice(list("1234"), len(assignments), p=[0.1, 0.2, 0.3, 0.4]),
                      index=assignments["customer_key"])
    arms = draw(assignments, designed, layer, key=b"k")
    sizes = pd.crosstab(assignments["segment"], arms)
    planned = designed.set_index("segment")
    assert (sizes["control"] == planned.loc[sizes.index, "n_control"]).all()
    table = pd.crosstab([assignments["segment"], assignments["customer_key"].map(layer)], arms)
    for segment, part in table.groupby(level=0):
        share = planned.loc[segment, "n_control"] / planned.loc[segment, "n_available"]
        assert (part["control"] - part.sum(axis=1) * share).abs().max() <= 1, segment
    assert not draw(assignments, designed, NO_STRATA, key=b"k").equals(arms)


def test_strata_are_used_where_an_earlier_measure_tells_the_outcome(assignments, features, facts, plan):
    """Breadth carries over from period to period, coming back does not: only the first is worth strata."""
    rng = np.random.default_rng(1)
    habit, chance = rng.normal(size=len(assignments)), lambda: rng.poisson(1.0, len(assignments)) * 1.0
    rows = [pd.DataFrame({"customer_key": assignments["customer_key"], "period": period,
                          "breadth": habit + 0.5 * rng.normal(size=len(assignments)), "frequency": chance(),
                          "depth": habit}) for period in (-1, 0)]
    useful = worth(assignments, pd.concat(rows), plan).set_index("segment")
    assert useful["stratified_by"].to_dict() == {"gone": "", "rare": "", "rising": "", "steady": "breadth"}
    assert 0.4 < useful.loc["steady", "explained"] < 0.64  # at most .8 ** 2, by quarters less
    assert useful.loc["rare", "explained"] < 0.05
    layers = strata(assignments, features, useful.reset_index())
    steady = assignments.loc[assignments["segment"] == "steady", "customer_key"]
    assert layers[steady].value_counts().eq(150).all()
    ARTEFACTS["experiments"].check(noted(_designed(facts, plan), useful.reset_index()))


def test_the_share_explained_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 4, 400)
    values = pd.Series(groups + rng.normal(size=400))
    f = stats.f_oneway(*(values[groups == g] for g in range(4))).statistic
    assert epsilon_squared(values, groups) == pytest.approx((3 * f - 3) / (3 * f + 396))
    assert epsilon_squared(pd.Series(rng.normal(size=400)), groups) < 0.03


def test_arms_are_drawn_among_the_eligible_only(facts, plan, assignments):
    from lib.strategy.audiences import available, eligible, with_arms

    people = assignments[["customer_key", "segment"]].assign(channel="push", reason="eligible")
    people.loc[people.index % 3 == 0, "reason"] = "opted out"
    designed = design(facts, plan, available(people), campaign="acme-1", unit="customer")
    audience = with_arms(people, draw(eligible(people), designed, NO_STRATA, key=b"k"), NO_STRATA)
    drawn = audience[audience["reason"] == "exported"].groupby("segment").size()
    planned = designed.set_index("segment")[["n_treated", "n_control"]].sum(axis=1)
    assert drawn.to_dict() == planned.to_dict()
    assert not audience.loc[people["reason"] == "opted out", "arm"].isin(["treated", "control"]).any()


def _designed(facts, plan, campaign="acme-1"):
    return design(facts, plan, facts.set_index("segment")["n"], campaign=campaign, unit="customer")
