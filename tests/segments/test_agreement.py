"""Agreement between people against published tables; verdicts by how many were asked; contradictions that are none."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.segments.agreement import alpha_interval, cohen_kappa, kappa_interval
from lib.segments.stated import stated_and_observed
from lib.segments.validation import validate
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


def validated(survey, assigned, features) -> pd.DataFrame:
    table = validate(assigned, features, voice=ABSENT, survey=survey, icps=[], icp=ABSENT, period_days=14.0, seed=1)
    return ARTEFACTS["validation"].check(table).set_index(["check", "group"])


def test_answers_count_with_the_weights_that_the_survey_declares():
    """By hand: 40 who say rarely stand for half a person each, 20 who say monthly for two: 40 of 60 agree, and 60
    people weighted so tell as much as 60² / (40 · .25 + 20 · 4) = 40."""
    survey, assigned, features = answered(["rarely", "rarely", "monthly"], 4)
    survey["weight"] = np.where(survey["stated_frequency"] == "rarely", 0.5, 2.0)
    found = validated(survey, assigned, features).loc[("stated and observed frequency", "a")]
    centre, half = 2 / 3 + 1.96**2 / 80, 1.96 * np.sqrt(2 / 9 / 40 + 1.96**2 / (4 * 40**2))
    assert (found["n"], found["effective_n"]) == (60, pytest.approx(40))
    assert found["estimate"] == pytest.approx(2 / 3)
    assert [found["low"], found["high"]] == pytest.approx([(centre + s * half) / (1 + 1.96**2 / 40) for s in (-1, 1)],
                                                          abs=1e-4)


def test_few_who_stand_for_many_make_a_verdict_tentative():
    """30 agree, but two of them stand for nearly all: worth 2.4 people, too few."""
    survey, assigned, features = answered(["monthly", "weekly"], 10)
    survey["weight"] = np.where(np.arange(60) < 2, 100.0, 1.0)
    table = validated(survey, assigned, features)
    assert set(table.loc["stated and observed frequency", "verdict"]) == {"too few"}
    assert validated(survey.drop(columns="weight"), assigned, features).loc[
        ("stated and observed frequency", "a"), "verdict"] == "validated"


def test_without_weights_answers_of_everybody_are_brought_back_to_the_size_of_the_segments():
    """Segment a: 30 of 300 answered, b: 30 of 100, so that answers of a count 1.5 and those of b .5."""
    from sklearn.metrics import cohen_kappa_score

    keys = [f"c{i:03d}" for i in range(400)]
    assigned = pd.DataFrame({"customer_key": keys, "segment": ["a"] * 300 + ["b"] * 100, "user_type": "Core"})
    rng = np.random.default_rng(3)
    gaps = rng.choice([7.0, 30.0], 400)
    features = pd.DataFrame({"customer_key": keys, "frequency": 14.0 / gaps})
    honest = np.where(gaps == 7, "weekly", "monthly")
    said = np.where(assigned["segment"] == "a", honest, rng.choice(["weekly", "monthly"], 400))
    asked = [*range(30), *range(300, 330)]
    survey = pd.DataFrame({"customer_key": keys, "wave": "1", "stated_frequency": said}).iloc[asked]
    found = validated(survey, assigned, features).loc[("stated and observed frequency", "all")]
    wanted = cohen_kappa_score(said[asked], honest[asked], weights="quadratic", labels=["weekly", "monthly"],
                               sample_weight=[1.5] * 30 + [0.5] * 30)
    assert found["estimate"] == pytest.approx(wanted) and found["low"] < wanted < found["high"]
    assert found["effective_n"] == pytest.approx(60**2 / (30 * 1.5**2 + 30 * 0.5**2))


def test_statements_of_a_weighted_survey_weigh_as_who_made_them_and_others_once():
    keys = [f"c{i:02d}" for i in range(40)]
    voice = pd.DataFrame({"evidence_id": [f"e{i:02d}" for i in range(40)], "kind": ["survey"] * 30 + ["interview"] * 10,
                          "customer_key": keys, "said_on": "2026-06-01", "speaker": "customer", "topic": "pain_point",
                          "code": ["price"] * 10 + ["slow"] * 20 + ["price"] * 10})
    survey = pd.DataFrame({"customer_key": keys[:30], "wave": "1", "weight": [2.0] * 10 + [0.5] * 20})
    assigned = pd.DataFrame({"customer_key": keys, "segment": "a", "user_type": "Core"})
    table = validate(assigned, assigned[["customer_key"]], voice=voice, survey=survey, icp=pd.Series("Pros", keys),
                     icps=[{"name": "Pros", "pains": ["price"], "jobs": [], "found_in": []}], period_days=14.0, seed=1)
    found = table.set_index("check").loc["claim: pain point “price”"]
    assert found["estimate"] == pytest.approx((10 * 2 + 10) / 40) and found["n"] == 40
    assert found["effective_n"] == pytest.approx(40**2 / (10 * 4 + 20 * 0.25 + 10))
