"""Delimited text into the engine, strictly: no guessing, no padding, every line accounted for. Catalogue 2, 6-10."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lib.contracts import UserError
from lib.sources.bytewise import FileFacts, blocks, note, rewritten
from lib.sources.header import match, split_header
from lib.sources.places import Place

FREE_TEXT = {"text", "transcript"}  # the only columns in which a line break is no fault
OPTIONS = ("all_varchar=true, header=true, auto_detect=false, strict_mode=true, null_padding=false, "
           "ignore_errors=true, store_rejects=true, quote='\"', escape='\"', max_line_size=16777216")


def create(backend, table: str, columns: tuple[str, ...]) -> None:
    """An empty table of text columns with _file, _line and _digest."""
    wanted = ", ".join(f"{quoted(c)} VARCHAR" for c in columns)
    shape = f"_file VARCHAR, _line BIGINT, _digest VARCHAR, {wanted}"
    backend.con.execute(f"CREATE OR REPLACE TABLE {quoted(table)} ({shape})")


def load(backend, table: str, source, place: Place, facts: FileFacts, scratch: Path) -> tuple[int, pd.DataFrame]:
    """Append one file to the table: (rows, lines that could not be split). Raises UserError."""
    encoding = "utf-8-sig" if source.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else source.encoding
    header = split_header(_first_line(place, facts, encoding), source.delimiter)
    positions, repaired = match(source.columns, header, place.shown, source.delimiter)
    if repaired:
        facts.notes.append(note("headers that differ in case or spaces", repaired, "matched to the column map"))
    backend.con.execute("DROP TABLE IF EXISTS reject_scans; DROP TABLE IF EXISTS reject_errors")
    path = rewritten(place, facts, encoding, scratch / f"{table}.txt") if facts.rewrite else place.path
    _insert(backend, table, path, source, header, positions, place)
    rejected = _rejected(backend, place)
    rows = backend.con.execute(f"SELECT count(*) FROM {quoted(table)} WHERE _file = ?", [place.shown]).fetchone()[0]
    _refuse_unreadable(rows, rejected, place, source, len(header))
    _note_blank_lines(facts, rows + len(rejected), backend, table, place)
    _number_lines(backend, table, rejected, place)
    return rows, rejected


def _insert(backend, table, path, source, header, positions, place) -> None:
    """Read the file into the table; a row in which a quote swallowed line breaks gets no digest."""
    names = [f"c{i}" for i in range(len(header))]
    shape = ", ".join(f"'{n}': 'VARCHAR'" for n in names)
    chosen = "".join(f", {names[i]}" for i in positions.values()) + ", ?::VARCHAR" * len(source.constants)
    packed = ", compression='gzip'" if path == place.path and path.suffix == ".gz" else ""
    strange = _line_break_fault(names, positions, source.delimiter)
    backend.con.execute(
        f"INSERT INTO {quoted(table)} SELECT ?, {_line(names, positions)}, "
        f"CASE WHEN NOT ({strange}) THEN {digest(unmapped(names, positions, source))} END{chosen} "
        f"FROM read_csv(?, columns={{{shape}}}, delim={literal(source.delimiter)}, {OPTIONS}{packed})",
        [place.shown, *source.constants.values(), str(path)])
    fault = backend.con.execute(f"SELECT min(_line) FROM {quoted(table)} WHERE _digest IS NULL").fetchone()[0]
    if fault:
        raise UserError("a stray quote swallows line breaks", where=f"{place.shown}, near line {fault}",
                        fix="quotes inside a value must be doubled")


def _line(names: list[str], positions: dict[str, int]) -> str:
    """SQL of the line number; where free text may hold line breaks, those of earlier rows count."""
    if not FREE_TEXT & set(positions):
        return "row_number() OVER () + 1"
    breaks = " + ".join(f"coalesce(len({n}) - len(replace({n}, chr(10), '')), 0)" for n in names)
    earlier = f"sum({breaks}) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return f"row_number() OVER () + 1 + coalesce({earlier}, 0)"


def _line_break_fault(names: list[str], positions: dict[str, int], delimiter: str) -> str:
    """SQL that is true where a line break is a fault: in a mapped plain column, or with a delimiter elsewhere."""
    free = {i for column, i in positions.items() if column in FREE_TEXT}
    mapped = set(positions.values()) - free
    sign = literal(delimiter)
    faults = [f"contains(coalesce({n}, ''), chr(10))" + ("" if i in mapped else f" AND contains({n}, {sign})")
              for i, n in enumerate(names) if i not in free]
    return " OR ".join(faults) or "false"


def _first_line(place: Place, facts: FileFacts, encoding: str) -> str:
    block = next(blocks(place.path, facts.gzip))
    return block.decode(encoding).splitlines()[0]


def _exists(backend, table: str) -> bool:
    return bool(backend.con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [table]).fetchone()[0])


def _rejected(backend, place: Place) -> pd.DataFrame:
    """Lines that could not be split, in order: file, line, reason."""
    if not _exists(backend, "reject_errors"):
        return pd.DataFrame({"file": [], "line": [], "reason": []})
    lines = backend.con.execute(
        "SELECT line::BIGINT AS line, min(CASE WHEN contains(rtrim(csv_line, chr(10) || chr(13)), chr(10)) "
        "THEN 'QUOTE' ELSE error_type::VARCHAR END) AS reason FROM reject_errors GROUP BY 1 ORDER BY 1").df()
    return lines.assign(file=place.shown)[["file", "line", "reason"]]


def _refuse_unreadable(rows: int, rejected: pd.DataFrame, place: Place, source, fields: int) -> None:
    quotes = rejected[~rejected["reason"].isin(["MISSING COLUMNS", "TOO MANY COLUMNS"])]
    if len(quotes):
        raise UserError("an unbalanced quote", where=f"{place.shown}, line {quotes['line'].iloc[0]}",
                        fix="quotes inside a value must be doubled, and closed")
    if rows == 0 and len(rejected):
        raise UserError(f"no line has the {fields} fields of the header", where=place.shown,
                        fix=f"is {source.delimiter!r} the delimiter, and every value that holds one quoted?")
    if rows == 0:
        raise UserError("the file holds a header and no rows", where=place.shown, fix="export it again")
    if len(rejected) > source.quarantine_limit * (rows + len(rejected)):
        lines = ", ".join(str(n) for n in rejected["line"].head(5))
        raise UserError(f"{len(rejected)} lines have too many or too few fields", where=f"{place.shown}, lines {lines}",
                        fix=f"quote values that hold {source.delimiter!r}, or raise quarantine_limit")


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
