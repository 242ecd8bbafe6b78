"""Text of an older make: no header line, runs of blanks between columns; lines keep their numbers."""

import pandas as pd
import pytest
from pydantic import ValidationError

from lib.product import Source
from tests.collect.collect_cases import rows_of

NAMES = ["KundenNr", "Beleg", "Datum", "Betrag"]


def test_blanks_without_a_header_line_read_like_the_same_table_written_plainly(read):
    blanks = read(" 007  a   01.02.2026     1,50\r\n   8 b 02.02.2026 -2,00  \r\n", delimiter=" ", header=NAMES)
    plain = read("KundenNr;Beleg;Datum;Betrag\n007;a;01.02.2026;1,50\n8;b;02.02.2026;-2,00\n", delimiter=";", header=[])
    ours, theirs = rows_of(blanks.table), rows_of(plain.table)
    columns = ["customer_id", "order_id", "ordered_at", "amount"]
    pd.testing.assert_frame_equal(ours[columns], theirs[columns])
    assert ours["_line"].tolist() == [1, 2] and theirs["_line"].tolist() == [2, 3]


def test_a_line_that_cannot_be_split_is_named_as_it_stands_in_the_file(read):
    rows = "".join(f"{n};a{n};01.02.2026;1\n" for n in range(1, 4))
    raw = read(f"{rows}broken\n9;z;01.02.2026;2\n", delimiter=";", header=NAMES, quarantine_limit=0.5)
    assert raw.rejected["line"].tolist() == [4]
    assert rows_of(raw.table)["_line"].tolist() == [1, 2, 3, 5]
    assert not [n for n in raw.notes if "blank" in n["rule"]]


def test_without_a_header_line_the_delimiter_is_declared(settings_of):
    with pytest.raises((ValidationError, ValueError), match="declare it where the file has no header line"):
        settings_of("007;a;01.02.2026;1,50\n", delimiter="", header=NAMES)
    assert Source(path="x.txt", delimiter=" ", columns={}).delimiter == " "
