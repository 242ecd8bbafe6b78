"""The byte search: all that a file says, and which of the planted texts stand in it."""

from __future__ import annotations

import base64
import html
import re
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
from openpyxl import load_workbook

SIGNS = re.compile(r"[ \t\u00a0./()_-]")
SHORTEST_BARE = 9  # signs; a shorter one without its signs may be part of any number
PREFIX = 5
ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
PACKED = re.compile(r"base64,([A-Za-z0-9+/=]+)")


def strings_of(path: Path) -> str:
    """Everything that a file says: its text, or the cells of a packed one and what is said of them."""
    if path.suffix == ".parquet":
        return _parquet(path)
    said = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        said += "\n".join([*book.sheetnames, str(book.properties), *(str(v) for sheet in book.worksheets for row in
                           sheet.iter_rows(values_only=True) for v in row)])
    return said


def _parquet(path: Path) -> str:
    """Cells, names, notes, and the bounds in the footer; its packed bytes hold rows of digits that nobody wrote."""
    table, about = pq.read_table(path), pq.read_metadata(path)
    cells = {str(v) for column in table.columns for v in column.to_pylist() if not isinstance(v, float | None)}
    return "\n".join([*table.column_names, str(table.schema.metadata), str(about.to_dict()), *cells])


def plain(said: str) -> str:
    """The text without what JSON and HTML make of signs, and with the pictures in it read; in small letters."""
    said = ESCAPED.sub(lambda m: chr(int(m[1], 16)), said)
    pictures = [base64.b64decode(m).decode("utf-8", errors="replace") for m in PACKED.findall(said)]
    return "\n".join([html.unescape(said), *pictures]).casefold()


def leaks(kinds: dict[str, list[str]], made: dict[str, str]) -> dict[str, set[tuple[str, str]]]:
    """{output: {(kind, text)}}: what stands in it in whatever case, as written or without spaces and signs."""
    begins = defaultdict(set)
    for kind, texts in kinds.items():
        for text in texts:
            for needle in {text.casefold(), SIGNS.sub("", text.casefold())}:
                if needle == text.casefold() or len(needle) >= SHORTEST_BARE:
                    begins[needle[:PREFIX]].add((needle, kind, text))
    found = {}
    for name, said in made.items():
        texts = [plain(said)]
        texts.append(SIGNS.sub("", texts[0]))
        held = {(kind, text) for begin, needles in begins.items() for t in texts if begin in t
                for needle, kind, text in needles if needle in t}
        found |= {name: held} if held else {}
    return found
