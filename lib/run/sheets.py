"""What a spreadsheet of ours holds: for the privacy gate, and for forgetting people."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook


def cells_of(path: Path) -> dict[str, list[tuple]]:
    """The rows of every sheet, by its name; empty cells are None."""
    book = load_workbook(path, read_only=True)
    try:
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    finally:
        book.close()
