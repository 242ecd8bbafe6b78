"""Budget: the best of all allocations by brute force, and no margin without evidence."""

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.strategy.budget import allocate, budget, effects, expected
from lib.strategy.experiment import design

ASSUMED = SimpleNamespace(id="A1", objective="widen", effect=0.05, low=0.01, high=0.09, source="a trade study")
NO_UPLIFT = NotMeasured("no campaign")


@pytest.mark.parametrize("seed", range(12))
def test_the_allocation_is_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    value, cost = rng.uniform(0, 10, 3), rng.uniform(0, 6, 3)
    available, capacity = rng.integers(0, 7, 3), int(rng.integers(1, 15))

    def profit(contacts):
        return sum(expected(v, x, n) - x * c for v, x, n, c in zip(value, contacts, available, cost, strict=True) if x)

    every = [c for c in itertools.product(*(range(n + 1) for n in available)) if sum(c) <= capacity]
    chosen = allocate(value, cost, available, capacity)
    assert tuple(chosen) in every
    assert profit(chosen) == pytest.approx(max(map(profit, every)))


def test_an_unknown_effect_gets_nothing():
    assert allocate(np.array([np.nan, 5.0]), np.array([1.0, 1.0]), np.array([10, 3]), 20).tolist() == [0, 3]


def test_nothing_measured_or_declared_gives_a_test_budget_and_no_figure(facts, plan):
    found = effects(plan, facts, NO_UPLIFT, [], margin_rate=0.3)
    out = _budget(found, facts, plan, capacity=500)
    ARTEFACTS["budget"].check(out)
    assert set(out["basis"]) == {"test budget"}
    assert out[["expected_margin", "low", "high"]].isna().all(axis=None)
    assert 0 < out["contacts"].sum() <= 500


def test_a_declared_assumption_carries_its_id_and_its_range(facts, plan):
    found = effects(plan, facts, NO_UPLIFT, [ASSUMED], margin_rate=0.3)
    row = _budget(found, facts, plan, capacity=500, cost=5).set_index("segment").loc["steady"]
    order = facts.set_index("segment").loc["steady", "mean_occasion_value"]
    assert (row["basis"], row["source"]) == ("declared", "A1")
    assert row["low"] < row["expected_margin"] < row["high"]
    assert row["expected_margin"] <= 0.05 * order * 0.3 * row["contacts"] - 5 * row["contacts"]


def test_a_measured_loss_gets_nothing_and_an_unclear_one_a_test(facts, plan):
    rows = [("c1", "steady", 500.0, 400.0, 600.0), ("c2", "steady", 900.0, -400.0, 2200.0),
            ("c1", "rising", 10.0, -50.0, 60.0), ("c1", "rare", -300.0, -400.0, -200.0)]
    uplift = pd.DataFrame(rows, columns=["campaign", "segment", "uplift", "low", "high"]).assign(
        outcome="money", adjusted=np.nan, adjusted_low=np.nan, adjusted_high=np.nan)
    found = effects(plan, facts, uplift, [], margin_rate=0.3)
    out = _budget(found, facts, plan, capacity=0, cost=15).set_index("segment")
    assert out["basis"].to_dict() == {
        "steady": "measured", "rising": "test budget", "rare": "none", "gone": "test budget"}
    assert out.loc["steady", "source"] == "c1"  # the precise campaign, not the larger figure
    assert out.loc["rare", "contacts"] == 0


def _budget(found, facts, plan, *, capacity, cost=10.0):
    targets = pd.DataFrame({"segment": facts["segment"], "role": "target", "p_first": 0.25, "p_second": 0.25})
    available = facts.set_index("segment")["n"]
    designed = design(facts, plan, available, campaign="acme-1", unit="customer")
    return budget(found, targets, designed, capacity=capacity, cost=cost)
