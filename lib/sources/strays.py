"""Rows that are no rows of the table: its header again, a total, a file or extract given twice.

Reliability catalogue 16, 22, 34.
"""

from __future__ import annotations

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.sources.text import literal, quoted

TOTALS = (r"^((grand |sub|over)-?)?(totals?|totale|sum|summe|gesamt|gesamtsumme|zwischensumme|insgesamt|"
          r"total général)[ :]*$")
LINES = 5


def refuse(backend, table: str, name: str, source) -> None:
    """Raises UserError with file and lines for a second header, or a last row that sums the others up."""
    columns = list(source.columns)
    again = " AND ".join(f"trim({quoted(c)}) = {literal(source.columns[c])}" for c in columns)
    if again and (rows := _rows(backend, table, again)):
        raise UserError(f"the header occurs again in {number_of(len(rows), 'row')}: files were glued together",
                        where=_where(rows), fix="give a folder of files instead")
    last = f"(_file, _line) IN (SELECT (_file, max(_line)) FROM {quoted(table)} GROUP BY _file)"
    total = " OR ".join(f"regexp_matches(lower(trim(coalesce({quoted(c)}, ''))), {literal(TOTALS)})" for c in columns)
    blank = " OR ".join(f"trim(coalesce({quoted(c)}, '')) = ''" for c in columns)
    if rows := _rows(backend, table, f"{last} AND ({total}) AND ({blank})"):
        raise UserError(f"{number_of(len(rows), 'row sums', 'rows sum')} the others up", where=_where(rows),
                        fix="delete the total")


def refuse_twice(files: list[dict], name: str) -> None:
    """Raises UserError when a folder holds the same file twice."""
    seen: dict[str, str] = {}
    for facts in files:
        if facts["sha256"] in seen:
            raise UserError("2 files hold the same bytes", where=f"{seen[facts['sha256']]}, {facts['file']}",
                            fix=f"keep one of them in the folder of sources.{name}")
        seen[facts["sha256"]] = facts["file"]


def refuse_overlap(backend, table: str, name: str, source) -> None:
    """Raises UserError when files of a folder repeat rows, and the product keeps equal rows: they would count twice.

    Where equal rows are removed (the default) the repeats of overlapping extracts are excluded and counted.
    """
    if source.equal_rows != "keep":
        return
    columns = ", ".join(quoted(c) for c in ("_digest", *source.columns))
    rows = backend.con.execute(
        f"SELECT max(_file), max(_line) FROM {quoted(table)} GROUP BY {columns} HAVING min(_file) <> max(_file) "
        "ORDER BY 1, 2").fetchall()
    if rows:
        raise UserError(f"{number_of(len(rows), 'row stands', 'rows stand')} in two files: the extracts overlap",
                        where=_where(rows), fix=f"export without overlap, or declare sources.{name}.equal_rows: remove")


def _rows(backend, table: str, condition: str) -> list[tuple[str, int]]:
    return backend.con.execute(
        f"SELECT _file, _line FROM {quoted(table)} WHERE {condition} ORDER BY _file, _line").fetchall()


def _where(rows: list[tuple[str, int]]) -> str:
    lines = [str(line) for file, line in rows if file == rows[0][0]][:LINES]
    return f"{rows[0][0]}, line{'s' if len(lines) > 1 else ''} {', '.join(lines)}"
