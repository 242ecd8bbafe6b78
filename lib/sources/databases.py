"""A table of a database or of Spark by URL: streamed in Arrow batches into the locked engine, as text.

Decimals, dates and texts become text where they are, exactly; nothing passes through pandas. Passwords come from the
environment of the driver (PGPASSWORD, ~/.pgpass, ...), never from a product file, and are never echoed.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import ibis
import pyarrow as pa

from lib import engine
from lib.contracts import UserError
from lib.settings import nearest
from lib.sources import spark
from lib.sources.arrow import LINE, insert
from lib.sources.header import match
from lib.sources.loaded import Loaded, no_lines
from lib.sources.text import quoted

FILES = ("duckdb", "sqlite")
SERVERS = ("postgres", "postgresql", "mysql", "mssql", "snowflake", "bigquery", "trino", "databricks", "clickhouse",
           "oracle", "exasol", "impala", "redshift", "risingwave", "athena", "druid", "singlestoredb", "materialize")
SPARK = ("pyspark", "spark")
OPTIONS = ("sslmode", "connect_timeout", "schema", "warehouse", "role", "catalog", "http_path", "dataset_id")
EXTRA = {"postgres": "postgres", "postgresql": "postgres"} | dict.fromkeys(SPARK, "spark")  # that have a make target
CHUNK = 100_000


def load(backend, table: str, name: str, source, root: Path) -> Loaded:
    """Append a table of a database to a table of text. Raises UserError naming the source and the table."""
    where = f"sources.{name}: table {source.table[:60]!r}"
    database = _connected(name, source, root)
    try:
        remote = named_table(database, source.table, where)
    except UserError:
        raise
    except Exception as error:  # e.g. a view that reaches for a file
        raise _unreadable(error, where) from None
    positions, repaired = match(source.columns, list(remote.columns), where)
    notes = ({"rule": "headers that differ in case or spaces", "rows": repaired, "first_lines": "",
              "meaning": "matched to the column map"},) if repaired else ()
    wanted = [remote.columns[i] for i in positions.values()]
    positions = {column: i for i, column in enumerate(positions)}
    shown = shown_as(parts_of(source.url, where), source.table)
    try:
        rows = insert(backend, table, shown, source, _numbered(_as_text(database, remote, wanted)), positions)
    except Exception as error:
        raise _unreadable(error, where) from None
    if rows == 0:
        raise UserError("the table holds no rows", where=where, fix="is it the right table?")
    moved = spark.instants(database, remote) if database.name == "pyspark" else frozenset()
    native = frozenset(c for c, i in positions.items()
                       if wanted[i] not in moved and _is_native(remote[wanted[i]].type()))
    facts = {"file": shown, **_identity(backend, table, shown), "rows": rows}
    return Loaded(facts, no_lines(), notes, native, typed=True)


def _unreadable(error: Exception, where: str) -> UserError:
    """Names the kind of error only: the texts of drivers may hold values, users and hosts."""
    return UserError(f"the table could not be read ({type(error).__name__})", where=where,
                     fix="try the same table with the database's own client")


def shown_as(parts, table: str) -> str:
    """The name of a table that a reader sees: no user, no host, no path of this machine."""
    database = unquote(parts.path).strip("/").rsplit("/", 1)[-1][:60]
    return f"{parts.scheme}: {database}{'.' if database else ''}{table[:60]}"


def file_of(name: str, url: str, root: Path) -> Path | None:
    """The file of a database in one file, below the repository; None for a server. Raises UserError."""
    where = f"sources.{name}.url"
    parts = parts_of(url, where)
    if parts.scheme not in FILES:
        return None
    if parts.netloc or parts.query or parts.fragment:
        raise UserError("the URL of a database file is its path alone", where=where, fix="e.g. duckdb:///data/shop.duckdb")
    path = Path(os.path.normpath(root / unquote(parts.path).lstrip("/")))
    if not path.is_relative_to(root) or "\0" in str(path):
        raise UserError("the path leads out of the repository", where=where, fix="a plain path below the repository")
    if not path.is_file():
        raise UserError("there is no such database file", where=where, fix="put it there, or correct the URL")
    return path.resolve()


def parts_of(url: str, where: str, kinds: tuple[str, ...] = (*FILES, *SERVERS, *SPARK)) -> SplitResult:
    """The parts of a URL of a database. Raises UserError for one that holds a secret, or is of another kind."""
    if engine.is_spark(url):
        if not engine.SPARK.fullmatch(url):
            raise UserError("this is no URL of Spark", where=where,
                            fix="pyspark:// (as SPARK_CONF_DIR says), pyspark://local[2] or spark://host:7077")
        return SplitResult(url.partition(":")[0], "", "", "", "")  # `local[2]` would be read as an address
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        raise UserError("this is no URL", where=where, fix="e.g. postgresql://user@host/database") from None
    if password is not None:
        raise UserError("the URL holds a password", where=where, fix="set PGPASSWORD instead")
    if parts.scheme not in kinds:
        raise UserError(f"no tables are read from {parts.scheme[:20]!r} URLs", where=where,
                        fix=f"one of {', '.join(kinds)}; give files by their path")
    strange = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True) if key not in OPTIONS]
    if strange or parts.fragment:
        raise UserError(f"the URL sets {', '.join(k[:30] for k in strange[:3]) or 'a fragment'}, which is not allowed",
                        where=where, fix=f"allowed are {', '.join(OPTIONS)}; secrets come from the environment")
    return parts


def _connected(name: str, source, root: Path):
    path, scheme = file_of(name, source.url, root), source.url.partition(":")[0]
    where = f"sources.{name}.url"
    return server(source.url, where) if path is None else _reached(
        lambda: engine.connect_file(path, scheme), scheme, where)


def server(url: str, where: str):
    """An Ibis backend on a database that is reached by URL. Raises UserError."""
    return _reached(lambda: engine.connect(url=url), url.partition(":")[0], where)


def _reached(connect, scheme: str, where: str):
    try:
        return connect()
    except (ImportError, ModuleNotFoundError):
        extra = EXTRA.get(scheme, "")
        raise UserError(f"the driver of {scheme} is not installed", where=where,
                        fix=f"make {extra}" if extra else f"pip install 'ibis-framework[{scheme}]'") from None
    except Exception as error:  # drivers raise their own; their texts may hold user, host and password
        raise UserError(f"the database cannot be reached ({type(error).__name__})", where=where,
                        fix="check host, user and database, and that the password is in the environment (PGPASSWORD)"
                        ) from None


def named_table(remote, wanted: str, where: str):
    """The table named, found in the database's own list."""
    schema, _, bare = wanted.rpartition(".")
    places = {"database": schema} if schema else {}
    try:
        names = list(remote.list_tables(**places))
    except Exception:
        raise UserError(f"there is no schema {schema[:60]!r}", where=where, fix="write schema.table") from None
    if wanted in names:
        return remote.table(wanted)
    if bare not in names:
        raise UserError(f"there is no such table{nearest(bare, names)}", where=where,
                        fix=f"one of: {', '.join(sorted(names)[:10]) or 'none is visible to this user'}")
    return remote.table(bare, **places)


def _as_text(database, remote, wanted: list[str]) -> pa.RecordBatchReader:
    """Batches of the wanted columns: floats as they are (the engine writes them plainly), all else as text."""
    if database.name == "pyspark":
        return spark.as_text(database, remote, wanted)
    exact = {f"c{i}": remote[c] if remote[c].type().is_floating() else remote[c].cast("string")
             for i, c in enumerate(wanted)}
    return remote.select(**exact).to_pyarrow_batches(chunk_size=CHUNK)


def _numbered(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The batches with the number of each row, in the order in which the database gave them."""

    def numbered():
        before = 0
        for batch in reader:
            numbers = pa.array(range(before + 1, before + 1 + batch.num_rows), pa.int64())
            yield pa.RecordBatch.from_arrays([numbers, *batch.columns], schema=schema)
            before += batch.num_rows

    schema = pa.schema([pa.field(LINE, pa.int64()), *reader.schema])
    return pa.RecordBatchReader.from_batches(schema, numbered())


def _is_native(kind: ibis.expr.datatypes.DataType) -> bool:
    """Typed by the database, and written without an offset."""
    return not kind.is_string() and not (kind.is_timestamp() and kind.timezone)


def _identity(backend, table: str, shown: str) -> dict:
    """{sha256, bytes}: a digest of the rows read that does not depend on their order, and the size of their text.

    Each row is hashed (MD5, 128 bits); the sums of the halves and the count identify the multiset of rows.
    """
    columns = [quoted(c) for (c,) in backend.con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND column_name NOT IN ('_file', '_line') "
        "ORDER BY column_index", [table]).fetchall()]
    row = "concat_ws(chr(31), " + ", ".join(f"coalesce({c}, chr(30))" for c in columns) + ")"
    upper, lower, size = backend.con.execute(
        f"SELECT sum(md5_number_upper({row})::HUGEINT), sum(md5_number_lower({row})::HUGEINT), "
        f"sum(strlen({row})) FROM {quoted(table)} WHERE _file = ?", [shown]).fetchone()
    return {"sha256": f"{upper % 2**128:032x}{lower % 2**128:032x}", "bytes": int(size)}
