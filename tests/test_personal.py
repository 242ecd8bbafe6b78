"""Direct identifiers: published test numbers are found in every spelling, and what pages print is left alone."""

import phonenumbers
import pytest
from hypothesis import given, settings, strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from lib.personal import find, has_any, masked, regions_of

EURO = regions_of("Europe/Berlin", "EUR")
# numbers that the issuers, registries and the ISO publish as examples
KNOWN = {
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "FR14 2004 1010 0505 0001 3M02 606",
             "NL91ABNA0417164300", "ES91 2100 0418 4502 0005 1332", "NO93 8601 1117 947", "ch93 0076 2011 6238 5295 7"],
    "card number": ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011000990139424",
                    "30569309025904", "3530111333300000", "2223003122003222", "6304000000000000"],
    "national id": ["078-05-1120", "AB123456C", "QQ 12 34 56 C".replace("QQ", "AA"), "RSSMRA85T10A562S", "12345678Z",
                    "X1234567L", "255081416802538", "1 84 12 76 451 089 46", "756.9217.0769.85"],
    "e-mail address": ["max.muster@web.de", "o'neil+news@sub.example.co.uk", "jos\u00e9@caf\u00e9.es", "a%40b.com",
                       "max (at) web.de", "max@example.museum", "m\u200bax@we\u200bb.de", "max\uff20web.de",
                       "USER_1@EXAMPLE.COM"],
    "IP address": ["192.168.0.1", "8.8.8.8", "2001:db8::ff00:42:8329", "fe80::1"],
    "address with a user": ["https://max@example.com/x", "ftp://max:secret@host.example/file", "redis://:pw@host:6379"],
}
NATIONAL = {"DE": ["86095742719", "65 929 970 489"], "NL": ["111222333", "123456782"], "PL": ["44051401359"],
            "BE": ["85.07.30-033.28", "85073003328"], "CH": ["7569217076985"]}
# what our pages and logs are full of
LEFT = [
    "0.123–0.456", "12,345 (0.45–0.67)", "2026-06-30 10:11:12", "30 % (27–33)", "1,234,567.89", "€ 1.234.567,89",
    "from 2025-01-01 to 2026-06-30", "12 345 678", "1\u202f234\u202f567", "n = 1,234 of 56,789", "0.05 0.10 0.20 0.40",
    "run 20260630T101112-1a2b3c4d", "duckdb 1.5.6, ibis 12.0.0, python 3.11.9", "rows 1-12, 14-18, 20-31",
    "0.85 (0.81–0.89), p = 0.0001", "-0.12 – -0.05", "2026-01-01/2026-12-31", "01.02.2026", "12:30:45", "1/2/2026",
    "#1f77b4 #ff7f0e", "top 5 @ 3.50", "k = 3, 4, 5, 6, 7, 8, 9, 10", "column a::b", "10-20 30-40 50-60 70-80",
    "quantiles 0.25 0.50 0.75", "0 12 0 3 0 45 0 6", "lines 1204, 2301, 3402, 4503, 5604",
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in KNOWN.items() for text in texts])
def test_published_examples_are_found_whole_anywhere(kind, text):
    for around in ("{}", "please write {} down", "({}),", "a\t{}\nb", "«{}»"):
        written = around.format(text)
        (found,) = [f for f in find(written) if f.kind == kind]
        assert written[found.start:found.end] == text
        assert text not in masked(written) and f"[{kind}]" in masked(written)


@pytest.mark.parametrize(("country", "text"), [(c, t) for c, texts in NATIONAL.items() for t in texts])
def test_plain_digits_are_national_ids_where_the_country_is_asked_for(country, text):
    assert [f.kind for f in find(text, (country,))] == ["national id"]
    assert "national id" not in {f.kind for f in find(text)}


def test_checksums_refuse_most_of_what_only_looks_alike():
    """Every single wrong digit is refused by mod 97 and by Luhn."""
    for good, kind in (("DE89370400440532013000", "IBAN"), ("4111111111111111", "card number")):
        for place in range(4, len(good)):
            wrong = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1:]
            assert kind not in {f.kind for f in find(wrong)}


def examples():
    """Fixed-line and mobile numbers of every country, as `phonenumbers` publishes them."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number:
                yield region, number


def test_numbers_with_a_country_code_are_found_whatever_the_country():
    numbers = list(examples())
    missed = [f"{region} {text}" for region, number in numbers
              for form in (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164)
              for text in (phonenumbers.format_number(number, form),)
              if not has_any(f"call {text} today") or text in masked(f"call {text} today")]
    assert len(numbers) > 400 and not missed


@pytest.mark.parametrize("region", ["DE", "AT", "FR", "GB", "NL", "BE", "CH", "SE", "US", "CA", "AU", "JP", "IT"])
def test_national_numbers_are_found_where_the_country_is_asked_for(region):
    for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
        number = phonenumbers.example_number_for_type(region, kind)
        text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        for written in (text, f"tel: {text}", f"my mobile is {text}"):
            assert [f.kind for f in find(written, (region,))] == ["phone number"], written
    digits = text.replace(" ", "").replace("-", "").replace("(", "").replace(")", "")
    assert find(f"phone {digits}", (region,))


@pytest.mark.parametrize("text", LEFT)
def test_what_pages_print_is_left_alone(text):
    for regions in ((), EURO, ("US",), ("GB",), ("PL",)):
        assert not find(text, regions)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 10**8).map("{:,}".format), st.floats(0, 1).map("{:.3f}".format),
                          st.floats(0, 100).map("{:.1f} %".format), st.floats(-1, 1).map("{:.2f}".format),
                          st.dates().map(str), st.integers(0, 999).map(str)), max_size=12),
       st.sampled_from([" ", ", ", " – ", " (", "; ", "\n"]))
def test_rows_of_figures_hold_nobody(figures, sign):
    assert not find(sign.join(figures), EURO)


def test_ids_given_are_masked_as_whole_words_only():
    assert masked("order A-17 of C17, not C170", ids={"A-17", "C17"}) == "order [id] of [id], not C170"


def test_a_long_text_costs_its_length_only():
    long = "a." * 200_000 + "@" + "b" * 100_000
    find(long)  # an address is looked for from its @: no backtracking over the whole text
    assert find("x" * 1000 + " max@web.de")


def test_regions_follow_zone_currency_and_locale():
    assert regions_of("Europe/London", "GBP") == ("GB",)
    assert regions_of("UTC") == ()
    assert {"DE", "FR"} <= set(regions_of("Europe/Berlin", "EUR", "de-AT"))
