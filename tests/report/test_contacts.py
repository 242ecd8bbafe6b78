"""How many may be contacted, where that would tell how few may not: unsaid in every block and in the summary."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.report.contacts import marked, tellable, untold, without_contacts, without_few_voices
from lib.report.figures import strategy as figures
from lib.report.numbers import Format
from lib.report.tables import strategy as tables
from lib.report.words import handover, strategy as words
from tests.report import test_plan_blocks as plan

FMT = Format()
NAMES = ["a", "b", "c"]
# of 4321 customers of a, 4318 may be contacted: to say that would tell of three who opted out
COUNTS = pd.DataFrame([("a", "email", "exported", 2007), ("a", "email", "not drawn for this campaign", 2311),
                       ("a", "email", "opted out", 3), ("b", "email", "exported", 1013),
                       ("b", "email", "opted out", 41), ("c", "push", "exported", 607), ("c", "push", "opted out", 55)],
                      columns=["segment", "channel", "reason", "n"])
FACTS = pd.DataFrame({"segment": NAMES, "name": ["Alpha", "Beta", "Gamma"], "rank": [1, 2, 3], "n": [4321, 1054, 662]})
ARMS = pd.DataFrame({
    "segment": NAMES, "unit": "customer", "n_available": [4318, 1013, 607], "n_treated": [1003, 503, 303],
    "n_control": [1004, 510, 304], "outcome": "breadth", "baseline": 0.4, "aimed": 0.04, "stratified_by": "",
    "explained": np.nan, "smallest_effect": [0.0113, 0.0217, 0.0319], "n_needed": 700,
    "verdict": "large enough"})
BUDGET = pd.DataFrame({
    "segment": NAMES, "basis": "measured", "contacts": [1003, 503, 303], "cost_each": 40.0,
    "cost": [40120.0, 20120.0, 12120.0], "expected_margin": [90210.0, 50110.0, 30330.0],
    "low": [80210.0, 40110.0, 20330.0], "high": [99210.0, 60110.0, 40330.0], "source": "spring", "reason": ""})
TARGETS = pd.DataFrame({
    "segment": NAMES, "knocked_out": "", "attractiveness": [83.2, 41.0, 7.0], "competitiveness": [97.3, 43.0, 11.0],
    "p_first": [1.0, 0.0, 0.0], "p_second": [0.0, 1.0, 0.0], "role": "target", "criteria": "reach 97"})
REACH = (0.9993, 0.96, 0.92)
MUSTS = pd.DataFrame([(s, c, v, 0.3, "passes") for s, n, reach in zip(NAMES, FACTS["n"], REACH, strict=True)
                      for c, v in (("distinct", 0.0), ("large enough", n), ("identifiable", 0.9), ("reachable", reach),
                                   ("fits our strengths", 5.0))],
                     columns=["segment", "criterion", "value", "limit", "verdict"])
SCORED = pd.DataFrame([(s, "reach", "competitiveness", "computed", v, 100 * v, 100.0, "computed from the data")
                       for s, v in zip(NAMES, REACH, strict=True)],
                      columns=["segment", "criterion", "axis", "kind", "value", "score", "weight", "source"])
STRATEGIES = pd.concat([plan.STRATEGIES.iloc[[0]].assign(segment=s) for s in NAMES])
TELLING = ["4,318", "4318", "1,003", "1003", "1,004", "1004", "2,007", "2007", "99.9", "401.2", "902.1", "1.1 points",
           "97"]


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return marked(FACTS, COUNTS, NotMeasured("one day only"), FMT)


def test_a_retention_of_few_is_no_score_either(facts):
    """The score of a share follows from it: shown, it would tell how many were active, or were not."""
    retention = SCORED.assign(criterion="retention")
    told = facts.assign(rate_few=[False, True, False])
    shown = tables.criteria(retention, told, "computed", FMT).rows
    assert {row[0]: row[1] == "not shown" for row in shown} == {"Alpha": False, "Beta": True, "Gamma": False}


def test_a_segment_with_few_who_may_not_is_marked_with_what_would_tell_it(facts):
    assert untold(COUNTS, FMT) == {"a", "b"}  # b: its opted out are hidden too, or the channel would tell the three
    assert facts["quiet"].tolist() == [True, True, False] and not facts["few"].any()


def test_no_block_of_the_plan_says_what_would_tell_the_few(facts):
    document = {"exported": {"files": True, "reason": ""}, "expires_on": "2026-07-30", "campaign": "acme-20260630"}
    blocks = [
        words.what_to_do(TARGETS, STRATEGIES, BUDGET, facts, FMT), words.budget(BUDGET, 5000, facts, FMT),
        words.tests(ARMS, facts, FMT), words.strategy_cards(STRATEGIES, facts, TARGETS, ARMS, FMT),
        tables.targets(TARGETS, facts, FMT), tables.knock_outs(MUSTS, facts, FMT),
        tables.criteria(SCORED, facts, "computed", FMT), tables.budget(BUDGET, facts, FMT),
        tables.experiments(ARMS, facts, FMT), tables.audiences(COUNTS, facts, FMT),
        handover.audiences(COUNTS, document, 0, True, FMT), figures.budget_split(BUDGET, facts, FMT),
        figures.test_power(ARMS, facts, FMT)]
    for block in blocks:
        content = block.content()
        drawn = [t.get_text() for t in block.ax.figure.findobj(lambda t: hasattr(t, "get_text"))] if hasattr(
            block, "ax") else []
        text = " ".join([str({k: v for k, v in content.items() if k != "png"}), *drawn])
        for number in TELLING:
            assert not re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d])", text), (number, text[:600])


def test_one_hidden_segment_is_not_told_by_a_total(facts):
    alone = facts.assign(quiet=[True, False, False])
    said = words.budget(BUDGET, 0, alone, FMT)
    assert "1,809" not in said.text and "contacts" not in said.values
    assert not tellable(alone) and tellable(facts) and tellable(facts.assign(quiet=False))
    assert "1,809" not in words.tests(ARMS, alone, FMT).text


def test_a_hidden_segment_has_no_place_and_a_single_one_no_picture(facts):
    alone = facts.assign(quiet=[True, False, False])
    assert len(figures.target_matrix(TARGETS, alone, FMT).ax.collections) == 2
    assert figures.target_matrix(TARGETS, facts, FMT) is None


def test_other_cases_are_told_without_the_segments_that_they_would_tell(facts):
    cases = pd.DataFrame([(c, s, n, 10.0 * n, 0) for c, sizes in (("as planned", (0, 0, 303)), ("twice", (0, 0, 607)))
                          for s, n in zip(NAMES, sizes, strict=True)],
                         columns=["case", "segment", "contacts", "expected_margin", "moved"])
    assert tables.sensitivity(cases, facts, FMT).rows[1][1:3] == ["607", "304"]
    telling = cases.assign(contacts=[0, 0, 303, 1003, 0, 303], moved=[0, 0, 0, 1003, 1003, 1003])
    shown = tables.sensitivity(telling, facts, FMT)
    assert [row[1:3] for row in shown.rows] == [["303", "0"], ["303", "0"]] and "few customers" in shown.note
    assert "1 of 1 other assumption" in words.sensitivity(telling, facts, FMT).text


def test_voices_of_few_leave_the_summary_with_their_ids():
    record = {"n_evidence": 4, "n_asked": 40, "n_discovered": 35, "n_discovered_asked": 40, "evidence_ids": "a,b,c,d"}
    assert without_few_voices(record, FMT) == {
        "n_evidence": None, "n_asked": None, "n_discovered": None, "n_discovered_asked": None, "evidence_ids": ""}
    many = record | {"n_evidence": 20, "n_discovered": 20}
    assert without_few_voices(many, FMT) == many


def test_the_summary_says_no_more():
    quiet = {"a", "b"}
    for name, table in (("targets", TARGETS), ("budget", BUDGET), ("experiments", ARMS), ("knock_outs", MUSTS)):
        rows = without_contacts(table.to_dict("records"), name, quiet)
        told = [v for r in rows if r["segment"] == "a" for v in r.values()]
        secret = {4318, 1003, 1004, 0.0113, 97.3, 83.2, 0.9993, 40120.0, 90210.0, "reach 97"}
        assert not secret & set(map(_hashable, told))
        untouched = [r for r in rows if r["segment"] == "c"]
        assert untouched == [r for r in table.to_dict("records") if r["segment"] == "c"] or name == "experiments"


def test_what_few_people_said_is_not_counted():
    for n, of in itertools.product((1, 4, 9), (5, 40)):
        assert not re.search(r"\d+ of \d+", tables.heard(min(n, of), of, FMT))
    assert tables.heard(37, 40, FMT) == "nearly all who were asked"
    assert tables.heard(20, 40, FMT) == "20 of 40 asked"


def _hashable(value):
    return value if isinstance(value, int | float | str) else None
