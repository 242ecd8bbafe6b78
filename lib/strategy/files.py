"""Audience files as bytes: a machine CSV whose every column has a pattern, a spreadsheet whose text stays text."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
from openpyxl import Workbook

from lib.contracts import NotMeasured, UserError, measured
from lib.contracts.s05_strategy import CHANNEL
from lib.contracts.spreadsheet import put_text

# reliability.md §4.2: every machine column has a declared pattern; free text is not exported at all.
PATTERNS = {
    "customer_key": r"[0-9a-f]{32}", "campaign": r"[a-z0-9][a-z0-9_-]{0,127}",
    "segment": r"[a-z0-9][a-z0-9_-]{0,127}", "channel": CHANNEL, "arm": r"treated|control",
    "stratum": r"[1-4]?",
    "expires_on": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}


@measured
def audience_files(machine: pd.DataFrame, reader: pd.DataFrame) -> dict[str, bytes]:
    """Every file of an export by name: one CSV and one spreadsheet per segment and channel. Empty: no files.

    Raises UserError for a channel that cannot be part of a file name.
    """
    files = {}
    for (segment, channel), rows in machine.groupby(["segment", "channel"]):
        if not re.fullmatch(PATTERNS["channel"], channel, re.ASCII):
            raise UserError(f"channel {channel[:40]!r} cannot be exported",
                            where="strategy.channels of the product file",
                            fix="lower-case letters, digits, - and _ only")
        files[f"{segment}-{channel}.csv"] = machine_csv(rows)[0]
        theirs = reader[(reader["segment"] == segment) & (reader["channel"] == channel)]
        files[f"{segment}-{channel}.xlsx"] = workbook(theirs)
    return files


def machine_csv(rows: pd.DataFrame, patterns: dict[str, str] = PATTERNS) -> tuple[bytes, int]:
    """RFC 4180 CSV in UTF-8 with CRLF and a header, and how many rows were left out.

    A row with any value that does not match its column's pattern is left out and counted. Raises ValueError for
    a column without a pattern: nothing undeclared leaves.
    """
    if undeclared := [c for c in rows if c not in patterns]:
        raise ValueError(f"no pattern is declared for {undeclared}")
    good = pd.Series(True, index=rows.index)
    for column in rows:
        good &= rows[column].astype("str").map(re.compile(patterns[column], re.ASCII).fullmatch).notna()
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(rows.columns)
    writer.writerows(rows[good].itertuples(index=False))
    return out.getvalue().encode("utf-8"), int((~good).sum())


def workbook(rows: pd.DataFrame) -> bytes:
    """A spreadsheet with every cell typed as text, so that no value is ever a formula.

    Characters that a spreadsheet file cannot hold (control characters) are replaced by U+FFFD; a lone carriage
    return comes back as a line feed.
    """
    book = Workbook()
    sheet = book.active
    for r, values in enumerate([tuple(rows.columns), *rows.itertuples(index=False)], start=1):
        for c, value in enumerate(values, start=1):
            put_text(sheet.cell(row=r, column=c), value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def left_out(machine: pd.DataFrame | NotMeasured) -> int:
    """Rows of an export that a machine file would refuse."""
    return 0 if isinstance(machine, NotMeasured) or machine.empty else machine_csv(machine)[1]
