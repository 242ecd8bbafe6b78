"""A small segmented base: four segments, some voices, some consents."""

import numpy as np
import pandas as pd
import pytest

KEYS = {"steady": 600, "rising": 400, "rare": 300, "gone": 220}
TYPES = {"steady": "Core", "rising": "Power", "rare": "Casual", "gone": "Dormant"}


def key(i: int) -> str:
    return f"{i:032x}"


@pytest.fixture
def assignments() -> pd.DataFrame:
    labels = [s for s, n in KEYS.items() for _ in range(n)]
    return pd.DataFrame({
        "customer_key": [key(i) for i in range(len(labels))], "segment": labels, "probability": 0.9,
        "ambiguous": False, "user_type": [TYPES[s] for s in labels]})


@pytest.fixture
def features(assignments) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = len(assignments)
    recency = {"steady": 5.0, "rising": 2.0, "rare": 12.0, "gone": 200.0}
    return pd.DataFrame({
        "customer_key": assignments["customer_key"], "tenure_days": 300.0,
        "recency_days": assignments["segment"].map(recency), "n_occasions": rng.poisson(8, n) + 2.0,
        "revenue": rng.gamma(2, 3000, n), "mean_occasion_value": rng.gamma(5, 500, n),
        "breadth": rng.uniform(0, 1, n), "depth": rng.gamma(3, 4, n), "frequency": rng.gamma(2, 1, n)})


@pytest.fixture
def segments() -> pd.DataFrame:
    return pd.DataFrame({
        "segment": list(KEYS), "name": [s.title() for s in KEYS], "rank": [1, 2, 3, 4], "n": list(KEYS.values()),
        "share": np.array(list(KEYS.values())) / 1520, "claim": "constructed",
        "mean_value": [9000.0, 7000.0, 3000.0, 500.0],
        "revenue": [5.4e6, 2.8e6, 9e5, 1.1e5], "next_active": [0.7, 0.8, 0.3, 0.05], "slsw": [0.9, 0.8, 0.8, np.nan],
        "rule": "a rule", "rule_accuracy": [0.9, 0.95, 0.85, np.nan]})


@pytest.fixture
def facts(segments, assignments, features):
    from lib.strategy.situation import segment_facts

    return segment_facts(segments, assignments, features, features.set_index("customer_key")["recency_days"],
                         period_days=7.0)


@pytest.fixture
def playbook():
    from lib.paths import ROOT
    from lib.settings import read_settings
    from lib.strategy.playbook import Playbook

    return read_settings(ROOT / "products" / "playbook.yml", Playbook)


@pytest.fixture
def voice() -> pd.DataFrame:
    rows = [("e1", key(0), "pain_point", "no_time"), ("e2", key(1), "pain_point", "no_time"),
            ("e3", key(1), "pain_point", "price"), ("e4", key(2), "valued_feature", "planner"),
            ("e5", key(3), "discovery", "friend"), ("e6", None, "valued_feature", "search")]
    return pd.DataFrame(rows, columns=["evidence_id", "customer_key", "topic", "code"])


@pytest.fixture
def plan(facts, voice, assignments, playbook):
    from lib.strategy.needs import segment_needs
    from lib.strategy.playbook import strategies

    return strategies(facts, segment_needs(voice, assignments), playbook, business="b2c", channels=["email", "push"])
