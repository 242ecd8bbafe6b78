"""Encodings: which may be declared, what an undeclared one looks like, and text in UTF-8. Catalogue 17-19."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from charset_normalizer import from_bytes

from lib.contracts import UserError

BLOCK = 8 << 20
LONGEST_LINE = 64 << 20
UTF_8 = {"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"}
NOT_TEXT = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "utf-7", "undefined", "mbcs", "oem", "hz"}
WESTERN = set("ÄÖÜäöüßÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØŒœÙÚÛàáâãåæçèéêëìíîïñòóôõøùúûÿ€’‘“”„–—…°§«»©®´·•¡¿ªº£")
CENTRAL = set("ĄąĆćĘęŁłŃńÓóŚśŹźŻżÁáČčĎďÉéĚěÍíŇňŘřŠšŤťÚúŮůÝýŽžŐőŰűÖöÜüÄäßĽľĹĺŔŕÔôÂâÎîĂăŞşŢţĐđ€„”“’–—…°§·")
BY_LETTERS = {"cp1252": WESTERN, "cp1250": CENTRAL}
ISOLATED = ["cp1251", "cp1253", "cp1254", "cp1257", "shift_jis", "gb18030", "big5", "euc_kr"]
ENOUGH = 1 << 16  # bytes that tell an encoding


def is_utf_8(encoding: str) -> bool:
    """Whether the declared encoding is UTF-8 or a part of it."""
    return encoding.lower().replace("_", "-") in UTF_8


def check(encoding: str, where: str) -> None:
    """Raises UserError when there is no such encoding of text."""
    try:
        found = codecs.lookup(encoding)
    except LookupError:
        raise UserError(f"there is no encoding {encoding[:40]!r}", where=where, fix="e.g. utf-8 or cp1252") from None
    if not found._is_text_encoding or found.name.replace("_", "-") in NOT_TEXT:
        raise UserError(f"{encoding[:40]!r} is no encoding of tables", where=where, fix="e.g. utf-8 or cp1252")


def looks_like(sample: bytes) -> str:
    """The encoding that bytes which are no UTF-8 most probably have; empty when nothing fits.

    Texts in Western or Central European letters are told by their letters, others by charset-normalizer.
    """
    for encoding, letters in BY_LETTERS.items():
        signs = {sign for sign in sample.decode(encoding, errors="replace") if not sign.isascii()}
        if signs <= letters:
            return encoding
    best = from_bytes(sample, cp_isolation=ISOLATED).best()
    return best.encoding if best else ""


def blocks(stream: BinaryIO, encoding: str, where: str) -> Iterator[bytes]:
    """The text of a stream in blocks that end at a line end: as it is when it should be UTF-8, else in UTF-8."""
    read = iter(lambda: stream.read(BLOCK), b"")
    rest = b""
    for block in read if is_utf_8(encoding) else _in_utf_8(read, encoding, where):
        cut = block.rfind(b"\n") + 1 or block.rfind(b"\r") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        else:
            rest += block
        if len(rest) > LONGEST_LINE:
            raise UserError("a line is longer than 64 MB", where=where, fix="is it a text table?")
    if rest:
        yield rest


def _in_utf_8(read: Iterator[bytes], encoding: str, where: str) -> Iterator[bytes]:
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    for block in read:
        try:
            text = decoder.decode(block)
        except UnicodeError as error:
            at = getattr(error, "start", 0)
            line = lines + block[:at].count(b"\n")
            raise UserError(f"the text is not {encoding}", where=f"{where}, line {line}",
                            fix="declare the `encoding` that the file has, or export as UTF-8") from None
        lines += text.count("\n")
        yield text.encode(errors="replace")
    if tail := decoder.decode(b"", final=False):
        yield tail.encode()
