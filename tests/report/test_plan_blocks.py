"""Blocks of notebooks 05 and 06: what was not measured is absent, values are numbers, small cells stay hidden."""

import datetime as dt
import json

import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.contracts.labels import AIMS
from lib.contracts.s05_strategy import OBJECTIVES
from lib.report import contacts
from lib.report.blocks import Absent, Block
from lib.report.figures import campaigns as campaign_figures, monitor as monitor_figures, strategy as strategy_figures
from lib.report.numbers import Format
from lib.report.statements import statement, untraced
from lib.report.tables import campaigns as campaign_tables, monitor as monitor_tables, strategy as strategy_tables
from lib.report.words import (
    campaigns as campaign_words,
    handover,
    monitor as monitor_words,
    next_campaigns,
    strategy as strategy_words,
)

FMT, NOTHING = Format(), NotMeasured("no table of consents", "a table of consents")
NAN = float("nan")
SEGMENTS = pd.DataFrame({"segment": ["a", "b"], "name": ["Alpha", "Beta"], "rank": [1, 2], "n": [500, 300],
                         "few": False, "quiet": False, "rate_few": False})
TARGETS = pd.DataFrame({
    "segment": ["a", "b"], "knocked_out": ["", "reachable"], "attractiveness": [80.0, 20.0],
    "competitiveness": [70.0, NAN], "p_first": [1.0, NAN], "p_second": [0.0, NAN], "role": ["target", "not now"]})
BOTH = TARGETS.assign(knocked_out="", competitiveness=[70.0, 30.0], p_first=[0.8, 0.2], p_second=[0.2, 0.8],
                      role=["target", "keep"])
STRATEGIES = pd.DataFrame({
    "segment": ["a", "b"], "topic": ["pain_point", "jtbd"], "need": ["no time", "a reason"],
    "situation": ["core", "dormant"],
    "evidence_ids": ["e1,e2,e3,e4", ""], "n_evidence": [40, 0], "n_asked": [90, 0], "assumption": [False, True],
    "objective": ["widen", "win back"], "dimension": ["breadth", "frequency"], "message": ["m", "m"],
    "channel": ["push", "email"], "discovered": ["friend", ""], "n_discovered": [30, 0],
    "n_discovered_asked": [50, 0], "offer": ["o", "o"],
    "metric": ["breadth", "next_active"], "baseline": [0.4, NAN], "target": [0.44, NAN], "test": ["t", "t"],
    "source": ["core-wider", "dormant"]})
BUDGET = pd.DataFrame({
    "segment": ["a", "b"], "basis": ["measured", "none"], "contacts": [200, 0], "cost": [8000.0, 0.0],
    "cost_each": 40.0, "expected_margin": [5000.0, NAN], "low": [1000.0, NAN], "high": [9000.0, NAN],
    "source": ["spring", ""], "reason": ["", "knocked out"]})
EXPERIMENTS = pd.DataFrame({
    "segment": ["a", "b"], "n_available": [400, 0], "n_treated": [200, 0], "n_control": [200, 0],
    "outcome": ["breadth", "next_active"], "baseline": [0.4, NAN], "aimed": [0.04, NAN],
    "stratified_by": ["breadth", ""], "explained": [0.3, NAN], "smallest_effect": [0.06, NAN],
    "n_needed": [500, 0], "verdict": ["underpowered", "no test"]})
MUSTS = ["distinct", "large enough", "identifiable", "reachable", "fits our strengths"]
KNOCK_OUTS = pd.DataFrame({
    "segment": ["a"] * 5 + ["b"] * 5, "criterion": MUSTS * 2, "limit": [0.0, 97.0, 0.7, 1 / 3, 3.0] * 2,
    "value": [0.0, 500, 0.9, 0.8, NAN, 0.0, 300, 0.9, 0.2, NAN],
    "verdict": ["passes"] * 4 + ["not measured"] + ["passes"] * 3 + ["fails", "not measured"]})
SCORED = pd.DataFrame({
    "segment": ["a", "a"], "criterion": ["size", "fit"], "axis": ["attractiveness", "competitiveness"],
    "kind": ["computed", "rated"], "value": [500.0, 7.0], "score": [50.0, 70.0], "weight": [60.0, 40.0],
    "source": ["computed from the data", "a workshop"]})
SENSITIVITY = pd.DataFrame({
    "case": ["as planned", "effects at their low end", "twice the capacity"], "segment": "a", "contacts": [200, 0, 200],
    "expected_margin": [5000.0, 0.0, 5000.0], "moved": [0, 200, 0]})
MIGRATION = pd.DataFrame({
    "before": ["a", "a", "b", "b", "b", "Dormant", "Dormant", "New"],
    "now": ["a", "b", "b", "Dormant", "a", "a", "Dormant", "a"], "n": [400, 60, 230, 14, 11, 15, 40, 20],
    "n_before": [460, 460, 255, 255, 255, 55, 55, 20], "share": [0.87, 0.13, 0.9, 0.05, 0.04, 0.27, 0.73, 1.0],
    "low": 0.0, "high": 1.0, "noise": [0.9, 0.02, 0.9, 0.1, 0.1, 0.1, 0.9, NAN],
    "direction": ["stayed", "down", "stayed", "down", "up", "up", "stayed", "new"],
    "noise_up": [0.0, 0.0, 0.05, 0.05, 0.05, 0.1, 0.1, NAN], "noise_down": [0.1, 0.1, 0.05, 0.05, 0.05, 0.0, 0.0, NAN],
    "verdict": ["stayed", "moved", "stayed", "moved", "within noise", "moved", "stayed", "moved"]})
UPLIFT = pd.DataFrame({
    "campaign": "spring", "segment": ["all", "a", "a", "b"], "outcome": ["rate", "rate", "money", "rate"],
    "n_treated": [400, 250, 250, 20], "n_control": [400, 250, 250, 20], "uplift": [0.04, -0.09, -900.0, NAN],
    "control": [0.1, 0.2, 4000.0, NAN],
    "low": [0.01, -0.15, -1500.0, NAN], "high": [0.07, -0.03, -300.0, NAN], "adjusted": [NAN, NAN, -850.0, NAN],
    "adjusted_low": [NAN, NAN, -1200.0, NAN], "adjusted_high": [NAN, NAN, -500.0, NAN], "p": [0.01, 0.004, 0.01, NAN],
    "detectable": [0.05, 0.09, 800.0, NAN], "profit": [NAN, NAN, -99000.0, NAN], "profit_low": [NAN, NAN, -1e5, NAN],
    "profit_high": [NAN, NAN, -1e4, NAN],
    "roi": [NAN, NAN, -1.98, NAN], "roi_low": [NAN, NAN, -2.0, NAN], "roi_high": [NAN, NAN, -0.2, NAN],
    "cost": [NAN, NAN, 50_000.0, NAN],
    "cap": NAN,
    "verdict": ["works", "harms", "harms", "too few to tell"]})
TARGETING = pd.DataFrame({
    "campaign": ["gold", "tin"], "n_treated": [90, 4], "n_control": [700, 800], "days": [30, 30],
    "before": [12000.0, NAN], "before_low": [9000.0, NAN], "before_high": [15000.0, NAN], "before_p": [1e-9, NAN],
    "change": [300.0, NAN], "low": [-400.0, NAN], "high": [1000.0, NAN],
    "verdict": ["chosen by earlier spend", "too few to tell"]})
CHECKS = pd.DataFrame({"campaign": ["spring", "gold"], "name": ["Spring", "Gold"], "n_treated": [400, 90],
                       "n_control": [400, 0], "ratio_p": [0.8, NAN], "balance_p": [0.4, NAN],
                       "problem": ["", "not measured: nobody was held out"], "note": ["passed", ""]})


def blocks(fmt: Format = FMT) -> dict[str, Block]:
    plan = {"exported": {"files": False, "reason": "no audience was exported: no consents"}, "campaign": "c",
            "registered_for": "2026-06-30", "expires_on": "2026-07-30", "assumptions": [], "judged_on": "2026-08-06",
            "analysis": "in the arms drawn", "decision": "roll out or stop", "fingerprint": "f" * 64,
            "experiments": [{"segment": "a", "n_treated": 200}, {"segment": "b", "n_treated": 0}]}
    audiences = pd.DataFrame({"segment": ["a", "b"], "channel": "push", "reason": "opted out", "n": [400, 3]})
    return {
        "matrix": strategy_figures.target_matrix(BOTH, SEGMENTS, fmt),
        "rank": strategy_figures.rank_robustness(BOTH, SEGMENTS, fmt),
        "split": strategy_figures.budget_split(BUDGET, SEGMENTS, fmt),
        "power": strategy_figures.test_power(EXPERIMENTS, SEGMENTS, fmt),
        "do": strategy_words.what_to_do(TARGETS, STRATEGIES, BUDGET, SEGMENTS, fmt),
        "cards": strategy_words.strategy_cards(STRATEGIES, SEGMENTS, TARGETS, EXPERIMENTS, fmt),
        "needs": strategy_words.needs(STRATEGIES, fmt),
        "robust": strategy_words.robustness(TARGETS, SEGMENTS, fmt),
        "budget": strategy_words.budget(BUDGET, 600, SEGMENTS, fmt),
        "tests": strategy_words.tests(EXPERIMENTS, SEGMENTS, fmt),
        "out": handover.audiences(audiences, plan, 0, True, fmt), "registered": handover.registered(plan, fmt),
        "musts": strategy_tables.knock_outs(KNOCK_OUTS, SEGMENTS, fmt),
        "computed": strategy_tables.criteria(SCORED, SEGMENTS, "computed", fmt),
        "rated": strategy_tables.criteria(SCORED, SEGMENTS, "rated", fmt),
        "varied": strategy_words.sensitivity(SENSITIVITY, SEGMENTS, fmt),
        "cases": strategy_tables.sensitivity(SENSITIVITY, SEGMENTS, fmt),
        "traces": strategy_tables.traces(STRATEGIES, SEGMENTS, fmt),
        "targets": strategy_tables.targets(TARGETS, SEGMENTS, fmt),
        "money": strategy_tables.budget(BUDGET, SEGMENTS, fmt),
        "arms": strategy_tables.experiments(EXPERIMENTS, SEGMENTS, fmt),
        "people": strategy_tables.audiences(audiences, SEGMENTS, fmt),
        "flows": monitor_figures.alluvial(MIGRATION, SEGMENTS, fmt),
        "map": monitor_figures.migration_map(MIGRATION, SEGMENTS, fmt),
        "forest": campaign_figures.uplift_forest(UPLIFT, SEGMENTS, fmt),
        "beyond": monitor_words.beyond_noise(MIGRATION, SEGMENTS, fmt),
        "uplift": campaign_words.uplift(UPLIFT, CHECKS, SEGMENTS, fmt),
        "next": next_campaigns.next_steps(UPLIFT, CHECKS, SAME, SEGMENTS, fmt),
        "chosen": campaign_words.targeting(TARGETING, CHECKS, fmt),
        "targeting": campaign_tables.targeting(TARGETING, CHECKS, fmt),
        "effects": campaign_tables.uplift(UPLIFT, SEGMENTS, fmt), "trust": campaign_tables.campaigns(CHECKS, fmt),
        "moves": monitor_tables.migration(MIGRATION, SEGMENTS, fmt),
    }


@pytest.fixture(scope="module")
def shown() -> dict[str, dict]:
    return {name: block.content() for name, block in blocks().items()}


def test_every_block_is_plain_json_without_nan(shown):
    for name, content in shown.items():
        assert json.dumps(content, allow_nan=False), name


def test_the_plan_says_what_to_do_first(shown):
    assert shown["do"]["text"].startswith("Target Alpha (n = 500): widen what they use.")
    assert "Beta (too few may be contacted)" in shown["do"]["text"]


def test_a_plan_that_treats_nobody_registers_no_test():
    plan = {"campaign": "c", "fingerprint": "f" * 64, "judged_on": "2026-08-06", "analysis": "", "decision": "",
            "experiments": [{"segment": "a", "n_treated": 0}]}
    said = handover.registered(plan, FMT).text
    assert "nobody is treated" in said and "Judge it" not in said and "6 August 2026" in said


@pytest.mark.parametrize("name", ["do", "cards", "needs", "robust", "budget", "tests", "varied", "out", "registered",
                                  "matrix", "rank", "split", "power"])
def test_every_number_of_the_plan_is_among_its_values(shown, name):
    assert untraced(statement("05", shown[name]), FMT) == []


def test_an_assumed_need_is_called_so(shown):
    assert "1 of 2 strategies" in shown["needs"]["text"] and shown["needs"]["tone"] == "caveat"
    assert ["what they want done", "a reason (an assumption, nobody was heard)"] in shown["cards"]["cards"][1]["facts"]


def test_computed_and_rated_criteria_stand_apart_each_with_its_source(shown):
    assert shown["computed"]["columns"] == ["segment", "size (60)"] and "workshop" not in shown["computed"]["note"]
    assert shown["rated"]["columns"] == ["segment", "fit (40)"] and "fit: a workshop" in shown["rated"]["note"]
    only = strategy_tables.criteria(SCORED[SCORED["kind"] == "computed"], SEGMENTS, "rated", FMT)
    assert isinstance(only, Absent) and "strategy.ratings" in only.needed


def test_a_knock_out_says_the_figure_and_what_was_not_measured(shown):
    assert shown["musts"]["rows"][1] == ["Beta", "yes", "yes (300)", "yes (0.9)", "no (20 %)", "not measured"]


def test_a_plan_that_contacts_nobody_says_why_and_what_is_needed():
    nobody = BUDGET.assign(contacts=0, cost=0.0, basis="none",
                           reason=["nobody may be contacted", *["not among the targets"] * (len(BUDGET) - 1)])
    said = strategy_words.budget(nobody, 600, SEGMENTS, FMT)
    assert said.text.startswith("The plan contacts nobody (1 segment: nobody may be contacted")
    assert said.text.endswith("Needed: records of consent for the channel, as a source of their own.")
    assert strategy_figures.budget_split(nobody, SEGMENTS, FMT) is None


def test_every_objective_of_the_playbook_is_said_in_plain_words():
    assert set(AIMS) == set(OBJECTIVES)


def test_no_picture_is_drawn_of_nothing():
    out = TARGETS.assign(knocked_out="reachable", p_first=NAN, p_second=NAN, role="not now")
    assert strategy_figures.target_matrix(out, SEGMENTS, FMT) is None
    assert strategy_figures.rank_robustness(out, SEGMENTS, FMT) is None
    untested = EXPERIMENTS.assign(n_treated=0, n_control=0, verdict="no test", smallest_effect=NAN)
    assert strategy_figures.test_power(untested, SEGMENTS, FMT) is None
    assert strategy_words.tests(untested, SEGMENTS, FMT).text.startswith("No test can be drawn")
    drawable = EXPERIMENTS.assign(verdict="no test")  # what arms would show, could they be drawn, stands in the table
    assert strategy_figures.test_power(drawable, SEGMENTS, FMT) is None


def test_the_plan_says_what_would_change_it(shown):
    assert shown["varied"]["text"].startswith("The contacts would be placed alike under 1 of 2 other assumptions.")
    assert "(effects at their low end): €0.00 instead of €50.00" in shown["varied"]["text"]


def test_a_return_is_stated_with_its_interval_and_only_where_it_is_known(shown):
    assert "€50.00 (€10.00 to €90.00) after their cost" in shown["budget"]["text"]
    only = BUDGET.assign(basis="test budget", expected_margin=NAN, low=NAN, high=NAN)
    assert "no return is promised" in strategy_words.budget(only, 0, SEGMENTS, FMT).text


def test_who_is_contacted_beside_the_targets_is_told_with_the_true_reason():
    targets = TARGETS.assign(knocked_out="", role=["target", "keep"])
    for basis, why in (("measured", "an effect earns its cost there: Beta"),
                       ("test budget", "a test can see its aim there: Beta")):
        budget = BUDGET.assign(basis=["none", basis], contacts=[0, 200])
        said = strategy_words.what_to_do(targets, STRATEGIES, budget, SEGMENTS, FMT).text
        assert why in said and said.count("because") == 1


def test_a_hopeless_test_is_not_planned_and_the_plan_says_what_would_make_it_possible():
    none = EXPERIMENTS.assign(n_treated=0, n_control=0, verdict=["hopeless", "no test"], smallest_effect=[0.2, NAN])
    said = strategy_words.tests(none, SEGMENTS, FMT)
    assert said.text.startswith("No test is planned in Alpha, which aims at 4 points in share of features or "
                                "categories used, where a test would show 20 points or more, and 500 an arm are needed")
    assert "tested as one" in said.text and "contacted all the same" not in said.text and said.tone == "caveat"
    assert said.values == {"Alpha.aimed": 0.04, "Alpha.smallest_effect": 0.2, "Alpha.n_needed": 500}
    assert "contacted all the same" in strategy_words.tests(none.assign(n_treated=[200, 0]), SEGMENTS, FMT).text
    card = strategy_words.strategy_cards(STRATEGIES, SEGMENTS, TARGETS, none, FMT).cards[0]
    assert ["how we will know", "not by a test: too few may be contacted to see the aim"] in card.facts
    other = strategy_words.strategy_cards(STRATEGIES, SEGMENTS, TARGETS, none, FMT).cards[1]
    assert ["how we will know", "not by a test: nobody is contacted"] in other.facts
    assert strategy_figures.test_power(none, SEGMENTS, FMT) is None
    quiet = strategy_words.tests(none, SEGMENTS.assign(quiet=True), FMT)
    assert "20 points" not in quiet.text and "500" not in quiet.text and quiet.values == {}


def test_a_plan_that_contacts_nobody_hands_over_no_file():
    table = pd.DataFrame({"segment": "a", "channel": "push", "reason": ["opted out", "exported"], "n": [400, 90]})
    plan = {"exported": {"files": True, "reason": ""}, "campaign": "c-20260630", "expires_on": "2026-07-30"}
    some, nobody = (handover.audiences(rows, plan, 0, True, FMT) for rows in (table, table[:1]))
    assert some.text.startswith("90 customers are in the audience files") and "pseudonyms" in some.text
    assert nobody.text == ("Nobody is in an audience file: the plan contacts nobody. 400 opted out and 0 have no "
                           "consent on record: none of them is in a file.")


def test_an_underpowered_test_says_what_silence_would_mean(shown):
    assert "A null result there will not mean no effect" in shown["tests"]["text"]


def test_a_harm_is_said_and_a_campaign_without_holdout_is_not_read(shown):
    assert "“Spring” harms for Alpha" in shown["uplift"]["text"]
    assert "“Gold” (nobody was held out)" in shown["uplift"]["text"]
    assert not any("Beta" in row for row in shown["effects"]["rows"])


def test_small_cells_stay_hidden(shown):
    assert [row[3] for row in shown["people"]["rows"]] == ["few", "few"]  # 407 may be contacted: one tells the other


# all are few; or one is, and every other row or column, with who went down in all, would give it away
@pytest.mark.parametrize("n", [[400, 6, 230, 4, 3, 5, 40, 2], [400, 60, 230, 4, 11, 15, 40, 20]])
def test_where_no_move_can_be_shown_none_is_judged_in_words(n):
    few = MIGRATION.assign(n=n)
    said = monitor_words.beyond_noise(few, SEGMENTS, Format()).content()
    assert said["text"].startswith("No kind of move can be shown: each was made by fewer than 10 customers")
    assert monitor_figures.migration_map(few, SEGMENTS, Format()) is None


def test_the_heat_map_shows_shares_as_they_are():
    picture = monitor_figures.migration_map(MIGRATION, SEGMENTS, FMT)
    texts = {t.get_text() for t in picture.ax.texts}
    assert {"87 %", "13 %*", "90 %", "4 %"} <= texts and picture.title.endswith("3 of 4 that can be judged")


def test_what_was_not_measured_is_absent():
    for block in (strategy_figures.target_matrix(NOTHING, SEGMENTS, FMT),
                  strategy_words.budget(NOTHING, 0, SEGMENTS, FMT),
                  monitor_figures.alluvial(NOTHING, SEGMENTS, FMT), monitor_words.decision(NOTHING, FMT),
                  campaign_words.uplift(NOTHING, CHECKS, SEGMENTS, FMT),
                  handover.checked(NOTHING, BUDGET, 0, TARGETS, STRATEGIES, TARGETS)):
        assert isinstance(block, Absent)


def test_a_back_cast_says_what_it_cannot_show():
    judge = {"back_cast": True, "earlier_as_of": "2026-05-31", "why": "2 of 3 segments come back"}
    said = monitor_words.compared_with(judge, dt.date(2026, 6, 30), 0, FMT)
    assert said.text.startswith("Back-cast") and "cannot show" in said.text and said.tone == "caveat"
    assert "2 of 3 segments" in said.text
    fitted = monitor_words.compared_with({**judge, "why": ""}, dt.date(2026, 6, 30), 30, FMT)
    assert fitted.text.startswith("Back-cast") and "data up to 31 May 2026 alone" in fitted.text


DIFFERS = pd.DataFrame({"campaign": ["spring"], "outcome": ["rate"], "segments": [2], "p": [0.01], "differs": [True]})
SAME = DIFFERS.assign(p=0.5, differs=False)


def trial(**change) -> pd.DataFrame:
    """One campaign of two segments with nothing clear in it, unless changed by `segment_outcome`."""
    rows = [{"campaign": "spring", "segment": s, "outcome": o, "n_treated": 400, "n_control": 400, "uplift": u,
             "low": u - h, "high": u + h, "p": 0.4, "detectable": 1.4 * h, "control": 0.1, "profit": NAN,
             "profit_low": NAN, "profit_high": NAN, "roi": NAN, "roi_low": NAN,
             "roi_high": NAN, "cost": NAN, "verdict": "underpowered"}
            for s, u in (("all", 0.01), ("a", -0.03), ("b", 0.05)) for o, h in (("rate", 0.06), ("money", 400.0))]
    table = pd.DataFrame(rows)
    whole = (table["segment"] == "all") & (table["outcome"] == "money")
    table.loc[whole, ["profit", "profit_low", "profit_high", "cost"]] = [-40_000.0, -104_000.0, 24_000.0, 40_000.0]
    for place, values in change.items():
        segment, outcome = place.split("_")
        mine = (table["segment"] == segment) & (table["outcome"] == outcome)
        table.loc[mine, list(values)] = list(values.values())
    return table


@pytest.mark.parametrize(("change", "differs", "step", "said"), [
    ({}, SAME, "Test again, with more", "customers would see that"),
    ({}, DIFFERS, "Treat segments apart", "from Alpha"),
    ({"all_money": {"profit_high": -100.0}}, SAME, "Stop, or make it cheaper", "Loses money"),
    ({"all_money": {"profit_low": 100.0, "profit": 300.0}}, SAME, "Go on", "Pays"),
    ({"a_rate": {"verdict": "harms"}}, SAME, "Stop where it harms", "It harms Alpha"),
    ({"b_rate": {"verdict": "works"}}, SAME, "Go on where it works", "It moves Beta"),
    ({"all_money": {"profit_low": 100.0}, "a_rate": {"verdict": "harms"}}, SAME, "Go on", "it harms Alpha")])
def test_each_campaign_ends_in_a_step(change, differs, step, said):
    block = next_campaigns.next_steps(trial(**change), CHECKS, differs, SEGMENTS, FMT)
    card, other = block.content()["cards"]
    assert card["figure"] == step and said in card["text"]
    assert other["figure"] == "Hold out first" and "nobody was held out" in other["text"]


def test_the_size_of_the_next_test_follows_from_the_break_even():
    """All treated earn 128,000 minor units from an uplift of 800: 160 a unit, so 40,000 of cost need 250 a customer.

    560 could be seen with 800 customers; 250 need (560 / 250)² times as many.
    """
    block = next_campaigns.next_steps(trial(), CHECKS, SAME, SEGMENTS, FMT)
    assert block.values["spring.break_even"] == pytest.approx(250.0)
    assert block.values["spring.needed"] == 4100 and pytest.approx(4014, abs=1) == 800 * (560 / 250) ** 2


def test_a_rate_of_few_is_told_neither_by_a_strategy_nor_by_its_test():
    """Four of three hundred were active: neither now nor what it is to become, nor a size that follows from it."""
    facts = SEGMENTS.assign(rate_few=[False, True], quiet=[False, True])
    plans = STRATEGIES.assign(metric="next_active", baseline=[0.5, 4 / 300], target=[0.55, 4 / 300 + 0.03])
    tests = EXPERIMENTS.assign(outcome="next_active", baseline=plans["baseline"], aimed=[0.05, 0.03],
                               n_needed=[500, 483], smallest_effect=[0.06, 0.05])
    cards = strategy_words.strategy_cards(plans, facts, TARGETS, tests, FMT)
    said = {card.title: json.dumps(card.facts) for card in cards.cards}
    assert "50 % \\u2192 55 %" in said["Alpha"] and "1.3" not in said["Beta"] and "3 points more" in said["Beta"]
    assert not {"Beta.baseline", "Beta.target"} & set(cards.values) and "Alpha.baseline" in cards.values
    assert untraced(statement("05", {**cards.content(), "values": cards.values}), FMT) == []
    rows = {row[0]: row for row in strategy_tables.experiments(tests, facts, FMT).rows}
    assert "483" not in rows["Beta"] and rows["Beta"].count("few") == 2 and "500" in rows["Alpha"]
    assert rows["Beta"].count("not shown") == 3, "what is no count of people is not called few"
    records = contacts.without_few_rates(tests.to_dict("records"), {"b"})
    assert [r["baseline"] for r in records] == [0.5, None] and records[1]["n_needed"] is None
    other = contacts.without_few_rates(EXPERIMENTS.to_dict("records"), {"a"})
    assert other[0]["baseline"] == 0.4, "breadth is no share of people"


def test_which_rates_tell_of_few_is_what_the_cards_of_step_four_hide():
    segments = pd.DataFrame({"segment": list("abc"), "n": [300, 200, 100], "share": [0.5, 1 / 3, 1 / 6],
                             "claim": "natural", "next_active": [0.5, 0.02, 0.6], "next_low": 0.0, "next_high": 1.0,
                             "n_next": [300, 200, 100]})
    assert contacts.few_rates(segments, FMT) == {"b", "c"} and contacts.few_rates(NOTHING, FMT) == set()
    audiences = pd.DataFrame({"segment": list("abc"), "channel": "email", "reason": "exported", "n": [300, 200, 100]})
    marked = contacts.marked(segments, audiences, NOTHING, FMT)
    assert marked["rate_few"].tolist() == [False, True, True] and marked["quiet"].tolist() == [False, True, True]
