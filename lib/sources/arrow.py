"""Rows that come as Arrow batches (of a spreadsheet or a database) into a table of text in the engine."""

from __future__ import annotations

import pyarrow as pa
from pyarrow import types

from lib.sources.text import digest, quoted, unmapped

LINE = "_line_"  # column of the batches that holds the row's number where it comes from
VIEW = "_batches_"


def insert(backend, table: str, shown: str, source, batches: pa.RecordBatchReader, positions: dict[str, int]) -> int:
    """Append the batches; returns their number of rows. The batches hold LINE first, then the columns of the header."""
    fields = list(batches.schema)[1:]
    names = [quoted(f.name) for f in fields]
    chosen = "".join(f", {as_text(names[i], fields[i].type)}" for i in positions.values())
    rest = digest(unmapped(names, positions, source))
    constants = ", ?::VARCHAR" * len(source.constants)
    backend.con.register(VIEW, batches)
    try:
        backend.con.execute(
            f"INSERT INTO {quoted(table)} SELECT ?, {quoted(LINE)}, {rest}{chosen}{constants} "
            f"FROM {VIEW}", [shown, *source.constants.values()])
    finally:
        backend.con.unregister(VIEW)
    return backend.con.execute(f"SELECT count(*) FROM {quoted(table)} WHERE _file = ?", [shown]).fetchone()[0]


def as_text(name: str, kind: pa.DataType) -> str:
    """SQL for a column as text. Floats in plain notation to twelve places: an id column with a blank keeps its ids
    (`123`, not `123.0`), and dust of arithmetic (1.8e-15) is nothing; NaN is missing."""
    if types.is_floating(kind):
        plain = f"rtrim(rtrim({name}::DECIMAL(38, 12)::VARCHAR, '0'), '.')"
        return f"CASE WHEN isnan({name}) THEN NULL WHEN abs({name}) < 1e15 THEN {plain} ELSE {name}::VARCHAR END"
    return f"{name}::VARCHAR"


def is_text(kind: pa.DataType) -> bool:
    """Whether values must be read like those of a text file: texts, and times that carry their offset."""
    value = kind.value_type if types.is_dictionary(kind) else kind
    aware = types.is_timestamp(value) and value.tz is not None
    return types.is_string(value) or types.is_large_string(value) or aware
