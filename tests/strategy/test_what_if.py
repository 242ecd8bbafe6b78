"""The plan under other weights: the same as step 5 under the planned ones, and as the weights say under others."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from lib.contracts import ARTEFACTS, NotMeasured, UserError
from lib.strategy.budget import budget, effects
from lib.strategy.experiment import design
from lib.strategy.playbook import strategies
from lib.strategy.targets import WEIGHTS, criteria, matrix
from lib.strategy.what_if import replan

NOTHING = NotMeasured("not asked")


@pytest.fixture
def known(facts, playbook) -> dict:
    nobody = pd.DataFrame(columns=["segment", "topic", "code", "n", "n_asked", "evidence_ids"])
    actions = strategies(facts, nobody, playbook, business="b2c", channels=["email"])
    out = pd.Series("", index=facts["segment"].to_numpy())
    effect = effects(actions, facts, NOTHING, NOTHING, [], margin_rate=0.3, cost=40.0)
    drawn = design(facts, actions, facts.set_index("segment")["n"], campaign="c", unit="customer")
    return {"facts": facts, "knocked_out": out, "growth": pd.Series(dtype=float), "reach": NOTHING, "ratings": {},
            "effects": effect, "designed": drawn, "margin_rate": 0.3, "cost": 40.0, "saturation": 0.25, "seed": 7}


def test_the_planned_weights_give_the_plan(known):
    targets, money = replan(**known, weights=WEIGHTS, capacity=500)
    scored = criteria(known["facts"], known["knocked_out"], known["growth"], NOTHING, {}, {}, margin_rate=0.3)
    planned = matrix(scored, known["knocked_out"], seed=7)
    assert_frame_equal(targets, planned)
    assert_frame_equal(money, budget(known["effects"], planned, known["designed"], capacity=500, cost=40.0,
                                     saturation=0.25))
    ARTEFACTS["targets"].check(targets)


def test_all_weight_on_size_puts_the_largest_segment_first(known):
    targets, _ = replan(**known, weights={**dict.fromkeys(WEIGHTS, 0.0), "size": 7.0}, capacity=100)
    assert targets.set_index("segment")["p_first"].idxmax() == known["facts"].set_index("segment")["n"].idxmax()


def test_weights_need_not_sum_to_a_hundred(known):
    less = {name: weight * 0.3 for name, weight in WEIGHTS.items()}
    both = [replan(**known, weights=weights, capacity=0)[0] for weights in (WEIGHTS, less)]
    assert_frame_equal(*both)


@pytest.mark.parametrize(("weights", "told"), [
    (dict.fromkeys(WEIGHTS, 0), "no criterion has any weight"),
    ({**dict.fromkeys(WEIGHTS, 0), "growth": 5}, "none of the criteria")])
def test_weights_that_compare_nothing_are_refused(known, weights, told):
    with pytest.raises(UserError, match=told):
        replan(**known, weights=weights, capacity=0)
