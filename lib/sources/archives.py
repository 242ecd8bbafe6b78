"""Packed files: gzip, and a zip archive that holds exactly one table. Nothing is ever extracted to a name.

Reliability catalogue 25-27.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.sources.places import Place

LARGEST_RATIO = 200  # [ours] unpacked to packed bytes; text packs 3-20 times, a bomb a thousand
SMALLEST_BOMB = 1 << 24  # [ours] below 16 MB unpacked nothing can be a bomb
LARGEST_UNPACKED = 1 << 38  # [ours] 256 GB
MOST_MEMBERS = 1000  # [ours] of a spreadsheet; a table has one
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile, NotImplementedError)
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")
SHOWN = 5


def opened(path: Path, packed: str) -> BinaryIO:
    """The unpacked bytes of a file as a stream; `packed` is empty, `gzip` or `zip`."""
    if packed == "gzip":
        return gzip.open(path)
    if packed == "zip":
        archive = zipfile.ZipFile(path)
        return archive.open(_tables(archive)[0])
    return path.open("rb")


def check_zip(place: Place) -> None:
    """Raises UserError unless the archive holds one file, neither encrypted, nor packed again, nor a bomb."""
    try:
        with zipfile.ZipFile(place.path) as archive:
            members = _tables(archive)
    except DAMAGED:
        raise UserError("the zip archive is cut off or damaged", where=place.shown, fix="copy it again") from None
    names = ", ".join(repr(m.filename[:60]) for m in members[:SHOWN]) + (", ..." if len(members) > SHOWN else "")
    if len(members) != 1:
        raise UserError(f"the archive holds {number_of(len(members), 'file')}, and a table is one: "
                        f"{names or 'nothing'}",
                        where=place.shown, fix="give each table an archive of its own, or unpack them to a folder")
    if members[0].flag_bits & 1:
        raise UserError(f"the archive is encrypted: {names}", where=place.shown, fix="unpack it, and give the file")
    refuse_bomb(place, members[0].file_size, max(members[0].compress_size, 1))


def check_parts(place: Place) -> None:
    """Raises UserError when the parts of a spreadsheet (itself a zip archive) are too many, packed too hard or cut."""
    try:
        with zipfile.ZipFile(place.path) as archive:
            parts = archive.infolist()
    except DAMAGED:
        raise UserError("the workbook is cut off or damaged", where=place.shown, fix="save it again") from None
    if len(parts) > MOST_MEMBERS:
        raise UserError(f"the workbook has {number_of(len(parts), 'part')}", where=place.shown,
                        fix="save the table as CSV")
    for part in parts:
        if part.flag_bits & 1:
            raise UserError("the workbook is encrypted", where=place.shown, fix="save it without a password")
        refuse_bomb(place, part.file_size, max(part.compress_size, 1))


def refuse_bomb(place: Place, unpacked: int, packed: int) -> None:
    """Raises UserError when a packed file grows as no table does."""
    if unpacked > LARGEST_UNPACKED or (unpacked > SMALLEST_BOMB and unpacked > LARGEST_RATIO * packed):
        raise UserError(f"the packed file grows more than {LARGEST_RATIO}-fold, to over {unpacked >> 20} MB",
                        where=place.shown, fix="is it a table? Unpack it yourself and give the file")


def _tables(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive, without folders and what desktops leave behind."""
    return [m for m in archive.infolist() if not m.is_dir() and not any(word in m.filename for word in LITTER)]
