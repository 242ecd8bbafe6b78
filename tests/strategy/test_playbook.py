"""Strategies: one per segment, traceable to entry and evidence, never a default."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured, UserError
from lib.contracts.s05_strategy import OBJECTIVES
from lib.strategy.needs import segment_needs
from lib.strategy.playbook import Playbook, strategies
from lib.strategy.situation import SITUATIONS, segment_facts


def test_situations_follow_from_the_profile(facts):
    found = facts.set_index("segment")["situation"].to_dict()
    assert found == {"steady": "core", "rising": "power", "rare": "casual", "gone": "dormant"}
    assert facts.set_index("segment")["value_level"].to_dict() == {
        "steady": "high", "rising": "high", "rare": "low", "gone": "low"}


def test_lapsing_and_one_time_are_seen(segments, assignments, features):
    away = features.assign(recency_days=features["recency_days"].where(assignments["segment"] != "steady", 15.0))
    once = away.assign(n_occasions=away["n_occasions"].where(assignments["segment"] != "rare", 1.0))
    days = once.set_index("customer_key")["recency_days"]
    found = segment_facts(segments, assignments, once, days, period_days=7.0).set_index("segment")["situation"]
    assert found["steady"] == "lapsing"
    assert found["rare"] == "one-time"


def test_a_strategy_per_segment_with_its_evidence(plan, facts):
    ARTEFACTS["strategies"].check(plan)
    rows = plan.set_index("segment")
    assert sorted(rows.index) == sorted(facts["segment"])
    assert rows.loc["steady", ["need", "evidence_ids", "n_evidence", "n_asked"]].tolist() == ["planner", "e4", 1, 1]
    assert not rows.loc["steady", "assumption"]
    assert rows.loc["steady", ["discovered", "n_discovered", "n_discovered_asked"]].tolist() == ["friend", 1, 1]
    assert rows.loc["steady", "topic"] == "valued_feature"
    assert rows.loc["rare", "assumption"]
    assert rows.loc["rare", "evidence_ids"] == ""


def test_needs_count_people_and_keep_ids(voice, assignments):
    rows = segment_needs(voice, assignments).set_index(["segment", "topic"])
    pain = rows.loc[("steady", "pain_point")]
    assert (pain["code"], pain["n"], pain["n_asked"], pain["evidence_ids"]) == ("no_time", 2, 2, "e1,e2")
    assert segment_needs(NotMeasured("no voice"), assignments).empty


def test_a_segment_without_an_entry_is_an_error(facts, playbook):
    cut = Playbook(entries=[e for e in playbook.entries if e.when.situation != "casual"])
    with pytest.raises(UserError, match="'Rare'"):
        strategies(facts, _nobody(), cut, business="b2c", channels=["email"])


def test_two_entries_for_a_segment_are_an_error(facts, playbook):
    extra = playbook.entries[0].model_copy(update={
        "id": "second", "when": playbook.entries[0].when.model_copy(update={"situation": "core"})})
    with pytest.raises(UserError, match="2 entries"):
        strategies(facts, _nobody(), Playbook(entries=[*playbook.entries, extra]), business="b2c", channels=["email"])


def test_a_channel_that_the_product_lacks_is_an_error(facts, playbook):
    with pytest.raises(UserError, match="strategy.channels"):
        strategies(facts, _nobody(), playbook, business="b2c", channels=["letter"])


def test_the_shipped_playbook_has_exactly_one_entry_for_every_situation(playbook, facts):
    row, seen = facts.iloc[[0]], set()
    for situation, level, business, breadth in itertools.product(
            SITUATIONS, ("high", "low", "not measured"), ("b2c", "b2b"), (0.2, 1.0, np.nan)):
        one = row.assign(situation=situation, value_level=level, breadth=breadth,
                         breadth_level="room" if breadth < 0.85 else "full")
        (planned,) = strategies(one, _nobody(), playbook, business=business, channels=["email"])["objective"]
        seen.add(planned)
        assert planned != "widen" or breadth < 0.85, "nobody can use more than everything"
    assert seen == set(OBJECTIVES)


def test_to_widen_what_is_used_in_full_is_an_error_that_names_the_segment(facts, playbook):
    anywhere = [e.model_copy(update={"when": e.when.model_copy(update={"breadth": "any"})})
                for e in playbook.entries if e.id not in ("core-stay", "casual-account-routine")]
    with pytest.raises(UserError, match="'Steady'"):
        strategies(facts.assign(breadth=1.0, breadth_level="full"), _nobody(), Playbook(entries=anywhere),
                   business="b2c", channels=["email"])


def test_targets_are_shares_where_the_metric_is_one(facts, playbook):
    full = facts.assign(breadth=0.99)  # the level is as it was: only the cap is asked here
    rows = strategies(full, _nobody(), playbook, business="b2c", channels=["email"]).set_index("segment")
    assert rows.loc["steady", "target"] == 1.0


def _nobody() -> pd.DataFrame:
    return segment_needs(NotMeasured("no voice"), pd.DataFrame())
