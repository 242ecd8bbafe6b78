"""The header of a file: its delimiter, and its names matched to the column map. Reliability catalogue 3-5, 11."""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections import Counter

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.personal import masked

NAME = re.compile(r"[^\W\d_]\w{0,63}")  # a leading _ is kept for the reader's own columns
DELIMITERS = {";": "';'", ",": "','", "\t": "tabs", "|": "'|'"}
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))


def split_header(line: str, delimiter: str) -> list[str]:
    """The fields of a text file's first line."""
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])


def check_names(names: list[str], where: str) -> None:
    """Raises UserError for a name on the left of a column map that is no plain name."""
    for name in names:
        if not NAME.fullmatch(name):
            raise UserError(f"{name[:60]!r} cannot be a column name", where=where, fix="letters, digits and _")


def delimiter_of(source, lines: list[str], where: str) -> tuple[str, str]:
    """The field separator of a file's first lines, and its name where it was detected rather than declared.

    Detected is the one sign that gives every mapped header, or else the same number (above one) of fields in every
    line. Raises UserError naming the candidates when that is not exactly one sign.
    """
    if source.delimiter:
        return source.delimiter.replace(" ", "\t"), ""  # runs of blanks have become one tab each
    lines = [line for line in lines if line.strip()]
    fields = {sign: [len(split_header(line, sign)) for line in lines] for sign in DELIMITERS}
    able = [sign for sign, counts in fields.items() if counts and counts[0] > 1]
    if not able:
        return ",", ""  # one column, whatever the sign
    wanted = {_plain(h) for h in source.columns.values()}
    named = [sign for sign in able if wanted <= {_plain(h) for h in split_header(lines[0], sign)}]
    clear = named if len(named) == 1 else [sign for sign in able if len(set(fields[sign])) == 1]
    if len(clear) == 1:
        return clear[0], DELIMITERS[clear[0]]
    names = " or ".join(DELIMITERS[sign] for sign in clear or able)
    raise UserError(f"the lines may be separated by {names}, and which is not clear", where=where,
                    fix=f"declare the delimiter, e.g. delimiter: {(clear or able)[0]!r}")


def match(columns: dict[str, str], header: list[str], where: str, delimiter: str = "") -> tuple[dict[str, int], int]:
    """Position of each mapped column: ({contract name: position}, names repaired).

    A header that differs only in case, spaces or invisible signs is repaired and counted. Raises UserError for a
    missing column (with the nearest header), a header that occurs twice, or the wrong delimiter.
    """
    twice = [h for h, n in Counter(header).items() if n > 1]
    if "" in twice:
        raise UserError(f"{number_of(header.count(''), 'column has', 'columns have')} no header: two header rows, or a "
                        "title above the table?", where=where,
                        fix="one header line, the first: give every column a name of its own")
    if twice:
        raise UserError(f"the header {masked(twice[0])[:60]!r} occurs {number_of(header.count(twice[0]), 'time')}",
                        where=where, fix="give every column a name of its own")
    if delimiter and len(header) == 1 and len(columns) > 1:
        _refuse_delimiter(header[0], delimiter, where)
    plain = [_plain(h) for h in header]
    positions, repaired = {}, 0
    for name, wanted in columns.items():
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
    nearest = next((masked(h) for h in header if near and _plain(h) == near[0]), None)
    hint = f"the nearest header is {nearest!r}" if nearest else f"its headers: {masked(', '.join(header))[:300]}"
    return UserError(f"no column {wanted!r} (for {name})", where=where, fix=f"{hint}; correct the column map")


def _refuse_delimiter(line: str, delimiter: str, where: str) -> None:
    detected = max(DELIMITERS, key=line.count)
    if line.count(detected):
        raise UserError(f"the file is not separated by {delimiter!r} but by {DELIMITERS[detected]}", where=where,
                        fix=f"declare delimiter: {detected!r}")
