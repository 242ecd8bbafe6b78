"""How values are read: formats by what fits every value, and a question where two readings do."""

import datetime as dt

import pytest

from lib.propose.dates import dated, day_of
from lib.propose.numbers import numeric
from lib.propose.words import likeness, plain

DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=7 * i) for i in range(40)]


@pytest.mark.parametrize("pattern", [
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d-%m-%Y %H:%M", "%Y-%m-%dT%H:%M:%S",
    "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%b %d, %Y", "%Y-%m"])
def test_a_format_is_found_and_reads_the_same_days(pattern):
    written = tuple(dt.datetime.combine(d, dt.time(9, 5)).strftime(pattern) for d in DAYS)
    found = dated(written)
    assert found.sure and found.formats == (pattern,)
    wanted = [d.replace(day=1) for d in DAYS] if pattern == "%Y-%m" else DAYS
    assert [day_of(w, found.formats[0]) for w in written] == wanted


def test_days_up_to_twelve_are_a_question_and_one_larger_day_answers_it():
    early = tuple(f"{day:02d}/{month:02d}/2026" for day in range(1, 13) for month in range(1, 13))
    assert set(dated(early).formats) == {"%d/%m/%Y", "%m/%d/%Y"}
    many = tuple(f"{1 + i % 28:02d}/{1 + i % 12:02d}/2026" for i in range(200))
    assert dated(many).formats == ("%d/%m/%Y",)


def test_years_of_two_digits_are_never_read():
    found = dated(tuple(d.strftime("%d.%m.%y") for d in DAYS))
    assert found.short and not found.formats


@pytest.mark.parametrize("values", [("4711", "4712"), ("1.5", "2.5"), ("Mon", "Tue"), ("12:30", "13:45"), ()])
def test_what_is_no_date_is_none(values):
    assert dated(values) is None


def test_offsets_are_seen():
    found = dated(tuple(f"{d}T10:00:00Z" for d in DAYS))
    assert found.offsets == 1 and found.clock and found.formats == ("%Y-%m-%dT%H:%M:%S",)


@pytest.mark.parametrize(("values", "style"), [
    (("1.5", "20", "-3.25"), (".", "")), (("1,5", "20", "-3,25"), (",", "")), (("1.234,50", "0,99"), (",", ".")),
    (("1,234.50", "0.99"), (".", ",")), (("1 234,50", "7,10"), (",", " ")), (("1'234.50", "7.10"), (".", "'")),
])
def test_signs_of_numbers(values, style):
    found = numeric(values)
    assert found.styles[0] == style and not found.question


@pytest.mark.parametrize("values", [("1,234", "5,678"), ("1.234", "5.678")])
def test_three_digits_after_every_sign_are_a_question(values):
    assert numeric(values).question


def test_codes_with_leading_zeros_are_no_numbers():
    assert numeric(("007", "012")) is None
    assert numeric(("0", "0.5")).low == 0


def test_values_carry_their_currency():
    assert numeric(("€ 12,50", "3,10 €")).sign == "EUR"
    assert numeric(("12.50", "3.10")).sign == ""


@pytest.mark.parametrize(("one", "other"), [
    ("KundenNr", "kunden_nr"), ("CustomerID", "customer id"), ("Straße", "STRASSE"), ("Prénom", "prenom")])
def test_headers_are_compared_by_their_words(one, other):
    assert plain(one) == plain(other)


def test_a_header_is_liked_best_by_what_it_says():
    assert likeness("Customer ID", "customer id, client") == 1
    assert 0 < likeness("new customer flag", "customer id, customer") < 0.6
    assert likeness("colour", "customer id, client") == 0
