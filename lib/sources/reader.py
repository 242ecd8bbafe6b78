"""Files and tables become text in the engine: the mapped columns only, with file, line and a digest of the rest.

Nothing is converted here: `00123`, `1E5`, `NA` and `1.234,50` arrive as written. `lib.collect` types them.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pandas as pd

from lib import engine, scratch
from lib.contracts import Blocked, UserError
from lib.contracts.raw import Raw, RawTable
from lib.paths import ROOT
from lib.sources import bytewise, databases, formats, loaded, rates, strays
from lib.sources.header import check_names
from lib.sources.lookups import looked_up
from lib.sources.places import Place, list_files, places


def read(settings, root: Path = ROOT) -> Raw:
    """Every source of the product as text. Raises UserError naming file, line and fix.

    Files are read once, in a locked engine that sees their folders only.
    """
    found = {name: _places(name, source, root) for name, source in settings.sources.items()}
    lists = {(name, column): places(f"sources.{name}.lookups.{column}", look, root)[0]
             for name, source in settings.sources.items() for column, look in source.lookups.items()}
    folders = {p.path.parent for group in found.values() for p in group} | {p.path.parent for p in lists.values()}
    tables, files = {}, []
    with scratch.folder() as own:
        backend = engine.connect(*sorted(folders), own, memory=engine.READING)
        for name, source in settings.sources.items():
            with _gate(name):
                tables[name], facts = _source(backend, name, source, found[name], root, own)
            files += facts
            for column, look in source.lookups.items():
                tables[name] = looked_up(backend, tables[name], name, column, look, lists[name, column], own)
    return Raw(tables, tuple(files), _lists(settings, root))


def _lists(settings, root: Path) -> tuple[dict, ...]:
    """What identifies the lists of codes and rates of each source, once a file."""
    found = ((name, place) for name, group in list_files(settings, root).items() for place in dict.fromkeys(group))
    return tuple({"source": name, "file": place.shown, "sha256": bytewise.sha256(place.path),
                  "bytes": place.path.stat().st_size} for name, place in found)


@contextlib.contextmanager
def _gate(name: str):
    """Whatever keeps a declared record of consent from being read blocks the product: consent is never assumed."""
    try:
        yield
    except UserError as refusal:
        if name == "consent":
            raise Blocked(refusal.what, where=refusal.where, fix=refusal.fix) from None
        raise


def _places(name: str, source, root: Path) -> list[Place]:
    """The files of a source; none for a table of a database, whose URL is checked before anything is read."""
    with _gate(name):
        if not source.url:
            return places(f"sources.{name}", source, root)
        databases.file_of(name, source.url, root)
        return []


def _source(backend, name: str, source, found: list[Place], root: Path, own: Path) -> tuple[RawTable, list[dict]]:
    columns, table = (*source.columns, *source.constants), f"raw_{name}"
    check_names(columns, f"sources.{name}.columns")
    loaded.create(backend, table, columns)
    if source.url:
        parts = [databases.load(backend, table, name, source, root)]
    else:
        parts = [loaded.file(backend, table, source, place, own) for place in found]
    facts = [{"source": name, **part.facts} for part in parts]
    strays.refuse_twice(facts, name)
    strays.refuse(backend, table, name, source)
    if len(parts) > 1:
        strays.refuse_overlap(backend, table, name, source)
    native = _typed_everywhere(parts)
    written, told = formats.found(
        backend, table, name, source, native, typed=any(part.typed for part in parts))
    bad = pd.concat([part.rejected for part in parts], ignore_index=True)
    notes = tuple(n for part in parts for n in part.notes) + tuple(told)
    rows = sum(f["rows"] for f in facts) - len(bad)
    return RawTable(backend.table(table), columns, rows, bad, notes, native, written,
                    rates.read(name, source, root)), facts


def _typed_everywhere(parts: list[loaded.Loaded]) -> frozenset[str]:
    """Columns that every file of the source had typed itself."""
    return frozenset.intersection(*(part.native for part in parts))
