"""The search for structure as a whole, against planted truth: groups found where they are, and nowhere else."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from lib.analyze import structure
from lib.contracts import ARTEFACTS, NotMeasured

QUICK = {"largest_k": 5, "smallest": 60, "seed": 1, "pairs": 20}
CORNERS = np.array([[0, 0, 0, 0], [5, 0, 0, 0], [0, 5, 0, 0], [0, 0, 5, 0.0]])  # 5 sd apart and more


def frame(values) -> pd.DataFrame:
    values = np.asarray(values, float)
    return pd.DataFrame(values, columns=[f"v{i}" for i in range(values.shape[1])],
                        index=pd.Index([f"c{i:05d}" for i in range(len(values))], name="customer_key"))


@pytest.fixture(scope="module")
def planted():
    """2,000 customers in four groups, their truth, and what the search says."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, 2000)
    values = frame(CORNERS[truth] + rng.normal(size=(2000, 4)))
    return values, truth, *structure.search(values, **QUICK)


def test_planted_groups_are_natural_and_recovered(planted):
    values, truth, scan, choice = planted
    assert (choice["claim"], choice["k"]) == ("natural", 4)
    assert adjusted_rand_score(truth, structure.assign(values, choice["solution"])["cluster"]) > 0.95
    assert min(choice["slsw"]) > 0.9
    assert scan.loc[scan["chosen"], ["stability", "separated"]].iloc[0].tolist() == [pytest.approx(1, abs=0.05), True]


def test_results_fit_their_contracts(planted):
    _, _, scan, choice = planted
    ARTEFACTS["structure"].check(scan)
    ARTEFACTS["structure_choice"].check(choice)
    assert scan["chosen"].sum() == 1
    assert all(len(v["density"]) == 41 and max(v["density"]) == 1 for v in choice["valleys"])


def test_every_planted_pair_shows_a_valley_in_the_picture(planted):
    for valley in planted[3]["valleys"]:
        assert min(valley["density"][10:31]) < 0.5 * min(max(valley["density"][:11]), max(valley["density"][30:]))


def test_order_of_rows_and_names_and_units_change_nothing(planted):
    values, _, scan, choice = planted
    rng = np.random.default_rng(8)
    moved = values.sample(frac=1, random_state=1)
    moved.index = [f"x{i}" for i in rng.permutation(len(moved))]
    moved = moved.assign(v1=moved["v1"] * 100)[["v3", "v1", "v0", "v2"]]
    scan_b, choice_b = structure.search(moved, **QUICK)
    pd.testing.assert_frame_equal(scan, scan_b, rtol=1e-6)
    assert choice_b["slsw"] == pytest.approx(choice["slsw"], abs=1e-3)
    first = structure.assign(values, choice["solution"]).set_index("customer_key")["cluster"]
    second = structure.assign(moved, choice_b["solution"]).set_index("customer_key")["cluster"]
    assert (second.loc[moved.index].to_numpy() == first.loc[values.sample(frac=1, random_state=1).index]).all()


def half_circle(rng):
    angle = rng.random(2000) * np.pi
    return np.column_stack([np.cos(angle), np.sin(angle)]) + 0.12 * rng.normal(size=(2000, 2))


def correlated(rng, p, r):
    return rng.multivariate_normal(np.zeros(p), np.full((p, p), r) + (1 - r) * np.eye(p), 2000)


CLOUDS = {
    "one Gaussian": lambda rng: correlated(rng, 4, 0.3),
    "one log-normal": lambda rng: np.exp(correlated(rng, 4, 0.5)),
    "uniform": lambda rng: rng.random((2000, 3)),
    "half-circle": half_circle,
    "counts": lambda rng: rng.poisson(np.exp(0.8 * correlated(rng, 4, 0.5) + 1)),
    "5-point scales": lambda rng: np.clip(np.round(correlated(rng, 6, 0.4) + 3), 1, 5),
    "one discrete variable": lambda rng: np.column_stack([rng.integers(0, 6, 2000), rng.normal(size=(2000, 3))]),
}


@pytest.mark.parametrize("kind", CLOUDS)
def test_a_base_without_groups_is_never_natural(kind):
    _, choice = structure.search(frame(CLOUDS[kind](np.random.default_rng(len(kind)))), **QUICK)
    assert choice["claim"] != "natural"
    assert choice["k"] <= QUICK["largest_k"]


def test_gaps_between_the_levels_of_a_scale_are_no_groups():
    """With three levels a gap lies between any two of them: spreading the ties closes it."""
    rng = np.random.default_rng(5)
    _, choice = structure.search(frame(rng.integers(1, 4, (2000, 3))), **QUICK)
    assert choice["claim"] != "natural"


@pytest.fixture(scope="module")
def with_atom():
    """1,200 one-time buyers beside 1,800 others without groups."""
    rng = np.random.default_rng(6)
    orders = np.concatenate([np.ones(1200), 2 + rng.poisson(rng.gamma(2, 4, 1800))])
    values = frame(np.column_stack([orders, rng.lognormal(3, 0.5, 3000), rng.gamma(2, 30, 3000)]))
    return values, *structure.search(values, **QUICK)


def test_customers_on_one_value_are_split_off_by_a_rule(with_atom):
    values, _, choice = with_atom
    assert choice["atoms"] == [{"rule": "v0 = 1", "name": "v0 at 1", "n": 1200}]
    assert choice["n"] == 1800
    assert choice["claim"] != "natural"
    cluster = structure.assign(values, choice["solution"]).set_index("customer_key")["cluster"]
    assert ((cluster == choice["k"]) == (values["v0"] == 1)).all()


def test_assignment_from_json_is_what_scikit_learn_predicts(planted):
    values = planted[0]
    for family in ("kmeans", "tied", "diagonal"):
        _, choice = structure.search(values, **QUICK | {"families": ("kmeans", family), "pairs": 2, "largest_k": 4})
        solution = json.loads(json.dumps(choice["solution"]))
        z = (values[solution["columns"]].to_numpy() - solution["shift"]) / solution["scale"]
        assigned = structure.assign(values, solution)
        if solution["family"] == "kmeans":
            peer = KMeans(solution["k"], init=np.array(solution["centres"]), n_init=1, max_iter=1).fit(z)
            peer.cluster_centers_ = np.array(solution["centres"])
        else:
            kind = {"tied": "tied", "diagonal": "diag"}[solution["family"]]
            peer = GaussianMixture(solution["k"], covariance_type=kind)
            precisions = np.array(solution["precisions"])
            peer.means_, peer.weights_ = np.array(solution["centres"]), np.array(solution["weights"])
            peer.precisions_cholesky_ = np.linalg.cholesky(precisions) if kind == "tied" else np.sqrt(precisions)
            np.testing.assert_allclose(assigned["probability"], peer.predict_proba(z).max(1), rtol=1e-8)
        assert (assigned["cluster"] == peer.predict(z)).all()


def test_a_missing_value_leaves_a_customer_unassigned(planted):
    values, _, _, choice = planted
    holed = values.head(10).copy()
    holed.iloc[3, 0] = np.nan
    assigned = structure.assign(holed, choice["solution"])
    assert (assigned["cluster"] == -1).tolist() == [i == 3 for i in range(10)]
    assert assigned["probability"].isna().sum() == 1


def test_rows_with_a_missing_value_are_counted(planted):
    values = planted[0].copy()
    values.iloc[:30, 1] = np.nan
    before = values.copy()
    _, choice = structure.search(values, **QUICK | {"largest_k": 2, "pairs": 2})
    assert choice["n"] == 1970 and choice["left_out"]["missing"] == 30
    pd.testing.assert_frame_equal(values, before)


RNG = np.random.default_rng(9)
HOPELESS = {
    "too few": (frame(RNG.normal(size=(60, 4))), {}),
    "one variable": (frame(RNG.normal(size=(500, 1))), {}),
    "all identical": (frame(np.ones((500, 3))), {}),
    "only yes and no": (frame(RNG.integers(0, 2, (500, 3))), {}),
    "mostly missing": (frame(np.where(RNG.random((500, 3)) < 0.5, np.nan, 1) * RNG.normal(size=(500, 3))), {}),
    "no customers": (frame(np.empty((0, 3))), {}),
    "one segment at most": (frame(RNG.normal(size=(500, 3))), {"largest_k": 1}),
    "everybody on an atom": (frame(np.column_stack([np.r_[np.zeros(480), np.arange(1, 21)]] * 2)), {}),
    "not measured": (NotMeasured("no features"), {}),
}


@pytest.mark.parametrize("case", HOPELESS)
def test_what_cannot_be_searched_is_not_measured(case):
    values, more = HOPELESS[case]
    scan, choice = structure.search(values, **QUICK | more)
    assert isinstance(scan, NotMeasured) and isinstance(choice, NotMeasured)
    assert scan.reason


def test_columns_that_are_no_numbers_are_named_not_used(planted):
    values = planted[0].assign(city="x", flag=True)
    _, choice = structure.search(values, **QUICK | {"largest_k": 2, "pairs": 2})
    assert choice["left_out"]["columns"] == {"city": "not a number", "flag": "not a number"}
    assert choice["variables"] == ["v0", "v1", "v2", "v3"]


def test_descriptors_decide_among_stable_cuts_of_one_cloud():
    """A stable cut of a continuum is only taken as distinct when something held out differs between its parts."""
    rng = np.random.default_rng(10)
    values = frame(rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 2000))
    telling = pd.DataFrame({"outcome": values["v0"] + rng.normal(size=2000)}, index=values.index)
    silent = pd.DataFrame({"outcome": rng.normal(size=2000)}, index=values.index)
    options = QUICK | {"largest_k": 3, "asked": 3, "families": ("kmeans",)}
    cases = [structure.search(values, **options, descriptors=d)[1] for d in (telling, silent, None)]
    assert [c["case"] for c in cases] == ["stable and distinct", "size asked for", "stable, distinctness not tested"]
    assert all(c["claim"] == "reproducible" for c in cases)
