"""Code lists: codes of a source replaced by what they stand for, one to one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import RawTable
from lib.sources import bytewise, loaded
from lib.sources.places import Place


class _ListSource:
    """A code list, read like any source of two columns."""

    encoding, quarantine_limit, constants, lookups, sheet, header = "utf-8", 0.0, {}, {}, "", []

    def __init__(self, look):
        self.delimiter, self.columns = look.delimiter, {"code": look.key, "value": look.value}


def looked_up(backend, raw: RawTable, source: str, column: str, look, place: Place, scratch: Path) -> RawTable:
    """The table of a source with ``column`` translated; codes that the list does not know become missing, counted.

    Raises UserError when a code occurs twice in the list.
    """
    name = f"list_{source}_{column}"
    loaded.create(backend, name, ("code", "value"))
    loaded.file(backend, name, _ListSource(look), place, scratch)
    codes = backend.table(name).select(_code="code", _value="value")
    twice = codes.count().execute() - codes._code.nunique().execute()
    if twice:
        raise UserError(f"{number_of(twice, 'code occurs', 'codes occur')} more than once in the list",
                        where=place.shown, fix="one row a code")
    joined = raw.table.left_join(codes, raw.table[column] == codes._code)
    table = joined.select(*(codes._value.name(column) if c == column else raw.table[c] for c in raw.table.columns))
    unknown = int(raw.table.filter(raw.table[column].notnull()).anti_join(codes, raw.table[column] == codes._code)
                  .count().execute())
    lost = bytewise.note(f"{column}: code not in its list", unknown, "the value is missing") if unknown else None
    return replace(raw, table=table, notes=(*raw.notes, lost) if lost else raw.notes,
                   native=raw.native - {column})
