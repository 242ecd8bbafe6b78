"""summary.json holds every figure that the report says, in a published shape, and no small cell."""

import json

import jsonschema
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.paths import ROOT
from lib.report.first_screen import first_screen
from lib.report.headline import answer
from lib.report.numbers import Format
from lib.report.schema import schema
from lib.report.statements import untraced
from lib.report.summary import _change, _ledger, summarise
from lib.report.suppress import suppress
from tests.report import example_product as example
from tests.report.page_reader import unexplained

FMT = Format("en", "EUR")


def test_the_published_schema_is_current():
    assert (ROOT / "docs/summary.schema.json").read_text() == schema(), (
        "python -m lib.report.schema > docs/summary.schema.json"
    )


@pytest.mark.parametrize("moved, told", [(9, False), (10, True), (990, True), (991, False), (0, True)])
def test_few_who_changed_segment_or_few_who_stayed_are_not_counted(moved, told):
    moves = pd.DataFrame({"before": ["a", "a", "New"], "now": ["a", "b", "a"], "n": [1000 - moved, moved, 300],
                          "direction": ["stayed", "down", "new"], "noise_up": [0.01, 0.01, float("nan")],
                          "noise_down": [0.02, 0.02, float("nan")]})
    change = _change({"migration": moves, "advice": {"earlier_as_of": "2026-05-31"}}, FMT)
    assert bool(change) is told and change.get("moved", moved) == moved and change.get("n", 1000) == 1000
    assert change.get("noise", 0.03) == pytest.approx(0.03)


def test_rows_of_the_ledger_count_neither_few_customers_nor_all_but_few():
    rows = pd.DataFrame({"source": "events", "state": "kept", "reason": list("abcd"), "rows": [900, 9, 700, 800],
                         "customers": [2772, 4, 2763, 2773], "amount": float("nan")})
    told = [r["customers"] for r in _ledger(rows.to_dict("records"), None, 2773, FMT)]
    assert told == [2773, None, 2763, 2773]


@pytest.mark.parametrize("run", ["good", "refused", "attacked"])
def test_a_summary_fits_its_schema(request, run):
    summary = request.getfixturevalue(run)["summary"]
    published = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(json.dumps(summary, allow_nan=False)), published)


def test_a_plan_that_may_not_leave_is_said_before_anything_to_do(good):
    for files, reason in ((True, ""), (False, "no audience was exported: there is no source of consent")):
        content = good["summary"] | {"plan": {"exported": {"files": files, "reason": reason}}}
        first = first_screen(content, FMT)["actions"][0]
        assert ("no source of consent." in first["text"].casefold()) is not files


def test_the_first_action_is_of_whom_the_plan_contacts_and_a_target_without_a_test_says_so(good):
    content = good["summary"]
    names = {row["segment"]: row["name"] for row in content["segments"]}
    planned = [s["segment"] for s in content["strategies"]]
    other, target = (next(s for s in planned if roles(content)[s] == role) for role in ("keep", "target"))
    budget = [{"segment": s, "contacts": 90, "reason": ""} if s == other else
              {"segment": s, "contacts": 0, "reason": "no test could see its aim"} for s in planned]
    tests = [{"segment": s, "verdict": "hopeless" if s == target else "underpowered"} for s in planned]
    plan = {"exported": {"files": True, "reason": ""}}
    first = first_screen(content | {"budget": budget, "experiments": tests, "plan": plan}, FMT)["actions"]
    assert first[0]["title"].startswith(names[other]) and "How the effect will be known" in first[0]["foot"]
    waits = next(a for a in first if a["title"].startswith(names[target]))
    assert waits["foot"].endswith("No test is planned: it could not see its aim, so nobody of it is contacted yet.")


def test_the_claim_is_made_of_those_segments_only_whose_it_is(good):
    content, every = good["summary"], len(good["summary"]["segments"])
    first, *others = content["segments"]
    mixed = content | {"segments": [first | {"claim": "constructed"}, *others]}
    for told, whose, rest in ((content, "The segments are", ""),
                              (mixed, f"{every - 1} of {every} segments are", "The other is set apart by a rule.")):
        [sentence] = [s["text"] for s in answer(told, FMT) if "a cut through a continuum" in s["text"]]
        assert sentence.startswith(whose) and sentence.endswith(rest)
    assert first_screen(content, FMT)["claim"].startswith("Reproducible: ")
    assert first_screen(mixed, FMT)["claim"].startswith(f"{every - 1} of {every} reproducible: ")


def test_a_plan_that_contacts_nobody_says_so_first_and_promises_no_test(good):
    content = good["summary"] | {"plan": {"exported": {"files": True, "reason": ""}}}
    planned = [row["segment"] for row in content["segments"]]
    budget = [{"segment": s, "contacts": 0, "reason": "measured below its cost"} for s in planned]
    tests = [{"segment": s, "verdict": "no test"} for s in planned]
    first = first_screen(content | {"budget": budget, "experiments": tests}, FMT)["actions"]
    assert first[0]["title"] == "Contact nobody yet"
    assert f"{len(planned)} segments: the effect measured there" in first[0]["text"]
    named = [a for a in first if a["values"].keys() == {"baseline", "target"}]
    assert named and all("does not earn its cost, so nobody of it is contacted yet." in a["foot"] for a in named)
    assert not any("How the effect will be known" in a["foot"] for a in first)
    some = [{**row, "reason": ""} if row["segment"] == planned[0] else row for row in budget]
    titles = [a["title"] for a in first_screen(content | {"budget": some, "experiments": tests}, FMT)["actions"]]
    assert "Contact nobody yet" not in titles


def roles(content: dict) -> dict:
    return {row["segment"]: row["role"] for row in content["targets"]}


def test_the_schema_refuses_what_it_does_not_know(good):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good["summary"], "surprise": 1}, json.loads(schema()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({k: v for k, v in good["summary"].items() if k != "segments"}, json.loads(schema()))


@pytest.mark.parametrize("run", ["good", "refused"])
def test_every_number_of_the_report_is_in_the_summary(request, run):
    made = request.getfixturevalue(run)
    assert not unexplained(made["report"], made["summary"], FMT)


def test_a_number_from_nowhere_is_seen(good):
    page = good["report"].replace('<div class="say finding">', '<div class="say finding"><p>98,765 more.</p>', 1)
    assert unexplained(page, good["summary"], FMT) == ["98,765"]


def test_the_first_screen_says_no_number_that_it_has_no_value_for(good):
    first = good["summary"]["first_screen"]
    for said in (first["headline"], *first["sentences"]):
        assert not untraced({"text": said["text"], "values": {**said["values"]}}, FMT), said["text"]


@pytest.mark.parametrize(
    ("text", "values", "left"),
    [
        ("31 % (27 % to 35 %) of 5,012 customers", {"a": 0.312, "b": 0.268, "c": 0.349, "n": 5012}, []),
        ("31 % of 5,012 customers", {"n": 5012}, ["31"]),
        ("€412 each, 2.1 points", {"m": 41234, "p": 2.08}, []),
        ("Since 31 May 2026 and 2026-05 nothing", {}, []),
        ("Segment 7 Sins leads", {"name": "7 Sins"}, []),
        ("fell by 12 %", {"d": -0.1234}, []),
        ("88 % did not", {"share": 0.12}, []),
    ],
)
def test_numbers_are_traced_to_their_values(text, values, left):
    assert untraced({"text": text, "values": values}, FMT) == left


def test_figures_come_from_the_artefacts(good):
    summary, made = good["summary"], example.artefacts()
    assert [row["n"] for row in sorted(summary["segments"], key=lambda r: r["rank"])] == [1204, 910, 2130, 768]
    assert summary["data"] == {
        "period": ["2025-01-02", "2026-06-30"],
        "n_customers": 5012,
        "rows_in": 48210,
        "rows_used": 47713,
        "rows_dropped": 497,
        "protection": {"opted out": 41},
    }
    assert sum(g["n"] for g in summary["rfm_groups"]) == len(made["rfm"])
    moves = made["migration"]
    assert summary["change"]["moved"] == moves.loc[moves["before"] != moves["now"], "n"].sum() == 244
    assert summary["value"] == {"not_measured": "hold-out orders were 34 % off", "needed": "a second year of orders"}
    assert summary["lead"] == {"lead": "clusters", "lead_rule": "distinct and stable", "claim": "reproducible", "k": 4}


def test_nothing_of_a_single_customer_or_a_fitted_model_is_kept(good):
    told = json.dumps(good["summary"])
    assert f"{7:032x}" not in told
    assert "centres" not in told and "customer_key" not in told


def test_a_refused_product_has_a_summary_with_reasons(refused):
    summary = refused["summary"]
    assert summary["verdict"] == "no-go"
    assert summary["segments"] == {"not_measured": "this was not made in this run", "needed": ""}
    assert summary["basis"][0]["column"] == "n_occasions"
    assert summary["first_screen"]["segments"] == [] and summary["first_screen"]["sentences"] == []


def test_what_a_refused_product_needs_comes_first_in_the_order_of_its_checks():
    made = example.refused()
    needs = {"two natural periods of history, 20 days more": "the data cover 40 days",
             "at least 240 customers": "the base has 60 customers",
             "two profiles in the product file": "no profile is declared"}
    made["readiness"] |= {"needed": list(needs), "reasons": list(needs.values())}
    told = summarise(made, example.facts(), {})["first_screen"]["actions"]
    assert [action["title"] for action in told] == [f"Needed: {need}" for need in needs]
    assert [action["text"].casefold() for action in told] == [f"{why}." for why in needs.values()]
    made["readiness"]["needed"] = []  # a run that stopped for a reason of its own
    assert summarise(made, example.facts(), {})["first_screen"]["actions"] == []


def test_nothing_measured_at_all_is_still_a_summary():
    made = {name: NotMeasured("no data", "data") for name in example.artefacts()}
    made["readiness"] = example.artefacts()["readiness"]
    summary = summarise(made, example.facts(), {})
    assert summary["first_screen"]["headline"]["text"] == "No segments were made in this run."
    assert summary["migration"] == {"not_measured": "no data", "needed": "data"}


def test_statements_hold_every_sentence_with_its_step(good):
    told = good["summary"]["statements"]
    assert [s["kind"] for s in told[:6]] == ["sentence", "picture", "sentence", "sentence", "cards", "absent"]
    assert told[0]["step"] == "01_identify_basis" and told[0]["values"]["signal"] == 0.31
    assert "Customers 1,604" in told[4]["text"]


def test_small_cells_and_what_would_give_them_away_are_taken_out(good):
    rows = {(r["before"], r["now"]): r for r in good["summary"]["migration"]}
    assert rows["weekly_cooks", "Left"]["n"] is None and rows["weekly_cooks", "Left"]["share"] is None
    assert rows["weekly_cooks", "weekend_hosts"]["suppressed"]  # else 1,154 - 1,000 - 150 gives the 4 away
    assert rows["weekly_cooks", "weekly_cooks"]["n"] == 1000  # 154 went down: told together, as of `directions`
    assert rows["drifting_away", "drifting_away"]["n"] == 700
    sizes = {r["user_type"]: r for r in good["summary"]["user_type_cuts"]["sizes"]}
    assert sizes["Prospect"]["n"] is None and sizes["Dormant"]["n"] is None and sizes["New"]["n"] == 500


def test_two_small_cells_hide_each_other_and_zero_is_no_secret():
    frame = pd.DataFrame(
        {"group": list("abcd"), "n": [50, 4, 0, 7], "share": [0.82, 0.07, 0.0, 0.11]}
    )
    rows = suppress(frame, "rfm_groups", Format())
    assert [r["n"] for r in rows] == [50, None, 0, None]
    assert frame["n"].tolist() == [50, 4, 0, 7]


@pytest.mark.parametrize("locale", ["de", "fr", "sv_SE"])
def test_a_report_in_another_locale_is_traced_too(locale):
    summary = summarise(example.artefacts(), example.facts(locale=locale), {})
    for said in summary["first_screen"]["sentences"]:
        assert not untraced(said, Format(locale, "EUR")), said["text"]
