"""The files of somebody who has declared nothing yet, as tables of text: what `segments new` proposes from."""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq

from lib import engine
from lib.contracts import UserError
from lib.paths import ROOT
from lib.product import Source
from lib.propose import Looked
from lib.settings import relative
from lib.sources import bytewise, encodings, loaded
from lib.sources.kinds import GZIP, SHEETS, ZIP
from lib.sources.places import PICKLES, Place

TABLES = {".csv", ".tsv", ".txt", ".gz", ".zip", ".parquet", ".dat", *SHEETS}
NO_TABLES = {".md", ".yml", ".yaml", ".json", ".pdf", ".docx", ".html", ".py", ".sql", ".log"}
HEAD = 1 << 20  # bytes that tell encoding and line breaks
FREE = ("text", "transcript")  # names under which the reader allows line breaks in a value


@dataclass
class Seen:
    """Tables that could be read, and files that could not: (file, why)."""

    tables: list[Looked] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    newest: float = 0.0
    backend: object = None


def look(folder: Path, scratch: Path) -> Seen:
    """Every table below a folder, read leniently: what is wrong with rows is for `segments check` to say.

    A folder within the folder is one table in parts. ``scratch`` must live as long as the tables are used.
    """
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    folders = {p.parent.resolve() for p in folder.rglob("*")} | {folder.resolve()}
    seen = Seen(backend=engine.connect(*sorted(folders), scratch))
    for number, entry in enumerate(entries):
        files = _parts(entry)
        if not files:
            continue
        seen.newest = max(seen.newest, *(f.stat().st_mtime for f in files))
        for sheet in _tried(seen, relative(entry), partial(_sheets, files[0])) or ():
            shown, name = relative(entry), f"t{number}_{len(seen.tables)}"
            made = _tried(seen, shown + (f", sheet {sheet}" if sheet else ""),
                          partial(_table, seen.backend, name, files, shown, sheet, scratch))
            seen.tables += [made] if made else []
    return seen


def _tried(seen: Seen, shown: str, work: Callable):
    """What the work gives; None when the table is refused, which is kept with the reason and the way out."""
    try:
        return work()
    except UserError as error:
        seen.refused.append((shown, "; ".join(part for part in (error.what, error.fix) if part)))
        return None


def _parts(entry: Path) -> list[Path]:
    files = (
        sorted(p for p in entry.iterdir() if p.is_file() and not p.name.startswith(".")) if entry.is_dir() else [entry]
    )
    return [p for p in files if p.suffix.lower() not in NO_TABLES | PICKLES]


def _table(backend, name: str, files: list[Path], shown: str, sheet: str, scratch: Path) -> Looked:
    """One table with columns c0, c1, ... in the engine, from files of the same shape."""
    encoding = _encoding(files[0])
    plain = Source.model_construct(columns={}, encoding=encoding, sheet=sheet, quarantine_limit=1.0, delimiter="")
    facts = bytewise.inspect(_place(files[0]), plain)
    headers = _header(files[0], facts, sheet)
    names = _names(files[0], facts, len(headers), encoding)
    columns = dict(zip(names, headers, strict=True))
    source = plain.model_copy(update={"columns": columns, "delimiter": facts.delimiter})
    loaded.create(backend, name, tuple(columns))
    parts = [loaded.file(backend, name, source, _place(f), scratch) for f in files]
    found = backend.table(name)
    rows = found.select(**{f"c{i}": found[n] for i, n in enumerate(names)})
    native = frozenset.intersection(*(p.native for p in parts))
    return Looked(
        shown,
        tuple(headers),
        rows,
        facts.delimiter,
        encoding,
        sheet,
        frozenset(f"c{i}" for i, n in enumerate(names) if n in native),
    )


def _place(path: Path) -> Place:
    return Place(path.resolve(), relative(path) if path.is_relative_to(ROOT) else path.name)


def _header(path: Path, facts, sheet: str) -> list[str]:
    if facts.kind == "parquet":
        return pq.ParquetFile(path).schema_arrow.names
    if facts.kind == "sheet":
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        page = book[sheet] if sheet else book[_sheets(path)[0]]
        row = next((r for r in page.iter_rows(values_only=True) if any(v not in (None, "") for v in r)), ())
        values = ["" if v is None else str(v) for v in row]
        while values and not values[-1]:
            values.pop()
        return [v or f"(column {i + 1} without a header)" for i, v in enumerate(values)]
    return facts.header


def _sheets(path: Path) -> list[str]:
    """Sheets that hold a header and at least one row; of another file its only table, which has no name."""
    if path.suffix.lower() not in SHEETS:
        return [""]
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise UserError(
            "the workbook cannot be read", where=relative(path), fix="save it again as .xlsx, or as CSV"
        ) from None
    return [
        s.title
        for s in book.worksheets
        if len([1 for _, row in zip(range(50), s.iter_rows(values_only=True), strict=False) if any(row)]) > 1
    ] or [book.worksheets[0].title]


def _encoding(path: Path) -> str:
    """UTF-8 unless the bytes say otherwise; then what they look like."""
    head = _head(path)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        for block in _blocks(path):
            block.decode()
    except UnicodeDecodeError as error:
        return (
            encodings.looks_like(error.object[max(0, error.start - HEAD // 16) : error.start + HEAD // 16]) or "utf-8"
        )
    return "utf-8"


def _blocks(path: Path):
    """The text of a file in blocks of whole lines, unpacked; nothing for what is no text."""
    with path.open("rb") as stream:
        packed = {GZIP: "gzip"}.get(stream.read(2), "")
    if path.suffix.lower() in SHEETS | {".parquet", ".zip"}:
        return
    with gzip.open(path) if packed else path.open("rb") as stream:
        rest = b""
        while block := stream.read(8 << 20):
            cut = block.rfind(b"\n") + 1
            if cut:
                yield rest + block[:cut]
                rest = block[cut:]
            else:
                rest += block
        yield rest


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    return b"" if head.startswith(ZIP) else head


def _names(path: Path, facts, n: int, encoding: str) -> list[str]:
    """c0, c1, ...; a column whose values break lines gets a name under which the reader allows that."""
    names = [f"c{i}" for i in range(n)]
    if facts.kind != "text":
        return names
    block = next(iter(bytewise.blocks(_place(path), facts, encoding)))[:HEAD].decode(errors="replace")
    if not re.search(r'"[^"\n]*\n', block):
        return names
    rows = [r for r in csv.reader(block.splitlines(keepends=True), delimiter=facts.delimiter) if len(r) == n]
    broken = [i for i in range(n) if any("\n" in r[i] for r in rows)]
    for i, free in zip(broken, FREE, strict=False):
        names[i] = free
    return names
