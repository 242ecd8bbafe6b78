"""Advice: each trigger alone decides, the log is carried on, benefits without data are not measured."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.monitor.advice import advise, changes, decide, next_review, triggers
from lib.monitor.frozen import comparison_day, judging_model, model_age, unassigned
from lib.monitor.kpis import kpis
from lib.monitor.scorecard import benefits, risks
from lib.report.numbers import Format
from lib.report.scorecard import scorecard

DAY = dt.date(2026, 6, 30)
NOTHING = NotMeasured("absent")
QUIET = {"drift": [("frequency", "none"), ("age", "none")], "slsw": 0.8, "before": 0.02, "now": 0.03, "age": 30}


def model(as_of, *keys):
    return {"as_of": as_of, "lead": "clusters", "segments": [{"segment": k, "name": k.upper()} for k in keys]}


def found(**change):
    case = {**QUIET, **change}
    table = pd.DataFrame(case["drift"], columns=["variable", "verdict"])
    slsw = np.array([0.9, case["slsw"]]) if case["slsw"] else NOTHING
    return triggers(table, slsw, ["frequency"], case["before"], case["now"], age=case["age"], max_age=180)


@pytest.mark.parametrize(("change", "decision"), [
    ({}, "keep"), ({"drift": [("frequency", "alarm")]}, "refit"), ({"drift": [("age", "alarm")]}, "adjust"),
    ({"drift": [("(segment shares)", "alarm")]}, "refit"), ({"slsw": 0.59}, "refit"), ({"age": 181}, "refit"),
    ({"now": 0.08}, "adjust"), ({"before": np.nan}, "keep"), ({"slsw": None, "now": 0.08}, "adjust"),
    ({"now": NOTHING}, "keep")])
def test_each_trigger_decides(change, decision):
    assert decide(found(**change)) == decision
    assert (decision == "keep") == (not any(t["fired"] for t in found(**change)))


def test_drift_that_was_not_measured_is_not_zero():
    unseen = triggers(NOTHING, NOTHING, [], NOTHING, NOTHING, age=1, max_age=180)
    assert decide(unseen) == "keep" and [np.isnan(t["value"]) for t in unseen] == [True, True, False, True, True]


def test_the_log_is_carried_on_and_the_review_is_set():
    judge = judging_model(NOTHING, model("2026-06-30", "a"), dt.date(2026, 5, 31))
    first = advise(found(), judge, [], [], NOTHING, changed="first", as_of=DAY, next_run=next_review(DAY, 30))
    ARTEFACTS["advice"].check(first)
    second = advise(found(age=200), judge, [], [], first, changed="new: Beta", as_of=DAY + dt.timedelta(days=30),
                    next_run=dt.date(2026, 8, 29))
    assert [(e["what"], e["changed"]) for e in second["log"]] == [("refit", "new: Beta"), ("keep", "first")]
    assert second["log"][0]["why"] == "age of the model in days"
    assert second["next_review"] == "2026-08-29"


def test_without_an_earlier_run_it_is_a_back_cast():
    since = comparison_day([], DAY, 30)
    present, then = model("2026-06-30", "a", "b"), model("2026-05-31", "a", "b")
    judge = judging_model(NOTHING, present, since, then)
    assert judge["back_cast"] and not judge["why"] and judge["model"] is then and model_age(judge, DAY) == 30
    for other in (NOTHING, model("2026-05-31", "a", "c")):
        judge = judging_model(NOTHING, present, since, other)
        assert judge["model"] is present and judge["why"] and model_age(judge, DAY) == 0
    since = comparison_day([dt.date(2026, 3, 31), dt.date(2026, 4, 30)], DAY, 30)
    judge = judging_model(model("2026-04-30", "z"), present, since, then)
    assert not judge["back_cast"] and judge["earlier_as_of"] == "2026-04-30" and model_age(judge, DAY) == 61


def test_what_the_frozen_model_cannot_place_is_unassigned():
    placed = pd.DataFrame({"segment": ["a", "a", "outside", "b"], "ambiguous": [False, True, False, False]})
    assert unassigned(pd.DataFrame(), {"model": {}}, lambda *_: placed) == 0.5
    assert unassigned(NOTHING, {"model": {}}, lambda *_: placed) is NOTHING


def test_the_log_says_what_the_new_model_does_otherwise():
    before, now = model("2026-05-31", "a", "b"), model("2026-06-30", "a", "c")
    assert changes(NOTHING, now) == "first model: 2 segments"
    assert changes(before, before) == "the same 2 segments, fitted anew"
    assert changes(before, {**now, "lead": "user_types"}) == "led by user types instead of clusters; new: C; gone: B"


def test_kpis_against_pandas():
    rng = np.random.default_rng(1)
    keys = [f"{i:032x}" for i in range(200)]
    labels = pd.Series(np.where(np.arange(200) < 120, "a", "b"), index=keys)
    now = pd.DataFrame({"customer_key": keys, "revenue": rng.gamma(2, 100, 200),
                        "away_days": rng.uniform(0, 20, 200)})
    before = now.assign(revenue=now["revenue"] * 0.5)
    strategies = pd.DataFrame({"segment": ["a"], "metric": ["mean_value"], "target": [250.0]})
    table = kpis(before, now, labels, labels, strategies, NOTHING, period_days=7.0)
    ARTEFACTS["kpis"].check(table)
    rows = table.set_index(["segment", "measure"])
    means = now.groupby(now["customer_key"].map(labels))["revenue"].mean()
    assert rows.loc[("a", "mean_value"), "now"] == pytest.approx(means["a"])
    assert rows.loc[("a", "mean_value"), "before"] == pytest.approx(means["a"] / 2)
    assert rows.loc[("a", "mean_value"), "target"] == 250.0
    assert rows["target"].notna().sum() == 1
    assert rows.loc[("b", "customers"), "now"] == 80


def test_benefits_without_data_are_not_measured():
    empty = pd.DataFrame(columns=["segment", "measure", "now", "n"])
    assert {b["status"] for b in benefits(NOTHING, NOTHING, empty, NOTHING)} == {"not measured"}
    answers = risks(pd.DataFrame({"claim": ["constructed"]}), None, NOTHING)
    assert [a["risk"] for a in answers] == ["misreading", "cost of the data", "overlooked customers"]
    assert "not measured" in answers[1]["answer"]


def test_overlooked_are_those_in_no_segment_not_those_who_are_ambiguous_in_one():
    ledger = pd.DataFrame({
        "state": ["in segments", "ambiguous", "noise", "unassigned", "opted out", "filtered", "potential"],
        "n": [640, 81, 12, 20, 30, 10, 70], "share": [640 / 700, 0.1, 0.1, 20 / 700, 30 / 700, 10 / 700, 0.1]})
    values = risks(pd.DataFrame({"claim": ["constructed"]}), None, ledger)[-1]["values"]
    assert (values["n"], values["potential"]) == (700 - 640, 70) and values["share"] == pytest.approx(60 / 700)


def test_benefits_are_measured_where_they_can_be():
    uplift = pd.DataFrame({"segment": ["all", "all", "a"], "profit": [500.0, -100.0, 1.0], "n_treated": 50,
                           "profit_low": [470.0, -140.0, -5.0], "profit_high": [530.0, -60.0, 8.0], "n_control": 50})
    differs = pd.DataFrame({"campaign": ["c"], "outcome": ["money"], "segments": [3], "p": [0.01], "differs": [True]})
    table = pd.DataFrame({"segment": ["a", "b", "outside"], "measure": "active", "now": [0.8, 0.3, 0.1],
                          "low": [0.7, 0.2, 0.0], "high": [0.9, 0.4, 0.2], "before": 0.5, "before_low": 0.42,
                          "before_high": 0.6, "n": [50, 60, 90]})
    said = {b["promise"]: b for b in benefits(NOTHING, differs, table, uplift)}
    assert {b["status"] for b in said.values()} == {"measured"}
    money = said["efficient spending"]["values"]
    assert (money["profit"], money["profit_low"], money["profit_high"]) == (400.0, 350.0, 450.0)  # 30 and 40: 50
    loyal = said["satisfaction and loyalty"]["values"]
    assert (loyal["highest"], loyal["lowest"], loyal["highest_n"]) == ("a", "b", 50)
    assert (loyal["up"], loyal["down"], loyal["compared"]) == (1, 1, 2)
    cards = scorecard({"benefits": list(said.values()), "risks": []}, {"a": "Alpha"}, Format())
    assert "Alpha 80 % (70 % to 90 %), n = 50" in cards[1]["text"] and "€4.00 (€3.50 to €4.50)" in cards[2]["text"]


def test_the_scorecard_tells_no_sizes_where_a_segment_is_small():
    table = pd.DataFrame({"segment": ["a", "b", "c"], "measure": "active", "now": [0.8, 0.3, 0.9], "low": 0.2,
                          "high": 0.9, "before": 0.5, "before_low": 0.4, "before_high": 0.6, "n": [50, 60, 4]})
    values = benefits(NOTHING, NOTHING, table, NOTHING)[1]["values"]
    assert values["highest"] == "a" and "highest_n" not in values
