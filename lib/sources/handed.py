"""A table that a command names: a CSV or Parquet file by path, or a table of a database by URL; read, and written.

Files are opened by the locked engine; a database does the work where the table is. What a driver says is not repeated:
it may hold users, hosts and values.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import ibis
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from lib import engine
from lib.contracts import UserError
from lib.settings import relative
from lib.sources import databases

FILES = (".parquet", ".csv")
TARGETS = ("duckdb", *databases.SPARK, *databases.SERVERS)  # SQLite knows no logarithm


@dataclass(frozen=True)
class Handed:
    """Where a table is: `place` as given, `table` its name in a database, `option` the word of the command."""

    place: str
    table: str = ""
    option: str = "TABLE"

    @property
    def is_url(self) -> bool:
        return "://" in self.place

    @property
    def shown(self) -> str:
        """The name that logs and registers carry: no user, no host, no folder outside the workspace."""
        if not self.is_url:
            return relative(self.path)
        return databases.shown_as(databases.parts_of(self.place, self.option, TARGETS), self.table)

    @property
    def path(self) -> Path | None:
        """The file of a table or of a database in one file; None for a server."""
        if not self.is_url:
            return Path(os.path.abspath(self.place))
        parts = databases.parts_of(self.place, self.option, TARGETS)
        return Path(os.path.abspath(unquote(parts.path)[1:])) if parts.scheme == "duckdb" else None

    def checked(self) -> Handed:
        """Itself. Raises UserError for a place that cannot be read or written at all."""
        if "\0" in self.place:
            raise UserError("this is no path", where=self.option)
        if self.is_url:
            databases.parts_of(self.place, self.option, TARGETS)
            if not self.table:
                raise UserError("a database was named, and no table of it", where=self.option,
                                fix="--table NAME")
        elif self.path.suffix.lower() not in FILES:
            raise UserError(f"no tables are kept in {self.path.suffix[:20] or 'files without an ending'}",
                            where=f"{self.option}: {relative(self.path)[-80:]}",
                            fix=f"a file ending in {' or '.join(FILES)}, or a URL such as postgresql://user@host/database")
        return self


def opened(handed: Handed):
    """(backend, Ibis table): every column of a CSV is text. Raises UserError."""
    where = f"{handed.option}: {handed.shown}"
    if handed.path is not None and not handed.path.is_file():
        raise UserError("there is no such file", where=where)
    with _said(where, "the table could not be read"):
        if handed.is_url:
            backend = _connected(handed)
            return backend, databases.named_table(backend, handed.table, where)
        backend = engine.connect(handed.path.parent)
        if handed.path.suffix.lower() == ".csv":
            return backend, backend.read_csv(str(handed.path), all_varchar=True, header=True)
        return backend, backend.read_parquet(str(handed.path))


def refuse_existing(handed: Handed, *, replace: bool) -> None:
    """Raises UserError where something stands that was not to be replaced."""
    where = f"{handed.option}: {handed.shown}"
    if handed.is_url:
        with _said(where, "the database could not be looked at"):
            there = (handed.path is None or handed.path.exists()) and _holds(handed)
    else:
        there = handed.path.exists()
        if not handed.path.parent.is_dir():
            raise UserError("there is no such folder", where=where)
    if there and not replace:
        raise UserError("there is something by that name already", where=where, fix="another name, or --replace")


def write(handed: Handed, batches: Iterator[pa.RecordBatch], schema: pa.Schema, *, replace: bool) -> None:
    """The rows, all of them or none: a file by rename, a table of a database at once. Raises UserError."""
    with _said(f"{handed.option}: {handed.shown}", "the result could not be written"):
        if handed.is_url:
            rows = pa.Table.from_batches(batches, schema)
            schema_name, _, bare = handed.table.rpartition(".")
            backend = _connected(handed, write=True)
            backend.create_table(bare, rows, database=schema_name or None, overwrite=replace)
            backend.disconnect()
            return
        partial = handed.path.with_name(f".{handed.path.name}.{os.getpid()}.partial")
        kind = pa_csv.CSVWriter if handed.path.suffix.lower() == ".csv" else pq.ParquetWriter
        try:
            with kind(partial, schema) as out:
                for batch in batches:
                    out.write_batch(batch)
            os.replace(partial, handed.path)
        finally:
            partial.unlink(missing_ok=True)


def _holds(handed: Handed) -> bool:
    schema_name, _, bare = handed.table.rpartition(".")
    backend = _connected(handed)
    found = bare in backend.list_tables(**({"database": schema_name} if schema_name else {}))
    backend.disconnect()
    return found


def _connected(handed: Handed, *, write: bool = False):
    if handed.path is not None:
        return engine.connect_file(handed.path, "duckdb", write=write)
    return databases.server(handed.place, handed.option)


@contextmanager
def _said(where: str, what: str) -> Iterator[None]:
    """Errors of engines and drivers by their kind alone; what is meant for the reader passes."""
    try:
        yield
    except (UserError, MemoryError, KeyboardInterrupt):
        raise
    except OSError as error:
        if error.errno is not None:
            raise UserError(f"{what}: {os.strerror(error.errno).lower()}", where=where) from None
        raise UserError(f"{what} ({type(error).__name__})", where=where) from None
    except ibis.common.exceptions.IbisError as error:
        raise UserError(f"{what} ({type(error).__name__})", where=where) from None
    except Exception as error:
        raise UserError(f"{what} ({type(error).__name__})", where=where,
                        fix="try the same with the database's own client") from None
