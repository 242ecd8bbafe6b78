"""Rows 80, 89 and 90: a base too small, too young or all alike ends in a verdict that says what is needed.

Row 91, data without structure, is tests/analyze/test_structure.py.
"""

import datetime as dt
from dataclasses import replace

import pytest

from lib.basis.readiness import Base, largest_k, readiness
from lib.contracts import NotMeasured
from tests.basis.test_readiness import SOUND

AS_OF = dt.date(2026, 6, 30)


def verdict(base: Base) -> dict:
    return readiness(base, business="b2c", stage="scaling", billing="transactional", as_of=AS_OF, why_now="test",
                     basis=NotMeasured("x"))


@pytest.mark.parametrize("customers", [1, 2, 3, 7, 9, 40])
def test_row_89_a_handful_of_customers_is_refused_with_the_number_needed(customers):
    found = verdict(replace(SOUND, n_customers=customers, n_buyers=customers))
    assert found["verdict"] == "no-go"
    assert found["largest_k"] < 2
    assert any("240 customers" in needed for needed in found["needed"])


@pytest.mark.parametrize("variables", [[], ["frequency"]])
def test_row_89_customers_who_are_all_alike_leave_nothing_to_divide_by(variables):
    found = verdict(replace(SOUND, variables=variables))
    assert found["verdict"] == "no-go"
    assert any("columns" in needed for needed in found["needed"])


@pytest.mark.parametrize(("customers", "k"), [(240, 6), (399, 9), (400, 10), (4000, 100)])
def test_row_90_the_most_segments_that_a_base_carries_are_said(customers, k):
    base = replace(SOUND, n_customers=customers)
    assert largest_k(base) == verdict(base)["largest_k"] == k


def test_row_90_ten_segments_of_four_variables_need_four_hundred_customers():
    p, k = len(SOUND.variables), 10
    assert largest_k(replace(SOUND, n_customers=10 * p * k)) == k
    assert largest_k(replace(SOUND, n_customers=10 * p * k - 1)) == k - 1


def test_row_80_a_history_shorter_than_two_periods_is_refused_with_the_days_needed():
    found = verdict(replace(SOUND, history_days=59, period_days=30))
    assert found["verdict"] == "no-go"
    assert any("60 days" in needed for needed in found["needed"])
    assert verdict(replace(SOUND, history_days=60, period_days=30))["verdict"] == "caution"
