"""Agreement between people against published tables; verdicts by how many were asked; contradictions that are none."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.segments.agreement import alpha_interval, cohen_kappa, kappa_interval
from lib.segments.validation import stated_and_observed, validate
from lib.segments.verdicts import agreement_verdict, alpha_verdict, check_row

ABSENT = NotMeasured("nobody asked")
FUN = ["never", "fairly often", "very often", "always"]


def ratings(table) -> tuple[np.ndarray, np.ndarray]:
    """Two raters from a table of counts, first rater in rows."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return tuple(np.array([FUN[p[k]] for p in pairs], dtype=object) for k in (0, 1))


def test_kappa_of_cohens_own_table():
    """Cohen (1960), 200 cases and three diagnoses: .492 (three decimals as printed in later reviews)."""
    first, second = ratings([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert cohen_kappa(first, second) == pytest.approx(0.492, abs=5e-4)


def test_kappa_and_weighted_kappa_of_91_couples():
    """Agresti's couples, as manuals of R print them: κ .1293 (ASE .0686), with linear weights .2374 (.0783)."""
    first, second = ratings([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
    assert cohen_kappa(first, second, order=FUN) == pytest.approx(0.1293, abs=5e-5)
    assert cohen_kappa(first, second, order=FUN, weights="linear") == pytest.approx(0.2374, abs=5e-5)
    _, low, high = kappa_interval(first, second, seed=1, order=FUN)
    assert (high - low) / (2 * 1.96) == pytest.approx(0.0686, rel=0.12)
    _, low, high = kappa_interval(first, second, seed=1, order=FUN, weights="linear")
    assert (high - low) / (2 * 1.96) == pytest.approx(0.0783, rel=0.12)


def test_kappa_of_the_large_sample_paper():
    """Fleiss, Cohen & Everitt (1969), 200 cases: κ .429, and an interval as wide as their standard error says."""
    table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    first, second = ratings(table)
    kappa, low, high = kappa_interval(first, second, seed=2)
    assert kappa == pytest.approx(0.429, abs=5e-4)
    p = table / table.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    agree, chance = np.trace(p), rows @ columns
    mixed = rows[None, :] + columns[:, None]  # of cell i, j: p_j. + p_.i
    within = sum(p[i, i] * (1 - mixed[i, i] * (1 - kappa)) ** 2 for i in range(3))
    between = (1 - kappa) ** 2 * sum(p[i, j] * mixed[i, j] ** 2 for i in range(3) for j in range(3) if i != j)
    variance = (within + between - (kappa - chance * (1 - kappa)) ** 2) / (table.sum() * (1 - chance) ** 2)
    assert agree == pytest.approx(0.7) and (high - low) / (2 * 1.96) == pytest.approx(np.sqrt(variance), rel=0.1)


def test_an_interval_of_chance_holds_zero_as_often_as_it_says():
    rng, held = np.random.default_rng(7), [0, 0]
    for seed in range(60):
        first = rng.choice(["a", "b", "c"], 60, p=[0.6, 0.3, 0.1])
        second = rng.permutation(first)
        _, low, high = kappa_interval(first, second, seed=seed)
        held[0] += low <= 0 <= high
        _, low, high = alpha_interval(np.column_stack([first, second]), seed=seed)
        held[1] += low <= 0 <= high
    assert min(held) >= 53  # 57 expected of 60


@pytest.mark.parametrize(("n", "low", "high", "verdict"), [
    (9, 0.9, 1.0, "too few"), (10, 0.9, 1.0, "tentative"), (29, 0.0, 0.1, "tentative"), (30, 0.61, 0.9, "validated"),
    (30, 0.59, 0.9, "tentative"), (30, 0.1, 0.39, "contradicted"), (30, 0.1, 0.41, "tentative")])
def test_verdicts_by_how_many_were_asked(n, low, high, verdict):
    assert agreement_verdict(n, low, high, good=0.6, poor=0.4) == verdict


@pytest.mark.parametrize(("n", "low", "estimate", "verdict"), [
    (9, 1.0, 1.0, "too few"), (20, 0.2, 0.7, "tentative"), (20, 0.2, 0.6, "untested"), (30, 0.81, 0.9, "validated"),
    (30, 0.70, 0.9, "tentative"), (30, 0.60, 0.9, "untested")])
def test_verdicts_of_coders(n, low, estimate, verdict):
    assert alpha_verdict(n, low, 1.0, estimate) == verdict


def test_of_too_few_no_estimate_is_printed():
    row = check_row("coders and model", "a", 6, 0.0, 0.0, 0.39, verdict="too few", finding="")
    assert row["n"] == 6 and np.isnan([row["estimate"], row["low"], row["high"]]).all()


def answered(words: list, days_apart: float) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(survey, assignments, features) of 60 customers who come every so many days, and say these words in turn."""
    keys = [f"c{i:02d}" for i in range(60)]
    said = [words[i % len(words)] for i in range(60)]
    survey = pd.DataFrame({"customer_key": keys, "wave": "1", "stated_frequency": said})
    features = pd.DataFrame({"customer_key": keys, "frequency": 14.0 / days_apart})
    return survey, pd.DataFrame({"customer_key": keys, "segment": "a", "user_type": "Core"}), features


def test_who_comes_every_thirteen_days_contradicts_nobody_by_saying_monthly():
    survey, assigned, features = answered(["weekly", "monthly"], 13)
    assert stated_and_observed(survey, assigned, features, 14.0)["near"].all()


def test_people_are_asked_how_often_they_use_it_not_how_often_its_core_event_comes():
    """Used every three days, the critical event every two months: rarely is wrong, daily is near."""
    for word, near in (("rarely", False), ("several times a week", True), ("daily", True)):
        survey, assigned, features = answered([word, "monthly", "yearly"], 60)
        features = features.assign(active_days=365 / 3, tenure_days=900.0)
        found = stated_and_observed(survey, assigned, features, 14.0)
        assert (found.loc[found["stated"] == word, "near"] == near).all()


def test_who_comes_twice_a_week_and_says_rarely_is_contradicted():
    survey, assigned, features = answered(["rarely", "rarely", "monthly"], 4)
    table = validate(assigned, features, voice=ABSENT, survey=survey, icps=[], icp=ABSENT, period_days=14.0, seed=1)
    found = table.set_index(["check", "group"]).loc[("stated and observed frequency", "a")]
    assert found["verdict"] == "contradicted"
    assert found["estimate"] == pytest.approx(1 / 3)  # monthly is the nearest of the words that were used
