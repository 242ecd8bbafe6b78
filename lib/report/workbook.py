"""report.xlsx: the tables of all pages, and the first screen, for people who live in spreadsheets.

Made from summary.json alone: one sheet a table, numbers as numbers and rounded as the pages round them, everything else
typed as text. Nothing in it is a formula, a link to another file or a macro.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from lib.contracts.spreadsheet import UNWRITABLE, put_text
from lib.report.blocks import REORDERS
from lib.report.numbers import Format
from lib.report.style import BASE, INK, MUTED, RULE
from lib.report.typed import Column, Number, Reader, decimals

HEAD_ROW = 5  # above it: caption, note, where it comes from, and an empty row
NARROWEST, WIDEST, NOTE_WIDTH = 9, 46, 110  # characters
LINE = 15  # points of a line of text
A4 = 9  # as the file format counts kinds of paper
UNNAMED = re.compile(r"[\[\]:*?/\\\x00-\x1f]")  # not allowed in the name of a sheet
NAME_LENGTH = 31
FIRST = "Overview"
FONT = "Calibri"  # programs without it take one of the same widths
WHAT = "The tables of report.html and of the pages beside it, one a sheet; the list below leads to each."
ROUNDED = ("Numbers are rounded as on the pages; unrounded they stand in summary.json. Where a cell says few, or less "
           "than a number, it is too few people to be counted; not shown, what would tell of them. An interval has its "
           "two ends in columns of their own.")


@dataclass(frozen=True)
class Sheet:
    """One table: the name of its sheet, its caption and note, where it is shown, and its columns."""

    name: str
    caption: str
    note: str
    where: str
    columns: list[Column]


def workbook(summary: dict) -> bytes:
    """The spreadsheet of a run, from the content of its summary.json."""
    book, sheets = Workbook(), _sheets(summary)
    book.properties.creator = book.properties.lastModifiedBy = ""
    book.properties.title = _clean(f"{summary['name']}, {summary['as_of']}")
    _overview(book.active, summary, sheets)
    for sheet in sheets:
        _write(book.create_sheet(sheet.name), sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheets(summary: dict) -> list[Sheet]:
    """The first screen's tables, then those of each page; a table without rows has nothing to show."""
    fmt = Format(summary["locale"], summary["currency"])
    reader, found, seen = Reader(fmt), [], {}
    day = fmt.date(dt.date.fromisoformat(summary["as_of"]))
    for table in [*_first_screen(summary["first_screen"]), *summary["tables"]]:
        if table["rows"]:
            page = table["step"].lstrip("0").replace("_", " ", 1).replace("_", " ")
            number = page.partition(" ")[0] if page[:1].isdigit() else "0"
            seen[number] = seen.get(number, 0) + 1
            found.append(Sheet(_sheet_name(f"{number}.{seen[number]} {table['caption']}"), table["caption"],
                               table["note"], f"{summary['name']}, as of {day}: {page}", reader.columns(table)))
    return found


def _first_screen(first: dict) -> list[dict]:
    """Cards, actions, gaps and promises of the first screen as tables."""
    cards = first["segments"]
    bars = list(dict.fromkeys(bar["label"] for card in cards for bar in card["bars"]))
    facts = list(dict.fromkeys(fact[0] for card in cards for fact in card["facts"]))
    figures = [{**{bar["label"]: f"{bar['text']} {bar['interval']}".strip() for bar in card["bars"]},
                **{label: f"{text} {beside}".strip() for label, text, beside in card["facts"]}} for card in cards]
    segments = [[card["name"], card["role"], *(told.get(head, "") for head in (*bars, *facts)), card["rule"]]
                for card, told in zip(cards, figures, strict=True)]
    return [
        _table("The segments", ["segment", "role", *bars, *facts, "who they are"], segments, [*bars, *facts],
               first["segments_note"]),
        _table("What to do now", ["what", "how", "why, and how it will be known"],
               [[action["title"], action["text"], action["foot"]] for action in first["actions"]]),
        _table("What is not known", ["question", "why", "needed"],
               [[gap["question"], gap["reason"], gap["needed"]] for gap in first["unknown"]]),
        _table("Promises and risks", ["kind", "what", "state", "answer"],
               [[card["kind"], card["title"], card["status"], card["text"]] for card in first["scorecard"]]),
    ]


def _table(caption: str, columns: list[str], rows: list, numeric: list[str] = (), note: str = "") -> dict:
    return {"step": "first screen", "caption": caption, "columns": columns, "rows": rows, "numeric": numeric,
            "note": note}


def _overview(place, summary: dict, sheets: list[Sheet]) -> None:
    """What was found, in the words of the first screen, and a list of the sheets that leads to each."""
    place.title = FIRST
    first, data = summary["first_screen"], summary["data"]
    notices = [("Draft", "Parts of the product file are not confirmed yet.")] if summary["draft"] else []
    notices += [("Sample data", "Synthetic or published data; the report says which.")] if summary["sample"] else []
    fmt = Format(summary["locale"], summary["currency"])
    lines = [
        ("Product", summary["name"]), ("What this is", WHAT), *notices, ("As of", _day(summary["as_of"], fmt)),
        ("Data from", " to ".join(_day(day, fmt) for day in data["period"])),
        ("Verdict", first["verdict"]), ("Claim", first["claim"]), ("The answer", first["headline"]["text"]),
        *(("", sentence["text"]) for sentence in first["sentences"]), ("How to read", ROUNDED),
        ("Run", summary["run_id"]),
    ]
    row = 0
    for row, (label, text) in enumerate((line for line in lines if line[1]), 1):
        _put(place.cell(row, 1), label, colour=MUTED)
        _put(place.cell(row, 2), text, bold=label == "Product")
        place.row_dimensions[row].height = LINE * _lines(text, NOTE_WIDTH)
    for number, sheet in enumerate(sheets, row + 2):
        _put(place.cell(number, 1), sheet.name.partition(" ")[0], colour=MUTED)
        cell = place.cell(number, 2)
        _put(cell, sheet.caption, underline="single")
        cell.hyperlink = Hyperlink(cell.coordinate, location=f"'{sheet.name}'!A1")
    place.column_dimensions["A"].width, place.column_dimensions["B"].width = 16, NOTE_WIDTH
    place.sheet_view.showGridLines = False
    _on_paper(place)


def _write(place, sheet: Sheet) -> None:
    widths = [_width(column) for column in sheet.columns]
    wide = min(sum(widths), NOTE_WIDTH) or NOTE_WIDTH
    _put(place.cell(1, 1), sheet.caption, bold=True, size=13, wrap=False)
    _put(place.cell(2, 1), sheet.note, colour=MUTED)
    place.merge_cells(start_row=2, end_row=2, start_column=1, end_column=_reach(widths))
    place.row_dimensions[2].height = LINE * _lines(sheet.note, wide)
    _put(place.cell(3, 1), sheet.where, colour=MUTED, wrap=False)
    most = decimals(sheet.columns)
    for number, (column, width) in enumerate(zip(sheet.columns, widths, strict=True), 1):
        numbers = any(isinstance(cell, Number) for cell in column.cells)
        _head(place.cell(HEAD_ROW, number), column.head, numbers)
        for row, value in enumerate(column.cells, HEAD_ROW + 1):
            _fill(place.cell(row, number), value, most.get((column.source, *getattr(value, "kind", ())), 0), numbers)
        place.column_dimensions[get_column_letter(number)].width = width
    for row in range(len(sheet.columns[0].cells)):
        lines = [_lines(c.cells[row], w - 2) for c, w in zip(sheet.columns, widths, strict=True)
                 if isinstance(c.cells[row], str)]
        place.row_dimensions[HEAD_ROW + 1 + row].height = LINE * max(lines, default=1)
    place.freeze_panes = place.cell(HEAD_ROW + 1, 2)
    place.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    _on_paper(place)


def _on_paper(place) -> None:
    """As wide as a sheet of paper, on as many as it takes."""
    place.page_setup.orientation, place.page_setup.paperSize, place.page_setup.fitToHeight = "landscape", A4, 0
    place.sheet_properties.pageSetUpPr.fitToPage = True


def _head(cell, text: str, numbers: bool) -> None:
    _put(cell, text, bold=True)
    cell.alignment = _aligned(cell, numbers, "bottom")
    cell.border = Border(bottom=Side("thin", BASE.lstrip("#")))
    cell.fill = PatternFill("solid", RULE.lstrip("#"))


def _fill(cell, value: str | Number, places: int, numbers: bool) -> None:
    """A number, shown with so many decimals; or a text, grey where its column holds numbers: it stands for none."""
    if isinstance(value, Number):
        cell.value, cell.number_format = value.value, value.format(places)
        cell.alignment = Alignment(vertical="top")
    elif value:
        _put(cell, value, colour=MUTED if numbers else INK)
        cell.alignment = _aligned(cell, numbers, "top")


def _aligned(cell, numbers: bool, vertical: str) -> Alignment:
    """Numbers to the right; texts to the left, off the number in the column before."""
    return Alignment(horizontal="right" if numbers else "left", vertical=vertical, wrap_text=True,
                     indent=0 if numbers or cell.column == 1 else 1)


def _put(cell, text: str, *, bold: bool = False, size: int = 11, colour: str = INK, underline: str | None = None,
         wrap: bool = True) -> None:
    put_text(cell, _clean(text))
    cell.font = Font(FONT, bold=bold, size=size, color=colour.lstrip("#"), underline=underline)
    cell.alignment = Alignment(vertical="top", wrap_text=wrap)


def _width(column: Column) -> int:
    """Characters that show a column: of its longest text, as far as a line may be long."""
    longest = max((len(c) + 2 if isinstance(c, str) else len(f"{c.value:,}") + 3 for c in column.cells), default=0)
    heads = max(map(len, column.head.split()), default=0)
    return max(NARROWEST, min(max(longest, heads + 2, len(column.head) // 2), WIDEST))


def _reach(widths: list[int]) -> int:
    """How many columns a note runs across."""
    total = 0
    for number, width in enumerate(widths, 1):
        total += width
        if total >= NOTE_WIDTH:
            return number
    return len(widths)


def _lines(text: str, width: int) -> int:
    return max(1, -(-len(text) * 11 // (10 * width)))  # words are not cut: a line holds somewhat less than its width


def _sheet_name(text: str) -> str:
    """The name of a sheet: cut after a word, without signs that spreadsheets do not take there."""
    clean = " ".join(UNNAMED.sub(" ", _clean(text).replace("'", "’")).split())
    return clean if len(clean) <= NAME_LENGTH else clean[:NAME_LENGTH + 1].rpartition(" ")[0][:NAME_LENGTH]


def _clean(text: str) -> str:
    """Without signs that reorder a line, cannot be seen or cannot be written."""
    return UNWRITABLE.sub("", REORDERS.sub("", text))


def _day(iso: str, fmt: Format) -> str:
    return fmt.date(dt.date.fromisoformat(iso))
