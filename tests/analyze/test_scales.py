"""Reliability of scales against planted loadings, another way to the formula, and a published example."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as sps
from sklearn.decomposition import FactorAnalysis

from lib.analyze import scales
from lib.contracts import NotMeasured

LOADINGS, UNIQUE = np.array([0.9, 0.7, 0.6, 0.5]), np.array([0.4, 0.6, 0.5, 0.9])


def answers(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) * LOADINGS + rng.normal(size=(n, 4)) * np.sqrt(UNIQUE)


def survey(table: np.ndarray, names: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(table, columns=names)
    return frame.assign(customer_key=[f"k{i:04d}" for i in range(len(frame))], wave="1", nps=7.0, in_base=True)


def test_alpha_is_the_mean_of_all_split_halves():
    """Cronbach's own definition (1951): the mean over splits of Flanagan and Rulon's coefficient."""
    table = answers(300, 1)
    halves = [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    split = [4 * np.cov(table[:, a].sum(1), table[:, b].sum(1))[0, 1] / table.sum(1).var(ddof=1) for a, b in halves]
    assert scales.alpha(table)[0] == pytest.approx(np.mean(split))


def test_feldts_interval_covers_alpha():
    """Feldt's (1965) sampling theory holds for parallel items: 95 % of intervals cover."""
    truth = 4 / 3 * (1 - 4 / (4 + 12 * 0.5))  # four items, variance 1, correlations .5
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        table = np.sqrt(0.5) * (rng.normal(size=(120, 1)) + rng.normal(size=(120, 4)))
        _, low, high = scales.alpha(table)
        covered += low < truth < high
    assert sps.binomtest(covered, 400, 0.95).pvalue > 0.01


def test_omega_of_planted_loadings_and_of_lawleys_other_route():
    covariance = np.outer(LOADINGS, LOADINGS) + np.diag(UNIQUE)
    exact = LOADINGS.sum() ** 2 / (LOADINGS.sum() ** 2 + UNIQUE.sum())
    assert scales.omega(covariance) == pytest.approx(exact, abs=1e-4)
    table = answers(500, 2)
    other = FactorAnalysis(1, tol=1e-10, max_iter=20_000, svd_method="lapack").fit(table)
    common = other.components_.sum() ** 2
    expected = common / (common + other.noise_variance_.sum())
    assert scales.omega(np.cov(table.T)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("planted", [0, 1, 3])
def test_as_many_things_are_measured_as_were_planted(planted):
    """Twelve items on five points, four a thing; without any, nothing is seen in most draws (95 % points)."""
    found = []
    for seed in range(10):
        rng = np.random.default_rng([seed, planted])
        things = np.repeat(rng.normal(size=(300, max(planted, 1))), 12 // max(planted, 1), axis=1)
        table = np.clip(np.round(3 + (0.7 * things if planted else 0) + rng.normal(size=(300, 12)) * 0.8), 1, 5)
        found.append(scales.factors(table))
        assert scales.factors(table[::-1]) == found[-1]
    assert sum(f == planted for f in found) >= (8 if not planted else 10)


def test_one_factor_as_published():
    """Six ability tests of 112 people (Smith and Stanley 1983, `ability.cov` of R): what its `factanal` prints."""
    lower = [[24.641], [5.991, 6.700], [33.520, 18.137, 149.831], [6.023, 1.782, 19.424, 12.711],
             [20.755, 4.936, 31.430, 4.757, 52.604], [29.701, 7.204, 50.753, 9.075, 66.762, 135.292]]
    covariance = np.array([[lower[max(i, j)][min(i, j)] for j in range(6)] for i in range(6)])
    loadings, unique = scales.one_factor(covariance)
    spread = np.sqrt(np.diag(covariance))
    assert unique / spread**2 == pytest.approx([0.535, 0.853, 0.748, 0.910, 0.232, 0.280], abs=0.001)
    assert loadings / spread == pytest.approx([0.682, 0.384, 0.502, 0.300, 0.877, 0.849], abs=0.001)


def test_items_are_grouped_by_name_and_each_carries_its_correlation_with_the_rest():
    table = answers(400, 3)
    found = scales.reliability(survey(np.column_stack([table, table[:, 0]]), ["a_1", "a_2", "a_3", "a_4", "b"]))
    own = found[found["scale"] == "a"].set_index("item")
    assert own["n"].eq(400).all() and own["items"].eq(4).all()
    rest = np.corrcoef(table[:, 1], table[:, [0, 2, 3]].sum(1))[0, 1]
    assert own.loc["a_2", "item_rest"] == pytest.approx(rest)
    assert own["low"].iloc[0] < own["alpha"].iloc[0] < own["high"].iloc[0]
    assert "fewer than 3 items" in found.set_index("item").loc["b", "note"]


def test_too_few_answers_say_so_and_the_last_wave_counts():
    small = scales.reliability(survey(answers(60, 4), ["q1", "q2", "q3", "q4"]))
    assert small["alpha"].isna().all() and small["note"].str.contains("fewer than 100 complete answers").all()
    first, second = survey(answers(200, 5), ["q1", "q2", "q3", "q4"]), survey(answers(200, 6), ["q1", "q2", "q3", "q4"])
    both = scales.reliability(pd.concat([second.assign(wave="2"), first]))
    pd.testing.assert_frame_equal(both, scales.reliability(second))


def test_without_a_survey_or_items_it_is_not_measured():
    assert isinstance(scales.reliability(NotMeasured("no survey")), NotMeasured)
    empty = survey(answers(200, 1), ["a", "b", "c", "d"])[["customer_key", "wave", "nps", "in_base"]]
    assert "no items" in scales.reliability(empty).reason
