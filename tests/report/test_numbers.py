"""Numbers as people of a place write them."""

import datetime as dt

import pytest

from lib.report.numbers import MISSING, Format


@pytest.mark.parametrize(
    ("locale", "currency", "minor", "shown"),
    [
        ("en", "EUR", 123456, "€1,235"),
        ("en", "EUR", -512, "\u2011€5.12"),
        ("de", "EUR", 123456, "1.235\u00a0€"),
        ("de", "EUR", 999, "9,99\u00a0€"),
        ("ja", "JPY", 123456, "￥123,456"),
        ("en", "KWD", 1500, "KWD1.500"),
        ("en", "EUR", None, MISSING),
    ],
)
def test_money_is_written_from_minor_units(locale, currency, minor, shown):
    assert Format(locale, currency).money(minor).replace("KWD\u00a0", "KWD") == shown


def test_headlines_are_short():
    assert Format("en", "EUR").money(123_456_789, compact=True) == "€1.2M"
    assert Format("en", "EUR").money(99_900, compact=True) == "€999"


def test_the_rest_follows_the_locale():
    german = Format("de", "EUR")
    assert german.count(1234567.4) == "1.234.567" and german.share(0.314, 1) == "31,4 %"
    assert (
        german.date(dt.date(2026, 6, 30)) == "30.6.2026" and Format().date(dt.date(2026, 6, 30)) == "30 June 2026"
    )
    assert Format().interval(0.1, 0.2, Format().share) == "(10 % to 20 %)" and Format().interval(None, 1) == ""
    assert Format().days(1) == "1 day" and Format().days(7.25) == "7.2 days"


def test_the_size_behind_a_figure_is_written_as_people_write_it():
    fmt = Format("en", "EUR", smallest=10, rounding=5)
    assert [fmt.n(n) for n in (1248, 9, 0, None)] == ["n = 1,250", "n < 10", "n = 0", "n not measured"]


def test_one_of_a_thing_is_not_several():
    fmt = Format("en", "EUR")
    assert [fmt.counted(n, "row") for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]


def test_a_bound_that_the_data_leave_open_is_written_short():
    """Wider than any figure of a base: its digits would end the run (decimal.InvalidOperation)."""
    assert Format().number(3.4e57) == "3e+57" and Format().number(-2e15) == "-2e+15"
    assert Format().number(999_999_999_999_999) == "999,999,999,999,999"


@pytest.mark.parametrize("locale, day, month, short", [
    ("en", "30 June 2026", "June 2026", "Jun 2026"), ("de", "30.6.2026", "6/2026", "6/2026")])
def test_days_and_months_that_a_step_wrote_are_read_as_all_others(locale, day, month, short):
    fmt = Format(locale)
    assert fmt.dated("from 2026-06-30 on, 2026-06 and 1-2026-06-30-x") == f"from {day} on, {month} and 1-{day}-x"
    assert fmt.dated("no day: 2026-13-01, 12026-06, AB-2026-0630") == "no day: 2026-13-01, 12026-06, AB-2026-0630"
    assert fmt.short_months("2026-06") == short
