"""The portable model: what it assigns, that SQL says the same, and that names do not hang on row order."""

import itertools
import json

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lib.analyze.structure import assign as assign_in_step_3
from lib.contracts import NotMeasured
from lib.segments.conditions import holds
from lib.segments.match import keep_names, match
from lib.segments.model import OUTSIDE, assign
from lib.segments.names import cluster_names, slug
from lib.segments.schemes import candidate_models, placement, rfm_cuts
from lib.segments.sql import sql
from tests.segments.kinds import KINDS


def random_customers(features: pd.DataFrame, n: int = 20_000) -> pd.DataFrame:
    """Values far in and out of the base, atoms, nulls, NaN and extremes."""
    rng = np.random.default_rng(42)
    table = pd.DataFrame({"customer_key": [f"x{i}" for i in range(n)]})
    for column in features.select_dtypes("number"):
        values = rng.choice(features[column].dropna().to_numpy(), n) * np.exp(rng.normal(0, 0.5, n))
        odd = rng.choice([0.0, 1.0, -5.0, 1e12, -1e300, 1e308, np.inf, -np.inf, np.nan, 1e-12], n)
        table[column] = np.where(rng.random(n) < 0.15, odd, values)
    table["user_type"] = rng.choice(["Casual", "Core", "Power", "Strange", None], n)
    table["icp"] = rng.choice(["Pros", "(none)", "O'Brien", None], n)
    return table


def in_duckdb(model: dict, table: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.register("features", table)
        return connection.sql(sql(model)).df().sort_values("customer_key", ignore_index=True)


@pytest.mark.parametrize("scheme", ["clusters", "icp", "user_types", "rfm"])
def test_sql_says_the_same_as_python(models, features, scheme):
    table = random_customers(features)
    ours, theirs = assign(table, models[scheme]), in_duckdb(models[scheme], table)
    assert (ours["segment"].to_numpy() == theirs["segment"].to_numpy()).all()
    assert ours["segment"].nunique() >= 2
    assert np.allclose(ours["probability"], theirs["probability"].astype(float), equal_nan=True)
    assert (ours["ambiguous"] == theirs["ambiguous"]).all()


@pytest.mark.parametrize("family", ["kmeans", "tied", "diagonal"])
def test_every_family_in_sql_and_against_densities(family):
    rng = np.random.default_rng(8)
    centres, weights = rng.normal(0, 2, (3, 2)), np.array([0.5, 0.3, 0.2])
    if family == "tied":
        covariances = np.array([[1.0, 0.6], [0.6, 1.5]])
        precisions, offsets = np.linalg.inv(covariances), np.log(weights)
    elif family == "diagonal":
        precisions = rng.uniform(0.3, 3, (3, 2))
        offsets = np.log(weights) + 0.5 * np.log(precisions).sum(1)
    else:
        precisions, offsets, weights = 1.0, np.zeros(3), np.ones(3) / 3
    solution = {"columns": ["a", "b"], "atom_columns": [], "atoms": [], "atom_groups": [], "family": family, "k": 3,
                "logged": [False, True], "lowest": [0.0, 0.5], "log_shift": [0.0, 1.0], "shift": [1.0, 0.5],
                "scale": [2.0, 0.7], "centres": centres.tolist(), "precisions": np.asarray(precisions).tolist(),
                "offsets": offsets.tolist(), "weights": weights.tolist()}
    model = {"schema": 1, "as_of": "2026-06-30", "rules": [], "solution": solution, "columns": ["a", "b"],
             "cluster_segments": ["x", "y", "z"]}
    table = pd.DataFrame({"customer_key": [f"{i:05d}" for i in range(2000)], "a": rng.normal(1, 4, 2000),
                          "b": rng.lognormal(0.5, 1, 2000)})
    ours = assign(table, model)
    z = np.column_stack([(table["a"] - 1) / 2, (np.log(np.maximum(table["b"], 0.5) + 1) - 0.5) / 0.7])
    from scipy.stats import multivariate_normal

    spread = [np.linalg.inv(precisions) if family == "tied" else np.diag(1 / precisions[j]) if family == "diagonal"
              else np.eye(2) for j in range(3)]
    density = np.column_stack([w * multivariate_normal(c, s).pdf(z) for w, c, s in zip(weights, centres, spread,
                                                                                       strict=True)])
    assert (ours["segment"] == np.array(["x", "y", "z"])[density.argmax(1)]).all()
    assert np.allclose(ours["probability"], density.max(1) / density.sum(1))
    assert (in_duckdb(model, table)["segment"].to_numpy() == ours["segment"].to_numpy()).all()


def test_same_clusters_as_step_3(models, choice, features):
    there = assign_in_step_3(features.set_index("customer_key"), choice["solution"])
    here = assign(features, models["clusters"])
    keys = np.array([*models["clusters"]["cluster_segments"], OUTSIDE])
    assert (keys[there["cluster"]] == here["segment"]).all()
    assert np.allclose(there["probability"], here["probability"], equal_nan=True)


def test_planted_groups_are_found(models, planted):
    found = assign(planted, models["clusters"]).set_index("customer_key")["segment"]
    truth = planted[planted["group"] != "lost"].set_index("customer_key")["group"]
    assert adjusted_rand_score(truth, found[truth.index]) >= 0.95
    lost = planted.loc[planted["group"] == "lost", "customer_key"]
    assert (found[lost] == OUTSIDE).all()


def test_ambiguous_halfway_between_two_centres():
    solution = {"columns": ["a"], "atom_columns": [], "atoms": [], "atom_groups": [], "family": "kmeans", "k": 2,
                "logged": [False], "lowest": [0.0], "log_shift": [0.0], "shift": [0.0], "scale": [1.0],
                "centres": [[-2.0], [2.0]], "precisions": 1.0, "offsets": [0.0, 0.0], "weights": [0.5, 0.5]}
    model = {"rules": [], "solution": solution, "cluster_segments": ["left", "right"], "columns": ["a"]}
    table = pd.DataFrame({"customer_key": ["a", "b", "c"], "a": [0.05, 2.0, None]})
    found = assign(table, model)
    assert found["segment"].tolist() == ["right", "right", OUTSIDE]
    assert found["ambiguous"].tolist() == [True, False, False]
    assert found["probability"].iloc[1] == pytest.approx(1 / (1 + np.exp(-8)))


def test_frozen_rfm_cells_are_the_groups_of_step_3(models, rfm, features):
    found = assign(features, models["rfm"]).set_index("customer_key")["segment"]
    names = {s["segment"]: s["name"] for s in models["rfm"]["segments"]}
    assert (found.map(names)[rfm["customer_key"]].to_numpy() == rfm["group"].to_numpy()).all()


def test_names_are_unique_readable_and_blind_to_row_order_and_ids(placed, choice, cuts, models):
    shuffled = placed.sample(frac=1, random_state=4)
    renamed = shuffled.assign(customer_key="z" + shuffled["customer_key"])
    again = candidate_models(renamed, choice=choice, rfm=NotMeasured("none"), cuts=cuts,
                             icps=[{"name": "Pros", "who": "plan = 'pro'"}], rfm_names={}, as_of="2026-06-30")
    names = [s["name"] for s in models["clusters"]["segments"]]
    assert [s["name"] for s in again["clusters"]["segments"]] == names
    assert len(set(names)) == len(names)
    assert not any(c.isdigit() for name in names for c in name)
    assert "One-time buyers" in names


@pytest.mark.parametrize("k", [2, 5, 9])
def test_names_of_one_feature_or_of_clusters_alike_stay_unique(k):
    z = np.linspace(-2, 2, k)[:, None]
    names = [n["name"] for n in cluster_names(z, ["frequency"])]
    assert len(set(names)) == k
    alike = [n["name"] for n in cluster_names(np.zeros((k, 3)), ["frequency", "breadth", "x"])]
    assert len(set(alike)) == k


def test_match_follows_members_and_refuses_small_overlaps():
    keys = [f"{i}" for i in range(100)]
    old = pd.DataFrame({"customer_key": keys, "segment": ["a"] * 50 + ["b"] * 50})
    new = pd.DataFrame({"customer_key": keys, "segment": ["p"] * 45 + ["q"] * 30 + ["r"] * 25})
    pairs = match(old, new).set_index("segment")
    assert pairs.loc["p", "was"] == "a" and pairs.loc["p", "jaccard"] == pytest.approx(0.9)
    best = max(itertools.permutations(["p", "q", "r"], 2), key=lambda o: sum(
        len(set(new.index[new.segment == n]) & set(old.index[old.segment == s]))
        / len(set(new.index[new.segment == n]) | set(old.index[old.segment == s]))
        for n, s in zip(o, ["a", "b"], strict=True)))
    assert best[0] == "p" and set(pairs.index) <= set(best)
    third = match(old, new.assign(segment=["p", "q", "r", "s"] * 25))
    assert third.empty


def test_refit_keeps_names_of_the_same_members(models, features):
    model = models["clusters"]
    found = assign(features, model)
    old = json.loads(json.dumps(model))
    old["segments"][0] |= {"segment": "our-best", "name": "Our best"}
    first = model["segments"][0]["segment"]
    before = found.assign(segment=found["segment"].replace({first: "our-best"}))
    kept = keep_names(model, found, old, before)
    assert kept["segments"][0]["segment"] == "our-best" and kept["segments"][0]["name"] == "Our best"
    assert (assign(features, kept)["segment"].to_numpy() == before["segment"].to_numpy()).all()
    assert keep_names(model, found, NotMeasured("first run"), NotMeasured("first run")) == model


def test_rules_do_not_hold_for_missing_values():
    table = pd.DataFrame({"x": [1.0, np.nan, np.inf, 5.0]})
    assert holds(table, [[{"column": "x", "op": ">", "value": 0.0}]]).tolist() == [True, False, False, True]
    assert not holds(table, [[{"column": "absent", "op": "<=", "value": 9.0}]]).any()


def test_placement_without_types_or_profiles_is_the_features(features):
    assert list(placement(features)) == list(features)
    assert rfm_cuts(NotMeasured("none")) == {}
    assert slug("Änderung & Co: 50 %!") == "anderung-co-50"


def test_who_did_nothing_is_placed_by_that_and_needs_no_other_value():
    """In Python and in SQL: without a depth, an atom says all; an atom that is missing says nothing."""
    model = KINDS["k-means"]()
    table = pd.DataFrame({"customer_key": ["a", "b", "c"], "active_days": [0.0, 5.0, 5.0], "breadth": [0.0, 0.4, 0.4],
                          "revenue": [9.0, 9.0, 9.0], "depth": [None, None, 3.0], "seen": [0.0, 1.0, None]})
    found = assign(table, model)
    assert found["segment"].tolist() == ["segment-6", OUTSIDE, OUTSIDE] and found["probability"].tolist()[0] == 1.0
    with duckdb.connect() as connection:
        connection.register("features", table.astype({"depth": float}))
        rows = dict(connection.sql(f"SELECT customer_key, segment FROM ({sql(model)})").fetchall())
    assert rows == dict(zip(found["customer_key"], found["segment"], strict=True))
