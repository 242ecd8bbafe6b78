"""FAMD against principal components when all is numeric, and correspondence analysis when all is categorical."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from lib.analyze.answer_map import answer_map
from lib.analyze.structure.famd import famd
from lib.contracts import NotMeasured


def mixed(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    member = rng.integers(0, 3, n)
    return pd.DataFrame({"member": member, "a": rng.normal(4.0 * (member == 0), 1), "b": rng.exponential(1, n),
                         "plan": np.where(rng.random(n) < 0.9, np.array(["x", "y", "z"])[member], "y"),
                         "job": np.where(rng.random(n) < 0.9, np.array(["u", "u", "v"])[member], "w")})


def same_up_to_sign(first: np.ndarray, second: np.ndarray) -> None:
    signs = np.sign((first * second).sum(0))
    np.testing.assert_allclose(first, second * signs, atol=1e-8)


def test_all_numbers_are_principal_components():
    table = mixed(200, 1)[["a", "b", "member"]].astype(float)
    found = famd(table, share=1.0)
    same_up_to_sign(found.scores, PCA().fit_transform(StandardScaler().fit_transform(table)))


def test_all_categories_are_multiple_correspondence_analysis():
    """Inertia and row coordinates of the indicator matrix, from the textbook's correspondence analysis of it."""
    table = mixed(300, 2)[["plan", "job"]]
    indicator = pd.get_dummies(table[["job", "plan"]]).to_numpy(float)
    share = indicator / indicator.sum()
    rows, columns = share.sum(1), share.sum(0)
    left, singular, _ = np.linalg.svd((share - np.outer(rows, columns)) / np.sqrt(np.outer(rows, columns)), False)
    coordinates = left * singular / np.sqrt(rows)[:, None]
    found = famd(table, share=1.0)
    dimensions = indicator.shape[1] - 2  # levels less variables
    assert found.total == pytest.approx(dimensions)
    assert found.variances[:dimensions] / 2 == pytest.approx(singular[:dimensions] ** 2)
    same_up_to_sign(found.scores[:, :dimensions] / np.sqrt(2), coordinates[:, :dimensions])


def test_groups_that_only_both_kinds_together_tell_apart_are_found_in_the_scores():
    table = mixed(600, 3)
    found = famd(table.drop(columns=["member", "b"]))
    labels = KMeans(3, n_init=10, random_state=0).fit_predict(found.scores)
    assert adjusted_rand_score(table["member"], labels) > 0.75


def test_units_and_order_change_nothing_and_other_rows_get_the_same_scores():
    table = mixed(250, 4).drop(columns="member")
    found = famd(table)
    same_up_to_sign(famd(table.assign(b=1000 * table["b"] + 7)).scores, found.scores)
    np.testing.assert_allclose(found.transform(table.iloc[::-1]), found.scores[::-1], atol=1e-8)
    assert np.isfinite(found.transform(table.head(3).assign(plan="never seen"))).all()


def test_the_map_places_answers_beside_those_they_go_with():
    table = mixed(500, 5)
    keys = [f"k{i:04d}" for i in range(500)]
    survey = table[["a", "plan", "b"]].assign(customer_key=keys, wave="1", nps=3.0)
    features = table[["job"]].assign(customer_key=keys, unused="same")
    found = answer_map(survey, features.sample(frac=1, random_state=0), ("job", "unused")).set_index(["item", "level"])
    assert set(found.index.get_level_values("item")) == {"a", "plan", "b", "job"}
    assert found.loc[("plan", "z"), "n"] == (table["plan"] == "z").sum() and found["respondents"].eq(500).all()
    place = found[["x", "y"]]
    near = np.linalg.norm(place.loc[("plan", "z")] - place.loc[("job", "v")])  # both planted in the third group
    far = np.linalg.norm(place.loc[("plan", "x")] - place.loc[("job", "v")])
    assert near < far / 2
    assert found["share_x"].iloc[0] >= found["share_y"].iloc[0] > 0
    assert place.loc[("a", "")].abs().max() <= 1


def test_the_map_needs_answers():
    table = mixed(90, 6)
    survey = table[["a", "plan", "b"]].assign(customer_key=[f"k{i}" for i in range(90)], wave="1")
    features = survey[["customer_key"]]
    assert "too few" in answer_map(survey, features, ()).reason
    assert answer_map(NotMeasured("nobody was asked"), features, ()).reason == "nobody was asked"
