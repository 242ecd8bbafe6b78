"""The one place that opens a query engine: DuckDB in process, locked; or any engine Ibis knows, by URL.

Locked means: files only below the folders named, no extension installed or loaded, no setting changed afterwards.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
import weakref
from pathlib import Path

import ibis
import psutil
import pyarrow as pa

from lib.contracts import ARTEFACTS, measured

MEMORY_SHARE = 0.5  # of the machine: two products run side by side, and spill to disk beyond it
READING = 640 << 20  # bytes for raw tables: what is larger spills, whatever the size of a file


def connect(*folders: Path, url: str = "", memory: int = 0):
    """An Ibis backend that reads files below ``folders`` only; ``url`` opens another engine instead.

    ``memory`` in bytes: tables then live in a file and not in memory (default: in memory, up to a share of the
    machine); the file, and what does not fit, stand in a folder of their own that is removed with it. Its time zone is
    UTC.
    """
    if url:
        return ibis.connect(url)
    spill = Path(tempfile.mkdtemp(prefix="segments-"))
    unordered = {"preserve_insertion_order": False} if memory else {}  # rows carry their line; their order costs memory
    place = spill / "tables.duckdb" if memory else ":memory:"
    memory = memory or int(psutil.virtual_memory().total * MEMORY_SHARE)
    backend = ibis.duckdb.connect(
        place, autoinstall_known_extensions=False, autoload_known_extensions=False, allow_community_extensions=False,
        memory_limit=f"{memory >> 20}MB", temp_directory=str(spill), **unordered)
    weakref.finalize(backend, shutil.rmtree, spill, ignore_errors=True)
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


@measured
def scan(path: Path) -> ibis.Table:
    """A Parquet artefact as an Ibis table; NotMeasured passes through. Tables of one folder may be joined."""
    path = Path(path).resolve()
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


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
