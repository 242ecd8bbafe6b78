"""Files become tables of text in the engine: the mapped columns only, with file, line and a digest of the rest.

Nothing is converted here: `00123`, `1E5`, `NA` and `1.234,50` arrive as written. `lib.collect` types them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pandas as pd

from lib import engine
from lib.contracts import UserError
from lib.contracts.raw import Raw, RawTable
from lib.paths import ROOT
from lib.sources import bytewise, parquet, text
from lib.sources.lookups import looked_up
from lib.sources.places import Place, places


def read(settings, root: Path = ROOT) -> Raw:
    """Every source of the product as text. Raises UserError naming file, line and fix.

    Files are read once, in a locked engine that sees their folders only.
    """
    found = {name: places(f"sources.{name}", source, root) for name, source in settings.sources.items()}
    lists = {(name, column): places(f"sources.{name}.lookups.{column}", look, root)[0]
             for name, source in settings.sources.items() for column, look in source.lookups.items()}
    folders = {p.path.parent for group in found.values() for p in group} | {p.path.parent for p in lists.values()}
    tables, files = {}, []
    with tempfile.TemporaryDirectory(prefix="segments-read-") as scratch:
        backend = engine.connect(*sorted(folders), Path(scratch))
        for name, source in settings.sources.items():
            tables[name], facts = _source(backend, name, source, found[name], Path(scratch))
            files += facts
            for column, look in source.lookups.items():
                tables[name] = looked_up(backend, tables[name], column, look, lists[name, column])
    return Raw(tables, tuple(files))


def _source(backend, name: str, source, found: list[Place], scratch: Path) -> tuple[RawTable, list[dict]]:
    columns, files, notes, rejected, native = (*source.columns, *source.constants), [], [], [], set()
    text.create(backend, f"raw_{name}", columns)
    for place in found:
        before = _state(place.path)
        facts = bytewise.inspect(place, source.encoding)
        if facts.kind == "parquet":
            rows, bad, typed = parquet.load(backend, f"raw_{name}", source, place)
            native |= typed
        else:
            rows, bad = text.load(backend, f"raw_{name}", source, place, facts, scratch)
        if _state(place.path) != before:
            raise UserError("the file changed while it was read", where=place.shown,
                            fix="run again when it is complete")
        files.append({"source": name, "file": place.shown, "sha256": facts.sha256, "bytes": facts.bytes,
                      "rows": rows + len(bad)})
        notes += facts.notes
        rejected.append(bad)
    bad = pd.concat(rejected, ignore_index=True)
    rows = sum(f["rows"] for f in files) - len(bad)
    return RawTable(backend.table(f"raw_{name}"), columns, rows, bad, tuple(notes), frozenset(native)), files


def _state(path: Path) -> tuple[int, int]:
    facts = os.stat(path)
    return facts.st_size, facts.st_mtime_ns
