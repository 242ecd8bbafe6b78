"""Text tables of an older make, without a header line or with runs of blanks between columns, turned into tabs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

BLANKS = " "  # the delimiter that stands for runs of blanks
EDGES = re.compile(rb"^[ \t]+|[ \t]+(?=\r?$)", re.MULTILINE)
RUNS = re.compile(rb"[ \t]+")


def reshaped(source) -> bool:
    """Whether the file is laid out in a way that the engine would not read as it is."""
    return bool(source.header) or source.delimiter == BLANKS


def shaped(blocks: Iterable[bytes], source) -> Iterator[bytes]:
    """The same lines as the engine reads them: blanks as one tab each, a declared header before the first line."""
    sign = source.delimiter.replace(BLANKS, "\t")
    first = (sign.join(source.header) + "\n").encode() if source.header else b""
    for block in blocks:
        body = RUNS.sub(b"\t", EDGES.sub(b"", block)) if source.delimiter == BLANKS else block
        yield first + body
        first = b""
