"""report.xlsx holds the tables of the pages: the same numbers, the same holes, and nothing that runs or leads away."""

import io
import re
import zipfile

import pytest
from openpyxl import load_workbook

from lib.report.workbook import HEAD_ROW, NARROWEST, WIDEST, workbook
from tests.report.hostile import EVERY
from tests.report.page_reader import Page

LIVE = re.compile(rb"<f[ >/]|externalLink|vbaProject|<oleObject|TargetMode|<definedName (?![^>]*_xlnm\.Print_Titles)")
PART = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/_rels/workbook\.xml\.rels"
                  r"|xl/(workbook|styles|sharedStrings|theme/theme1|worksheets/sheet\d+)\.xml")
HOSTILE = [*EVERY, "=1+1", "@SUM(1)", "+1", "-1", "\t=1", "a\ud800b", "\ufffe", "x" * 40_000]
INVISIBLE = set("\u202e\u2066\u200b\x00\x07\ud800\ufffe")
FIRST = ("Overview", "0.1 The segments", "0.2 What to do now", "0.3 What is not known", "0.4 Promises and risks")


def opened(summary: dict):
    return load_workbook(io.BytesIO(workbook(summary)))


def cells(sheet) -> list[list]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEAD_ROW)]


@pytest.fixture(scope="module")
def book(good):
    return opened(good["summary"])


def test_every_table_of_every_page_is_there_once(good, book):
    shown = [node.text for step in sorted(k for k in good if k[0] == "0") for node in Page(good[step]).of("caption")]
    told = [sheet["A1"].value for sheet in book.worksheets[len(FIRST):]]
    assert shown == told and len(shown) == 6
    assert book.sheetnames[:len(FIRST)] == list(FIRST)


def test_a_table_holds_what_its_page_shows(book):
    sheet = next(s for s in book.worksheets if s["A1"].value == "What may divide customers")
    assert cells(sheet) == [["Candidate", "Signal", "Interval", "Verdict"],
                            ["Days with an order", 0.31, "27 % to 35 %", "use"],
                            ["Region", 0.04, "2 % to 6 %", "describe only"]]
    assert sheet["A2"].value == "n = 5,012 customers. Source: transactions, customers."
    assert sheet["A3"].value == "Meals & Co, as of 30 June 2026: 1 identify basis"
    assert sheet.cell(HEAD_ROW + 1, 2).number_format == "#,##0%"


def test_the_segments_are_those_of_the_cards(good, book):
    head, *rows = cells(book["0.1 The segments"])
    cards = good["summary"]["first_screen"]["segments"]
    assert [row[0] for row in rows] == [card["name"] for card in cards]
    people = [f"{row[head.index('Customers')]:,.0f}" for row in rows]
    assert people == [{f[0]: f[1] for f in card["facts"]}["Customers"] for card in cards]
    share = [(f"{100 * row[2]:.0f} %", f"({100 * row[3]:.0f} % to {100 * row[4]:.0f} %)") for row in rows]
    assert share == [(card["bars"][0]["text"], card["bars"][0]["interval"]) for card in cards]


def test_small_cells_are_as_suppressed_as_on_the_page(good):
    table = {"step": "03_analyze", "caption": "Few", "columns": ["who", "customers", "share (95 % interval)"],
             "rows": [["a", "< 10", "few"], ["b", "248", "9 % (8 % to 10 %)"]],
             "numeric": ["customers", "share (95 % interval)"], "note": ""}
    sheet = opened({**good["summary"], "tables": [table]})["3.1 Few"]
    assert cells(sheet)[1:] == [["a", "< 10", "few", None, None], ["b", 248, 0.09, 0.08, 0.1]]
    assert sheet["B6"].data_type == "s" and sheet["B6"].alignment.horizontal == "right"


@pytest.mark.parametrize("run", ["good", "refused", "attacked"])
def test_nothing_in_it_is_live(request, run):
    content = workbook(request.getfixturevalue(run)["summary"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if not PART.fullmatch(name)]
        for name in archive.namelist():
            assert not LIVE.search(archive.read(name)), name
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
        assert kinds <= {"s", "n"}
        links = [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
        assert all(link.target is None and link.location for link in links)


def test_hostile_texts_stay_the_texts_they_were(good):
    """Each in every place of a table, as the product's name and on the first screen."""
    tables = [{"step": "03_analyze", "caption": text, "columns": [text, "n"], "rows": [[text, text]], "numeric": ["n"],
               "note": text} for text in HOSTILE]
    first = good["summary"]["first_screen"]
    first = {**first, "actions": [{**first["actions"][0], "title": text, "text": text} for text in HOSTILE]}
    made = opened({**good["summary"], "name": "".join(HOSTILE), "tables": tables, "first_screen": first})
    for sheet, text in zip(made.worksheets[len(FIRST):], HOSTILE, strict=True):
        told = text if text.isascii() and text.isprintable() else ""
        for cell in (sheet["A1"], sheet["A2"], sheet.cell(HEAD_ROW, 1), sheet.cell(HEAD_ROW + 1, 1)):
            assert cell.data_type == "s" or cell.value is None
            assert not INVISIBLE & set(cell.value or "") and (cell.value or "").startswith(told[:32_767])
    assert len(set(made.sheetnames)) == len(made.sheetnames) and max(map(len, made.sheetnames)) <= 31
    assert len(cells(made["0.2 What to do now"])) == len(HOSTILE) + 1


def test_a_refused_product_has_what_was_found(refused):
    made = opened(refused["summary"])
    assert made.sheetnames[0] == "Overview" and "0.1 The segments" not in made.sheetnames
    text = " ".join(str(c.value) for row in made["Overview"].iter_rows() for c in row if c.value)
    assert "Not segmented" in text and refused["summary"]["first_screen"]["headline"]["text"] in text


def test_columns_are_as_wide_as_one_can_read_and_the_list_leads_to_each_sheet(book):
    for sheet in book.worksheets[1:]:
        widths = [d.width for d in sheet.column_dimensions.values()]
        assert min(widths) >= NARROWEST and max(widths) <= WIDEST
        assert sheet.freeze_panes == "B6"
    places = [cell.hyperlink.location for cell in book["Overview"]["B"] if cell.hyperlink]
    assert places == [f"'{name}'!A1" for name in book.sheetnames[1:]]


def test_a_sheet_shows_whole_texts_and_prints_as_wide_as_paper(book):
    """Spreadsheet programs need not fit rows of wrapped text by themselves: each row is as high as its longest text."""
    for sheet in book.worksheets:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
        assert sheet.page_setup.orientation == "landscape" and {c.font.name for r in sheet for c in r} == {"Calibri"}
        for row in sheet.iter_rows(min_row=HEAD_ROW + 1 if sheet.title != "Overview" else 1):
            for cell in (c for c in row if isinstance(c.value, str) and c.alignment.wrap_text):
                width = sheet.column_dimensions[cell.column_letter].width
                assert (sheet.row_dimensions[cell.row].height or 15) >= 15 * -(-len(cell.value) // width), cell.value
