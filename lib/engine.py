"""The one place that opens a query engine: DuckDB in process, locked; or any engine Ibis knows, by URL.

Locked means: files only below the folders named, no extension installed or loaded, no setting changed afterwards.
"""

from __future__ import annotations

import functools
import os
import re
import sys
import tempfile
import weakref
from pathlib import Path

import ibis
import pyarrow as pa

from lib import machine, scratch
from lib.contracts import ARTEFACTS, measured

MEMORY_SHARE = 0.5  # of the machine: two products run side by side, and spill to disk beyond it
READING = 640 << 20  # bytes for raw tables: what is larger spills, whatever the size of a file
LOCAL = r"local(?:\[(?:\d+|\*)\])?"
SPARK = re.compile(rf"pyspark://({LOCAL})?/?|(spark://[\w.-]+:\d+(?:,[\w.-]+:\d+)*)/?")  # its master, or none
SPARK_SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.execution.arrow.pyspark.enabled": "true"}
SPARK_HERE = {  # of a Spark inside this process: reached by nobody else, and for tables of one machine
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "4",
    "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


def connect(*folders: Path, url: str = "", memory: int = 0):
    """An Ibis backend that reads files below ``folders`` only; ``url`` opens another engine instead.

    ``memory`` in bytes: tables then live in a file and not in memory (default: in memory, up to a share of the
    machine); the file, and what does not fit, stand in a folder of their own that is removed with it. Its time zone is
    UTC.
    """
    if url:
        return _spark(url) if is_spark(url) else ibis.connect(url)
    spill = scratch.take()
    unordered = {"preserve_insertion_order": False} if memory else {}  # rows carry their line; their order costs memory
    place = spill / "tables.duckdb" if memory else ":memory:"
    memory = memory or int(machine.memory() * MEMORY_SHARE)
    backend = ibis.duckdb.connect(
        place, autoinstall_known_extensions=False, autoload_known_extensions=False, allow_community_extensions=False,
        memory_limit=f"{memory >> 20}MB", temp_directory=str(spill), **unordered)
    weakref.finalize(backend, scratch.give_back, spill)
    allowed = ", ".join(_literal(str(Path(f).resolve())) for f in (*folders, spill))
    backend.con.execute(f"SET allowed_directories=[{allowed}]")
    backend.con.execute("SET enable_external_access=false")
    backend.con.execute("SET lock_configuration=true")
    return backend


def connect_file(path: Path, kind: str, *, write: bool = False):
    """An Ibis backend on a database in one file (`duckdb` or `sqlite`), read only unless asked, without other files."""
    if kind == "sqlite":
        return ibis.sqlite.connect(path)
    backend = ibis.duckdb.connect(path, read_only=not write, autoinstall_known_extensions=False,
                                  autoload_known_extensions=False, allow_community_extensions=False)
    backend.con.execute("SET enable_external_access=false")
    backend.con.execute("SET lock_configuration=true")
    return backend


def is_spark(url: str) -> bool:
    """Whether the URL is one of Spark."""
    return url.startswith(("pyspark://", "spark://"))


@measured
def scan(path: Path, url: str = "") -> ibis.Table:
    """A Parquet artefact as an Ibis table; NotMeasured passes through. Tables of one folder may be joined.

    ``url``: the product's engine. Spark reads the file itself, and what is asked of the table is computed there; its
    workers must see the folder. A database reads no such file: the tables are then asked in this process.
    """
    path = Path(path).resolve()
    if is_spark(url):
        return _spark(url).read_parquet(str(path))
    return _folder(path.parent).read_parquet(str(path))


@measured
def to_arrow(table: ibis.Table, sort_by: list[str] | None = None) -> pa.Table:
    """The rows as an Arrow table, sorted by ``sort_by`` (default: every column): the same input, the same bytes."""
    return table.order_by(sort_by or list(table.columns)).to_pyarrow()


def materialise(tables: dict) -> dict:
    """Artefacts by name with raw tables (Ibis) turned to sorted Arrow in contract order; the rest as it is."""
    return {name: _in_contract_order(name, value) if isinstance(value, ibis.Table) else value
            for name, value in tables.items()}


def _in_contract_order(name: str, table: ibis.Table) -> pa.Table:
    columns = [c.name for c in ARTEFACTS[name].columns if c.name in table.columns]
    return to_arrow(table.select(columns))


@functools.lru_cache(maxsize=16)
def _folder(folder: Path):
    """One engine a folder of artefacts, so that its tables can be joined."""
    return connect(folder)


@functools.lru_cache(maxsize=4)
def _spark(url: str):
    """The session of the URL: a Spark inside this process, a cluster's, or the one that SPARK_CONF_DIR describes."""
    from pyspark.sql import SparkSession

    here, cluster = SPARK.fullmatch(url).groups()
    settings = SPARK_SETTINGS | (_spark_here() if here else {})
    if here or "SPARK_CONF_DIR" not in os.environ:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # its workers need the packages of this one
    builder = SparkSession.builder.config(map=settings)
    return ibis.pyspark.connect((builder.master(here or cluster) if here or cluster else builder).getOrCreate())


def _spark_here() -> dict[str, str]:
    """Settings of a Spark inside this process, which spills where this process would."""
    temporary = tempfile.gettempdir()
    places = {"spark.local.dir": temporary, "spark.driver.defaultJavaOptions": f"-Djava.io.tmpdir={temporary}"}
    return SPARK_HERE | places


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
