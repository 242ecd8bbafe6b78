"""Budget: the best of all allocations by brute force, and no margin without evidence."""

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.strategy.budget import allocate, budget, effects, expected
from lib.strategy.experiment import design
from lib.strategy.sensitivity import CASES, sensitivity

ASSUMED = SimpleNamespace(id="A1", objective="widen", effect=0.05, low=0.01, high=0.09, source="a trade study")
NONE = NotMeasured("no campaign")
CAMPAIGNS = pd.DataFrame({"campaign": ["c1", "c2"], "channel": ["push", "push"], "cost_per_contact": [15.0, 15.0]})


@pytest.mark.parametrize("seed", range(12))
def test_the_allocation_is_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    value, cost = rng.uniform(0, 10, 3), rng.uniform(0, 6, 3)
    available, capacity, saturation = rng.integers(0, 7, 3), int(rng.integers(1, 15)), rng.uniform(0, 0.5)

    def profit(contacts):
        return sum(expected(v, x, n, saturation=saturation) - x * c
                   for v, x, n, c in zip(value, contacts, available, cost, strict=True) if x)

    every = [c for c in itertools.product(*(range(n + 1) for n in available)) if sum(c) <= capacity]
    chosen = allocate(value, cost, available, capacity, saturation=saturation)
    assert tuple(chosen) in every
    assert profit(chosen) == pytest.approx(max(map(profit, every)))


def test_an_unknown_effect_gets_nothing():
    given = (np.array([np.nan, 5.0]), np.array([1.0, 1.0]), np.array([10, 3]), 20)
    assert allocate(*given, saturation=0.25).tolist() == [0, 3]


def test_nothing_measured_or_declared_gives_a_test_budget_and_no_figure(facts, plan):
    found = _effects(plan, facts, NONE)
    out = _budget(found, facts, plan, capacity=500)
    ARTEFACTS["budget"].check(out)
    assert set(out["basis"]) == {"test budget"}
    assert out[["expected_margin", "low", "high"]].isna().all(axis=None)
    assert 0 < out["contacts"].sum() <= 500
    assert set(out.loc[out["contacts"] == 0, "reason"]) <= {"no capacity left"}
    nothing = sensitivity(found, *_rest(facts, plan), capacity=500, cost=10.0, saturation=0.25)
    assert isinstance(nothing, NotMeasured) and "assumptions" in nothing.needed


def test_a_declared_assumption_carries_its_id_and_its_range(facts, plan):
    found = _effects(plan, facts, NONE, [ASSUMED], cost=5.0)
    row = _budget(found, facts, plan, capacity=500, cost=5.0).set_index("segment").loc["steady"]
    order = facts.set_index("segment").loc["steady", "mean_occasion_value"]
    assert (row["basis"], row["source"]) == ("declared", "A1")
    assert row["low"] < row["expected_margin"] < row["high"]
    assert row["expected_margin"] <= 0.05 * order * 0.3 * row["contacts"] - 5 * row["contacts"]


def test_a_measured_loss_gets_nothing_and_an_unclear_one_a_test(facts, plan):
    out = _budget(_effects(plan, facts, _uplift()), facts, plan, capacity=0, cost=15.0).set_index("segment")
    assert out["basis"].to_dict() == {
        "steady": "measured", "rising": "test budget", "rare": "none", "gone": "test budget"}
    assert out.loc["steady", "source"] == "c1"  # the precise campaign, not the larger figure
    assert out.loc["rare", ["contacts", "reason"]].tolist() == [0, "measured below its cost"]


def test_an_effect_is_paid_for_at_the_cost_of_its_own_campaign(facts, plan):
    """A voucher of 9.00 that brings 1.50 of margin does not pay because a message would cost 0.15."""
    dear = CAMPAIGNS.assign(cost_per_contact=900.0)
    out = _budget(_effects(plan, facts, _uplift(), campaigns=dear), facts, plan, capacity=0, cost=15.0)
    assert out.set_index("segment").loc["steady", ["basis", "reason"]].tolist() == ["none", "measured below its cost"]
    told = CAMPAIGNS.assign(margin_rate=[0.9, np.nan])
    found = _effects(plan, facts, _uplift(), campaigns=told).set_index("segment")
    assert found.loc["steady", "value"] == pytest.approx(500 * 0.9)
    assert found.loc["steady", "cost_each"] == 15.0


def test_an_effect_through_another_channel_says_nothing(facts, plan):
    letters = CAMPAIGNS.assign(channel="mail")
    assert set(_effects(plan, facts, _uplift(), campaigns=letters)["basis"]) == {"none"}
    unknown = CAMPAIGNS.drop(columns="channel")
    assert _effects(plan, facts, _uplift(), campaigns=unknown).set_index("segment").loc["steady", "basis"] == "measured"


def test_each_case_is_the_best_under_its_own_assumption(facts, plan):
    found, (targets, designed) = _effects(plan, facts, NONE, [ASSUMED], cost=5.0), _rest(facts, plan)
    table = sensitivity(found, targets, designed, capacity=300, cost=5.0, saturation=0.25)
    ARTEFACTS["sensitivity"].check(table)
    assert list(dict.fromkeys(table["case"])) == [name for name, *_ in CASES]
    planned = _budget(found, facts, plan, capacity=300, cost=5.0).set_index("segment")
    first = table[table["case"] == "as planned"].set_index("segment")
    assert first.loc["steady", "contacts"] == planned.loc["steady", "contacts"] and first["moved"].eq(0).all()
    assert first["expected_margin"].sum() == pytest.approx(planned.loc["steady", "expected_margin"])
    margin, contacts = (table.groupby("case")[c].sum() for c in ("expected_margin", "contacts"))
    assert margin["effects at their high end"] > margin["as planned"] > margin["effects half as large"]
    assert margin["no diminishing returns"] > margin["as planned"] > margin["returns diminish twice as fast"]
    assert contacts["half the capacity"] == 150
    assert table.set_index("case").loc["half the capacity", "moved"].max() == 150
    undeclared = sensitivity(found, targets, designed, capacity=0, cost=5.0, saturation=0.25)
    assert not undeclared["case"].str.contains("capacity").any()


def _uplift() -> pd.DataFrame:
    rows = [("c1", "steady", 500.0, 400.0, 600.0), ("c2", "steady", 900.0, -400.0, 2200.0),
            ("c1", "rising", 10.0, -50.0, 60.0), ("c1", "rare", -300.0, -400.0, -200.0)]
    return pd.DataFrame(rows, columns=["campaign", "segment", "uplift", "low", "high"]).assign(
        outcome="money", cost=0.0, adjusted=np.nan, adjusted_low=np.nan, adjusted_high=np.nan)


def _effects(plan, facts, uplift, assumptions=(), campaigns=CAMPAIGNS, cost=15.0):
    return effects(plan.assign(channel="push"), facts, uplift, campaigns, list(assumptions), margin_rate=0.3, cost=cost)


def _rest(facts, plan):
    targets = pd.DataFrame({"segment": facts["segment"], "role": "target", "p_first": 0.25, "p_second": 0.25})
    available = facts.set_index("segment")["n"]
    designed = design(facts, plan, available, campaign="acme-1", unit="customer")
    return targets, designed.assign(n_least=1.0)  # of tests that could see their aim; others: test_experiment


def _budget(found, facts, plan, *, capacity, cost=10.0):
    return budget(found, *_rest(facts, plan), capacity=capacity, cost=cost, saturation=0.25)
