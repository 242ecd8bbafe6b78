"""A spreadsheet of several sheets is searched in every one of them, and goes whole when it holds somebody."""

import pytest
from openpyxl import Workbook

from lib.run.scrub import Forget, scrub
from tests.protection.search import leaks, strings_of

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def book(tmp_path):
    made = Workbook()
    made.active.append(["n", 12])
    made.create_sheet("Second").append(["who", "see KD-70037X there", KEY])
    made.create_sheet("Of KD-70999X")
    made.save(tmp_path / "report.xlsx")
    return tmp_path / "report.xlsx"


@pytest.mark.parametrize("forget", [Forget(frozenset({KEY})), Forget(frozenset(), frozenset({"KD-70037X"})),
                                    Forget(frozenset(), frozenset({"KD-70999X"}))])
def test_it_goes_whole_when_any_sheet_holds_somebody(book, forget):
    assert "deleted" in scrub(book, forget, dry=True).what and book.is_file()
    scrub(book, forget)
    assert not book.exists()


def test_it_stays_when_no_sheet_does(book):
    before = book.read_bytes()
    assert scrub(book, Forget(frozenset({"f" * 32}), frozenset({"KD-70038X"}))) is None
    assert book.read_bytes() == before


def test_the_search_of_the_batch_reads_every_sheet_and_its_name(book):
    found = leaks({"customer": ["KD-70037X", "KD-70999X", "KD-70038X"]}, {"report.xlsx": strings_of(book)})
    assert {text for _, text in found["report.xlsx"]} == {"KD-70037X", "KD-70999X"}
