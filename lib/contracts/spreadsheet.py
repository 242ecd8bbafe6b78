"""Text in a spreadsheet stays text: nothing that a table holds becomes a formula, a date or a number by itself."""

from __future__ import annotations

import re

# Control characters, lone surrogates and the two codes that no XML document can hold.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST = 32_767  # characters of a cell


def put_text(cell, value) -> None:
    """Write a value into a cell of openpyxl, typed as text.

    Characters that a spreadsheet file cannot hold are replaced by U+FFFD; a text that is too long for a cell is cut.
    """
    text = UNWRITABLE.sub("\ufffd", str(value))
    cell.value = text[:LONGEST]
    cell.data_type = "s"
    cell.number_format = "@"
