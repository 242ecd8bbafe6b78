"""The byte pass: what a file really is, before anything is parsed. Reliability catalogue 1, 15-21, 23-27, 35.

Streamed in blocks of whole lines; a file that would be silently misread is refused with its line.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lib.contracts import UserError
from lib.sources.places import PICKLES, Place

BLOCK = 8 << 20
LONGEST_LINE = 64 << 20
LARGEST_RATIO = 200  # unpacked to packed bytes; text packs 3-20 times, a bomb a thousand
BOM = b"\xef\xbb\xbf"
C1 = {"utf8": re.compile(rb"\xc2[\x80-\x9f]"), "latin1": re.compile(rb"[\x80-\x9f]")}


@dataclass
class FileFacts:
    """What the byte pass found: hash, size, how to read on, and what was or must be repaired."""

    sha256: str = ""
    bytes: int = 0
    kind: str = "text"  # text | parquet
    gzip: bool = False
    lines: int = 0
    rewrite: bool = False
    notes: list[dict] = field(default_factory=list)


def inspect(place: Place, encoding: str = "utf-8") -> FileFacts:
    """The facts of one file. Raises UserError naming the file, the line and the fix."""
    facts = FileFacts(bytes=place.path.stat().st_size)
    if facts.bytes == 0:
        raise UserError("the file is empty", where=place.shown, fix="export it again")
    with place.path.open("rb") as stream:
        head = stream.read(512)
    _refuse_by_magic(place, head)
    facts.gzip = head.startswith(b"\x1f\x8b")
    if head.startswith(b"PAR1"):
        _check_parquet(place)
        facts.kind = "parquet"
    else:
        _check_text(place, facts, encoding)
    facts.sha256 = _sha256(place.path)
    return facts


def blocks(path: Path, packed: bool) -> Iterator[bytes]:
    """The file in blocks that end at a line end (or at the file's)."""
    rest = b""
    with (gzip.open(path) if packed else path.open("rb")) as stream:
        while block := stream.read(BLOCK):
            cut = block.rfind(b"\n") + 1
            if cut:
                yield rest + block[:cut]
                rest = block[cut:]
            else:
                rest += block
            if len(rest) > LONGEST_LINE:
                raise UserError("a line is longer than 64 MB", where=path.name, fix="is it a text table?")
    if rest:
        yield rest


def rewritten(place: Place, facts: FileFacts, encoding: str, to: Path) -> Path:
    """A copy in UTF-8 with plain line ends, for files that the engine would not read as they are."""
    with to.open("wb") as out:
        for block in blocks(place.path, facts.gzip):
            text = block.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
            out.write(text.encode())
    return to


def _refuse_by_magic(place: Place, head: bytes) -> None:
    suffix, start = place.path.suffix.lower(), head.lstrip(BOM + b" \t\r\n").lower()
    faults = (
        (suffix in PICKLES or re.match(rb"\x80[\x02-\x05]", head), "a pickle can run code and is never read"),
        (head.startswith(b"PK\x03\x04"), "this is a zip archive or a spreadsheet, not a text table"),
        (head.startswith((b"\xff\xfe", b"\xfe\xff")), "the file is UTF-16"),
        (start.startswith((b"<!doctype html", b"<html")), "this is a web page (a sign-in page?), not a table"),
        (head.startswith(b"PAR1") and suffix != ".parquet", "these are Parquet bytes under another name"),
        (suffix == ".parquet" and not head.startswith(b"PAR1"), "the file is named .parquet and is none"),
        (suffix == ".gz" and not head.startswith(b"\x1f\x8b"), "the file is named .gz and is not packed"),
    )
    for wrong, what in faults:
        if wrong:
            raise UserError(what, where=place.shown, fix="export it as UTF-8 CSV (also .csv.gz) or Parquet")


def _check_parquet(place: Place) -> None:
    with place.path.open("rb") as stream:
        stream.seek(-4, 2)
        if stream.read() != b"PAR1":
            raise UserError("the Parquet file is cut off", where=place.shown, fix="copy or export it again")


def _check_text(place: Place, facts: FileFacts, encoding: str) -> None:
    first, unpacked, newlines = True, 0, 0
    try:
        for block in blocks(place.path, facts.gzip):
            unpacked += len(block)
            if facts.gzip and unpacked > LARGEST_RATIO * max(facts.bytes, 1 << 16):
                raise UserError("the packed file grows more than 200-fold", where=place.shown, fix="is it a table?")
            _check_block(place, block, newlines, encoding, first)
            if first and block.startswith(BOM):
                facts.notes.append(note("byte-order mark at the start", 1, "removed"))
            newlines += block.count(b"\n")
            first = False
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UserError("the packed file is cut off or damaged", where=place.shown, fix="copy it again") from None
    facts.lines = newlines + (not block.endswith(b"\n"))
    _plan_rewrite(facts, encoding, newlines, carriage_only=newlines == 0 and b"\r" in block)


def _plan_rewrite(facts: FileFacts, encoding: str, newlines: int, *, carriage_only: bool) -> None:
    foreign = encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii")
    facts.rewrite = foreign or carriage_only
    if foreign:
        facts.notes.append(note(f"declared encoding {encoding}", newlines, "read as declared"))
    if carriage_only:
        facts.notes.append(note("line ends of another system", 1, "read as line ends"))


def _check_block(place: Place, block: bytes, before: int, encoding: str, first: bool) -> None:
    def refuse(what: str, at: int, fix: str) -> None:
        line = before + block.count(b"\n", 0, at) + 1
        raise UserError(what, where=f"{place.shown}, line {line}", fix=fix)

    if (at := block.find(b"\0")) >= 0:
        refuse("the file holds NUL bytes", at, "export it again as UTF-8 CSV")
    try:
        block.decode(encoding)
    except UnicodeDecodeError as error:
        refuse(f"the text is not {encoding}", error.start, "declare `encoding` (often cp1252), or export as UTF-8")
    except LookupError:
        raise UserError(f"there is no encoding {encoding!r}", where=place.shown) from None
    family = "latin1" if encoding.lower().replace("-", "").startswith(("latin", "iso8859")) else "utf8"
    if (found := C1[family].search(block)) and not encoding.lower().startswith("cp"):
        refuse("control characters that no table holds: the text was decoded wrongly before", found.start(),
               "declare `encoding: cp1252`, or export as UTF-8")
    if (at := block.find(BOM, 1 if first else 0)) >= 0:
        refuse("a second byte-order mark: two files were glued together", at, "give a folder of files instead")


def note(rule: str, rows: int, meaning: str) -> dict:
    return {"rule": rule, "rows": rows, "first_lines": "", "meaning": meaning}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
