"""The engagement framework by simulation: the planted driver leads, noise does not (method.md §3.3)."""

import numpy as np
import pandas as pd
import pytest

from lib.basis.framework import _importance, engagement_framework
from lib.contracts import NotMeasured

METRICS = {"breadth": "feature", "depth": "value", "frequency": "event"}


def simulate(seed: int, weights: dict[str, float], n: int = 2000, noise: float = 1.0, saturated: str = ""):
    """Customers over three periods, metrics correlated about .6, next-period activity driven by ``weights``."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    trait = {d: 0.75 * common + 0.65 * rng.normal(size=n) for d in METRICS}
    rows, critical = [], []
    previous = trait
    for period in (-2, -1, 0):
        now = {d: trait[d] + 0.3 * rng.normal(size=n) for d in METRICS}
        drive = sum(w * previous[d] for d, w in weights.items()) + noise * rng.normal(size=n)
        keys = [f"c{i:05}" for i in range(n)]
        metrics = {d: np.exp(np.full(n, 2.0) if d == saturated else v) for d, v in now.items()}
        rows.append(pd.DataFrame({"customer_key": keys, "period": period, **metrics}))
        critical.append(pd.DataFrame({"customer_key": keys, "period": period, "frequency": (drive > 0).astype(float)}))
        previous = now
    return pd.concat(rows), pd.concat(critical)


@pytest.mark.parametrize("driver", ["breadth", "depth", "frequency"])
def test_the_planted_driver_is_primary(driver):
    found = [_primary(engagement_framework(*simulate(seed, {driver: 0.6}), metrics=METRICS)) for seed in range(6)]
    assert found == [driver] * 6


def test_nothing_leads_when_nothing_drives():
    found = [_primary(engagement_framework(*simulate(seed, {}), metrics=METRICS)) for seed in range(12)]
    assert found.count(None) >= 11


def test_two_equal_drivers_are_not_separable():
    tables = [engagement_framework(*simulate(s, {"breadth": 0.5, "depth": 0.5}), metrics=METRICS) for s in range(8)]
    assert [_primary(t) for t in tables].count(None) >= 7


def test_a_saturated_dimension_never_leads():
    table = engagement_framework(*simulate(3, {"frequency": 0.6}, saturated="frequency"), metrics=METRICS)
    assert _primary(table) != "frequency"
    assert "same value" in table.set_index("dimension")["rationale"]["frequency"]


def test_the_declared_choice_stands_with_its_reason():
    table = engagement_framework(*simulate(1, {}), metrics=METRICS, declared="depth", reason="paid by minutes")
    row = table.set_index("dimension").loc["depth"]
    assert (row["relevance"], row["chosen_by"]) == ("Primary", "declared")
    assert "paid by minutes" in row["rationale"]


def test_order_of_rows_and_names_of_customers_change_nothing():
    engagement, critical = simulate(5, {"depth": 0.4})
    shuffled = [f.sample(frac=1, random_state=1) for f in (engagement, critical)]
    pd.testing.assert_frame_equal(engagement_framework(engagement, critical, metrics=METRICS),
                                  engagement_framework(*shuffled, metrics=METRICS))


def test_exact_permutation_loss_equals_drawn_permutations():
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(size=(500, 3)), rng.normal(size=(500, 3))
    y1, y2 = (x @ [0.5, 0.2, 0.0] + rng.normal(size=500) for x in (x1, x2))
    exact, r2 = _importance(x1, y1, x2, y2, np.ones(500))
    design = np.column_stack([np.ones(500), x1])
    b = np.linalg.solve(design.T @ design + np.diag([0, 1, 1, 1]), design.T @ y1)
    base = y2 - b[0] - x2 @ b[1:]
    base -= base.mean()
    total = ((y2 - y2.mean()) ** 2).sum()
    for j in range(3):
        drawn = []
        for _ in range(400):
            mixed = x2[:, j][rng.permutation(500)]
            drawn.append((((base + b[1 + j] * (x2[:, j] - mixed)) ** 2).sum() - (base**2).sum()) / total)
        assert np.mean(drawn) == pytest.approx(exact[j], abs=0.01)
    assert r2 == pytest.approx(1 - (base**2).sum() / total)


def test_too_few_customers_is_no_answer():
    assert isinstance(engagement_framework(*simulate(1, {"depth": 1}, n=60), metrics=METRICS), NotMeasured)


def _primary(table: pd.DataFrame) -> str | None:
    leading = table[table["relevance"] == "Primary"]["dimension"]
    return leading.iloc[0] if len(leading) else None
