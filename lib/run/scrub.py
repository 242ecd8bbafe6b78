"""How a file forgets people: rows of tables go, values in documents go, and what cannot be rewritten goes whole.

Every file is replaced at once or not at all, and its manifest follows. A file that cannot be read is deleted: nobody
could prove that it holds nothing; the next run makes it again.
"""

from __future__ import annotations

import csv
import functools
import html
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lib.contracts.counts import number_of
from lib.run.sheets import cells_of
from lib.settings import relative
from lib.store import manifest_of, sha256, to_json
from lib.strategy.files import workbook

GONE = "[erased]"
KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
UNREADABLE = (pa.ArrowException, OSError, ValueError, KeyError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Forget:
    """Whom to forget: their pseudonyms, and words (ids as written, texts of theirs) long enough to be looked for."""

    keys: frozenset[str]
    words: frozenset[str] = frozenset()

    @functools.cached_property
    def pattern(self) -> re.Pattern | None:
        """Finds the words; a word within a longer word or number is another one."""
        found = sorted(self.words, key=len, reverse=True)
        return re.compile("|".join(rf"(?<!\w){re.escape(w)}(?!\w)" for w in found)) if found else None

    def found_in(self, text: str) -> set[str]:
        """The pseudonyms and words that a text holds."""
        keys = self.keys & set(KEY.findall(text))
        return keys | set(self.pattern.findall(text)) if self.words else keys

    def without(self, text: str) -> str:
        """The text with nothing of them in it."""
        text = KEY.sub(lambda m: GONE if m[0] in self.keys else m[0], text)
        return self.pattern.sub(GONE, text) if self.words else text


@dataclass(frozen=True)
class Change:
    """What a file held and what became of it; ``found`` are the pseudonyms and words."""

    path: Path
    what: str
    found: frozenset[str] = field(default=frozenset(), repr=False)

    def __str__(self) -> str:
        return f"{relative(self.path)}: {self.what}"


def scrub(path: Path, forget: Forget, *, dry: bool = False) -> Change | None:
    """Take people out of one file. None when it holds nothing of them."""
    read, rewrite = HOW.get(path.suffix, (_bytes, _whole))
    try:
        held = read(path)
    except UNREADABLE:
        found, what, content = {""}, "deleted: it could not be read", None
    else:
        found, what, content = rewrite(held, forget)
    if not found:
        return None
    if not dry:
        _replace(path, content)
    return Change(path, what, frozenset(found - {""}))


def _parquet(table: pa.Table, forget: Forget):
    """Rows of theirs leave; a word of theirs in another row is blanked."""
    texts = [f.name for f in table.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    keys, found = pa.array(sorted(forget.keys)), set()
    theirs = pa.array([False] * len(table), pa.bool_())
    for name in texts:
        hit = pc.fill_null(pc.is_in(table[name], keys.cast(table.schema.field(name).type)), False)
        found |= set(pc.unique(table[name].filter(hit)).to_pylist())
        theirs = pc.or_(theirs, hit)
    kept, blanked = table.filter(pc.invert(theirs)), set()
    for name in (n for n in texts if not n.endswith("_key")):
        values = {v: forget.found_in(v) for v in pc.unique(kept[name]).to_pylist() if v}
        hits = {v: w for v, w in values.items() if w}
        blanked = blanked.union(*hits.values())
        if hits:
            clean = [forget.without(v) if v in hits else v for v in kept[name].to_pylist()]
            kept = kept.set_column(kept.column_names.index(name), table.schema.field(name),
                                   pa.array(clean, table.schema.field(name).type))
    gone = len(table) - len(kept)
    what = f"{gone:,} of {number_of(len(table), 'row')} removed" + (", a text blanked" if blanked else "")

    def write(place: Path) -> int:
        pq.write_table(kept, place)
        return len(kept)

    return found | blanked, what, write


def _json(content, forget: Forget):
    """Entries under their pseudonyms and entries about them leave; words of theirs are blanked."""
    found = set()

    def is_theirs(value) -> bool:
        values = value.values() if isinstance(value, dict) else [value]
        hits = {v for v in values if isinstance(v, str)} & forget.keys
        found.update(hits)
        return bool(hits)

    def clean(value):
        if isinstance(value, dict):
            return {forget.without(k): clean(v) for k, v in value.items() if not is_theirs(k)}
        if isinstance(value, list):
            return [clean(v) for v in value if not is_theirs(v)]
        if isinstance(value, str):
            found.update(forget.found_in(value))
            return forget.without(value)
        return value

    left = clean(content)
    return found, "entries removed", lambda place: place.write_text(to_json(left), encoding="utf-8") and None


def _csv(rows: list[list[str]], forget: Forget):
    """Lines of theirs leave."""
    left, found = _rows_without(rows, forget)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(left)

    def write(place: Path) -> int:
        place.write_bytes(out.getvalue().encode("utf-8"))
        return len(left) - 1

    return found, f"{len(rows) - len(left):,} of {number_of(len(rows) - 1, 'row')} removed", write


def _sheet(sheets: dict[str, list[list[str]]], forget: Forget):
    """The same in a spreadsheet of one sheet whose cells are all text; one of several is a page's, and goes whole."""
    if len(sheets) > 1:
        held = [[text for row in [[name], *rows] for text in row] for name, rows in sheets.items()]
        return _rows_without(held, forget)[1], "deleted, because it held something of theirs", None
    (rows,) = sheets.values()
    left, found = _rows_without(rows, forget)
    content = workbook(pd.DataFrame(left[1:], columns=left[0])) if found else b""
    what = f"{len(rows) - len(left):,} of {number_of(len(rows) - 1, 'row')} removed"
    return found, what, lambda place: place.write_bytes(content) and None


def _rows_without(rows: list[list[str]], forget: Forget) -> tuple[list[list[str]], set[str]]:
    hits = [set().union(*(forget.found_in(cell) for cell in row)) for row in rows]
    return [row for row, hit in zip(rows, hits, strict=True) if not hit], set().union(*hits)


def _whole(content: bytes, forget: Forget):
    """Pages, executed notebooks, logs and pictures: deleted when they hold anything of theirs."""
    text = content.decode("utf-8", errors="replace")
    found = forget.found_in(text)
    for plain in (html.unescape(text), text.replace("\\n", "\n").replace('\\"', '"')):
        found |= forget.found_in(plain)
    return found, "deleted, because it held something of theirs", None


def _lines(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def _cells(path: Path) -> dict[str, list[list[str]]]:
    return {name: [["" if v is None else str(v) for v in row] for row in rows] for name, rows in cells_of(path).items()}


def _document(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


HOW = {".parquet": (pq.read_table, _parquet), ".json": (_document, _json), ".csv": (_lines, _csv),
       ".xlsx": (_cells, _sheet)}


def _replace(path: Path, write: Callable | None) -> None:
    """Put the new content in the file's place and bring its manifest up to date; without content both go."""
    manifest = manifest_of(path)
    if write is None:
        path.unlink()
        manifest.unlink(missing_ok=True)
        return
    partial = path.with_name(f".{path.name}.partial")
    rows = write(partial)
    os.replace(partial, path)
    if manifest.is_file():
        told = json.loads(manifest.read_text(encoding="utf-8"))
        rows = told.get("rows") if rows is None else rows
        fresh = manifest.with_name(f".{manifest.name}.partial")
        fresh.write_text(to_json({**told, "rows": rows, "sha256": sha256(path)}), encoding="utf-8")
        os.replace(fresh, manifest)
