"""What a file really is, by its first bytes and never by its name alone. Reliability catalogue 19, 23-26, 35."""

from __future__ import annotations

import re

from lib.contracts import UserError
from lib.sources.places import PICKLES, Place

BOM = b"\xef\xbb\xbf"
ZIP, GZIP, PARQUET = b"PK\x03\x04", b"\x1f\x8b", b"PAR1"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
SHEETS = {".xlsx", ".xlsm"}
# first bytes: what they are; none of these is read
REFUSED = {
    b"\xd0\xcf\x11\xe0": "an old or password-protected Excel workbook",
    b"SQLite format 3": "an SQLite database", b"%PDF": "a PDF", b"ORC": "an ORC file", b"Obj\x01": "an Avro file",
    b"ARROW1": "an Arrow file", b"7z\xbc\xaf": "a 7z archive", b"Rar!": "a RAR archive", b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz", b"\x28\xb5\x2f\xfd": "packed with zstd", b"PK\x05\x06": "an empty zip archive",
    b"PK\x07\x08": "a zip archive in parts",
}
PICKLE = re.compile(rb"\x80[\x02-\x05]")
WEB = (b"<!doctype html", b"<html", b"<head", b"<body", b"<!--", b"<script", b"<meta")
NUL_BESIDE = re.compile(rb"(?:[^\0]\0){8}|(?:\0[^\0]){8}")
EXPORT = "export it as UTF-8 CSV (also .csv.gz or .zip), Parquet or .xlsx"


def kind(place: Place, head: bytes, encoding: str = "utf-8") -> str:
    """`text`, `gzip`, `zip`, `sheet` or `parquet`. Raises UserError for anything else, and for a name that lies."""
    suffix = place.path.suffix.lower()
    found = _by_magic(place, head, encoding, suffix)
    named = {".parquet": "parquet", ".gz": "gzip", ".zip": "zip"} | dict.fromkeys(SHEETS, "sheet")
    if named.get(suffix, found) != found:
        raise UserError(f"the file is named {suffix} and is none", where=place.shown, fix=EXPORT)
    if found in ("parquet", "sheet", "zip") and named.get(suffix) != found:
        what = {"parquet": "these are Parquet bytes", "zip": "this is a zip archive or a spreadsheet", "sheet": ""}
        raise UserError(f"{what[found]} under another name", where=place.shown,
                        fix="give it the ending that it is (.parquet, .zip, .xlsx)")
    return found


def refuse_text(where: str, head: bytes, encoding: str = "utf-8") -> None:
    """Raises UserError when bytes that should be a text table are something else."""
    start = head.lstrip(BOM + b" \t\r\n").lower()
    for wrong, what, fix in (
        (PICKLE.match(head), "a pickle can run code and is never read", EXPORT),
        (head.startswith(tuple(REFUSED)), f"this is {_named(head)}, not a text table", EXPORT),
        (head.startswith(UTF_16) and not _is_utf_16(encoding), "the file is UTF-16",
         "declare `encoding: utf-16`, or export as UTF-8"),
        (NUL_BESIDE.match(head) and not _is_utf_16(encoding), "the file looks like UTF-16 without its mark",
         "declare `encoding: utf-16-le` (or utf-16-be), or export as UTF-8"),
        (start.startswith(WEB), "this is a web page (a sign-in page?), not a table", "download the file again"),
        (start.startswith(b"<?xml"), "this is XML, not a table", EXPORT),
        (start.startswith((b"{\"", b"[{", b"{ \"", b"{\n")), "this is JSON, not a table", EXPORT),
    ):
        if wrong:
            raise UserError(what, where=where, fix=fix)


def _by_magic(place: Place, head: bytes, encoding: str, suffix: str) -> str:
    if suffix in PICKLES:
        raise UserError("a pickle can run code and is never read", where=place.shown, fix=EXPORT)
    if head.startswith(PARQUET):
        return "parquet"
    if head.startswith(GZIP):
        return "gzip"
    if head.startswith(ZIP):
        return "sheet" if suffix in SHEETS else "zip"
    refuse_text(place.shown, head, encoding)
    return "text"


def _named(head: bytes) -> str:
    return next((what for magic, what in REFUSED.items() if head.startswith(magic)), "")


def _is_utf_16(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf16", "utf-32", "utf32"))
