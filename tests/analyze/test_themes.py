"""Themes come back from texts written about known things; variables are chosen by stated rules."""

import numpy as np
import pandas as pd
import pytest

from lib.analyze import structure
from lib.analyze.inactive import set_apart
from lib.analyze.themes import themes
from lib.analyze.variables import attributes_for, choose_variables, descriptors, smallest_segment, structure_values
from lib.contracts import ARTEFACTS, NotMeasured

TOPICS = {"late": "delivery courier late parcel waiting hours", "price": "price expensive cost money discount cheaper",
          "app": "app crash screen slow login button"}


def voice(n=150, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        topic = list(TOPICS)[i % 3]
        words = [*rng.choice(TOPICS[topic].split(), 4), *rng.choice(["dinner", "week", "today", "hello"], 2)]
        rows.append((f"e{i:03d}", f"k{i % 60:02d}", "text", " ".join(words), topic))
    return pd.DataFrame(rows, columns=["evidence_id", "customer_key", "topic", "text", "truth"])


@pytest.fixture
def writers():
    return pd.DataFrame({"customer_key": [f"k{i:02d}" for i in range(60)], "user_type": ["Casual", "Core"] * 30})


def test_planted_topics_are_found(writers):
    texts = voice()
    table = ARTEFACTS["themes"].check(themes(texts, writers, seed=1, n_themes=3))
    everyone = table[table["group"] == "all"]
    assert everyone["n"].sum() == 150 and everyone["n"].between(40, 60).all()
    owners = [next(t for t, words in TOPICS.items() if set(theme.split(", ")) & set(words.split()))
              for theme in everyone["theme"]]
    assert sorted(owners) == sorted(TOPICS)
    truth = texts.set_index("evidence_id")["truth"]
    assert [truth[e] for e in everyone["example_id"]] == owners
    groups = table[table["group"] != "all"]
    assert groups.groupby("theme")["n"].sum().to_dict() == everyone.set_index("theme")["n"].to_dict()


def test_order_of_rows_changes_nothing(writers):
    one = themes(voice(), writers, seed=1)
    pd.testing.assert_frame_equal(one, themes(voice().sample(frac=1, random_state=3), writers, seed=1))


def test_few_texts_no_texts_and_no_user_types(writers):
    absent = NotMeasured("no such table")
    assert isinstance(themes(voice(49), writers, seed=1), NotMeasured)
    assert themes(absent, writers, seed=1) is absent
    alone = ARTEFACTS["themes"].check(themes(voice(), absent, seed=1))
    assert set(alone["group"]) == {"all"} and alone["n"].sum() == 150


def table_of(n=800):
    rng = np.random.default_rng(2)
    active = rng.gamma(2, 10, n)
    return pd.DataFrame({
        "customer_key": [f"k{i:04d}" for i in range(n)], "recency_days": rng.gamma(2, 20, n),
        "frequency": rng.gamma(3, 2, n),
        "revenue": active * 100 + rng.normal(0, 1, n), "active_days": active, "depth": rng.lognormal(1, 1, n),
        "breadth": 0.5, "mean_gap_days": np.where(rng.random(n) < 0.5, 30.44, rng.gamma(5, 5, n)),
        "mean_occasion_value": np.where(rng.random(n) < 0.2, np.nan, rng.gamma(2, 9, n)),
        "age": np.where(rng.random(n) < 0.4, np.nan, rng.normal(40, 9, n)),
        "region": ["a", "b"] * (n // 2)})


def basis_of(features, **verdicts):
    columns = [c for c in features if c != "customer_key"]
    return pd.DataFrame({"column": columns, "verdict": [verdicts.get(c, "use") for c in columns],
                         "signal": np.linspace(0.3, 0.1, len(columns))})


def test_each_variable_left_out_has_its_reason():
    features = table_of()
    chosen = choose_variables(features, basis_of(features, depth="do not use")).set_index("variable")
    assert chosen.index[chosen["used"]].tolist() == ["frequency", "revenue"]
    reasons = chosen["reason"]
    assert reasons["recency_days"] == "a moment in the cycle, not a habit"
    assert reasons["active_days"] == "repeats revenue" and reasons["breadth"] == "does not vary enough"
    assert reasons["mean_gap_days"] == "too many customers on one value"
    assert reasons["mean_occasion_value"] == "missing for too many customers"
    assert reasons["age"] == reasons["region"] == "kept to describe the segments"
    assert smallest_segment(chosen.reset_index()) == 20
    values = structure_values(features, chosen.reset_index())
    assert list(values) == ["frequency", "revenue"] and values.index.is_monotonic_increasing
    assert list(descriptors(features, chosen.reset_index())) == ["age", "region"]


def test_a_small_base_carries_fewer_variables():
    features = table_of(130)
    assert choose_variables(features, basis_of(features))["used"].sum() == 2
    assert isinstance(choose_variables(table_of(100), basis_of(table_of(100))), NotMeasured)


def test_attributes_are_those_the_basis_lets_through():
    customers = pd.DataFrame([["a", pd.NaT, 3.0, "x", "y"]],
                             columns=["customer_key", "signup_date", "age", "region", "gender"])
    basis = pd.DataFrame({"column": ["age", "region", "gender", "signup_date", "revenue"],
                          "verdict": ["use", "describe only", "do not use", "use", "use"], "signal": 0.1})
    assert attributes_for(basis, customers) == ("age", "region")
    assert attributes_for(basis, NotMeasured("none")) == ()


def test_customers_who_did_nothing_are_one_more_group_and_nobody_else_is():
    rng = np.random.default_rng(4)
    n = 600
    active = rng.poisson(6, n) * (rng.random(n) < 0.6)
    features = pd.DataFrame({"customer_key": [f"k{i:03d}" for i in range(n)], "active_days": active.astype(float),
                             "revenue": np.where(rng.random(n) < 0.3, 0, rng.lognormal(8, 1, n)) * (active > 0),
                             "recency_days": rng.integers(0, 500, n).astype(float)})
    features.loc[:80, ["active_days", "revenue"]] = [0, 5000]  # bought without using
    features["seen"] = ((features["active_days"] > 0) | (features["revenue"] > 0)).astype(float)
    chosen = pd.DataFrame({"variable": ["active_days", "revenue", "recency_days"], "used": True})
    values = structure_values(features, chosen)
    assert set(values.index) == set(features.loc[features["seen"] > 0, "customer_key"])
    _, choice = structure.search(values, largest_k=3, smallest=30, seed=1, pairs=5)
    whole = set_apart(choice, features)
    placed = structure.assign(features.set_index("customer_key"), whole["solution"])
    placed = placed.set_index("customer_key")["cluster"]
    last = whole["solution"]["k"] + len(whole["solution"]["atom_groups"]) - 1
    assert set(placed[placed == last].index) == set(features.loc[features["seen"] == 0, "customer_key"])
    before = structure.assign(values, choice["solution"]).set_index("customer_key")["cluster"]
    assert (placed[before.index] == before).all()
    assert choice["atoms"] == whole["atoms"][:-1] and whole["atoms"][-1]["n"] == (features["seen"] == 0).sum()
    assert set_apart(choice, features[features["seen"] > 0]) == choice


def test_what_the_basis_refused_is_not_searched_even_when_nothing_else_is_left():
    features = table_of(400)
    refused = basis_of(features).assign(verdict="do not use")
    assert isinstance(choose_variables(features, refused), NotMeasured)
