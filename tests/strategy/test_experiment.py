"""Experiment: power against statsmodels, a draw that depends on key and campaign alone."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from lib.contracts import ARTEFACTS, NotMeasured
from lib.strategy.experiment import design, draw, needed_per_arm, settle, smallest_effect


@pytest.mark.parametrize(("sd", "effect"), [(0.5, 0.05), (30.0, 4.0), (1.0, 0.2)])
def test_units_needed_agree_with_statsmodels(sd, effect):
    exact = NormalIndPower().solve_power(effect_size=effect / sd, alpha=0.05, power=0.8)
    assert needed_per_arm(sd, effect) == pytest.approx(exact, rel=0.03)


def test_the_smallest_effect_agrees_with_statsmodels():
    exact = NormalIndPower().solve_power(nobs1=800, ratio=200 / 800, alpha=0.05, power=0.8) * 0.4
    assert smallest_effect(0.4, 800, 200) == pytest.approx(exact, rel=1e-3)


def test_the_design_keeps_its_contract(facts, plan):
    designed = _designed(facts, plan)
    ARTEFACTS["experiments"].check(designed)
    assert (designed["n_treated"] + designed["n_control"] == designed["n_available"]).all()


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
    arms = draw(assignments, designed, key=b"k")
    shuffled = assignments.sample(frac=1, random_state=5)
    pd.testing.assert_series_equal(draw(shuffled, designed, key=b"k").sort_index(), arms)
    counts = pd.crosstab(assignments["segment"], arms)
    planned = designed.set_index("segment")
    assert counts["control"].equals(planned.loc[counts.index, "n_control"].rename("control"))


def test_two_campaigns_draw_independently(facts, plan, assignments):
    arms = [draw(assignments, _designed(facts, plan, campaign), key=b"k") for campaign in ("one", "two")]
    steady = (assignments["segment"] == "steady").to_numpy()
    table = pd.crosstab(arms[0][steady], arms[1][steady])
    assert stats.chi2_contingency(table).pvalue > 0.001
    assert not np.array_equal(arms[0], arms[1])


def _designed(facts, plan, campaign="acme-1"):
    return design(facts, plan, facts.set_index("segment")["n"], campaign=campaign, unit="customer")


def test_arms_are_drawn_among_the_eligible_only(facts, plan, assignments):
    from lib.strategy.audiences import available, eligible, with_arms

    people = assignments[["customer_key", "segment"]].assign(channel="push", reason="eligible")
    people.loc[people.index % 3 == 0, "reason"] = "opted out"
    designed = design(facts, plan, available(people), campaign="acme-1", unit="customer")
    audience = with_arms(people, draw(eligible(people), designed, key=b"k"))
    drawn = audience[audience["reason"] == "exported"].groupby("segment").size()
    planned = designed.set_index("segment")[["n_treated", "n_control"]].sum(axis=1)
    assert drawn.to_dict() == planned.to_dict()
    assert not audience.loc[people["reason"] == "opted out", "arm"].isin(["treated", "control"]).any()
