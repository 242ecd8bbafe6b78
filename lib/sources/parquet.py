"""Parquet into the engine as text, so that typed and untyped files meet the same rules."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
from pyarrow import ArrowException, types

from lib.contracts import UserError
from lib.sources.header import match
from lib.sources.places import Place
from lib.sources.text import digest, quoted, unmapped


def load(backend, table: str, source, place: Place) -> tuple[int, pd.DataFrame, set[str]]:
    """Append one Parquet file: (rows, no rejected lines, columns that were typed in the file). Raises UserError."""
    try:
        schema = pq.read_schema(place.path)
        rows = pq.read_metadata(place.path).num_rows
    except (ArrowException, OSError):
        raise UserError("the Parquet file is damaged", where=place.shown, fix="export it again") from None
    if rows == 0:
        raise UserError("the file holds no rows", where=place.shown, fix="export it again")
    positions, _ = match(source.columns, schema.names, place.shown)
    wanted = [_as_text(schema.field(i)) for i in positions.values()] + ["?::VARCHAR"] * len(source.constants)
    rest = digest(unmapped([quoted(n) for n in schema.names], positions, source))
    backend.con.execute(
        f"INSERT INTO {quoted(table)} SELECT ?, row_number() OVER (), {rest}, {', '.join(wanted)} "
        "FROM read_parquet(?)", [place.shown, *source.constants.values(), str(place.path)])
    typed = {name for name, i in positions.items() if not _is_text(schema.field(i).type)}
    return rows, pd.DataFrame({"file": [], "line": [], "reason": []}), typed


def _as_text(field) -> str:
    """SQL for a column as text. Floats in plain notation to twelve places: an id column with a blank keeps its ids
    (`123`, not `123.0`), and dust of arithmetic (1.8e-15) is nothing; NaN is missing."""
    name = quoted(field.name)
    if types.is_floating(field.type):
        plain = f"rtrim(rtrim({name}::DECIMAL(38, 12)::VARCHAR, '0'), '.')"
        return (f"CASE WHEN isnan({name}) THEN NULL WHEN abs({name}) < 1e15 THEN {plain} ELSE {name}::VARCHAR END")
    return f"{name}::VARCHAR"


def _is_text(kind) -> bool:
    """Whether values must be read like those of a text file: texts, and times that carry their offset."""
    value = kind.value_type if types.is_dictionary(kind) else kind
    aware = types.is_timestamp(value) and value.tz is not None
    return types.is_string(value) or types.is_large_string(value) or aware
