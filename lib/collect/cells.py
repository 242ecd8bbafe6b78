"""Texts become values, by declaration: numbers, money, yes and no. What does not fit stays missing.

Moments are in `lib.collect.moments`. Ibis expressions on text columns; each function's docstring says what is accepted.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

YES = ("true", "t", "yes", "y", "1", "ja", "j", "oui", "si", "sí", "wahr", "vrai")
NO = ("false", "f", "no", "n", "0", "nein", "non", "falsch", "faux")
DECIMAL = "decimal(38, 12)"  # exact to the twelfth place: money is never a float on its way to minor units
NARROW, SHORT = "decimal(13, 6)", r"^[+-]?\d{1,7}(\.\d{1,6})?$"  # what nearly all numbers fit, read 50 times as fast
LARGEST = 10**18  # numbers from here on are no amount and no count, and could not be multiplied exactly


def cleaned(column: ir.StringValue, nulls: tuple[str, ...]) -> ir.StringValue:
    """The text without outer spaces; declared null texts and empty texts are missing."""
    text = column.strip()
    return ibis.ifelse(text.isin(sorted({"", *nulls})), ibis.null("string"), text)


def as_written(column: ir.StringValue, nulls: tuple[str, ...]) -> ir.StringValue:
    """The text with its spaces, as ids are compared before they are repaired; null texts and empty ones are missing."""
    return ibis.ifelse(column.strip().isin(sorted({"", *nulls})), ibis.null("string"), column)


def _plain(text: ir.StringValue, decimal: str, thousands: str) -> ir.StringValue:
    """The number in plain notation; missing where it is written otherwise than declared."""
    point, group = re.escape(decimal), re.escape(thousands)
    whole = rf"(\d+|\d{{1,3}}({group}\d{{3}})+)" if thousands else r"\d+"
    shape = rf"^[+-]?{whole}({point}\d+)?$"
    bare = text.replace(thousands, "") if thousands else text
    return ibis.ifelse(text.re_search(shape), bare.replace(decimal, "."), ibis.null("string"))


def number(text: ir.StringValue, *, decimal: str = ".", thousands: str = "", native: bool = False) -> ir.FloatingValue:
    """A number written as declared; `native`: its file had typed it already."""
    value = (text if native else _plain(text, decimal, thousands)).try_cast("float64")
    return ibis.ifelse(value.isinf(), ibis.null("float64"), value)


def exact(text: ir.StringValue, *, decimal: str = ".", thousands: str = "", native: bool = False) -> ir.DecimalValue:
    """A number as an exact decimal, below LARGEST; `native`: its file had typed it already."""
    plain = text if native else _plain(text, decimal, thousands)
    wide = plain.try_cast(DECIMAL)
    return ibis.cases((plain.re_search(SHORT), plain.try_cast(NARROW).cast(DECIMAL)), (wide.abs() < LARGEST, wide),
                      else_=ibis.null(DECIMAL))


def minor_units(text: ir.StringValue, digits: int, **written) -> ir.IntegerValue:
    """Money as integer minor units, computed exactly; what lies below one unit is rounded half away from zero."""
    return (exact(text, **written) * 10**digits).round().try_cast("int64")


def is_rounded(text: ir.StringValue, digits: int, *, decimal: str = ".", thousands: str = "", native: bool = False
               ) -> ir.BooleanValue:
    """Whether money, where it is written as declared, has a part below one minor unit."""
    point = "." if native else decimal
    return text.re_search(rf"{re.escape(point)}\d{{{digits}}}\d*[1-9]").fill_null(False)


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
