"""The engagement framework: what it promises (method.md §3.3) on a few sets each, its guards, and its arithmetic."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from lib.basis.framework import engagement_framework
from lib.basis.importance import RIDGE, importance
from lib.contracts import ARTEFACTS, NotMeasured
from tests.basis.simulations import METRICS, ONE, SMALL, Setting, customers, framework_promise

DRIVEN = Setting(ONE, 0.95, ("depth",), 0.15, 1000, 0.5)
NOT_DRIVEN = Setting(ONE, 0.95, (), 0.0, 1000, 0.5)
SEEDS = 5


def simulate(setting: Setting, seed: int = 1):
    return customers(setting, np.random.default_rng(seed))


def framework(setting: Setting, seed: int = 1, **more) -> pd.DataFrame:
    told = {"metrics": METRICS} | more
    table = engagement_framework(*simulate(setting, seed), **told)
    return ARTEFACTS["engagement_framework"].check(table).set_index("dimension")


@pytest.mark.parametrize("setting", SMALL, ids=lambda s: f"{s.promise}-{s.n}-{s.name}")
def test_the_promise_is_not_contradicted(setting):
    """Few sets cannot prove a share, but they can contradict one: its interval must reach it. 400: docs/evidence.md."""
    (row,) = framework_promise(SEEDS, (setting,))
    if setting.least is not None:
        assert row["high"] >= setting.least, row
    assert row["wrong Primary"] == 0, row


def test_a_driver_leads_and_the_correlations_are_printed():
    table = framework(DRIVEN)
    assert table.loc["depth", ["relevance", "chosen_by"]].tolist() == ["Primary", "data"]
    assert table.loc["depth", "first_share"] >= 0.95
    assert table.loc["depth", "with_depth"] == pytest.approx(1.0)
    assert 0.35 < table.loc["depth", "with_breadth"] < 0.6
    assert "association" in table.loc["depth", "rationale"]


def test_the_second_place_is_given_only_when_it_is_clear():
    both = Setting(ONE, 0.95, ("depth", "depth", "frequency"), 0.4, 4000, 0.2)
    found = framework(both)["relevance"].to_dict()
    assert found == {"depth": "Primary", "frequency": "Secondary", "breadth": "Tertiary"}
    assert "Secondary" not in framework(DRIVEN)["relevance"].tolist()


@pytest.mark.parametrize("jitter", [0.0, 0.02])
def test_a_saturated_dimension_never_leads_even_with_a_little_noise(jitter):
    used, critical = simulate(Setting(ONE, 0.95, ("frequency",), 0.3, 2000, 0.2, saturated="frequency"))
    rng = np.random.default_rng(0)
    used["frequency"] = np.exp(-jitter * rng.random(len(used))) * used["frequency"]
    table = engagement_framework(used, critical, metrics=METRICS).set_index("dimension")
    assert table.loc["frequency", "relevance"] == "not separable"
    assert "same value" in table.loc["frequency", "rationale"]


def test_a_metric_that_changes_from_period_to_period_never_leads():
    used, critical = simulate(DRIVEN)
    shuffled = used[used["period"] == -2]["depth"].sample(frac=1, random_state=1).to_numpy()
    used.loc[used["period"] == -2, "depth"] = shuffled
    table = engagement_framework(used, critical, metrics=METRICS).set_index("dimension")
    assert table.loc["depth", "relevance"] == "not separable"
    assert "not stable" in table.loc["depth", "rationale"]


def test_a_component_of_the_outcome_never_leads():
    """Revenue is judged where everybody did the event; spend a day is part of it."""
    amounts = Setting(ONE, 0.95, ("depth",), 0.3, 1000, 0.2, binary=False)
    assert framework(amounts).loc["depth", "relevance"] == "Primary"
    table = framework(amounts, metrics=METRICS | {"depth": "amount"})
    assert table.loc["depth", "relevance"] == "not separable"
    assert "component" in table.loc["depth", "rationale"]


def test_days_of_the_same_event_are_a_component_of_its_days():
    used, critical = simulate(Setting(ONE, 0.95, ("frequency",), 0.3, 1000, 0.2, binary=False))
    critical["frequency"] = np.ceil(np.log(critical.pop("revenue").clip(lower=1.1)))
    told = {"metrics": METRICS | {"frequency": "cook"}}
    other = engagement_framework(used, critical, critical_event="order", **told).set_index("dimension")
    same = engagement_framework(used, critical, critical_event="cook", **told).set_index("dimension")
    assert other.loc["frequency", "relevance"] == "Primary"
    assert same.loc["frequency", "relevance"] == "not separable"


def test_the_declared_choice_stands_with_its_reason_only_where_the_data_cannot_tell():
    table = framework(NOT_DRIVEN, declared="breadth", reason="paid by module")
    assert table.loc["breadth", ["relevance", "chosen_by"]].tolist() == ["Primary", "declared"]
    assert "paid by module" in table.loc["breadth", "rationale"]
    assert table["chosen_by"].tolist().count("declared") == 1
    assert framework(DRIVEN, declared="breadth", reason="x").loc["depth", "relevance"] == "Primary"


def test_without_a_declared_choice_nothing_leads():
    assert set(framework(NOT_DRIVEN)["relevance"]) == {"not separable"}


def test_order_of_rows_changes_nothing():
    used, critical = simulate(DRIVEN)
    shuffled = [f.sample(frac=1, random_state=1) for f in (used, critical)]
    pd.testing.assert_frame_equal(engagement_framework(used, critical, metrics=METRICS),
                                  engagement_framework(*shuffled, metrics=METRICS))


def test_importance_equals_drawn_permutations_of_a_ridge_of_scikit_learn():
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(2, 3, size=(500, 3)), rng.normal(2, 3, size=(500, 3))
    y1, y2 = (x @ [0.5, 0.2, 0.0] + rng.normal(size=500) for x in (x1, x2))
    found = importance(x1, y1, x2, y2, seed=1)
    scaler = StandardScaler().fit(x1)
    model, z = Ridge(alpha=RIDGE).fit(scaler.transform(x1), y1), scaler.transform(x2)

    def r2(z):
        residual = y2 - model.predict(z)
        return 1 - residual.var() / y2.var()

    assert found.r2 == pytest.approx(r2(z))
    for j in range(3):
        lost = []
        for _ in range(400):
            mixed = z.copy()
            mixed[:, j] = rng.permutation(z[:, j])
            lost.append(r2(z) - r2(mixed))
        assert np.mean(lost) == pytest.approx(found.estimate[j], abs=0.01)


def test_every_draw_refits_the_model():
    """The spread of the draws equals that of sets drawn anew by hand, each with a ridge of its own."""
    rng = np.random.default_rng(3)
    x1, x2 = rng.normal(size=(400, 2)), rng.normal(size=(400, 2))
    y1, y2 = (x @ [0.3, 0.0] + rng.normal(size=400) for x in (x1, x2))
    drawn = importance(x1, y1, x2, y2, seed=1).draws
    by_hand = []
    for _ in range(120):
        i = rng.integers(0, 400, 400)
        by_hand.append(importance(x1[i], y1[i], x2[i], y2[i], seed=1).estimate)
    assert drawn.shape == (500, 2)
    assert np.quantile(drawn, [0.2, 0.5, 0.8], axis=0) == pytest.approx(
        np.quantile(by_hand, [0.2, 0.5, 0.8], axis=0), abs=0.03)


def test_too_few_customers_is_no_answer():
    assert isinstance(engagement_framework(*simulate(Setting(ONE, 0.95, ("depth",), 0.2, 60)), metrics=METRICS),
                      NotMeasured)
