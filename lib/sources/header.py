"""The header of a file, matched to the column map. Reliability catalogue 3-5, 11."""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections import Counter

from lib.contracts import UserError

NAME = re.compile(r"[^\W\d_]\w{0,63}")  # a leading _ is kept for the reader's own columns
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))


def split_header(line: str, delimiter: str) -> list[str]:
    """The fields of a text file's first line."""
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])


def match(columns: dict[str, str], header: list[str], where: str, delimiter: str = "") -> tuple[dict[str, int], int]:
    """Position of each mapped column: ({contract name: position}, names repaired).

    A header that differs only in case, spaces or invisible signs is repaired and counted. Raises UserError for a
    missing column (with the nearest header), a header that occurs twice, or the wrong delimiter.
    """
    twice = [h for h, n in Counter(header).items() if n > 1]
    if twice:
        raise UserError(f"the header {twice[0][:60]!r} occurs {header.count(twice[0])} times", where=where,
                        fix="give every column a name of its own")
    if delimiter and len(header) == 1 and len(columns) > 1:
        _refuse_delimiter(header[0], delimiter, where)
    plain = [_plain(h) for h in header]
    positions, repaired = {}, 0
    for name, wanted in columns.items():
        if not NAME.fullmatch(name):
            raise UserError(f"{name[:60]!r} cannot be a column name", where=where, fix="letters, digits and _")
        if wanted in header:
            positions[name] = header.index(wanted)
        elif plain.count(_plain(wanted)) == 1:
            positions[name], repaired = plain.index(_plain(wanted)), repaired + 1
        else:
            raise _missing(name, wanted, header, where)
    return positions, repaired


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(INVISIBLE).split()).casefold()


def _missing(name: str, wanted: str, header: list[str], where: str) -> UserError:
    near = difflib.get_close_matches(_plain(wanted), [_plain(h) for h in header], 1, cutoff=0.4)
    nearest = next((h for h in header if near and _plain(h) == near[0]), None)
    hint = f"the nearest header is {nearest!r}" if nearest else f"its headers: {', '.join(header)[:300]}"
    return UserError(f"no column {wanted!r} (for {name})", where=where, fix=f"{hint}; correct the column map")


def _refuse_delimiter(line: str, delimiter: str, where: str) -> None:
    detected = max((";", ",", "\t", "|"), key=line.count)
    if line.count(detected):
        raise UserError(f"the file is not separated by {delimiter!r} but by {detected!r}", where=where,
                        fix=f"declare delimiter: {detected!r}")
