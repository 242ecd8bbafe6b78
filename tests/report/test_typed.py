"""Numbers read back from the pages' own texts: what a page says is what a spreadsheet holds, in every locale."""

import pytest

from lib.report.numbers import Format
from lib.report.typed import Column, Number, Reader, decimals

VALUES = (0, 7, 42, 999, 1234, 1_234_567, -3, -1234, 0.5, 0.071, 12.34, -0.25, 98.76, -1234.5)
PRODUCTS = [("en", "EUR"), ("de", "EUR"), ("de_CH", "CHF"), ("fr", "EUR"), ("nl", "EUR"), ("sv", "SEK"), ("pl", "PLN"),
            ("ja", "JPY"), ("es", "USD"), ("en_GB", "GBP")]
# text of a page whose number must not be told, or that is none
TEXTS = ("< 10", "n < 10", "few", "fewer than 10", "not measured", "none", "", "< 0.001", "1e+15", "C-0001",
         "2026-06-30",
         "I-0006, I-0007", "12 June 2026", "yes (248)", "=1+1", "-", "1,234,", "1.2.3")


def table(*cells: str, caption: str = "t", head: str = "x") -> dict:
    return {"caption": caption, "columns": ["of", head], "rows": [["a", cell] for cell in cells], "numeric": [head]}


def columns(*cells: str, **named: str) -> dict[str, list]:
    found = Reader(Format()).columns(table(*cells, **named))[1:]
    return {c.head: [n.value if isinstance(n, Number) else n for n in c.cells] for c in found}


@pytest.mark.parametrize(("locale", "currency"), PRODUCTS)
def test_every_way_of_writing_a_number_is_read_back(locale, currency):
    fmt = Format(locale, currency)
    reader = Reader(fmt)
    for value in VALUES:
        for digits in range(4):
            assert reader.number(fmt.number(value, digits)).value == round(value, digits) + 0.0
            share = reader.number(fmt.share(value, digits))
            assert share.value == pytest.approx(round(100 * value, digits) / 100) and share.behind == "%"
        assert reader.number(fmt.count(value)).value == round(value)
        minor = round(100 * value)
        told = reader.number(fmt.money(minor, exact=True))
        whole = round(value, 2) if currency != "JPY" else minor
        assert told.value == pytest.approx(whole) and told.kind != ("", "")
        parts = Reader(fmt).columns(table(fmt.estimate(minor, minor - 500, minor + 500, fmt.money)))
        assert len(parts) == 4 and all(isinstance(p.cells[0], Number) for p in parts[1:])


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_suppressed_or_no_number_stays_text(text):
    assert columns(text) == {"x": [text]}


def test_an_interval_has_its_ends_beside_it():
    assert columns("12 % (9 % to 15 %)", "few", "3 pp (-0.7 pp to 6.7 pp)") == {
        "x": [0.12, "few", 3.0], "x: from": [0.09, "", -0.7], "x: to": [0.15, "", 6.7]}


def test_what_else_a_cell_says_is_not_lost():
    assert columns("10 % (6 % to 17 %), more", "100 % of 21", "2,773 (97 %)") == {
        "x": [0.1, 1.0, 2773.0], "x: from": [0.06, "", ""], "x: to": [0.17, "", ""],
        "x: in brackets": ["", "", 0.97], "x: remark": ["more", "of 21", ""]}


def test_two_numbers_in_a_cell_become_two_columns():
    assert columns("830 / 814", "< 10", head="treated / held out") == {
        "treated": [830.0, "< 10"], "held out": [814.0, ""]}
    assert columns("€743 → 100", "few", caption="Computed: value → score", head="margin") == {
        "margin: value": [743.0, "few"], "margin: score": [100.0, ""]}


def test_only_columns_of_numbers_are_read():
    plain = {**table("12"), "numeric": []}
    assert Reader(Format()).columns(plain)[1] == Column("x", ["12"], "x")


def test_numbers_of_a_column_are_shown_with_as_many_decimals_as_the_longest():
    found = Reader(Format()).columns(table("€743", "€95.56", "12 %", "1 point", "5.5 points"))
    most = decimals(found)
    shown = [n.format(most[(found[1].source, *n.kind)]) for n in found[1].cells]
    assert shown == ['"€"#,##0.00', '"€"#,##0.00', "#,##0%", '#,##0.0" points"', '#,##0.0" points"']
