"""One file, whatever its kind, loaded into a table of text; the same file before and after. Catalogue 33."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lib.contracts import UserError
from lib.sources import bytewise, parquet, sheets, text
from lib.sources.places import Place
from lib.sources.text import create

__all__ = ["Loaded", "create", "file", "no_lines"]


@dataclass(frozen=True)
class Loaded:
    """What loading one file or table gave: its facts for the manifest, lines that could not be split, repairs, and the
    columns that the file had typed."""

    facts: dict
    rejected: pd.DataFrame
    notes: tuple[dict, ...] = ()
    native: frozenset[str] = frozenset()
    typed: bool = False  # whether its kind of file carries types


def file(backend, table: str, source, place: Place, scratch: Path) -> Loaded:
    """Append a file to the table. Raises UserError; also when the file changed while it was read."""
    facts = bytewise.inspect(place, source)
    rejected, native = no_lines(), frozenset()
    if facts.kind == "parquet":
        rows, native = parquet.load(backend, table, source, place, facts)
    elif facts.kind == "sheet":
        rows, native = sheets.load(backend, table, source, place, facts)
    else:
        rows, rejected = text.load(backend, table, source, place, facts, scratch)
    if bytewise.sha256(place.path) != facts.sha256:
        raise UserError("the file changed while it was read", where=place.shown, fix="run again when it is complete")
    known = {"file": place.shown, "sha256": facts.sha256, "bytes": facts.bytes, "rows": rows + len(rejected)}
    return Loaded(known, rejected, tuple(facts.notes), native, typed=facts.kind != "text")


def no_lines() -> pd.DataFrame:
    """No line was set aside."""
    return pd.DataFrame({"file": [], "line": [], "reason": []})
