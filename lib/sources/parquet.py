"""Parquet into the engine as text, so that typed and untyped files meet the same rules. Catalogue 29, 30."""

from __future__ import annotations

import pyarrow.parquet as pq
from pyarrow import ArrowException

from lib.contracts import UserError
from lib.sources.arrow import as_text, is_text
from lib.sources.bytewise import FileFacts, note
from lib.sources.header import match
from lib.sources.places import Place
from lib.sources.text import digest, quoted, unmapped

DAMAGED = (ArrowException, OSError)


def load(backend, table: str, source, place: Place, facts: FileFacts) -> tuple[int, frozenset[str]]:
    """Append one Parquet file: (rows, columns that were typed in the file). Raises UserError."""
    try:
        metadata = pq.read_metadata(place.path)
        schema = pq.read_schema(place.path)
    except DAMAGED:
        raise UserError("the Parquet file is damaged", where=place.shown, fix="export it again") from None
    if metadata.num_rows == 0:
        raise UserError("the file holds no rows", where=place.shown, fix="export it again")
    positions, repaired = match(source.columns, schema.names, place.shown)
    if repaired:
        facts.notes.append(note("headers that differ in case or spaces", repaired, "matched to the column map"))
    wanted = [as_text(quoted(schema.field(i).name), schema.field(i).type) for i in positions.values()]
    rest = digest(unmapped([quoted(n) for n in schema.names], positions, source))
    chosen = ", ".join([*wanted, *["?::VARCHAR"] * len(source.constants)])
    import duckdb  # opens a connection, which has a thread: not before processes are forked

    try:
        backend.con.execute(
            f"INSERT INTO {quoted(table)} SELECT ?, row_number() OVER (), {rest}, {chosen} FROM read_parquet(?)",
            [place.shown, *source.constants.values(), str(place.path)])
    except duckdb.Error:
        raise UserError("the Parquet file is damaged inside", where=place.shown, fix="export it again") from None
    return metadata.num_rows, frozenset(n for n, i in positions.items() if not is_text(schema.field(i).type))
