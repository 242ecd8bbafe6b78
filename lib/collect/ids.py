"""Ids as the sources write them: each distinct id of each source, how often, and where it stands first.

Ids are text and stay as they are written. What a look at all of them together tells is refused here (contacts, cut
numbers, another writing in every table) or told as a doubt (`lib.collect.doubts.writings`); nothing is ever merged
but what `pseudonyms.normalised` and a lost `.0` make equal.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir
import pandas as pd
import phonenumbers
import pyarrow as pa

from lib.collect import cells
from lib.collect.lookalikes import skeleton
from lib.collect.pseudonyms import DECIMAL, keyed, normalised
from lib.contracts import UserError
from lib.contracts.counts import in_lines, number_of
from lib.contracts.raw import Raw, Rules

ID_COLUMNS = ("customer_id", "user_id")
LINES = 5  # line numbers named
E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ABROAD = re.compile(r"(\+|00)[1-9][\d\s()./-]{6,20}")
AT_HOME = re.compile(r"\(?0\d{1,5}\)?[\s/-][\d\s/-]{5,14}")  # digits with the signs that people write numbers with
NAME = re.compile(r"[^\W\d_]{2,}(?:[ ,.'’-]+[^\W\d_]+)+\.?")
PLAIN_SHARE = 0.1  # [ours] of a column's ids must look like national numbers or names: single ones are labels
CUT = re.compile(r"\d[.,]\d+[eE]\+?\d{2,}")  # a spreadsheet's 1.23457E+17: the last digits are gone
LEAST_MATCH, ENOUGH_IDS = 0.5, 20  # [ours] below this share of known ids a table is written in another way
BOOK = ["source", "column", "raw", "rows", "line", "file"]


def book(raw: Raw, rules: Rules) -> pd.DataFrame:
    """One row per source, id column and distinct id: source, column, raw, rows, first line, its file; `text`, the id as
    it counts, and `shape`, what near-duplicates have in common (`lookalikes.skeleton`)."""
    parts = [_distinct(name, column, table.table, rules) for name, table in raw.tables.items()
             for column in ID_COLUMNS if column in table.columns]
    if not parts:
        return pd.DataFrame(columns=[*BOOK, "text", "shape"])
    found = ibis.union(*parts) if len(parts) > 1 else parts[0]
    frame = found.to_pandas().sort_values(["source", "column", "file", "line", "raw"], ignore_index=True)
    spelt = {r: normalised(r) for r in frame["raw"].unique()}
    shapes = {r: skeleton(text) for r, text in spelt.items()}
    return frame.assign(text=frame["raw"].map(spelt), shape=frame["raw"].map(shapes))


def customer_keys(ids: pd.DataFrame, rules: Rules) -> pa.Table:
    """The pseudonym of every customer id of the book; columns as `pseudonyms.MAPPING`."""
    customers = ids[ids["column"] == "customer_id"]
    decimal = customers["text"].map(DECIMAL.fullmatch).dropna()
    whole = set(customers["text"]) & {m[1] for m in decimal}
    return keyed(customers["raw"].drop_duplicates().tolist(), "customer", rules.key, whole)


def refuse_bad_ids(ids: pd.DataFrame, keys: pa.Table, rules: Rules) -> None:
    """Raises UserError for contacts or names as ids, for numbers that a spreadsheet cut, and where the ids of a table
    are written otherwise than those of the customers."""
    for (source, column), rows in ids.groupby(["source", "column"], sort=False):
        if not rules.ids_are_contacts:
            _refuse_contacts(source, column, rows)
        _refuse(source, column, rows[rows["text"].map(lambda t: bool(CUT.fullmatch(t)))],
                ("id is a number that a spreadsheet has cut (such as 1.2E+17)",
                 "ids are numbers that a spreadsheet has cut (such as 1.2E+17)"), "export the ids as text")
    if "customers" in rules.sources and not rules.sources["customers"].partial:
        _refuse_other_writing(ids[ids["column"] == "customer_id"], keys)


def _distinct(name: str, column: str, table: ir.Table, rules: Rules) -> ir.Table:
    text = cells.as_written(table[column], rules.sources[name].nulls)
    known = table.select(raw=text, line="_line", file="_file").filter(lambda t: t.raw.notnull())
    each = known.group_by("raw").aggregate(rows=known.count(), first=known.line.min(),
                                           place=known.file.argmin(known.line))
    return each.select(source=ibis.literal(name), column=ibis.literal(column), raw="raw", rows="rows", line="first",
                       file="place")


def _refuse_contacts(source: str, column: str, rows: pd.DataFrame) -> None:
    fix = ("export another id; or declare data_protection.ids_are_contacts: true "
           "(they are replaced by pseudonyms on load, as every id is)")
    for one, many, bad in (
            ("an e-mail address", "e-mail addresses", rows["text"].map(lambda t: bool(E_MAIL.fullmatch(t)))),
            ("a phone number", "phone numbers", _are_phones(rows["text"])),
            ("the name of a person", "names of people", _are_names(rows["text"]))):
        _refuse(source, column, rows[bad], (f"id is {one}", f"ids are {many}"), fix)


def _are_phones(texts: pd.Series) -> pd.Series:
    abroad = texts.map(lambda t: bool(ABROAD.fullmatch(t)) and _is_phone(t))
    at_home = texts.map(lambda t: bool(AT_HOME.fullmatch(t)))
    return abroad | at_home if at_home.mean() >= PLAIN_SHARE else abroad


def _are_names(texts: pd.Series) -> pd.Series:
    names = texts.map(lambda t: bool(NAME.fullmatch(t)) and t[0].isupper())
    return names if names.mean() >= PLAIN_SHARE else names & False


def _is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(re.sub(r"^00", "+", text), None))
    except phonenumbers.NumberParseException:
        return False


def _refuse_other_writing(ids: pd.DataFrame, keys: pa.Table) -> None:
    """Where most ids of a table are no customer's: refused when another writing would match, or when none does."""
    key = dict(zip(keys["raw"].to_pylist(), keys["key"].to_pylist(), strict=True))
    ids = ids.assign(key=ids["raw"].map(key))
    known = ids[ids["source"] == "customers"]
    for source, rows in ids.groupby("source", sort=False):
        if source in ("customers", "consent", "survey"):  # consent has a rule of its own; a survey may ask strangers
            continue
        strange = rows[~rows["key"].isin(known["key"])]
        alike = strange["shape"].isin(known["shape"])
        if len(strange) <= (1 - LEAST_MATCH) * len(rows):
            continue
        if alike.mean() >= LEAST_MATCH or (len(strange) == len(rows) >= ENOUGH_IDS):
            of = number_of(len(rows), "id")
            _refuse(source, "customer_id", strange, (f"of {of} is no customer's", f"of {of} are no customer's"),
                    "write ids in one way in every table (case, zeros, spaces, signs)")


def _refuse(source: str, column: str, bad: pd.DataFrame, what: tuple[str, str], fix: str) -> None:
    """``what`` follows a count of one, and any other."""
    if len(bad):
        raise UserError(f"{source}: {number_of(len(bad), *what)}", where=place(bad, column), fix=fix)


def place(rows: pd.DataFrame, column: str) -> str:
    """File, column and first lines of some ids of the book; never the ids."""
    first = rows.sort_values(["file", "line"]).head(LINES)
    files = first["file"].unique()
    lines = ", ".join(str(r.line) if len(files) == 1 else f"{r.file}:{r.line}" for r in first.itertuples())
    return f"{', '.join(files)}, column {column}, {in_lines(lines)}"
