"""How a source is written, put together from its mapped columns: dates, decimal and thousands signs, missing words."""

from __future__ import annotations

from lib.contracts import INPUTS
from lib.propose.looked import Looked
from lib.propose.roles import Table
from lib.propose.said import Said
from lib.propose.shapes import Shape

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
AMBIGUOUS = "both fit every value"


def written(table: Table, source: str, columns: dict[str, Shape]) -> dict[str, Said]:
    """The settings of a source that say how its file is written; what is as by default is left out."""
    looked, found = table.looked, {}
    if looked.sheet:
        found["sheet"] = Said(looked.sheet, "the sheet that holds the table")
    if looked.delimiter:
        found["delimiter"] = Said(looked.delimiter, f"{DELIMITERS.get(looked.delimiter, 'it')} splits every line alike")
    if looked.encoding not in ("utf-8", "ascii"):
        found["encoding"] = Said(looked.encoding, "its letters are no UTF-8; these bytes read as words", "likely")
    return found | _dates(source, columns, looked) | _numbers(table, columns) | _nulls(table)


def _dates(source: str, columns: dict[str, Shape], looked: Looked) -> dict[str, Said]:
    typed = {c.name for c in INPUTS[source].columns if c.dtype in ("date", "time")}
    held = [s for name, s in columns.items() if name in typed and s.dates and s.column.name not in looked.native]
    if not held:
        return {}
    days = [f for f in held[0].dates.formats if all(_day_of(f) in _day(s) for s in held)]
    if len({_day_of(f) for f in days}) == 1:
        best = max((f for s in held for f in s.dates.formats if _day_of(f) == _day_of(days[0])), key=len)
        if best == "%Y-%m-%d":
            return {}
        return {"dates": Said(best, f"reads every date of {', '.join(s.header for s in held)}")}
    if all(len({_day_of(f) for f in s.dates.formats}) == 1 for s in held):
        return {"dates": Said("auto", "its columns of dates are written differently, each in one way only", "likely")}
    if any(s.dates.short for s in held):
        return {
            "dates": Said("", "years have two digits, which nobody can read safely: export them with four", "decide")
        }
    what = " or ".join(days) or "no single format"
    return {
        "dates": Said(
            "", f"{what}: {AMBIGUOUS}, so only you can know" if days else "no format reads every date", "decide"
        )
    }


def _day(shape: Shape) -> list[str]:
    return [_day_of(f) for f in shape.dates.formats]


def _day_of(pattern: str) -> str:
    return pattern.split("%H")[0].split("%I")[0].rstrip(" T")


def _numbers(table: Table, columns: dict[str, Shape]) -> dict[str, Said]:
    numbers = [s for s in table.shapes if s.number and not s.number.whole and s.column.name not in table.looked.native]
    mapped = [s for s in numbers if any(s is c for c in columns.values())] or numbers
    if not mapped:
        return {}
    styles = [st for st in mapped[0].number.styles if all(st in s.number.styles for s in mapped)]
    if not styles:
        return {"decimal": Said("", "the numbers of this file are written in different ways", "decide")}
    decimal, thousands = styles[0]
    shown = ", ".join(s.header for s in mapped[:3])
    if all(s.number.question for s in mapped):
        return {
            "decimal": Said(
                "", f"every number of {shown} has three digits after its sign: decimals or thousands?", "decide"
            )
        }
    found = {} if decimal == "." else {"decimal": Said(decimal, f"the decimal sign of {shown}")}
    return found | ({"thousands": Said(thousands, f"between the thousands of {shown}")} if thousands else {})


def _nulls(table: Table) -> dict[str, Said]:
    """Words for a missing value, where they stand among values of another kind."""
    words: dict[str, set[str]] = {}
    for shape in table.shapes:
        plainly = shape.kind in ("number", "date", "yes/no")
        for word in shape.column.nothing:
            if plainly or not word.isalpha() or word in ("NULL", "null"):
                words.setdefault(word, set()).add(shape.header)
    if not words:
        return {}
    where = sorted({h for headers in words.values() for h in headers})
    return {"nulls": Said(["", *sorted(words)], f"stand for a missing value in {', '.join(where[:4])}", "likely")}
