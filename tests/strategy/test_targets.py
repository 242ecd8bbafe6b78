"""Target matrix: equal segments share equally, dominated ones never win, wrong weights are refused."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured, UserError
from lib.strategy.targets import WEIGHTS, criteria, knock_outs, matrix, rank_robustness

NOTHING = NotMeasured("not asked")
W = np.array(list(WEIGHTS.values()))


def test_equal_segments_get_one_kth_each():
    places = rank_robustness(np.full((5, 6), 50.0), W, seed=1)
    assert places == pytest.approx(np.full((5, 5), 0.2))


def test_places_are_a_doubly_stochastic_matrix():
    places = rank_robustness(np.random.default_rng(0).uniform(0, 100, (4, 6)), W, seed=1)
    assert places.sum(axis=0) == pytest.approx(1) and places.sum(axis=1) == pytest.approx(1)


def test_a_segment_best_in_everything_is_always_first():
    scores = np.vstack([np.full(6, 90.0), np.random.default_rng(0).uniform(0, 80, (3, 6))])
    assert rank_robustness(scores, W, seed=1)[0, 0] == 1.0


def test_two_segments_of_opposite_strength_win_as_often_as_the_weights_say():
    """Two criteria of equal weight: the ranking follows a symmetric beta draw, so each wins half of the time."""
    places = rank_robustness(np.array([[100.0, 0.0], [0.0, 100.0]]), np.array([50.0, 50.0]), seed=1, draws=20_000)
    assert places[:, 0] == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_matrix_keeps_its_contract(facts):
    scored = criteria(facts, pd.Series(dtype=float), NOTHING, {}, {}, margin_rate=0.3)
    assert set(scored["criterion"]) == {"size", "value", "margin", "retention"}
    assert scored.drop_duplicates("criterion")["weight"].sum() == pytest.approx(100)
    out = matrix(scored, knock_outs(facts, NOTHING, NOTHING, {}, business="b2c"), seed=7)
    ARTEFACTS["targets"].check(out)
    assert out["p_first"].sum() == pytest.approx(1)
    assert out.set_index("segment").loc["steady", "role"] == "target"


def test_knock_outs_in_their_order(facts):
    pairs = pd.DataFrame({"first": ["steady"], "second": ["rare"], "verdict": ["merge candidate"]})
    reach = pd.Series({"steady": 0.9, "rising": 0.1, "rare": 0.9, "gone": 0.95})
    ratings = {"default": {"fit": 8}, "gone": {"fit": 1}}
    found = knock_outs(facts, pairs, reach, ratings, business="b2c")
    assert found.to_dict() == {"steady": "", "rising": "reachable", "rare": "distinct", "gone": "fits our strengths"}
    assert knock_outs(facts, NOTHING, NOTHING, {}, business="b2c", smallest=500)["gone"] == "large enough"


@pytest.mark.parametrize(("weights", "fault"), [({"size": 90}, "sum to 90"), ({"luck": 100}, "luck")])
def test_weights_are_checked(facts, weights, fault):
    with pytest.raises(UserError, match=fault):
        criteria(facts, pd.Series(dtype=float), NOTHING, {}, weights, margin_rate=0.3)


def test_ratings_need_a_known_segment(facts):
    with pytest.raises(UserError, match="no segment"):
        knock_outs(facts, NOTHING, NOTHING, {"nobody": {"fit": 5}}, business="b2c")
