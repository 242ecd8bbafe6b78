"""The parts of the search, each against a second computation or a case worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as sps
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from lib.analyze.structure import atoms, em, valley
from lib.analyze.structure.bridge import bridges
from lib.analyze.structure.choice import Candidate, choose, runner_up
from lib.analyze.structure.distinct import all_distinct
from lib.analyze.structure.families import Model, fit, refit
from lib.analyze.structure.portable import scores
from lib.analyze.structure.scaling import prepare, spread_ties
from lib.analyze.structure.silhouette import of_distances, silhouettes
from lib.analyze.structure.stability import Stability, adjusted_rand, best_jaccard, bootstrap_pairs


@pytest.fixture(scope="module")
def cloud():
    """A thousand correlated points in two groups that touch."""
    rng = np.random.default_rng(1)
    points = rng.multivariate_normal(np.zeros(3), [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]], 1000)
    points[:400, 0] += 3
    return (points - points.mean(0)) / points.std(0)


def test_kmeans_is_as_good_as_scikit_learn(cloud):
    for k in (2, 5, 9):
        models = [fit("kmeans", cloud, k, seed=s) for s in range(3)]
        ours = min(((cloud - m.centres[m.labels(cloud)]) ** 2).sum() for m in models)
        assert ours <= 1.005 * KMeans(k, n_init=15, random_state=0).fit(cloud).inertia_


@pytest.mark.parametrize("family, kind", [("tied", "tied"), ("diagonal", "diag")])
def test_mixtures_are_as_likely_as_scikit_learn(cloud, family, kind):
    for k in (2, 4):
        model = fit(family, cloud, k, seed=1)
        peer = GaussianMixture(k, covariance_type=kind, n_init=4, random_state=0, reg_covar=1e-3, tol=1e-4).fit(cloud)
        covariances = np.linalg.inv(model.precisions) if kind == "tied" else 1 / model.precisions
        density = [sps.multivariate_normal(c, covariances if kind == "tied" else np.diag(covariances[j])).pdf(cloud)
                   for j, c in enumerate(model.centres)]
        assert np.log(model.weights @ np.array(density)).mean() >= peer.score(cloud) - 0.01


def test_counts_stand_for_repeated_rows(cloud):
    counts = np.random.default_rng(2).integers(1, 4, len(cloud))
    repeated = np.repeat(cloud, counts, axis=0)
    for family, more in (("kmeans", (None, None)), ("tied", (np.eye(3)[None], np.full((1, 2), 0.5))),
                         ("diagonal", (np.ones((1, 2, 3)), np.full((1, 2), 0.5)))):
        start = (cloud[None, :2], *more)
        one, _ = em.run(family, cloud, counts.astype(float), start, 20)
        other, _ = em.run(family, repeated, np.ones(len(repeated)), start, 20)
        np.testing.assert_allclose(one[0], other[0], atol=1e-3)


def test_refit_on_the_same_points_keeps_numbers(cloud):
    for family in ("kmeans", "tied", "diagonal"):
        model = fit(family, cloud, 4, seed=1).ordered(cloud)
        assert (np.diff(np.bincount(model.labels(cloud))) <= 0).all()
        assert (refit(model, cloud).labels(cloud) == model.labels(cloud)).mean() > 0.97


def test_adjusted_rand_equals_scikit_learn():
    rng = np.random.default_rng(3)
    for _ in range(20):
        first, second = rng.integers(0, 4, 200), rng.integers(0, 3, 200)
        assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))
    assert adjusted_rand(first, (first + 1) % 4) == 1


def test_best_jaccard_equals_sets():
    rng = np.random.default_rng(4)
    first, second = rng.integers(0, 4, 300), rng.integers(0, 5, 300)
    sets = [{*np.flatnonzero(first == i)} for i in range(4)], [{*np.flatnonzero(second == j)} for j in range(5)]
    expected = [max(len(a & b) / len(a | b) for b in sets[1]) for a in sets[0]]
    assert best_jaccard(first, second, 4) == pytest.approx(expected)


def test_far_groups_are_perfectly_stable_and_a_cloud_cut_in_seven_is_not():
    rng = np.random.default_rng(5)
    apart = np.concatenate([rng.normal(size=(200, 2)), rng.normal(size=(200, 2)) + 30])
    assert (bootstrap_pairs(fit("kmeans", apart, 2, seed=1), apart, pairs=10, seed=1).ari == 1).all()
    one = rng.normal(size=(400, 2))
    assert np.median(bootstrap_pairs(fit("kmeans", one, 7, seed=1), one, pairs=10, seed=1).ari) < 0.75


def test_ties_are_spread_between_the_midpoints_and_keep_their_order():
    x = np.random.default_rng(6).poisson(3, 4000).astype(float)
    spread = spread_ties(x, np.random.default_rng(0))
    assert (np.abs(spread - x) <= 0.5).all()
    assert sps.kstest(spread[x == 3] - 2.5, "uniform").pvalue > 0.001
    uneven = spread_ties(np.array([0, 0, 1, 10.0] * 500), np.random.default_rng(0))
    assert -0.5 <= uneven.min() < -0.4 and 5.5 <= uneven[3::4].min() < 5.6 and 14.4 < uneven.max() <= 14.5


def test_skewed_variables_are_logged_and_units_do_not_matter():
    rng = np.random.default_rng(7)
    x = np.column_stack([rng.lognormal(3, 1, 3000), rng.normal(size=3000), rng.poisson(rng.gamma(0.7, 5, 3000)),
                         np.where(rng.random(3000) < 0.1, 0, rng.lognormal(8, 1, 3000).round())])
    points, scaling = prepare(x)
    assert scaling.logged.tolist() == [True, False, True, True]
    assert np.abs(sps.skew(points[:, 0])) < 0.2
    np.testing.assert_allclose(prepare(x * [100, 100, 1, 100])[0], points, atol=1e-9)
    np.testing.assert_allclose(scaling.apply(x)[:, :2], points[:, :2], atol=1e-12)


@pytest.mark.parametrize("silent, expected", [
    (5, {"orders = 0 or spend = 0": 300}),  # too few for a segment: they join the others
    (90, {"orders = 0 and spend = 0": 210, "orders <> 0 and spend = 0": 90}),
])
def test_small_patterns_of_atoms_join_the_most_similar_one(silent, expected):
    rng = np.random.default_rng(8)
    table = pd.DataFrame({"orders": rng.integers(1, 40, 1000), "spend": rng.integers(1, 400, 1000)}).astype(float)
    table.iloc[:300] = 0
    table.iloc[:silent, 0] = 50
    grouped = atoms.groups(table, atoms.conditions(table), smallest=50)
    assert {g["rule"]: g["n"] for g in grouped} == expected
    for group in grouped:  # the rule says in words what the patterns do
        assert len(table.query(group["rule"].replace("<>", "!=").replace(" = ", " == "))) == group["n"]


def test_few_levels_make_no_atom():
    assert atoms.conditions(pd.DataFrame({"scale": np.repeat([1.0, 2, 3, 4, 5], 100)})) == []


def test_neighbours_are_those_next_to_one_another():
    """Four groups in a row: only consecutive ones touch."""
    rng = np.random.default_rng(9)
    points = np.column_stack([np.repeat([0, 10, 20, 30.0], 200), np.zeros(800)]) + rng.normal(size=(800, 2))
    model = Model("kmeans", np.array([[0, 0], [10, 0], [20, 0], [30, 0.0]]), 1.0, np.full(4, 0.25))
    assert valley.adjacent_pairs(*model.nearest_two(points), 4) == [(0, 1), (1, 2), (2, 3)]


def test_windows_count_what_lies_in_them():
    projected = np.random.default_rng(10).normal(size=500) * 3
    counts = valley._counts(projected, -2.0, 4.0)
    expected = [np.sum(np.abs(projected - (-2 + 6 * s / 40)) <= 0.12 * 6) for s in range(41)]
    assert counts.tolist() == expected


def test_valley_between_two_groups_and_none_in_one():
    rng = np.random.default_rng(11)
    two = np.concatenate([rng.normal(size=(600, 2)), rng.normal(size=(600, 2)) + [5, 0]])
    one = rng.normal(size=(1200, 2)) * [3, 1]
    p_two = valley.valley_test(fit("kmeans", two, 2, seed=1), two, seed=1)
    p_one = [max(valley.valley_test(fit("kmeans", one, 2, seed=s), one, seed=s).values()) for s in range(5)]
    assert max(p_two.values()) < 1e-6 and min(p_one) > 0.05
    assert bridges(fit("kmeans", two, 2, seed=1), two, seed=1) == set()


def test_a_valley_test_that_ends_early_decides_the_same():
    rng = np.random.default_rng(13)
    for gap in (0, 1, 2, 2.5, 3, 3.5, 4, 5):
        points = np.concatenate([rng.normal(size=(300, 2)), rng.normal(size=(300, 2)) + [gap, 0]])
        model = fit("kmeans", points, 3 if gap < 3 else 2, seed=1)
        whole, early = (max(valley.valley_test(model, points, seed=1, to_decide=d).values()) for d in (False, True))
        assert (whole < valley.ALPHA) == (early < valley.ALPHA)


def test_silhouette_is_that_of_scikit_learn(cloud):
    models = [fit("kmeans", cloud, k, seed=1) for k in (2, 5)]
    expected = [silhouette_score(cloud, m.labels(cloud)) for m in models]
    assert silhouettes(cloud, models) == pytest.approx(expected, rel=1e-9)
    points, one_alone = np.array([[0.0], [3], [4], [6]]), np.array([0, 1, 1, 1])
    expected = silhouette_score(points, one_alone)
    assert of_distances(np.abs(points - points.T), [one_alone])[0] == pytest.approx(expected)


def test_a_bent_ridge_is_recognised_as_a_bridge():
    rng = np.random.default_rng(12)
    angle = rng.random(4000) * np.pi
    bent = np.column_stack([np.cos(angle), np.sin(angle)]) + 0.08 * rng.normal(size=(4000, 2))
    bent = (bent - bent.mean(0)) / bent.std(0)
    assert bridges(fit("kmeans", bent, 3, seed=1), bent, seed=1)


def test_portable_scores_rank_as_the_model_does(cloud):
    for family in ("kmeans", "tied", "diagonal"):
        model = fit(family, cloud, 3, seed=1)
        offsets = np.zeros(3) if family == "kmeans" else np.log(model.weights)
        if family == "diagonal":
            offsets = offsets + 0.5 * np.log(model.precisions).sum(1)
        ours = scores(cloud, {"family": family, "centres": model.centres, "precisions": model.precisions,
                              "offsets": offsets})
        theirs = model.scores(cloud) * (model.precisions if family == "kmeans" else 1)
        np.testing.assert_allclose(ours - ours[:, :1], theirs - theirs[:, :1], atol=1e-8)


def candidate(k, ari, slsw, p=None, bridged=False, family="kmeans"):
    model = Model(family, np.zeros((k, 2)), 1.0, np.full(k, 1 / k))
    return Candidate(model, 100, 0.2, True, {(0, 1): 0.5 if p is None else p}, {(0, 1)} if bridged else set(),
                     Stability(np.array([ari] * 3), np.full(k, slsw)))


def test_the_choice_takes_the_largest_stable_and_separated():
    found = [candidate(2, 0.99, 0.9, 0.001), candidate(3, 0.9, 0.8, 0.001), candidate(4, 0.95, 0.9),
             candidate(5, 0.8, 0.5, 0.001), candidate(6, 0.9, 0.9, 0.001, bridged=True)]
    chosen, case = choose(found, 4, lambda c: True)
    assert (chosen.k, case, chosen.claim) == (3, "stable and separated", "natural")
    assert runner_up(chosen, found) == {"family": "kmeans", "k": 2, "why_not": "fewer segments than the data carry"}


def test_without_separation_the_largest_stable_and_distinct_is_taken():
    found = [candidate(2, 0.99, 0.9), candidate(3, 0.9, 0.7), candidate(4, 0.8, 0.62), candidate(5, 0.5, 0.3)]
    chosen, case = choose(found, 5, lambda c: c.k < 4)
    assert (chosen.k, case, chosen.claim) == (3, "stable and distinct", "constructed")
    assert choose(found[:1], 5, lambda c: True)[0].claim == "reproducible"


def test_when_nothing_is_stable_the_business_decides():
    found = [candidate(k, 0.4, 0.3) for k in (2, 3, 4, 5)]
    chosen, case = choose(found, 4, lambda c: True)
    assert (chosen.k, case, chosen.claim) == (4, "size asked for", "constructed")


def test_of_equal_sizes_the_steadier_family_wins():
    found = [candidate(3, 0.9, 0.9, 0.001), candidate(3, 0.97, 0.9, 0.001, family="tied")]
    chosen, _ = choose(found, 4, lambda c: True)
    assert chosen.family == "tied"
    assert "less steady" in runner_up(chosen, found)["why_not"]


def test_distinct_needs_a_difference_between_every_pair():
    rng = np.random.default_rng(13)
    labels = np.repeat([0, 1, 2], 200)
    table = pd.DataFrame({"x": rng.normal(size=600) + (labels == 2), "plan": np.where(labels == 1, "a", "b")})
    assert all_distinct(labels, table)
    assert not all_distinct(labels, table[["x"]])
    assert not all_distinct(labels, table.assign(plan=rng.choice(["a", "b"], 600)))


def test_a_group_on_atoms_is_named_by_what_holds_of_all_of_it():
    values = pd.DataFrame({"active_days": [1.0] * 40 + [1.0] * 4 + list(range(2, 58)),
                           "breadth": [0.05] * 40 + [0.1] * 4 + [0.05] * 20 + [0.2 + i / 100 for i in range(36)]})
    found = atoms.conditions(values)
    assert found == [{"column": "active_days", "equals": 1.0}, {"column": "breadth", "equals": 0.05}]
    assert [(g["name"], g["n"]) for g in atoms.groups(values, found, smallest=10)] == [
        ("active days at 1", 44), ("share of features used at 5 %", 20)]
