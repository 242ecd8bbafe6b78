"""How the texts of a source are written, where the product file does not say: only what is clear. Catalogue 12-14, 72.

A date format counts when it alone fits every value of a column; a decimal sign when some value proves it and none
contradicts it. What two formats fit must be declared. Signs that no declaration covers are refused with their lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from lib.contracts import INPUTS, UserError
from lib.contracts.counts import in_lines, number_of
from lib.sources.bytewise import note
from lib.sources.text import literal, quoted

ISO = "%Y-%m-%d"
CANDIDATES = (ISO, "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
              "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
CLOCK = r"[ T]?\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}(:?\d{2})?)?$"
NUMBERS = ("int", "float")
PLAIN = r"[+-]?\d+(\.\d+)?"
FOREIGN_DIGIT = r"[^\P{Nd}0-9]"
STRANGE_SIGN = r"[\p{Sc}−()]"
CODE_OF_CURRENCY = r"^[A-Z]{3}\s*[-+]?[\d.,]+$|^[-+]?[\d.,]+\s*[A-Z]{3}$"
LINES = 5
SHAPES = {  # what a value that is not plainly written proves
    "comma": r"^[+-]?\d+,(\d{1,2}|\d{4,})$|^[+-]?(0|\d{4,}),\d+$|"
             r"^[+-]?\d{1,3}(\.\d{3})+,\d+$|^[+-]?\d{1,3}(\.\d{3}){2,}$",
    "dots": r"^[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?$",
    "commas": r"^[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+$|^[+-]?[1-9]\d{0,2}(,\d{3}){2,}$",
    "either": r"^[+-]?[1-9]\d{0,2},\d{3}$",
}


@dataclass(frozen=True)
class _Look:
    """A loaded source to be looked at: engine, its table, name and declarations."""

    backend: object
    table: str
    name: str
    source: object
    columns: dict[str, str]  # text columns: contract name to header

    def text(self, column: str) -> str:
        nulls = ", ".join(literal(n) for n in {"", *self.source.nulls, *self.source.not_answered})
        bare = f"trim({quoted(column)})"
        return f"CASE WHEN {bare} NOT IN ({nulls}) THEN {bare} END"

    def one(self, sql: str):
        return self.backend.con.execute(f"SELECT {sql} FROM {quoted(self.table)}").fetchone()

    def places(self, column: str, condition: str) -> tuple[int, str]:
        """How many rows a condition on a column holds for, and where: file, column and first lines."""
        rows = self.backend.con.execute(
            f"SELECT _file, _line, count(*) OVER () FROM {quoted(self.table)} WHERE {condition} "
            f"ORDER BY _file, _line LIMIT {LINES}").fetchall()
        lines = in_lines([line for file, line, _ in rows if file == rows[0][0]])
        return (rows[0][2], f"{rows[0][0]}, column {self.columns[column][:60]!r}, {lines}") if rows else (0, "")


def found(backend, table: str, name: str, source, native: frozenset[str], *, typed: bool = False,
          ) -> tuple[dict[str, dict], list[dict]]:
    """What was detected, {column: {dates | decimal, thousands}}, and notes that say so. Raises UserError.

    ``native`` columns were typed by their file; ``typed``: the file could have typed the others as well.
    """
    look = _Look(backend, table, name, source, {c: h for c, h in source.columns.items() if c not in native})
    kinds = _kinds(name, source)
    dated = [c for c in look.columns if kinds.get(c) in ("date", "time")]
    counted = [c for c in look.columns if kinds.get(c) in NUMBERS]
    for column in (*dated, *counted):
        _refuse(look, column, FOREIGN_DIGIT, "digits that are not 0-9", "write them as 0-9")
    written, notes = _numbers(look, counted)
    for column in counted:
        _refuse(look, column, f"{STRANGE_SIGN}|{CODE_OF_CURRENCY}",
                "numbers with a currency sign, brackets or a typographic minus", "export plain numbers such as -5.20")
    _refuse_grouped(look, counted, written)
    notes += _declared(look, counted)
    if typed:
        notes += [note(f"{c}: stored as text in the file", _count(look, c), "read as declared")
                  for c in (*dated, *counted)]
    result: dict[str, dict] = {c: dict(written) for c in look.columns} if written else {}
    for column in dated if source.dates == "auto" else []:
        if pattern := _date_format(look, column):
            result.setdefault(column, {})["dates"] = pattern
            notes.append(note(f"{column}: dates written {pattern}, not declared", _count(look, column),
                              "detected: no other format fits every value"))
    return result, notes


def _kinds(name: str, source) -> dict[str, str]:
    return dict(source.types) | {c.name: c.dtype for c in INPUTS[name].columns}


def _count(look: _Look, column: str) -> int:
    return look.one(f"count({look.text(column)})")[0]


def _refuse(look: _Look, column: str, pattern: str, what: str, fix: str) -> None:
    rows, where = look.places(column, f"regexp_matches({look.text(column)}, {literal(pattern)})")
    if rows:
        raise UserError(f"{column}: {number_of(rows, 'value holds', 'values hold')} {what}", where=where, fix=fix)


def _numbers(look: _Look, columns: list[str]) -> tuple[dict[str, str], list[dict]]:
    """Decimal and thousands sign of the numbers of a source, where not declared."""
    source = look.source
    if source.decimal or source.thousands or not columns:
        return {}, []
    counts = dict.fromkeys((*SHAPES, "point"), 0)
    for column in columns:
        plain = f"regexp_full_match({look.text(column)}, {literal(PLAIN)})"
        shapes = [f"count(*) FILTER (NOT {plain} AND regexp_matches({look.text(column)}, {literal(p)}))"
                  for p in SHAPES.values()]
        point = (f"count(*) FILTER (contains({look.text(column)}, '.') AND "
                 f"NOT regexp_matches({look.text(column)}, {literal(SHAPES['dots'])}) AND {plain})")
        counts = {k: counts[k] + n for k, n in zip(counts, look.one(", ".join([*shapes, point])), strict=True)}
    return _decided(look, columns, counts)


def _declared(look: _Look, columns: list[str]) -> list[dict]:
    """How many numbers are written with the signs that were declared, where these are not the plain ones."""
    signs = {"decimal": look.source.decimal.replace(".", ""), "thousands": look.source.thousands}
    counts = {what: sum(look.one(f"count(*) FILTER (contains({look.text(c)}, {literal(sign)}))")[0] for c in columns)
              for what, sign in signs.items() if sign}
    return [note(f"numbers with a {what} sign {signs[what]!r}, as declared", n, "read as declared")
            for what, n in counts.items() if n]


def _decided(look: _Look, columns: list[str], counts: dict[str, int]) -> tuple[dict[str, str], list[dict]]:
    point = counts["point"] + counts["commas"]
    if counts["comma"] and not point:
        many = _grouped_by_dots(look, columns)
        said = "comma" + (", thousands sign point" if many else "")
        return {"decimal": ",", "thousands": "." if many else ""}, [_detected(said, counts["comma"])]
    if counts["commas"] and not counts["comma"]:
        return {"decimal": ".", "thousands": ","}, [_detected("point, thousands sign comma", counts["commas"])]
    if counts["either"] and not counts["comma"]:
        rows, where = next(p for p in (look.places(c, f"regexp_matches({look.text(c)}, {literal(SHAPES['either'])})")
                                       for c in columns) if p[0])
        raise UserError(f"{number_of(rows, 'number')} such as 1,234 may mean a thousand or one and a fraction",
                        where=where,
                        fix=f'declare sources.{look.name}.decimal: "," or sources.{look.name}.thousands: ","')
    return {}, []


def _grouped_by_dots(look: _Look, columns: list[str]) -> bool:
    return any(look.one(f"count(*) FILTER (regexp_matches({look.text(c)}, {literal(SHAPES['dots'])}))")[0]
               for c in columns)


def _detected(said: str, rows: int) -> dict:
    return note(f"decimal sign {said}, not declared", rows, "detected: no value contradicts it")


def _refuse_grouped(look: _Look, columns: list[str], written: dict[str, str]) -> None:
    """Raises UserError where digits are grouped and no thousands sign is declared or found."""
    decimal = written.get("decimal") or look.source.decimal or "."
    if written.get("thousands") or look.source.thousands:
        return
    other = {".": ",", ",": "."}[decimal]
    grouped = rf"^[+-]?\d{{1,3}}([{other}'\s\x{{00A0}}\x{{202F}}’]\d{{3}})+(\{decimal}\d+)?$"
    for column in columns:
        _refuse(look, column, grouped, "a thousands sign",
                f"declare sources.{look.name}.thousands, or export plain numbers")


def _parsed(candidate: str) -> str:
    """SQL for a day by a format; a year of two digits, which the engine reads as the year 26, fits none."""
    moment = f"try_strptime(day, {literal(candidate)})"
    return f"CASE WHEN year({moment}) > 999 THEN {moment} END"


def _date_format(look: _Look, column: str) -> str:
    """The one format that fits every value of a date column, when ISO fits none; empty to stay with ISO."""
    day = f"nullif(regexp_replace({look.text(column)}, {literal(CLOCK)}, ''), '')"
    fits = ", ".join(f"count({_parsed(c)}), bit_xor(hash({_parsed(c)}))" for c in CANDIDATES)
    total, *found_ = look.backend.con.execute(
        f"SELECT count(day), {fits} FROM (SELECT DISTINCT {day} AS day FROM {quoted(look.table)})").fetchone()
    counts = dict(zip(CANDIDATES, zip(found_[::2], found_[1::2], strict=True), strict=True))
    if total == 0 or counts[ISO][0]:
        return ""
    meanings: dict[int, str] = {}
    for candidate, (n, meaning) in counts.items():
        if n == total:
            meanings.setdefault(meaning, candidate)
    if len(meanings) > 1:
        rows, where = look.places(column, f"{look.text(column)} IS NOT NULL")
        choices = " or ".join(f'"{m}"' for m in meanings.values())
        raise UserError(f"{column}: {number_of(rows, 'date fits', 'dates fit')} more than one format, and which is "
                        "meant must be declared", where=where, fix=f"declare sources.{look.name}.dates: {choices}")
    return next(iter(meanings.values()), "")
