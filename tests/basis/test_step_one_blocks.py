"""What notebook 01 shows: every figure with its interval, no count of few people, each reason a sentence."""

import re

import numpy as np
import pandas as pd
import pytest

from lib.basis.icps import icp_table, overlap
from lib.basis.readiness import cost_against_value
from lib.contracts import NotMeasured
from lib.report.blocks import Absent
from lib.report.figures import basis as figures
from lib.report.numbers import Format
from lib.report.tables import basis as tables
from lib.report.words import basis as words

FMT = Format("en", "EUR")
READINESS = {"verdict": "no-go", "n_customers": 40, "largest_k": 2, "variables": [],
             "reasons": ["the base has 40 customers", "no column is usable to divide customers"],
             "needed": ["240 customers for 4 variables, 200 more", "2 numeric columns that vary"]}


def people(both: int, n: int = 400) -> pd.DataFrame:
    """Half of the customers work in offices; ``both`` of them have many seats too."""
    rng = np.random.default_rng(1)
    role = np.array(["office"] * (n // 2) + ["home"] * (n // 2))
    seats = np.where(np.arange(n) < both, 9, np.where(np.arange(n) >= n - 60, 9, 2))
    return pd.DataFrame({"customer_key": [f"c{i}" for i in range(n)], "role": role, "seats": seats,
                         "revenue": rng.gamma(2, 4000, n), "next_active": (rng.random(n) < 0.5).astype(float)})


PROFILES = [{"name": "Office", "who": "role = 'office'", "source": "s"},
            {"name": "Large", "who": "seats > 5", "source": "s"},
            {"name": "Tiny", "who": "seats = 9 and role = 'office'", "source": "s"}]


def test_the_verdict_gives_each_reason_a_sentence_with_what_is_needed():
    assert words.verdict(READINESS, FMT).text == (
        "No-go: do not segment this base, with 40 customers. The base has 40 customers; needed: 240 customers for 4 "
        "variables, 200 more. No column is usable to divide customers; needed: 2 numeric columns that vary.")


def test_a_launch_without_variables_does_not_speak_of_zero_variables():
    text = words.verdict(READINESS | {"verdict": "caution"}, FMT).text
    assert "0 variables" not in text
    assert "placed by profile" in text


def test_the_lead_says_its_rule_and_each_reason_against_rfm():
    told = {"lead_basis": "icp", "lead_rule": "a rule", "rfm": {
        "applies": False, "reasons": ["billing is constant", "40 customers have bought"],
        "needed": ["orders", "500 buyers, 460 more"]}}
    assert words.lead(told).text == (
        "The leading basis is the ideal customer profile. The rule that spoke: a rule. RFM does not apply. Billing is "
        "constant; needed: orders. 40 customers have bought; needed: 500 buyers, 460 more.")


@pytest.mark.parametrize("both", [0, 5, 40])
def test_profiles_are_told_with_intervals_and_few_people_are_not_counted(both):
    base = people(both)
    found = icp_table(base, base, PROFILES)
    table, sentence = tables.icps(found, FMT), words.icps(found, FMT)
    assert "200 customers, 50 % (45 % to 55 %)" in sentence.text
    assert ("fewer than 10" in sentence.text) == (both == 5)
    assert (table.rows[2][1] == "fewer than 10") == (both == 5)
    assert "Tiny.n" not in sentence.values or both != 5


def test_few_people_in_an_overlap_cannot_be_reckoned_from_the_rest():
    """Five are in both: neither that cell nor the one that would complete its row is shown."""
    matrix = overlap(people(5), PROFILES[:2])
    picture = figures.overlap(matrix, FMT)
    assert not [t.get_text() for t in picture.ax.texts if t.get_text()]
    assert picture.title == "No two profiles have enough members to be compared"
    assert not [v for v in picture.values.values() if 0 < v < 1]


def test_an_overlap_is_told_by_the_larger_share():
    picture = figures.overlap(overlap(people(40), PROFILES[:2]), FMT)
    assert picture.title == "40 % of Large also match Office"
    assert picture.values["Large in Office"] == pytest.approx(0.4)


def test_costs_are_told_with_both_intervals():
    text = words.cost_value({"cost": 1_000_000, "margin_at_stake": 12_800_000.0, "margin_low": 11_800_000.0,
                             "margin_high": 13_800_000.0, "break_even_uplift": 0.078, "break_even_low": 0.072,
                             "break_even_high": 0.085, "n": 2773, "days": 365}, FMT).text
    assert "€128,000 (€118,000 to €138,000), from n = 2,773 customers" in text
    assert "7.8 % (7.2 % to 8.5 %)" in text


def test_costs_that_nobody_declared_are_asked_for_and_never_taken_as_none():
    found = cost_against_value(people(0), None, minor_digits=2, window_days=365)
    shown = words.cost_value(found, FMT)
    assert (shown.reason, shown.needed) == ("no cost of collecting and analysing is declared",
                                            "what both cost, in the product file (costs)")


def test_what_was_not_measured_shows_its_reason():
    nothing = NotMeasured("only 1 ideal customer profile is declared", "at least 2 profiles")
    assert all(isinstance(show(nothing, FMT), Absent) for show in (
        tables.icps, words.icps, figures.overlap, tables.bases, words.bases, figures.signal, tables.framework,
        words.framework, figures.importance, words.cost_value))


ASKED = {"q01": "I plan my meals for the week, on the day before I go to the shop", "q02": "I write a list"}


@pytest.fixture
def survey_basis() -> pd.DataFrame:
    """Two items of a survey and a measure as candidates; the first item may be used and tells most."""
    given = {"kind": "psychographic", "coverage": 0.4, "variety": 0.9, "stability": 0.8, "signal_low": 0.0,
             "signal_high": 0.5, "p": 0.01, "redundancy": 0.1, "redundant_with": "", "n": 400, "reach": "a survey",
             "sensitivity": "none", "proxy_for": "", "verdict": "use", "reason": "tells about the next period"}
    repeats = {"redundant_with": "q01", "reason": "repeats q01", "verdict": "describe only"}
    rows = [{"column": "q01", "signal": 0.4}, {"column": "q02", "signal": 0.2, "verdict": "do not use",
            "sensitivity": "proxy", "proxy_for": "gender"}, {"column": "n_orders", "signal": 0.1} | repeats]
    return pd.DataFrame([given | row for row in rows])


def test_an_item_of_the_survey_is_named_as_it_was_asked_wherever_bases_are_judged(survey_basis):
    picture, table = figures.signal(survey_basis, FMT, ASKED), tables.bases(survey_basis, FMT, ASKED)
    said = words.bases(survey_basis, FMT, ASKED)
    ticks = [tick.get_text() for tick in picture.ax.get_yticklabels()]
    verdict = words.verdict(READINESS | {"verdict": "go", "variables": ["q01", "n_orders"]}, FMT, ASKED)
    shown = [*ticks, picture.title, picture.alt, said.text, verdict.text, *[cell for row in table.rows for cell in row]]
    assert not [text for text in shown if re.search(r"\bq0\d", text)]
    assert all(f"“{ASKED['q01']}”" in text for text in (picture.title, picture.alt, said.text, verdict.text))
    assert [row[0] for row in table.rows] == [f"“{ASKED['q01']}”", f"“{ASKED['q02']}”", "orders"]
    assert table.rows[2][-1] == f"repeats “{ASKED['q01']}”"
    assert max(map(len, ticks)) <= 60 and any("…" in tick and tick.startswith("“I plan") for tick in ticks)


def test_an_item_whose_wording_nobody_declared_keeps_its_label(survey_basis):
    assert "q01" in figures.signal(survey_basis, FMT).title
