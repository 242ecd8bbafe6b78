"""What the values of a column look like: a date, an amount, an id, a category, a text, somebody's address."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from lib.propose.dates import Dated, counted, dated
from lib.propose.headers import COLUMNS, DIRECT
from lib.propose.looked import Column
from lib.propose.numbers import Numeric, numeric
from lib.propose.words import likeness, words_of

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
PHONE = re.compile(r"^\+?[\d ()/.-]{9,20}$")
YES_NO = {
    "true",
    "false",
    "t",
    "f",
    "yes",
    "no",
    "y",
    "n",
    "1",
    "0",
    "ja",
    "nein",
    "j",
    "oui",
    "non",
    "si",
    "sí",
    "wahr",
    "falsch",
}
MOST_LEVELS = 60  # a category has no more [ours]
LONG_TEXT = 4  # words on average from which a text is free [ours]
# words of headers under which large whole numbers are moments
TIMES = {"at", "date", "datum", "epoch", "fecha", "heure", "hora", "ms", "time", "timestamp", "ts", "unix", "when",
         "zeit"}
LIKE_TIME = 0.6  # likeness to the headers of times from which large whole numbers are moments [ours]
PERSONAL = 0.3  # share of values with an address from which a column is personal [ours]


@dataclass(frozen=True)
class Shape:
    """A column and what its values are: one ``kind`` of date, number, yes/no, category, id, text, structure, empty.

    ``personal`` says which direct identifier the column holds, if it does.
    """

    column: Column
    kind: str
    dates: Dated | None = None
    number: Numeric | None = None
    personal: str = ""

    @property
    def header(self) -> str:
        return self.column.header


def shape(column: Column) -> Shape:
    """The shape of a column, from its sample and its header."""
    values, personal = column.sample, _personal(column)
    if not values:
        return Shape(column, "empty", personal=personal)
    number = numeric(values)
    if number and (moments := counted(values)) and _tells_time(column.header):
        return Shape(column, "date", moments, number, "")
    found = dated(values)
    if found and not (number and found.formats and found.formats[0] == "%Y%m%d" and "dat" not in column.header.lower()):
        return Shape(column, "date", found, number, personal)
    return Shape(column, _kind(column, number), None, number, personal)


def _tells_time(header: str) -> bool:
    return bool(words_of(header) & TIMES) or likeness(header, COLUMNS["occurred_at"]) >= LIKE_TIME


def _kind(column: Column, number: Numeric | None) -> str:
    values = column.sample
    if {v.lower() for v in values} <= YES_NO and column.distinct <= 2:
        return "yes/no"
    if number:
        return "number"
    if sum(_is_structure(v) for v in values[:50]) > 0.9 * len(values[:50]):
        return "structure"
    if sum(len(v.split()) for v in values) / len(values) >= LONG_TEXT and column.distinct > MOST_LEVELS:
        return "text"
    return "category" if column.distinct <= MOST_LEVELS and column.distinct < 0.5 * column.real else "id"


def _personal(column: Column) -> str:
    """Which direct identifier the values or the header are; empty for none."""
    values = column.sample
    if values and sum(bool(EMAIL.fullmatch(v)) for v in values) > PERSONAL * len(values):
        return "e-mail address"
    said = max(DIRECT, key=lambda kind: likeness(column.header, DIRECT[kind]))
    if likeness(column.header, DIRECT[said]) >= 0.9:
        return said
    phones = sum(
        bool(PHONE.match(v))
        and bool(re.search(r"[+ ()/]", v))
        and not re.search(r"\d[.,]\d{2}$", v)
        and not dated((v,))
        for v in values
    )
    return (
        "phone number"
        if values and phones > PERSONAL * len(values) and not words_of(column.header) & {"date", "datum"}
        else ""
    )


def _is_structure(text: str) -> bool:
    if not text.startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(text.replace("'", '"')), (dict, list))
    except ValueError:
        return text.endswith(("}", "]"))
