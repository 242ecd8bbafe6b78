"""Segments of mixed data and of answers: SQL, Python and step 3 place the same customers, names say what marks them."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lib.analyze.structure import assign as assign_in_step_3, search
from lib.contracts import ARTEFACTS, NotMeasured
from lib.segments.lead import candidates, choose_lead
from lib.segments.model import OUTSIDE, assign, assignment_table
from lib.segments.profile import NOT_PLACED, crossed_schemes, crosstab, groups
from lib.segments.rules import rule_cards
from lib.segments.schemes import candidate_models, described, placement
from lib.segments.sql import sql
from tests.analyze.by_type_simulations import answers_of, mixed_of

NONE = NotMeasured("not part of this test")
ICPS = [{"name": "Pros", "who": "plan = 'pro'"}]


def models_of(placed: pd.DataFrame, choice, **more) -> dict:
    given = {"rfm": NONE, "cuts": NONE, "icps": ICPS, "rfm_names": {}, "as_of": "2026-06-30"}
    return candidate_models(placed, choice=choice, **given | more)


def with_atom(values: pd.DataFrame) -> pd.DataFrame:
    """A quarter of the customers at zero: set apart by rule before the search."""
    amount = values["b"].where(np.arange(len(values)) % 4 > 0, 0.0)
    vip = np.where(np.random.default_rng(1).random(len(values)) < 0.02, "vip", values["plan"])
    return values.assign(b=amount, plan=vip, trial=values["a"] > values["a"].median())


@pytest.fixture(scope="module", params=["mixed", "answers"])
def case(request):
    """(customers with their values, the true group, the choice of step 3, the model)."""
    values, truth = mixed_of(3, 1200, seed=1) if request.param == "mixed" else answers_of(3, 800, seed=2)
    if request.param == "mixed":
        values = with_atom(values)
    _, choice = search(values, largest_k=4, smallest=30, seed=3, pairs=4)
    placed = values.rename_axis("customer_key").reset_index()
    return placed, truth, choice, models_of(placed, choice)["clusters"]


def random_customers(placed: pd.DataFrame, n: int = 20_000) -> pd.DataFrame:
    """Values far in and out of the base, answers missing and never seen before, atoms, extremes."""
    rng = np.random.default_rng(42)
    table = pd.DataFrame({"customer_key": [f"x{i:06d}" for i in range(n)]})
    for column in placed.columns[1:]:
        drawn = rng.choice(placed[column].to_numpy(), n)
        if placed[column].dtype == bool:
            table[column] = np.where(rng.random(n) < 0.1, None, drawn.astype(object))
        elif pd.api.types.is_numeric_dtype(placed[column]):
            odd = rng.choice([0.0, -5.0, 1e12, -1e300, 1e308, np.inf, np.nan], n)
            table[column] = np.where(rng.random(n) < 0.1, odd, drawn)
        else:
            odd = rng.choice(["", "never seen", "it's", "VIP"], n).astype(object)
            table[column] = np.where(rng.random(n) < 0.1, np.where(rng.random(n) < 0.5, None, odd), drawn)
            table.loc[:20, column] = None
    return table


def in_duckdb(model: dict, table: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.register("features", table)
        return connection.sql(sql(model)).df().sort_values("customer_key", ignore_index=True)


def test_sql_says_the_same_as_python(case):
    placed, _, _, model = case
    table = random_customers(placed)
    ours, theirs = assign(table, model), in_duckdb(model, table)
    assert (ours["segment"].to_numpy() == theirs["segment"].to_numpy()).all()
    assert ours["segment"].nunique() == len(model["segments"]) + 1
    np.testing.assert_array_equal(ours["probability"].isna(), theirs["probability"].isna())
    assert np.allclose(ours["probability"], theirs["probability"].astype(float), rtol=1e-12, atol=0, equal_nan=True)
    assert (ours["ambiguous"] == theirs["ambiguous"]).all()


def test_step_3_and_step_4_place_alike(case):
    """Two computations: distances to centres (or Bayes' rule) there, one sum of effects here."""
    placed, _, choice, model = case
    there = assign_in_step_3(placed.set_index("customer_key"), choice["solution"])
    here = assign(placed, model)
    keys = np.array([*model["cluster_segments"], OUTSIDE])
    assert (keys[there["cluster"]] == here["segment"]).all()
    assert np.allclose(there["probability"], here["probability"], equal_nan=True)


def test_planted_groups_become_segments_with_names_and_rules(case):
    placed, truth, choice, model = case
    found = assign(placed, model)["segment"].to_numpy()
    inside = ~np.isin(found, [s["segment"] for s in model["segments"] if s["slsw"] is None] + [OUTSIDE])
    assert adjusted_rand_score(truth[inside], found[inside]) >= 0.75
    assert model["claim"] in ("reproducible", "constructed")
    names = [s["name"] for s in model["segments"]]
    assert len(set(names)) == len(names) and "Mixed profile" not in names
    cards = rule_cards(placed, assign(placed, model), model)
    assert (cards["accuracy"] >= 0.75).all() and cards["rule"].ne("no short rule tells it apart").all()


def test_names_say_the_answers_that_mark_a_segment():
    values, _ = mixed_of(3, 900, seed=6)
    _, choice = search(values, largest_k=3, smallest=30, seed=3, pairs=2)
    placed = values.rename_axis("customer_key").reset_index()
    model = models_of(placed, choice)["clusters"]
    found = assign(placed, model)["segment"]
    for segment in model["segments"]:
        for level in ("basic", "plus", "pro"):
            if f"plan: {level}" in segment["name"].lower():
                own = (placed.loc[found == segment["segment"], "plan"] == level).mean()
                assert own > (placed["plan"] == level).mean()
                break
        else:
            assert "device" in segment["name"].lower() or "high" in segment["name"].lower()


@pytest.fixture(scope="module")
def beside():
    """Customers whose habits say nothing and whose answers fall into classes; four in five answered."""
    from lib.analyze.answers import classes, newest

    rng = np.random.default_rng(3)
    items, truth = answers_of(3, 800, seed=5)
    survey = items.rename_axis("customer_key").reset_index().assign(wave="1", nps=5.0)
    asked = survey[rng.random(len(survey)) < 0.8]
    features = pd.DataFrame({"customer_key": survey["customer_key"], "frequency": rng.normal(5, 1, 800)})
    icp = pd.Series(np.where(rng.random(800) < 0.5, "Pros", "(none)"), index=survey["customer_key"])
    placed = placement(features, icp=icp, answers=newest(asked))
    models = models_of(placed, NONE, classes=classes(asked, seed=1, draws=39, pairs=10))
    return placed, features, truth, asked, models


def test_classes_of_answers_are_a_scheme_of_their_own(beside):
    placed, features, truth, asked, models = beside
    model = models["answers"]
    assert model["lead"] == "answers" and model["claim"] == "reproducible"
    found = assign(placed, model).set_index("customer_key")["segment"]
    heard = placed["customer_key"].isin(asked["customer_key"]).to_numpy()
    assert (found[~heard] == OUTSIDE).all() and (found[heard] != OUTSIDE).all()
    assert adjusted_rand_score(truth[heard], found[heard]) >= 0.7
    assert list(described(placed, features, model)) == list(placed)
    assert list(described(placed, features, models["icp"])) == ["customer_key", "frequency", "icp"]
    members = ARTEFACTS["assignments"].check(assignment_table(assign(placed, models["icp"]), placed, models))
    assert crossed_schemes(crosstab(members, models["icp"])) == ["answers"]
    sizes = groups(members).query("scheme == 'answers'").set_index("group")["n"]
    names = {s["segment"]: s["name"] for s in model["segments"]} | {OUTSIDE: NOT_PLACED}
    assert sizes.sort_index().to_dict() == found.map(names).value_counts().sort_index().to_dict()


def test_classes_of_answers_lead_where_the_evidence_is_firmer(beside):
    placed, _, _, _, models = beside
    table = candidates(models, placed, NONE, seed=1)
    lead = choose_lead(table, business="b2b")
    assert lead["lead"] == "answers" and "classes of answers lead" in lead["rule"]
    few = placed.assign(**{c: placed[c].where(np.arange(len(placed)) % 3 == 0) for c in placed if "item" in c})
    assert "customers only" in candidates(models, few, NONE, seed=1).set_index("scheme").loc["answers", "reason"]
