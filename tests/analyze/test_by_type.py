"""The method follows the type of the variables: planted groups in mixed data and in answers are found by the one made
for them, never called natural, and what rows, customers and levels are called changes nothing."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lib.analyze.structure import assign, search
from tests.analyze.by_type_simulations import answers_of, mixed_of

OPTIONS = {"largest_k": 5, "smallest": 30, "seed": 3, "pairs": 12}


@pytest.fixture(scope="module")
def mixed():
    table, truth = mixed_of(3, 900, seed=1)
    return table, truth, *search(table, **OPTIONS)


@pytest.fixture(scope="module")
def answered():
    table, truth = answers_of(3, 900, seed=2)
    return table, truth, *search(table, **OPTIONS)


def test_mixed_data_are_divided_by_factors_and_say_so(mixed):
    table, truth, scan, choice = mixed
    assert choice["family"] == "mixed" and choice["k"] == 3
    assert "factor analysis of mixed data" in choice["method"] and "categories" in choice["method_why"]
    assert adjusted_rand_score(truth, assign(table, choice["solution"])["cluster"]) >= 0.85
    assert choice["claim"] == "reproducible" and not scan["separated"].any() and scan["valley_p"].isna().all()
    assert not choice["restates"]


def test_answers_are_divided_by_latent_classes_and_say_so(answered):
    table, truth, scan, choice = answered
    assert choice["family"] == "latent classes" and choice["k"] == 3 and "latent classes" in choice["method"]
    assert adjusted_rand_score(truth, assign(table, choice["solution"])["cluster"]) >= 0.8
    assert choice["claim"] == "reproducible" and not scan["separated"].any()
    assert scan.loc[scan["chosen"], "k"].tolist() == [3]


def test_amounts_alone_stay_with_k_means_and_mixtures():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(size=(400, 2)), columns=["a", "b"], index=[f"c{i:04d}" for i in range(400)])
    _, choice = search(table, **OPTIONS)
    assert choice["family"] in ("kmeans", "tied", "diagonal") and "k-means and Gaussian mixtures" in choice["method"]


@pytest.mark.parametrize("which", ["mixed", "answered"])
def test_order_ids_and_names_of_levels_change_nothing(which, request):
    table, _, scan, choice = request.getfixturevalue(which)
    codes = {"mixed": {"plan": {"basic": "Zeta", "plus": "alpha", "pro": "m"}}, "answered": {
        c: {"yes": "A", "no": "z"} for c in table}}[which]
    other = table.sample(frac=1, random_state=7)
    other = other.replace(codes).set_axis([f"z{9999 - int(k[1:])}" for k in other.index])
    scan_again, choice_again = search(other, **OPTIONS)
    pd.testing.assert_frame_equal(scan_again, scan, rtol=1e-6)
    assert choice_again["k"] == choice["k"] and choice_again["claim"] == choice["claim"]
    back = assign(other, choice_again["solution"]).set_index("customer_key")["cluster"]
    first = assign(table, choice["solution"]).set_index("customer_key")["cluster"]
    back.index = [f"c{9999 - int(k[1:]):04d}" for k in back.index]
    assert (back[first.index] == first).all()


def test_a_cut_that_only_says_a_category_again_is_named():
    rng = np.random.default_rng(8)
    table = pd.DataFrame({"a": rng.normal(size=600), "b": rng.normal(size=600),
                          "region": rng.choice(["north", "south", "west"], 600)},
                         index=[f"c{i:04d}" for i in range(600)])
    _, choice = search(table, **OPTIONS)
    assert choice["claim"] != "natural"
    labels = assign(table, choice["solution"]).set_index("customer_key")["cluster"]
    restated = adjusted_rand_score(table["region"], labels[table.index]) >= 0.8
    assert bool(choice["restates"]) == restated


def test_what_is_missing_or_unknown_is_placed_as_documented(mixed, answered):
    table, _, _, choice = mixed
    odd = table.head(3).copy().astype({"plan": object})
    odd.iloc[0, odd.columns.get_loc("plan")] = None
    odd.iloc[1, odd.columns.get_loc("plan")] = "never seen"
    assert (assign(odd, json.loads(json.dumps(choice["solution"])))["cluster"] >= 0).tolist() == [False, False, True]
    table, _, _, choice = answered
    odd = table.head(3).copy().astype(object)
    odd.iloc[0] = None
    odd.iloc[1, 0] = "never seen"
    assert (assign(odd, choice["solution"])["cluster"] >= 0).tolist() == [False, True, True]


def test_answers_of_independent_items_are_not_divided():
    table, _ = answers_of(1, 600, seed=4)
    scan, choice = search(table, **OPTIONS)
    assert "one class" in choice.reason and "one class" in scan.reason
