"""Hopeless bases are refused, each for its own reason, and ten times the data flips it (method.md §1, §3.10).

Rows are generated, and go through the functions that notebook 01 calls.
"""

import pytest

from lib.basis.icps import icp_table, known_people
from lib.contracts import ARTEFACTS, NotMeasured
from tests.basis.chain import PROFILES, bought, step_one, used

GOES_ON = ("go", "caution")


def found(n: int, days: int, gap: float, **more) -> dict:
    constant = more.pop("constant", False)
    return step_one(*bought(n, days=days, gap=gap, constant=constant), days=days, **more)


@pytest.fixture(scope="module")
def sound() -> dict:
    return found(600, 300, 14)


def test_a_sound_base_goes_on_and_its_artefacts_keep_their_contracts(sound):
    assert sound["readiness"]["verdict"] == "go"
    assert sound["readiness"]["rfm"] == {"applies": True, "reasons": [], "needed": []}
    for name, key in (("basis", "basis"), ("icps", "icps"), ("engagement_framework", "framework")):
        ARTEFACTS[name].check(sound[key])
    ARTEFACTS["readiness"].check(sound["readiness"])


def test_forty_customers():
    small, large = found(40, 300, 14)["readiness"], found(400, 300, 14)["readiness"]
    assert small["verdict"] == "no-go"
    (i,) = [i for i, reason in enumerate(small["reasons"]) if reason == "the base has 40 customers"]
    least = int(small["needed"][i].split()[0])
    assert small["needed"][i].endswith(f", {least - 40} more")
    assert least <= 400
    assert large["verdict"] in GOES_ON


def test_the_number_needed_is_enough():
    """Exactly as many customers as the refusal asks for lift it."""
    small = found(40, 300, 14)["readiness"]
    needed = int(next(n for n in small["needed"] if "customers for" in n).split()[0])
    assert found(needed, 300, 14)["readiness"]["verdict"] in GOES_ON


def test_two_weeks_of_history():
    short, long = found(600, 14, 5)["readiness"], found(600, 140, 5)["readiness"]
    assert short["verdict"] == "no-go"
    assert "the data cover 14 days" in short["reasons"]
    assert any(n.startswith("30 days of history, 16 more") for n in short["needed"])
    assert any("14 days of history" in r for r in short["rfm"]["reasons"])
    assert long["verdict"] in GOES_ON


def test_constant_billing_closes_rfm_only():
    customers, lines = bought(600, days=300, gap=30, constant=True)
    answer = step_one(customers, lines, used(customers, days=300), days=300, billing="subscription",
                      critical_event="w")
    verdict, basis = answer["readiness"], answer["basis"].set_index("column")
    assert not verdict["rfm"]["applies"]
    assert [r.split(",")[0] for r in verdict["rfm"]["reasons"]] == ["billing is constant"]
    assert verdict["verdict"] in GOES_ON
    assert "active_days" in basis.index[basis["verdict"] == "use"]
    assert set(verdict["variables"]) >= {"breadth", "depth"}
    assert "calendar" in basis.loc["n_orders", "reason"]
    assert not {"n_orders", "n_occasions", "recency_days"} & set(verdict["variables"])


def test_constant_billing_is_seen_in_the_data_where_it_is_not_declared():
    """A product called transactional whose customers all pay on a fixed day; buying when they choose flips it."""
    verdict = found(600, 300, 30, constant=True)["readiness"]
    assert any("billing is constant" in r for r in verdict["rfm"]["reasons"])
    assert not any("billing is constant" in r for r in found(600, 300, 30)["readiness"]["rfm"]["reasons"])


def test_no_repeat_buyers():
    """Seventy days of customers who buy about once a year: hardly anybody has come back; in seven hundred many do."""
    once, long = found(800, 70, 400)["readiness"], found(800, 700, 400)["readiness"]
    assert once["verdict"] == "no-go"
    assert not once["rfm"]["applies"]
    assert any("bought on a second day" in r for r in once["rfm"]["reasons"])
    assert any("customers came on a second day" in r for r in once["reasons"])
    assert long["rfm"]["applies"], long["rfm"]
    assert long["verdict"] in GOES_ON
    assert not any("second day" in r for r in long["reasons"])


def test_a_launch_is_a_caution_with_its_questions_closed():
    answer = found(600, 14, 5, stage="new")
    verdict = answer["readiness"]
    assert verdict["verdict"] == "caution"
    assert verdict["reasons"][-1].startswith("the product is being launched")
    closed = {q["question"] for q in verdict["not_measured"]}
    assert closed >= {"RFM groups", "expected value", "migration between segments"}
    assert not verdict["rfm"]["applies"]
    assert answer["icps"].set_index("icp").loc["Office", "n"] > 100


def test_a_launch_without_any_behaviour_still_looks_up_its_profiles():
    customers, _ = bought(600, days=30, gap=14)
    nothing = NotMeasured("no table of transactions or events")
    table = icp_table(known_people(nothing, customers), nothing, PROFILES).set_index("icp")
    assert table.loc["Office", "n"] == (customers["role"] == "office").sum()


def test_one_profile_stops_the_step(sound):
    customers, lines = bought(600, days=300, gap=14)
    answer = step_one(customers, lines, days=300, profiles=PROFILES[:1])
    assert answer["readiness"]["verdict"] == "no-go"
    assert answer["readiness"]["reasons"] == ["only 1 ideal customer profile is declared"]
    assert answer["readiness"]["needed"] == ["2 profiles in the product file, 1 more"]
    assert isinstance(answer["icps"], NotMeasured)
