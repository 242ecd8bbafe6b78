"""Spreadsheets (.xlsx, .xlsm) into the engine: what a reader of the sheet sees, or a refusal. Catalogue 31, 32.

Ids that are text stay text; numbers are plain (`123`, never `123.0`), dates ISO; row numbers are the sheet's own.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.sources.arrow import LINE, insert
from lib.sources.bytewise import FileFacts, note
from lib.sources.header import match
from lib.sources.places import Place

LARGEST = 200 << 20  # [ours] bytes unpacked: a workbook is read into memory whole; a sheet of 1m rows is about this
BATCH = 10_000
WIDER = 2  # [ours] times as many cells as the first row holds: that row was a title, and no header
ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)")
FORMULA = re.compile(rb"<f[ >/]")
MIDNIGHT = dt.time()
DAMAGED = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, AttributeError,
           SyntaxError)


def load(backend, table: str, source, place: Place, facts: FileFacts) -> tuple[int, frozenset[str]]:
    """Append the sheet's rows: (rows, columns that hold typed values only). Raises UserError naming sheet and cell."""
    has_formulas = _checked_parts(place)
    sheet = _sheet(_workbook(place, values=True), source.sheet, place)
    _refuse_hidden(sheet, place)
    header, first = _header(sheet, place)
    positions, repaired = match(source.columns, header, _where(place, sheet))
    if repaired:
        facts.notes.append(note("headers that differ in case or spaces", repaired, "matched to the column map"))
    columns = {sheet.min_column + i: name for name, i in positions.items()}
    if has_formulas:
        _refuse_unsaved(sheet, _workbook(place, values=False)[sheet.title], set(columns), place)
    seen: dict[str, set] = {name: set() for name in positions}
    checked = list(_batches(sheet, first, positions, seen, place))  # a refusal must not pass through the engine
    batches = pa.RecordBatchReader.from_batches(_schema(len(header)), checked)
    rows = insert(backend, table, place.shown, source, batches, positions)
    if rows == 0:
        raise UserError("the sheet holds a header and no rows", where=_where(place, sheet), fix="export it again")
    return rows, frozenset(name for name, kinds in seen.items() if kinds and str not in kinds)


def _checked_parts(place: Place) -> bool:
    """Whether the workbook holds formulas. Raises UserError for one that is too large or declares entities."""
    formulas = False
    with zipfile.ZipFile(place.path) as archive:
        parts = [p for p in archive.infolist() if p.filename.lower().endswith((".xml", ".rels"))]
        if sum(p.file_size for p in archive.infolist()) > LARGEST:
            raise UserError(f"the workbook holds more than {LARGEST >> 20} MB", where=place.shown,
                            fix="save the table as CSV or Parquet: these are streamed")
        for part in parts:
            with archive.open(part) as stream:
                content = stream.read(part.file_size)
            if ENTITIES.search(content):
                raise UserError("the workbook declares XML entities", where=place.shown, fix="save it again with Excel")
            formulas |= bool(part.filename.startswith("xl/worksheets/") and FORMULA.search(content))
    return formulas


def _workbook(place: Place, *, values: bool):
    try:
        return openpyxl.load_workbook(place.path, data_only=values, keep_links=False, rich_text=False)
    except DAMAGED:
        raise UserError("the workbook cannot be read", where=place.shown, fix="save it again, or as CSV") from None


def _sheet(book, wanted: str, place: Place):
    """The sheet asked for, or the only one with data."""
    if wanted:
        if wanted not in [s.title for s in book.worksheets]:
            raise UserError(f"there is no sheet {wanted[:60]!r}", where=place.shown,
                            fix=f"one of: {_listed(book.worksheets)}; correct `sheet`")
        return book[wanted]
    filled = [s for s in book.worksheets if any(True for row in s.iter_rows(values_only=True) if any(
        v not in (None, "") for v in row))]
    if len(filled) != 1:
        raise UserError(f"{number_of(len(filled), 'sheet holds', 'sheets hold')} data: {_listed(filled)}",
                        where=place.shown, fix="declare `sheet`: the one that holds the table")
    return filled[0]


def _listed(sheets) -> str:
    return ", ".join(repr(s.title[:60]) for s in sheets[:8]) + (", ..." if len(sheets) > 8 else "")


def _refuse_hidden(sheet, place: Place) -> None:
    """Raises UserError where what is stored and what is seen may differ: merged cells, hidden rows and columns."""
    if sheet.merged_cells.ranges:
        first = min(sheet.merged_cells.ranges, key=lambda r: (r.min_row, r.min_col))
        groups = number_of(len(sheet.merged_cells.ranges), "group of cells is", "groups of cells are")
        raise UserError(f"{groups} merged",
                        where=f"{_where(place, sheet)}, cells {first.coord}", fix="unmerge them: one value a cell")
    rows = sorted(i for i, d in sheet.row_dimensions.items() if d.hidden and i <= sheet.max_row)
    if rows or sheet.sheet_state != "visible":
        raise UserError(f"{number_of(len(rows), 'row is', 'rows are')} hidden" if rows else "the sheet is hidden",
                        where=_where(place, sheet) + (f", row {rows[0]}" if rows else ""),
                        fix="show them (or remove the filter), or delete what must not count")
    columns = sorted(k for k, d in sheet.column_dimensions.items() if d.hidden)
    if columns:
        raise UserError(f"{number_of(len(columns), 'group of columns is', 'groups of columns are')} hidden",
                        where=f"{_where(place, sheet)}, column {columns[0]}",
                        fix="show them, or delete what must not count")


def _header(sheet, place: Place) -> tuple[list[str], int]:
    """The first row that holds anything, and its number."""
    for row in sheet.iter_rows():
        values = [_text(cell, place, sheet) or "" for cell in row]
        if any(values):
            while values and not values[-1]:
                values.pop()
            return [v or f"(column {i + 1} without a header)" for i, v in enumerate(values)], row[0].row
    raise UserError("the sheet is empty", where=_where(place, sheet), fix="declare another `sheet`")


def _schema(fields: int) -> pa.Schema:
    return pa.schema([(LINE, pa.int64()), *((f"c{i}", pa.string()) for i in range(fields))])


def _batches(sheet, first: int, positions: dict, seen: dict, place: Place) -> Iterator[pa.RecordBatch]:
    """Rows below the header as text; a row that holds nothing is no row. Notes types of mapped columns in `seen`."""
    names, rows = {i: n for n, i in positions.items()}, []
    width = len(_header(sheet, place)[0])
    for row in sheet.iter_rows(min_row=first + 1):
        cells = [_text(cell, place, sheet) for cell in row]
        if not any(cells):
            continue
        if sum(c is not None for c in cells) > WIDER * width:
            raise UserError(f"row {row[0].row} of sheet {sheet.title[:60]!r} is wider than its first row: a title or a "
                            "summary stands above the table", where=f"{_where(place, sheet)}, row {row[0].row}",
                            fix="delete the rows above the header, or the sheet if it is none of the tables")
        if any(cells[width:]):
            raise UserError("a value stands beside the table, in a column without a header",
                            where=f"{_where(place, sheet)}, row {row[0].row}", fix="delete it, or give it a header")
        for i, name in names.items():
            if row[i].value is not None:
                seen[name].add(str if isinstance(row[i].value, str) else object)
        rows.append((row[0].row, *cells[:width], *[None] * (width - len(cells))))
        if len(rows) == BATCH:
            yield _batch(rows, width)
            rows = []
    if rows:
        yield _batch(rows, width)


def _batch(rows: list[tuple], fields: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(column) if i == 0 else pa.array(column, pa.string())
                                       for i, column in enumerate(zip(*rows, strict=True))], schema=_schema(fields))


def _text(cell, place: Place, sheet) -> str | None:
    """A cell's value as text. Raises UserError for an error value such as #REF!."""
    value = cell.value
    if cell.data_type == "e":
        raise UserError(f"a cell holds the error {value}", where=f"{_where(place, sheet)}, cell {cell.coordinate}",
                        fix="correct the formula, or clear the cell")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, ".15g") if not value.is_integer() else str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == MIDNIGHT else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _refuse_unsaved(sheet, formulas, columns: set[int], place: Place) -> None:
    """Raises UserError where a formula in a mapped column has no saved result: its value would be missing."""
    lost = [cell.coordinate for row in formulas.iter_rows() for cell in row if cell.column in columns
            and cell.data_type == "f" and sheet.cell(cell.row, cell.column).value is None]
    if lost:
        raise UserError(f"{number_of(len(lost), 'formula has', 'formulas have')} no saved result",
                        where=f"{_where(place, sheet)}, cell {lost[0]}",
                        fix="open the workbook in Excel, let it calculate, and save it; or paste values")


def _where(place: Place, sheet) -> str:
    return f"{place.shown}, sheet {sheet.title[:60]!r}"
