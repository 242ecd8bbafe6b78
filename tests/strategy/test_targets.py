"""Target matrix: equal segments share equally, dominated ones never win, wrong weights are refused."""

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured, UserError
from lib.product import KnockOuts, Rating
from lib.report import headline
from lib.report.figures import strategy as figures
from lib.report.numbers import Format
from lib.report.tables import strategy as tables
from lib.report.words import strategy as words
from lib.strategy.knockouts import checks, knocked_out
from lib.strategy.targets import WEIGHTS, criteria, matrix, rank_robustness, weights_used, without_segment

NO_GROWTH = pd.Series(dtype=float)
LIMITS = KnockOuts()
NOTHING = NotMeasured("not asked")
FMT = Format()
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
    scored = criteria(facts, _out(facts), NO_GROWTH, NOTHING, {}, {}, margin_rate=0.3)
    assert set(scored["criterion"]) == {"size", "value", "margin", "retention"}
    assert scored.drop_duplicates("criterion")["weight"].sum() == pytest.approx(100)
    out = matrix(scored, _out(facts), seed=7)
    ARTEFACTS["targets"].check(out)
    assert out["p_first"].sum() == pytest.approx(1)
    assert out.set_index("segment").loc["steady", "role"] == "target"


def test_knock_outs_in_their_order(facts):
    pairs = pd.DataFrame({"first": ["steady"], "second": ["rare"], "verdict": ["merge candidate"]})
    reach = pd.Series({"steady": 0.9, "rising": 0.1, "rare": 0.9, "gone": 0.95})
    ratings = {"fit": Rating(source="a workshop", default=8, segments={"gone": 1})}
    table = checks(facts, pairs, reach, ratings, business="b2c", limits=LIMITS)
    ARTEFACTS["knock_outs"].check(table)
    assert knocked_out(table).to_dict() == {
        "steady": "", "rising": "reachable", "rare": "distinct", "gone": "fits our strengths"}
    assert len(table) == 4 * 5 and (table["verdict"] == "fails").sum() == 3
    out = pd.DataFrame({"first": ["rising", "rare"], "second": ["rare", "gone"], "verdict": "merge candidate"})
    alone = checks(facts, out, reach, {}, business="b2c", limits=LIMITS)
    assert knocked_out(alone).to_dict() == {  # nobody else stands for `rare`: its better twin may not be contacted
        "steady": "", "rising": "reachable", "rare": "", "gone": "distinct"}
    larger = checks(facts, NOTHING, NOTHING, {}, business="b2c", limits=KnockOuts(smallest=500))
    assert knocked_out(larger)[["gone", "steady"]].tolist() == ["large enough", ""]


def test_what_was_not_measured_is_said_and_knocks_nobody_out(facts):
    table = checks(facts, NOTHING, NOTHING, {}, business="b2c", limits=LIMITS).set_index(["criterion", "segment"])
    for criterion in ("distinct", "reachable", "fits our strengths"):
        assert set(table.loc[criterion, "verdict"]) == {"not measured"}
    assert table.loc[("identifiable", "gone"), "verdict"] == "not measured"
    assert table.loc[("identifiable", "steady"), "verdict"] == "passes"


def test_who_was_knocked_out_does_not_change_how_the_others_compare(facts):
    """The last segment grows fastest of all; as it is out, the best of the others has 100."""
    growth = pd.Series({"steady": 0.1, "rising": 0.2, "rare": 0.0, "gone": 9.0})
    out = pd.Series({"steady": "", "rising": "", "rare": "", "gone": "reachable"})
    scored = criteria(facts, out, growth, NOTHING, {}, {}, margin_rate=0.3)
    scores = scored.set_index(["criterion", "segment"])["score"]["growth"]
    assert scores.to_dict() == pytest.approx({"steady": 50.0, "rising": 100.0, "rare": 0.0})
    row = matrix(scored, out, seed=1).set_index("segment").loc["gone"]
    assert row["role"] == "not now" and row[["attractiveness", "competitiveness", "p_first"]].isna().all()


def test_when_all_are_knocked_out_none_is_compared(facts):
    out = pd.Series("large enough", index=facts["segment"])
    scored = criteria(facts, out, NO_GROWTH, NOTHING, {}, {}, margin_rate=0.3)
    assert isinstance(scored, NotMeasured) and weights_used(scored) == {}
    table = matrix(scored, out, seed=1)
    ARTEFACTS["targets"].check(table)
    assert set(table["role"]) == {"not now"}


def test_one_segment_that_is_left_is_the_target_and_has_no_place_among_others(facts):
    """Its scores would be 50 on every criterion, whatever it is worth: so it has none, and no matrix is drawn."""
    out = pd.Series("reachable", index=facts["segment"]).where(facts["segment"].to_numpy() != "rare", "")
    for worth in (1, 1000):  # the same of a poor and of a rich one
        scored = criteria(facts.assign(mean_value=facts["mean_value"] * worth), out, NO_GROWTH, NOTHING, {}, {},
                          margin_rate=0.3)
        assert isinstance(scored, NotMeasured) and "none to compare it with" in scored.reason
        table = matrix(scored, out, seed=1)
        ARTEFACTS["targets"].check(table)
        roles = table.set_index("segment")["role"]
        assert roles["rare"] == "target" and (roles.drop("rare") == "not now").all()
        assert table[["attractiveness", "competitiveness", "p_first", "p_second"]].isna().all(axis=None)
    shown = facts.assign(name=facts["segment"].str.title(), rank=range(1, len(facts) + 1), quiet=False, few=False)
    assert figures.target_matrix(table, shown, FMT) is None and figures.rank_robustness(table, shown, FMT) is None
    said = words.robustness(table, shown, FMT)
    assert "Only Rare passed" in said.text and "nothing is ranked" in said.text and not any(map(str.isdigit, said.text))
    row = next(r for r in tables.targets(table, shown, FMT).rows if r[0] == "Rare")
    assert row[2] == "target" and row[4:] == [""] * 4
    rows = table.astype("object").where(table.notna(), None).to_dict("records")
    content = {"targets": rows, "budget": [], "experiments": []}
    first = headline._target(content, shown[["segment", "name"]].to_dict("records"), FMT)
    assert first["text"] == "Start with Rare: it is the only segment that passed the knock-outs."


def test_rated_criteria_keep_their_axis_and_source(facts):
    ratings = {"brand": Rating(source="a survey of dealers", default=4, segments={"rising": 9}),
               "outlook": Rating(source="a market study", axis="attractiveness", default=5)}
    weights = {"size": 40, "brand": 35, "outlook": 25}
    scored = criteria(facts, _out(facts), NO_GROWTH, NOTHING, ratings, weights, margin_rate=0.3)
    heads = scored.drop_duplicates("criterion").set_index("criterion")
    assert heads["kind"].to_dict() == {"size": "computed", "brand": "rated", "outlook": "rated"}
    assert heads.loc["brand", ["axis", "source"]].tolist() == ["competitiveness", "a survey of dealers"]
    assert heads.loc["outlook", "axis"] == "attractiveness"
    assert scored.set_index(["criterion", "segment"]).loc[("brand", "rising"), "score"] == 90


@pytest.mark.parametrize(("weights", "fault"), [({"size": 90}, "sum to 90"), ({"luck": 100}, "luck")])
def test_weights_are_checked(facts, weights, fault):
    with pytest.raises(UserError, match=fault):
        criteria(facts, _out(facts), NO_GROWTH, NOTHING, {}, weights, margin_rate=0.3)


@pytest.mark.parametrize(("rating", "fault"), [
    ({"fit": {"segments": {"steady": 5}}}, "missing for a segment"), ({"size": {"default": 5}}, "computed")])
def test_ratings_are_checked(facts, rating, fault):
    ratings = {name: Rating(source="a workshop", **given) for name, given in rating.items()}
    with pytest.raises(UserError, match=fault):
        criteria(facts, _out(facts), NO_GROWTH, NOTHING, ratings, {}, margin_rate=0.3)


def test_ratings_of_segments_that_are_gone_are_listed_and_change_nothing(facts):
    """A refit made new segments: the run goes on with the ratings that hold, and says which do not."""
    def scored(segments: dict):
        ratings = {"fit": Rating(source="a workshop", default=5, segments=segments)}
        return ratings, criteria(facts, _out(facts), NO_GROWTH, NOTHING, ratings, {"size": 50, "fit": 50},
                                 margin_rate=0.3)

    (now, with_gone), (_, without) = scored({"steady": 8, "champions": 9}), scored({"steady": 8})
    pd.testing.assert_frame_equal(with_gone, without)
    gone = without_segment(now, facts)
    assert gone == {"fit": ["champions"]}
    said = words.left_out(with_gone, {"size": 50, "fit": 50}, gone, Format())
    assert said.tone == "caveat" and "fit: champions" in said.text and "strategy.ratings" in said.text
    assert words.left_out(without, {"size": 50, "fit": 50}, {}, Format()).tone == "method"


def _out(facts) -> pd.Series:
    return pd.Series("", index=facts["segment"])
