"""Texts become values, by declaration: dates, numbers, money, yes and no. What does not fit stays missing.

Ibis expressions on text columns; each function's docstring says what is accepted.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.datatypes as types
import ibis.expr.types as ir

YES = ("true", "t", "yes", "y", "1", "ja", "j", "oui", "si", "sí", "wahr", "vrai")
NO = ("false", "f", "no", "n", "0", "nein", "non", "falsch", "faux")
FIRST_YEAR = 1900  # earlier years are typing errors (`24` for 2024)
SENTINELS = ("1900-01-01", "1970-01-01")  # what systems write for "no date" (catalogue 69)
TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
OFFSET = rf"{TIME}\s*(Z|[+-]\d{{2}}(?::?\d{{2}})?)$"
TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f")
DECIMAL = "decimal(38, 12)"  # exact to the twelfth place: money is never a float on its way to minor units


@ibis.udf.scalar.builtin(name="try_strptime", signature=((types.string, types.Array(types.string)), types.timestamp))
def _try_strptime(text, patterns):
    """The engine's own: missing where the text fits none of the patterns."""


@ibis.udf.scalar.builtin(name="timezone", signature=((types.string, types.timestamp), types.timestamp))
def _in_zone(zone, moment):
    """The engine's own: local time to an instant, or an instant to local time."""


@ibis.udf.scalar.builtin(name="to_minutes", signature=((types.int64,), types.Interval("m")))
def _minutes(count):
    """The engine's own."""


def cleaned(column: ir.StringValue, nulls: tuple[str, ...]) -> ir.StringValue:
    """The text without outer spaces; declared null texts and empty texts are missing."""
    text = column.strip()
    return ibis.ifelse(text.isin(sorted({"", *nulls})), ibis.null("string"), text)


def as_written(column: ir.StringValue, nulls: tuple[str, ...]) -> ir.StringValue:
    """The text with its spaces, as ids are compared before they are repaired; null texts and empty ones are missing."""
    return ibis.ifelse(column.strip().isin(sorted({"", *nulls})), ibis.null("string"), column)


def offset_of(text: ir.StringValue) -> ir.StringValue:
    """The zone offset that a time carries (`Z`, `+02:00`), missing where it carries none."""
    found = text.re_extract(OFFSET, 1)
    return ibis.ifelse(found == "", ibis.null("string"), found)


def moment(text: ir.StringValue, pattern: str, *, zone: str, source_zone: str = "") -> ir.TimestampValue:
    """Local time of the product. Accepted: the declared pattern, its day alone or with a time, each with an offset.

    A naive time is local to ``source_zone`` (empty: to the product). Missing for anything else; a date that fits but
    cannot be meant is `impossible`.
    """
    offset = offset_of(text)
    body = text.re_replace(rf"({TIME})\s*(Z|[+-]\d{{2}}(:?\d{{2}})?)$", r"\1")
    naive = _try_strptime(body, ibis.array(_patterns(pattern)))
    aware = _in_zone(zone, _in_zone("UTC", naive - _minutes(_offset_minutes(offset))))
    if source_zone and source_zone != zone:
        naive = _in_zone(zone, _in_zone(source_zone, naive))
    return ibis.ifelse(offset.notnull(), aware, naive).cast("timestamp(6)")


def typed_moment(text: ir.StringValue, *, zone: str, source_zone: str = "") -> ir.TimestampValue:
    """Local time of the product from a time that its file had typed already (ISO, without an offset)."""
    naive = text.try_cast("timestamp")
    if source_zone and source_zone != zone:
        naive = _in_zone(zone, _in_zone(source_zone, naive))
    return naive.cast("timestamp(6)")


def impossible(value: ir.TimestampValue) -> ir.BooleanValue:
    """A year before 1900, or a sentinel date."""
    return (value.year() < FIRST_YEAR) | value.truncate("D").isin([ibis.timestamp(d) for d in SENTINELS])


def _patterns(pattern: str) -> list[str]:
    """The declared pattern first, then its day with and without a time."""
    day = re.split(r"[ T]?%[HI]", pattern)[0]
    others = [day, *(f"{day}{gap}{time}" for gap in (" ", "T") for time in TIMES)]
    return list(dict.fromkeys([pattern, *others]))


def _offset_minutes(offset: ir.StringValue) -> ir.IntegerValue:
    digits = offset.re_replace("[^0-9]", "").rpad(4, "0")
    minutes = digits.substr(0, 2).try_cast("int64") * 60 + digits.substr(2, 2).try_cast("int64")
    return ibis.ifelse(offset == "Z", 0, ibis.ifelse(offset.startswith("-"), -minutes, minutes))


def _plain(text: ir.StringValue, decimal: str, thousands: str) -> ir.StringValue:
    """The number in plain notation; missing where it is written otherwise than declared."""
    point, group = re.escape(decimal), re.escape(thousands)
    whole = rf"(\d+|\d{{1,3}}({group}\d{{3}})+)" if thousands else r"\d+"
    shape = rf"^[+-]?{whole}({point}\d+)?$"
    bare = text.replace(thousands, "") if thousands else text
    return ibis.ifelse(text.re_search(shape), bare.replace(decimal, "."), ibis.null("string"))


def number(text: ir.StringValue, *, decimal: str = ".", thousands: str = "", native: bool = False) -> ir.FloatingValue:
    """A number written as declared; `native`: its file had typed it already."""
    return (text if native else _plain(text, decimal, thousands)).try_cast("float64")


def exact(text: ir.StringValue, *, decimal: str = ".", thousands: str = "", native: bool = False) -> ir.DecimalValue:
    """A number as an exact decimal; `native`: its file had typed it already."""
    if native:
        return text.try_cast(DECIMAL)
    return _plain(text, decimal, thousands).try_cast(DECIMAL)


def minor_units(text: ir.StringValue, digits: int, **written) -> ir.IntegerValue:
    """Money as integer minor units, computed exactly; what lies below one unit is rounded half away from zero."""
    return (exact(text, **written) * 10**digits).round().try_cast("int64")


def is_rounded(text: ir.StringValue, digits: int, **written) -> ir.BooleanValue:
    """Whether money had a part below one minor unit."""
    scaled = exact(text, **written) * 10**digits
    return (scaled != scaled.round()).fill_null(False)


def integer(text: ir.StringValue, **written) -> ir.IntegerValue:
    """A whole number; `3.0` counts as one."""
    value = exact(text, **written)
    return ibis.ifelse(value == value.round(), value.try_cast("int64"), ibis.null("int64"))


def yes_no(text: ir.StringValue) -> ir.BooleanValue:
    """Yes and no in the words of YES and NO."""
    word = text.lower()
    return ibis.cases((word.isin(YES), True), (word.isin(NO), False), else_=ibis.null("boolean"))


def looks_numeric(text: ir.StringValue, *, decimal: str = ".") -> ir.BooleanValue:
    """Whether a text is a number and no code: `007` is a code."""
    return text.re_search(rf"^[+-]?(0|[1-9]\d*)({re.escape(decimal)}\d+)?$")
