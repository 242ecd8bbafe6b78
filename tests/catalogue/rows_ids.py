"""Rows 36 to 49: ids that lost zeros, became numbers or words, look alike, are missing, or are everybody's."""

import datetime as dt
import io
import re
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq

from tests.catalogue import clean
from tests.catalogue.case import Case

TABLES = [t for t in clean.TABLES if "customer_id" in clean.COLUMNS[t]]
TIMES = ("_at", "_date")
TIMED = [t for t in TABLES if any(c.endswith(TIMES) for c in clean.COLUMNS[t])]
AMOUNTS = ("amount", "items", "minutes", "born", "nps", "q1", "q2")
NAMED = [t for t in TABLES if t != "interviews"]  # an interview may be of nobody
MANY_ROWS = ["transactions", "events", "texts"]


def spelt(table: str, change) -> list[str]:
    """The clean rows with every customer id changed."""
    return [re.sub(r"\bK(\d{4})\b", lambda m: change(m[0]), line) for line in clean.rows(table)]


def text(table: str, change, line: int = 0, own: str = "") -> str:
    """A file with every customer id changed; the id on one line is ``own``."""
    rows = spelt(table, change)
    if line:
        rows[line - 2] = spelt(table, lambda k: own)[line - 2]
    return clean.text(table, rows)


def beside(table: str, change, *more: str) -> dict[str, str]:
    return {t: text(t, change) for t in {*clean.needed_beside(table), *more} - {table}}


def same(i: str) -> str:
    return i


def padded(i: str) -> str:
    return f"{int(i[1:]) + 100:05d}"


def plain(i: str) -> str:
    return str(int(i[1:]) + 1000)


def decimal(i: str) -> str:
    return plain(i) + ".0"


def renamed(new: str):
    """K0003, on line 5 of every table, has another id."""
    return lambda i: new if i == "K0003" else i


def odd(row: int, table: str, what: str, wanted: str, own: str, said: str, change=same, **more) -> Case:
    """Line 5 has an id that no other line has in that writing."""
    return Case(row, table, what, wanted, text(table, change, 5, own), said, 1, "5", beside=beside(table, change),
                **more)


def as_text(row: int, table: str, own: str) -> Case:
    """An id that other tools turn into a number or nothing is read like any other, in all tables."""
    change = renamed(own)
    return Case(row, table, f"{own[:12]} is text", "=", text(table, change), beside=beside(table, change))


def parquet(table: str, ids: pa.Array, change) -> bytes:
    cells = [line.split(";") for line in spelt(table, change)]
    columns = dict(zip(clean.COLUMNS[table].values(), map(list, zip(*cells, strict=True)), strict=True))
    columns[clean.COLUMNS[table]["customer_id"]] = ids
    when = clean.COLUMNS[table][next(c for c in clean.COLUMNS[table] if c.endswith(TIMES))]
    columns[when] = [dt.datetime.fromisoformat(t) for t in columns[when]]
    for name, cells in columns.items():
        if name in AMOUNTS:
            columns[name] = [float(c) for c in cells]
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def numbers(table: str, kind, *, blank: bool) -> bytes:
    ids = [int(plain(f"K{i:04d}")) for i in range(clean.ROWS[table])]
    ids = [None if blank and i == 3 else n for i, n in enumerate(ids)]
    return parquet(table, pa.array(ids, type=kind), plain)


ZEROS = [odd(36, t, "one id lost its zeros", "W", "104", "leading zeros lost", padded) for t in TABLES]
ZEROS += [odd(36, t, "one id without zeros beside the same with", "W", "104", "almost equal to another: leading zeros",
              padded) for t in TABLES]
ZEROS += [Case(36, t, "all ids lost their zeros", "E", text(t, lambda i: padded(i).lstrip("0")),
               "ids are no customer's", 120, "lines 2, 3, 4, 5, 6", "customer_id", "one way",
               beside=beside(t, padded, "customers"))
          for t in ("transactions", "events", "interviews", "texts", "assignments")]

BLANK = [Case(37, t, "decimals and one blank", "Q", text(t, decimal, 5, ""), "customer_id: missing", 1, "5",
              beside=beside(t, plain, "transactions")) for t in NAMED if t != "transactions"]
BLANK += [Case(37, "transactions", "decimals and one blank", "Q", text("transactions", decimal, 5, ""),
               "customer_id: missing", 1, "5", beside=beside("transactions", plain, "customers"))]

DECIMALS = [Case(38, t, "all ids with .0", "R", text(t, decimal), "written as a decimal", 120, "2, 3, 4, 5, 6",
                 beside=beside(t, plain, "customers" if t in ("transactions", "events") else "transactions"))
            for t in TABLES]
DECIMALS += [odd(38, t, "one id with .0", "R", "1003.0", "written as a decimal", plain) for t in TABLES
             if t not in ("transactions", "events")]

WORDS = [as_text(39, t, "1E5") for t in TABLES]
LONG = ("9223372036854775808", "18446744073709551617", "12345678901234567")
WORDS += [as_text(40, t, own) for i, t in enumerate(TABLES)
          for own in (LONG if t in ("customers", "transactions", "consent") else LONG[i % 3:][:1])]
WORDS += [Case(40, "transactions", "17 digits, and a blank", "Q",
               text("transactions", lambda i: "9007199254740" + i[1:], 5, ""), "customer_id: missing", 1, "5")]
WORDS += [Case(40, "transactions", "cut by a spreadsheet", "E", text("transactions", same, 5, "1.23457E+17"),
               "spreadsheet has cut", 1, "line 5", "customer_id", "as text")]
MISSING_WORDS = ("NA", "null", "None", "nan")
WORDS += [as_text(41, t, own) for i, t in enumerate(TABLES)
          for own in (MISSING_WORDS if t in ("customers", "transactions") else MISSING_WORDS[i % 4:][:1])]
WORDS += [Case(41, t, "NA declared as missing", "Q", text(t, same, 5, "NA"), "customer_id: missing", 1, "5",
               source={"nulls": ["", "NA"]}) for t in NAMED]
WORDS += [as_text(42, t, own) for t in TABLES for own in ("True", "False")]

UNSEEN = (("outer spaces", " K0003 "), ("zero-width space", "K00\u200b03"), ("no-break space", "\u00a0K0003"))
SPACES = [odd(43, t, what, "R", own, "id respelt") for i, t in enumerate(TABLES)
          for what, own in (UNSEEN if t in ("customers", "transactions") else UNSEEN[i % 3:][:1])]
SPACES += [odd(43, t, "two inner spaces", "R", "K  0003", "id respelt", renamed("K 0003"))
           for t in ("customers", "texts")]
SPACES += [odd(43, t, "respelt into one that exists", "W", " K0003", "respelt into one") for t in NAMED
           if t not in ("transactions", "events")]
SPACES += [odd(43, t, "respelt into one that exists", "W", " K0004", "respelt into one")
           for t in ("transactions", "events")]
SPACES += [odd(43, t, "an inner space more", "W", "K 0004", "almost equal to another: spaces or signs") for t in TABLES]

ALIKE = [odd(44, t, "decomposed umlaut", "R", unicodedata.normalize("NFD", "Kö03"), "id respelt", renamed("Kö03"))
         for t in TABLES]
ALIKE += [odd(44, t, "full-width digits", "R", "Ｋ０００３", "id respelt") for t in ("customers", "transactions")]
ALIKE += [odd(44, t, "another case", "W", "k0004", "almost equal to another: case") for t in TABLES]
ALIKE += [odd(44, t, "Cyrillic letter", "W", "\u041a0004", "almost equal to another: look-alike letters")
          for t in TABLES]
ALIKE += [odd(44, t, "letter O for a nought", "W", "KO004", "almost equal to another: look-alike letters")
          for t in ("customers", "transactions")]

MISSING = [Case(45, "transactions", "one without an id", "Q", clean.with_cell("transactions", {5: {"customer_id": ""}}),
                "customer_id: missing", 1, "5")]
MISSING += [Case(45, "transactions", "spaces only", "Q", clean.with_cell("transactions", {7: {"customer_id": "  "}}),
                 "customer_id: missing", 1, "7"),
            Case(45, "transactions", "an unseen sign only", "Q",
                 clean.with_cell("transactions", {7: {"customer_id": "\u200b"}}), "customer_id: missing", 1, "7"),
            Case(45, "transactions", "many without an id", "E",
                 clean.with_cell("transactions", {n: {"customer_id": ""} for n in (5, 9)}), "customer_id: missing", 2,
                 "lines 5, 9", "customer_id", "quarantine_limit")]
MISSING += [Case(45, "outcomes", "one without an id", "Q", clean.with_cell("outcomes", {5: {"customer_id": ""}}),
                 "customer_id: missing", 1, "5")]
MISSING += [Case(46, t, "missing in both tables", "Q", clean.with_cell(t, {5: {"customer_id": ""}}),
                 "customer_id: missing", 1, "5",
                 beside={"transactions": clean.with_cell("transactions", {9: {"customer_id": ""}})})
            for t in NAMED if t != "transactions"]

KEYS = [Case(47, "customers", "one customer with two rows", "E",
             clean.with_rows("customers", "K0003;2025-04-04;1963;;Bonn"), "two different rows of a customer", 2,
             "lines 5, 122", "customer_id", "one row a customer")]
AGAIN = {"features": ("f3;plan;yes", "listed twice with different facts"),
         "campaigns": ("c2;2026-03-01;2026-03-20;0.7", "two rows that contradict each other"),
         "survey": ("K0003;2026a;2026-04-04;1;time;1;2", "different answers of one respondent"),
         "assignments": ("c0;K0003;control;2026-01-01", "two rows that contradict each other"),
         "outcomes": ("c0;K0003;yes;0.00", "two rows that contradict each other")}
KEYS += [Case(47, t, "one key with two rows", "E", clean.with_rows(t, row), said, 2,
              f"lines {4 if t == 'campaigns' else 5}, {clean.ROWS[t] + 2}", fix="correct|one row")
         for t, (row, said) in AGAIN.items()]
KEYS += [Case(48, t, "whole numbers beside text", "=", numbers(t, pa.int64(), blank=False), name=f"{t}.parquet",
              beside=beside(t, plain, "customers", "transactions")) for t in TIMED]
KEYS += [Case(48, t, "floating numbers with a blank beside text", "Q", numbers(t, pa.float64(), blank=True),
              "customer_id: missing", 1, "4", name=f"{t}.parquet", beside=beside(t, plain, "customers", "transactions"))
         for t in TIMED if t in NAMED]


def many(table: str, who: str, rows: int) -> str:
    """The clean file and more rows of one id; the rows differ in order, time, feature or text."""
    changes = {"A0003": "B{0:04d}", "10:03": "10:{1:02d}", "T003": "U{0}", "late again": "late again, {0}",
               "11:03": "11:{1:02d}", "f3": "f{2}"}
    lines = []
    for i in range(rows):
        line = clean.rows(table)[3].replace("K0003", who)
        for old, new in changes.items():
            line = line.replace(old, new.format(i, i % 60, i // 60))
        lines.append(line)
    return clean.with_rows(table, *lines)


GUESTS = [Case(49, t, f"{who} {rows} times", "W", many(t, who, rows), "many people seem to share", rows, "122")
          for t in MANY_ROWS for who, rows in (("guest", 25), ("0000", 25), ("K9999", 1000))]
GUESTS += [Case(49, "transactions", "a guest who is left out", "R", many("transactions", "guest", 25), "excluded id",
                25, "122, 123, 124, 125, 126", source={"exclude_ids": ["guest"]})]

CASES = [*ZEROS, *BLANK, *DECIMALS, *WORDS, *SPACES, *ALIKE, *MISSING, *KEYS, *GUESTS]
