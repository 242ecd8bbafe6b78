"""The byte pass: what a file really is, before anything is parsed. Reliability catalogue 1, 15-21, 23-27, 35.

Streamed in blocks of whole lines; a file that would be silently misread is refused with its line and column.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lib.contracts import UserError
from lib.contracts.counts import in_lines, number_of
from lib.sources import archives, encodings, kinds, layouts
from lib.sources.header import delimiter_of, split_header
from lib.sources.kinds import BOM
from lib.sources.places import Place

C1 = re.compile(rb"\xc2[\x80-\x9f]")
HEAD = 512
LINES = 5  # line numbers shown
FIRST_LINES = 50  # [ours] lines that tell a delimiter


@dataclass
class FileFacts:
    """What the byte pass found: hash, size, how to read on, and what was or must be repaired."""

    sha256: str = ""
    bytes: int = 0
    kind: str = "text"  # text | sheet | parquet
    packed: str = ""  # gzip | zip
    header: list[str] = field(default_factory=list)
    delimiter: str = ""
    lines: int = 0
    rewrite: bool = False
    notes: list[dict] = field(default_factory=list)


def inspect(place: Place, source) -> FileFacts:
    """The facts of one file. Raises UserError naming the file, the line, the column and the fix."""
    facts = FileFacts(bytes=place.path.stat().st_size)
    if facts.bytes == 0:
        raise UserError("the file is empty", where=place.shown, fix="export it again")
    encodings.check(source.encoding, place.shown)
    facts.sha256 = sha256(place.path)
    with place.path.open("rb") as stream:
        found = kinds.kind(place, stream.read(HEAD), source.encoding)
    if found in ("parquet", "sheet"):
        facts.kind = found
        _check_parquet(place) if found == "parquet" else archives.check_parts(place)
        return facts
    facts.packed = "" if found == "text" else found
    if found == "zip":
        archives.check_zip(place)
    _check_text(place, facts, source)
    return facts


def blocks(place: Place, facts: FileFacts, encoding: str) -> Iterator[bytes]:
    """The file's text in UTF-8, unpacked, in blocks that end at a line end. Raises UserError where it is damaged."""
    unpacked = 0
    try:
        with archives.opened(place.path, facts.packed) as stream:
            for block in encodings.blocks(stream, encoding, place.shown):
                unpacked += len(block)
                if facts.packed:
                    archives.refuse_bomb(place, unpacked, facts.bytes)
                yield block
    except archives.DAMAGED:
        raise UserError("the packed file is cut off or damaged", where=place.shown, fix="copy it again") from None


def rewritten(place: Place, facts: FileFacts, source, to: Path) -> Path:
    """A copy in UTF-8 with plain line ends, for files that the engine would not read as they are."""
    with to.open("wb") as out:
        for block in layouts.shaped(blocks(place, facts, source.encoding), source):
            out.write(block.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return to


def sha256(path: Path) -> str:
    """The hash of a file's bytes as they are stored."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def note(rule: str, rows: int, meaning: str) -> dict:
    """One repair on the way in, as `RawTable.notes` holds it."""
    return {"rule": rule, "rows": rows, "first_lines": "", "meaning": meaning}


def _check_parquet(place: Place) -> None:
    with place.path.open("rb") as stream:
        stream.seek(-4, 2)
        if stream.read() != kinds.PARQUET:
            raise UserError("the Parquet file is cut off", where=place.shown, fix="copy or export it again")


def _check_text(place: Place, facts: FileFacts, source) -> None:
    block, newlines, long_lines = b"", -bool(source.header), []  # a declared header is no line of the file
    for block in layouts.shaped(blocks(place, facts, source.encoding), source):
        if not facts.header:
            _look_at_first(place, facts, source, block)
        _check_block(place, facts, block, newlines, source.encoding)
        long_lines += _long_lines(facts, block, newlines)
        newlines += block.count(b"\n")
    if long_lines:
        raise UserError(f"{number_of(len(long_lines), 'line holds', 'lines hold')} a field more than the header: "
                        f"{facts.delimiter!r} at the end",
                        where=f"{place.shown}, {in_lines(long_lines[:LINES])}",
                        fix="export without a delimiter at the end of lines, or with one in the header as well")
    if not block:
        raise UserError("the packed file holds nothing", where=place.shown, fix="export it again")
    carriage_only = newlines == 0 and b"\r" in block
    facts.lines = newlines + (not block.endswith(b"\n"))
    _plan_rewrite(facts, source, newlines, carriage_only=carriage_only)


def _long_lines(facts: FileFacts, block: bytes, before: int) -> list[int]:
    """Lines with an empty field too many at their end, which the engine would pass over."""
    found, sign, fields = [], facts.delimiter.encode(), len(facts.header)
    for ending in (sign + b"\n", sign + b"\r\n"):
        at = block.find(ending)
        while at >= 0:
            line = block[block.rfind(b"\n", 0, at) + 1:at + 1]
            if line.count(sign) >= fields and len(split_header(line.decode(), facts.delimiter)) > fields:
                found.append(before + block.count(b"\n", 0, at) + 1)
            at = block.find(ending, at + 1)
    return sorted(found)


def _look_at_first(place: Place, facts: FileFacts, source, block: bytes) -> None:
    """Mark, kind, delimiter and header, from the first block."""
    if facts.packed:
        _refuse_nested(place, block)
    if block.startswith(BOM):
        facts.notes.append(note("byte-order mark at the start", 1, "removed"))
    head = block.removeprefix(BOM)[:1 << 20].decode(errors="replace").splitlines()[:FIRST_LINES]
    facts.delimiter, told = delimiter_of(source, head, place.shown)
    if told:
        facts.notes.append(note(f"separated by {told}, not declared", 1, "detected: nothing else splits every line"))
    facts.header = split_header(head[0] if head else "", facts.delimiter) or [""]
    if head and head[0].count('"') % 2:
        raise UserError("an unbalanced quote in the header", where=f"{place.shown}, line 1",
                        fix="headers hold no line break; quotes are closed")


def _refuse_nested(place: Place, block: bytes) -> None:
    if block.startswith((kinds.ZIP, kinds.GZIP, kinds.PARQUET)):
        raise UserError("what is packed is itself packed, or no text", where=place.shown,
                        fix="unpack it once, and give the file inside")
    kinds.refuse_text(place.shown, block[:HEAD])


def _plan_rewrite(facts: FileFacts, source, newlines: int, *, carriage_only: bool) -> None:
    foreign = not encodings.is_utf_8(source.encoding)
    facts.rewrite = foreign or carriage_only or facts.packed == "zip" or layouts.reshaped(source)
    if foreign:
        facts.notes.append(note(f"declared encoding {source.encoding}", newlines, "read as declared"))
    if carriage_only:
        facts.notes.append(note("line ends of another system", 1, "read as line ends"))


def _check_block(place: Place, facts: FileFacts, block: bytes, before: int, encoding: str) -> None:
    def refuse(what: str, at: int, fix: str) -> None:
        raise UserError(what, where=_where(place, facts, block, before, at), fix=fix)

    if (at := block.find(b"\0")) >= 0:
        refuse("the file holds NUL bytes", at, "export it again as UTF-8 CSV")
    try:
        block.decode()
    except UnicodeDecodeError as error:
        seen = encodings.looks_like(block[max(0, error.start - encodings.ENOUGH):error.start + encodings.ENOUGH])
        told = f"declare `encoding: {seen}`, which it looks like," if seen else "declare its `encoding`,"
        refuse(f"the text is not {encoding}", error.start, f"{told} or export as UTF-8")
    if found := C1.search(block):
        refuse("control characters that no table holds: the text was decoded wrongly before", found.start(),
               "declare `encoding: cp1252`, or export as UTF-8")
    if (at := block.find(BOM, 0 if before else 1)) >= 0:
        refuse("a second byte-order mark: two files were glued together", at, "give a folder of files instead")


def _where(place: Place, facts: FileFacts, block: bytes, before: int, at: int) -> str:
    """File, line and, as far as the header tells, column of a byte."""
    start = block.rfind(b"\n", 0, at) + 1
    fields = block[start:at].decode(errors="replace").count(facts.delimiter) if facts.delimiter else 0
    column = f", column {facts.header[fields][:60]!r}" if fields < len(facts.header) else ""
    line = before + block.count(b"\n", 0, at) + 1
    return f"{place.shown}, line {line}{column}"
