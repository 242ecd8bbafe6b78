"""Latent classes of a survey: planted classes come back with their answers; a survey without classes has none."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lib.analyze import answers
from lib.contracts import NotMeasured

PLANTED = np.array([[0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9], [0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.9],
                    [0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.1]])


def survey(n: int, seed: int, probabilities=PLANTED) -> tuple[pd.DataFrame, np.ndarray]:
    """Yes-or-no answers of respondents drawn from classes, and the class of each."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(len(probabilities), n, p=np.linspace(3, 2, len(probabilities)) / sum(
        np.linspace(3, 2, len(probabilities))))
    yes = rng.random((n, probabilities.shape[1])) < probabilities[truth]
    table = pd.DataFrame(np.where(yes, "yes", "no"), columns=[f"item_{i}" for i in range(yes.shape[1])])
    return table.assign(customer_key=[f"k{i:05d}" for i in range(n)], wave="1", nps=5.0, q1=3.0), truth


@pytest.fixture(scope="module")
def found():
    table, truth = survey(900, 1)
    return table, truth, answers.classes(table, seed=7, draws=39, pairs=6)


def test_planted_classes_are_recovered(found):
    table, truth, document = found
    assert document["k"] == 3 and document["claim"] in ("reproducible", "constructed") and document["n"] == 900
    assert adjusted_rand_score(truth, answers.assign(table, document["solution"])["cluster"]) >= 0.7
    planted = np.bincount(truth) / len(truth)
    assert sorted(c["share"] for c in document["classes"]) == pytest.approx(sorted(planted), abs=0.05)
    assert sum(c["n"] for c in document["classes"]) == 900


def test_the_marks_of_a_class_are_answers_planted_in_it(found):
    table, truth, document = found
    placed = answers.assign(table, document["solution"])["cluster"].to_numpy()
    for j, described in enumerate(document["classes"]):
        planted = PLANTED[np.bincount(truth[placed == j]).argmax()]
        for mark in described["marks"]:
            likely = planted[int(mark["item"][-1])]
            assert (likely > 0.5) == (mark["answer"] == "yes")


def test_a_saved_solution_scores_new_respondents_the_same_way(found):
    _, _, document = found
    fresh, truth = survey(400, 2)
    solution = json.loads(json.dumps(document["solution"]))
    scored = answers.assign(fresh.sample(frac=1, random_state=1), solution)
    assert adjusted_rand_score(truth, scored["cluster"]) >= 0.6
    nobody = fresh.head(2).assign(**{f"item_{i}": None for i in range(8)})
    assert answers.assign(nobody, solution)["cluster"].tolist() == [-1, -1]


def test_independent_answers_carry_no_classes():
    table, _ = survey(500, 3, np.array([[0.5, 0.3, 0.7, 0.4, 0.6, 0.5]]))
    document = answers.classes(table, seed=7, draws=19, pairs=2)
    assert document["k"] == 1 and document["claim"] == "none"


def test_what_cannot_be_searched_says_why():
    table, _ = survey(500, 4)
    assert "fewer than three" in answers.classes(table[["customer_key", "wave", "item_1", "q1"]], seed=7).reason
    assert "too few" in answers.classes(table.head(100), seed=7).reason
    assert isinstance(answers.classes(NotMeasured("no survey"), seed=7), NotMeasured)
