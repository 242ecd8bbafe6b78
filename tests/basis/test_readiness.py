"""Readiness: the right refusal for each hopeless base, and ten times the data flips it (method.md §3.10)."""

import datetime as dt
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lib.basis.readiness import Base, cost_against_value, largest_k, lead_basis, measure_base, readiness, rfm_applies
from lib.contracts import ARTEFACTS
from lib.report.numbers import Format

AS_OF = dt.date(2026, 6, 30)
SOUND = Base(n_customers=3000, n_buyers=2000, repeat_share=0.5, history_days=540, last_order=AS_OF, period_days=7,
             variables=["frequency", "depth", "breadth", "mean_occasion_value"], n_icps=2, gap_variation=0.9,
             n_active=2500, returned_share=0.6)
TELLING = pd.DataFrame({"column": ["frequency", "depth"], "verdict": "use", "signal": [0.2, 0.1]})


def judge(base: Base, **more) -> dict:
    told = {"business": "b2c", "stage": "scaling", "billing": "transactional", "as_of": AS_OF, "why_now": "test",
            "basis": TELLING} | more
    return ARTEFACTS["readiness"].check(readiness(base, **told))


def test_a_sound_base_goes():
    found = judge(SOUND)
    assert (found["verdict"], found["reasons"], found["largest_k"]) == ("go", [], 75)


@pytest.mark.parametrize(("n", "verdict"), [(40, "no-go"), (60, "no-go"), (239, "no-go"), (240, "caution"),
                                            (399, "caution"), (400, "go")])
def test_size_limits_for_four_variables(n, verdict):
    assert judge(replace(SOUND, n_customers=n))["verdict"] == verdict


def test_forty_customers_are_refused_and_ten_times_as_many_are_not():
    small = judge(replace(SOUND, n_customers=40))
    assert small["verdict"] == "no-go"
    assert small["reasons"] == ["the base has 40 customers"]
    assert small["needed"] == ["240 customers for 4 variables, 200 more"]
    assert judge(replace(SOUND, n_customers=400))["verdict"] == "go"


def test_two_weeks_of_history_are_refused_unless_the_product_is_new():
    short = replace(SOUND, history_days=14, period_days=30)
    assert judge(short)["verdict"] == "no-go"
    assert "60 days of history, 46 more" in judge(short)["needed"]
    assert judge(replace(short, history_days=140))["verdict"] == "caution"
    assert judge(replace(short, history_days=180))["verdict"] == "go"
    launched = judge(short, stage="new")
    assert launched["verdict"] == "caution"
    assert {q["question"] for q in launched["not_measured"]} >= {"RFM groups", "migration between segments"}


def test_fewer_than_two_profiles_stop_the_step():
    assert judge(replace(SOUND, n_icps=1))["verdict"] == "no-go"


def test_without_usable_variables_there_is_nothing_to_divide_by():
    assert judge(replace(SOUND, variables=["frequency"]))["verdict"] == "no-go"


@pytest.mark.parametrize(("change", "more", "why"), [
    ({"n_buyers": 499}, {}, "only 499 customers have bought"), ({"history_days": 179}, {}, "days of history"),
    ({"last_order": dt.date(2026, 5, 30)}, {}, "last 30 days"), ({"repeat_share": 0.0}, {}, "second day"),
    ({"gap_variation": 0.05}, {}, "constant"), ({}, {"billing": "subscription"}, "constant"),
    ({}, {"stage": "early"}, "early")])
def test_rfm_is_refused_for_the_right_reason(change, more, why):
    told = {"stage": "scaling", "billing": "transactional", "as_of": AS_OF} | more
    assert rfm_applies(SOUND, **(told | {"stage": "scaling", "billing": "transactional"}))["applies"]
    answer = rfm_applies(replace(SOUND, **change), **told)
    assert not answer["applies"]
    assert [why in r for r in answer["reasons"]] == [True]


def test_the_lead_basis_follows_the_rule_and_says_so():
    basis = pd.DataFrame({"column": ["revenue", "breadth"], "signal": [0.1, 0.3]})
    assert lead_basis("b2c", basis)[0] == "icp"
    assert lead_basis("b2b", basis)[0] == "features used"
    assert lead_basis("b2b", basis.assign(signal=[0.4, 0.3]))[0] == "revenue"
    silent = lead_basis("b2b", basis.assign(signal=float("nan")))
    assert silent[0] == "revenue" and "not measured" in silent[1]
    declared = lead_basis("b2b", basis, "icp", "the board asked")
    assert declared[0] == "icp"
    assert declared[1].startswith("declared in the product file: the board asked; by the rule features used would lead")


def test_largest_k_is_n_over_ten_p():
    assert largest_k(replace(SOUND, n_customers=419)) == 10


def test_break_even_is_cost_over_a_years_margin_with_its_interval():
    revenue = np.random.default_rng(1).gamma(2, 500, 400)
    features = pd.DataFrame({"revenue": revenue})
    told = {"minor_digits": 2, "window_days": 365}
    costs = {"collecting": 200, "analysing": 50, "margin_rate": 0.25}
    value = cost_against_value(features, costs, **told)
    assert value["cost"] == 25_000
    assert value["margin_at_stake"] == pytest.approx(revenue.sum() * 0.25)
    assert value["break_even_uplift"] == pytest.approx(25_000 / (revenue.sum() * 0.25))
    half = 1.966 * revenue.std(ddof=1) / 20 * 400 * 0.25
    assert value["margin_high"] - value["margin_at_stake"] == pytest.approx(half, rel=0.01)
    assert value["break_even_low"] < value["break_even_uplift"] < value["break_even_high"]
    scaled = cost_against_value(features, costs, **told, history_days=73, n_customers=4000)
    assert scaled["margin_at_stake"] == pytest.approx(50 * value["margin_at_stake"])
    assert cost_against_value(features * 0, costs, **told)["break_even_uplift"] is None
    assert not cost_against_value(features, None, **told)


def test_short_history_is_a_caution_that_says_how_much_is_missing():
    """Thirty days of a weekly product are four periods, and no half year."""
    found = judge(replace(SOUND, history_days=30))
    assert (found["verdict"], found["needed"]) == ("caution", ["180 days of history, 150 more"])
    assert judge(replace(SOUND, history_days=29))["verdict"] == "no-go"


def test_nobody_came_twice():
    found = judge(replace(SOUND, returned_share=0.0, repeat_share=0.0))
    assert found["verdict"] == "caution"
    assert found["reasons"] == ["nobody came on a second day, so habits cannot be seen"]
    assert found["rfm"]["needed"] == ["20 % of buyers on a second day, 400 customers more"]


def test_without_orders_and_events_the_reason_is_that():
    """A survey alone: not that nobody came a second time, for nobody's coming is known."""
    found = judge(replace(SOUND, n_buyers=0, n_active=0, history_days=0, variables=[], returned_share=float("nan"),
                          last_order=None, period_days=float("nan")))
    assert found["verdict"] == "no-go"
    assert found["reasons"] == ["there are neither orders nor events", "fewer than 2 columns are usable to divide "
                                "customers, since nothing is known of what customers do"]
    assert found["needed"][0].startswith("orders or events over 60 days; a product that is being launched (stage: new)")


def test_constant_billing_alone_says_why_nothing_is_usable():
    found = judge(replace(SOUND, variables=[]), billing="subscription")
    assert found["reasons"] == ["fewer than 2 columns are usable to divide customers, since payments follow the "
                                "billing calendar"]
    assert found["needed"][0].endswith("such as use of the product")


def test_usual_measures_without_a_signal_are_a_caution():
    found = judge(SOUND, basis=TELLING.assign(verdict="describe only"))
    assert (found["verdict"], found["reasons"]) == ("caution", ["no column is clearly telling about the next period"])


def test_reasons_and_needs_go_together_and_say_no_zero():
    hopeless = replace(SOUND, n_customers=1, n_icps=0, history_days=1, variables=[], returned_share=float("nan"))
    found = judge(hopeless)
    assert found["verdict"] == "no-go"
    assert len(found["reasons"]) == len(found["needed"]) == 4
    assert not [r for r in found["reasons"] if r.startswith(("0 ", "1 "))]
    assert "fewer than 2 columns are usable to divide customers, since nobody came on a second day" in found["reasons"]


def test_the_base_is_measured_from_customers():
    features = pd.DataFrame({"n_occasions": [0, 1, 2, 5], "recency_days": [None, 9, 40, 3]})
    gaps = pd.DataFrame({"gap_variation": [0.5, None, 0.7]})
    variables = pd.DataFrame({"variable": ["frequency", "depth"], "used": [True, False]})
    base = measure_base(features, {"period_days": 7}, gaps, variables, as_of=AS_OF, n_customers=400, n_icps=2,
                        period=["2026-01-01", "2026-06-30"])
    assert base == Base(n_customers=400, n_buyers=300, repeat_share=2 / 3, history_days=181, period_days=7, n_icps=2,
                        last_order=dt.date(2026, 6, 27), variables=["frequency"], gap_variation=0.6,
                        n_active=300, returned_share=2 / 3)


def said(found: dict) -> list[str]:
    """Every text of the verdict that may count customers."""
    of_share = [t for t in found["rfm"]["needed"] if t.startswith("20 % of buyers")]  # that of the published number
    return [*found["reasons"], *found["needed"], *found["rfm"]["reasons"], *(c["needed"] for c in found["checks"]),
            *(t for t in found["rfm"]["needed"] if t not in of_share)]


def counts_in(texts: list[str]) -> set[int]:
    """Numbers that count people, also those that are lacking."""
    return {int(n.replace(",", "")) for t in texts for n in re.findall(r"([\d,]*\d) (?:customer|buyer|more)", t)}


@pytest.mark.parametrize("n", [11, 83, 117, 118, 119, 237, 239, 242, 397, 399])
def test_rounded_counts_are_all_that_reasons_and_needs_say(n):
    """No number of people that is not a multiple of five, nor one that the others give by subtraction."""
    base = replace(SOUND, n_customers=n, n_active=n - 1, n_buyers=n - 2, repeat_share=0.15, returned_share=0.19)
    exact, rounded = judge(base), judge(base, people=Format(rounding=5))
    assert any(c % 5 for c in counts_in(said(exact))), "the search can find them"
    assert not [c for c in counts_in(said(rounded)) if c % 5], said(rounded)
    bought, again = (Format(rounding=5).rounded(c) for c in (n - 2, round(0.15 * (n - 2))))
    lacking = 0 if again < 10 else math.ceil(0.2 * bought) - again
    assert not lacking > 0 or f", {lacking} customer" in rounded["rfm"]["needed"][-1]
    assert exact["verdict"] == rounded["verdict"] == ("no-go" if n < 240 else "caution")
    found = {c["check"]: c["value"] for c in rounded["checks"]}
    assert found["customers"] % 5 == 0
    again = found["customers seen on a second day"]
    assert again is None or again * Format(rounding=5).rounded(n - 1) % 5 == pytest.approx(0)
    for reason, needed in zip(rounded["reasons"], rounded["needed"], strict=True):
        if "the base has" in reason:  # what is lacking fits what is said to be there
            have, of = counts_in([reason]).pop(), int(needed.split()[0])
            assert needed.endswith(f"{of - have} more") if have < of else "more" not in needed


@pytest.mark.parametrize("smallest", [10, 20])
@pytest.mark.parametrize("n", [1, 7, 9, 13, 19, 31])
def test_few_customers_are_never_counted(n, smallest):
    """Neither how many there are, nor how many came back or bought, nor how many more it takes."""
    base = replace(SOUND, n_customers=n, n_active=n, n_buyers=n, repeat_share=2 / n if n > 2 else 0.0,
                   returned_share=3 / n if n > 3 else 0.0)
    found = judge(base, people=Format(smallest=smallest))
    few = {2, 3} | ({n, 240 - n, 500 - n} if n < smallest else set())
    assert not few & counts_in(said(found)), said(found)
    assert not [t for t in said(found) if "%" in t and "20 %" not in t], "a share of few tells their number"
    assert (f"the base has fewer than {smallest} customers" in found["reasons"]) == (n < smallest)
    values = {c["check"]: c["value"] for c in found["checks"]}
    assert values["customers"] == (None if n < smallest else n)
    assert values["customers seen on a second day"] == (None if n > 3 else 0.0)


def test_a_limit_that_a_rounded_count_would_reach_is_said_instead():
    found = judge(replace(SOUND, n_customers=239), people=Format(rounding=5))
    assert (found["reasons"], found["needed"]) == (["the base has fewer than 240 customers"],
                                                   ["240 customers for 4 variables"])
