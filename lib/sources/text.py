"""Delimited text into the engine, strictly: no guessing, no padding, every line accounted for. Catalogue 2, 6-10."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from lib.contracts import UserError
from lib.contracts.counts import in_lines, number_of
from lib.sources.bytewise import FileFacts, note, rewritten
from lib.sources.header import match
from lib.sources.places import Place

FREE_TEXT = {"text", "transcript"}  # the only columns in which a line break is no fault
LINES = 5  # line numbers shown
OPTIONS = ("all_varchar=true, header=true, auto_detect=false, strict_mode=true, null_padding=false, "
           "ignore_errors=true, store_rejects=true, quote='\"', escape='\"', max_line_size=16777216, "
           "buffer_size=33554432")  # else 16 times the longest line, for every thread


def create(backend, table: str, columns: tuple[str, ...]) -> None:
    """An empty table of text columns with _file, _line and _digest."""
    wanted = ", ".join(f"{quoted(c)} VARCHAR" for c in columns)
    shape = f"_file VARCHAR, _line BIGINT, _digest VARCHAR, {wanted}"
    backend.con.execute(f"CREATE OR REPLACE TABLE {quoted(table)} ({shape})")


def load(backend, table: str, source, place: Place, facts: FileFacts, scratch: Path) -> tuple[int, pd.DataFrame]:
    """Append one file to the table: (rows, lines that could not be split). Raises UserError."""
    positions, repaired = match(source.columns, facts.header, place.shown, facts.delimiter)
    if repaired:
        facts.notes.append(note("headers that differ in case or spaces", repaired, "matched to the column map"))
    backend.con.execute("DROP TABLE IF EXISTS reject_scans; DROP TABLE IF EXISTS reject_errors")
    path = rewritten(place, facts, source, scratch / f"{table}.txt") if facts.rewrite else place.path
    headless = int(bool(source.header))  # a declared header is no line of the file
    _insert(backend, table, path, source, facts, positions, place)
    rejected = _rejected(backend, place, headless)
    rows = backend.con.execute(f"SELECT count(*) FROM {quoted(table)} WHERE _file = ?", [place.shown]).fetchone()[0]
    _refuse_unreadable(rows, rejected, place, source, facts)
    _note_blank_lines(facts, rows + len(rejected) - headless, backend, table, place)
    _number_lines(backend, table, rejected, place)
    return rows, rejected


def _insert(backend, table, path, source, facts, positions, place) -> None:
    """Read the file into the table; a row in which a quote swallowed line breaks gets no digest."""
    names = [f"c{i}" for i in range(len(facts.header))]
    shape = ", ".join(f"'{n}': 'VARCHAR'" for n in names)
    chosen = "".join(f", {names[i]}" for i in positions.values()) + ", ?::VARCHAR" * len(source.constants)
    packed = ", compression='gzip'" if facts.packed == "gzip" and not facts.rewrite else ""
    strange = _line_break_fault(names, positions, facts.delimiter)
    backend.con.execute(
        f"INSERT INTO {quoted(table)} SELECT ?, {_line(names, positions)} - {int(bool(source.header))}, "
        f"CASE WHEN NOT ({strange}) THEN {digest(unmapped(names, positions, source))} END{chosen} "
        f"FROM read_csv(?, columns={{{shape}}}, delim={literal(facts.delimiter)}, {OPTIONS}{packed})",
        [place.shown, *source.constants.values(), str(path)])
    fault = backend.con.execute(f"SELECT min(_line) FROM {quoted(table)} WHERE _digest IS NULL").fetchone()[0]
    if fault:
        raise UserError("a stray quote swallows line breaks: the file has more lines than records",
                        where=f"{place.shown}, near line {fault}", fix="quotes inside a value must be doubled")


def _line(names: list[str], positions: dict[str, int]) -> str:
    """SQL of the line number; where free text may hold line breaks, those of earlier rows count."""
    if not FREE_TEXT & set(positions):
        return "row_number() OVER () + 1"
    breaks = " + ".join(f"coalesce(len({n}) - len(replace({n}, chr(10), '')), 0)" for n in names)
    earlier = f"sum({breaks}) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return f"row_number() OVER () + 1 + coalesce({earlier}, 0)"


def _line_break_fault(names: list[str], positions: dict[str, int], delimiter: str) -> str:
    """SQL that is true where a line break is a fault: in a mapped plain column, with a delimiter elsewhere, or in
    free text where a whole row follows it."""
    free = {i for column, i in positions.items() if column in FREE_TEXT}
    mapped = set(positions.values()) - free
    sign = literal(delimiter)
    faults = [f"contains(coalesce({n}, ''), chr(10))" + ("" if i in mapped else f" AND contains({n}, {sign})")
              for i, n in enumerate(names) if i not in free]
    row = _swallowed_row(positions, len(names), delimiter)
    faults += [f"regexp_matches(coalesce({names[i]}, ''), {literal(row)})" for i in sorted(free)]
    return " OR ".join(faults) or "false"


def _swallowed_row(positions: dict[str, int], fields: int, delimiter: str) -> str:
    """Pattern of a line inside free text that is a row of the table: a day where its date column stands."""
    sign = re.escape(delimiter)
    field = f"[^{sign}\n]*{sign}"
    dated = [i for column, i in positions.items() if column.endswith("_at")]
    if dated:
        return rf"\n({field}){{{dated[0]}}}[^{sign}\n]*\d{{1,4}}[-./]\d{{1,2}}[-./]\d{{1,4}}"
    return rf"\n({field}){{{fields - 1}}}"


def _exists(backend, table: str) -> bool:
    return bool(backend.con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [table]).fetchone()[0])


def _rejected(backend, place: Place, headless: int) -> pd.DataFrame:
    """Lines that could not be split, in order: file, line, reason."""
    if not _exists(backend, "reject_errors"):
        return pd.DataFrame({"file": [], "line": [], "reason": []})
    lines = backend.con.execute(
        f"SELECT line::BIGINT - {headless} AS line, "
        "min(CASE WHEN contains(rtrim(csv_line, chr(10) || chr(13)), chr(10)) "
        "THEN 'QUOTE' ELSE error_type::VARCHAR END) AS reason FROM reject_errors GROUP BY 1 ORDER BY 1").df()
    return lines.assign(file=place.shown)[["file", "line", "reason"]]


def _refuse_unreadable(rows: int, rejected: pd.DataFrame, place: Place, source, facts: FileFacts) -> None:
    sign, lines = facts.delimiter, in_lines(rejected["line"].head(LINES))
    quotes = rejected[~rejected["reason"].isin(["MISSING COLUMNS", "TOO MANY COLUMNS"])]
    if len(quotes):
        raise UserError("an unbalanced quote", where=f"{place.shown}, line {quotes['line'].iloc[0]}",
                        fix="quotes inside a value must be doubled, and closed")
    if rows == 0 and len(rejected):
        raise UserError(f"none of {number_of(len(rejected), 'line')} has the "
                        f"{number_of(len(facts.header), 'field')} of the header", where=f"{place.shown}, {lines}",
                        fix=f"is {sign!r} the delimiter, and every value that holds one quoted?")
    if rows == 0:
        raise UserError("the file holds a header and no rows", where=place.shown, fix="export it again")
    if len(rejected) > source.quarantine_limit * (rows + len(rejected)):
        raise UserError(f"{number_of(len(rejected), 'line has', 'lines have')} too many or too few fields",
                        where=f"{place.shown}, {lines}",
                        fix=f"quote values that hold {sign!r}, or raise quarantine_limit")


def _note_blank_lines(facts: FileFacts, records: int, backend, table: str, place: Place) -> None:
    last = backend.con.execute(f"SELECT max(_line) FROM {quoted(table)} WHERE _file = ?", [place.shown]).fetchone()[0]
    blank = facts.lines - max(last, records + 1) if facts.lines else 0
    if blank > 0:
        facts.notes.append(note("blank lines", blank, "skipped; line numbers do not count them"))


def _number_lines(backend, table: str, rejected: pd.DataFrame, place: Place) -> None:
    """Turn record numbers into line numbers where rejected lines stand before a record."""
    if rejected.empty:
        return
    gaps = [int(line) - i for i, line in enumerate(rejected["line"].sort_values())]
    backend.con.execute(f"UPDATE {quoted(table)} SET _line = _line + len(list_filter(?::BIGINT[], x -> x <= _line)) "
                        "WHERE _file = ?", [gaps, place.shown])


def unmapped(names: list[str], positions: dict[str, int], source) -> list[str]:
    """Columns that the mapped values do not stand for: those not mapped, and codes that a list translates."""
    mapped = {i for column, i in positions.items() if column not in source.lookups}
    return [n for i, n in enumerate(names) if i not in mapped]


def digest(columns: list[str]) -> str:
    """SQL of a hash over a row's columns; unit separators keep `a|bc` and `ab|c` apart."""
    if not columns:
        return "''"
    return "md5(concat_ws(chr(31), " + ", ".join(f"coalesce({c}::VARCHAR, chr(30))" for c in columns) + "))"


def quoted(name: str) -> str:
    """An identifier for SQL; callers have checked it against the column map's pattern."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text constant for options that take no bound parameter."""
    return "'" + value.replace("'", "''") + "'"
