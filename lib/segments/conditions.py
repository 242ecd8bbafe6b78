"""Conditions over columns: evaluated on a table, written as SQL, and said in words.

A condition is {column, op, value} with op one of =, <, <=, >, >=, in. A rule is a list of alternatives, each a
list of conditions that must all hold. A missing value fulfils no condition.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts.labels import MONEY, SHARES, WHOLE, readable

LARGEST = 1e300  # beyond it a number counts as missing, in Python and in SQL alike
_COMPARE = {"=": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
SAID = {("seen", 0.0): "nothing done in the window", ("seen", 1.0): "something done in the window"}
_ALLOWS = {">": ">=", ">=": ">=", "<": "<=", "<=": "<="}  # beside a number that no count can be
_SPOKEN = {"=": "is", "<": "below", "<=": "at most", ">": "above", ">=": "at least", "in": "is one of"}
PROFILE = "declared as an ideal customer profile: "  # before the rule of a profile that is a segment


def numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    """A column as floats; absent, missing and not finite values are NaN."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.abs(values) <= LARGEST, values, np.nan)


def holds(frame: pd.DataFrame, when: list[list[dict]]) -> np.ndarray:
    """Which rows fulfil the rule, as booleans."""
    any_way = np.zeros(len(frame), bool)
    for conditions in when:
        all_of = np.ones(len(frame), bool)
        for condition in conditions:
            all_of &= _one(frame, condition)
        any_way |= all_of
    return any_way


def _one(frame: pd.DataFrame, condition: dict) -> np.ndarray:
    column, op, value = condition["column"], condition["op"], condition["value"]
    if isinstance(value, str | list):
        wanted = value if isinstance(value, list) else [value]
        return frame[column].isin(wanted).to_numpy(bool) if column in frame else np.zeros(len(frame), bool)
    return _COMPARE[op](numbers(frame, column), float(value))


def as_sql(when: list[list[dict]]) -> str:
    """The rule as an SQL condition; identifiers and texts quoted."""
    return " OR ".join("(" + " AND ".join(_one_sql(c) for c in conditions) + ")" for conditions in when)


def _one_sql(condition: dict) -> str:
    column, value = quoted(condition["column"]), condition["value"]
    if isinstance(value, str | list):
        texts = value if isinstance(value, list) else [value]
        return f"{column} IN ({', '.join(text(t) for t in texts)})"
    if condition["op"] == "=":
        return f"{column} = {double(value)}"
    bound = f" >= {double(-LARGEST)}" if condition["op"] in ("<", "<=") else f" <= {double(LARGEST)}"
    return f"{column} {condition['op']} {double(value)} AND {column}{bound}"


def quoted(name: str) -> str:
    """An identifier, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def double(value: float) -> str:
    """A number literal of double precision: without its exponent engines read a decimal, which overflows or rounds."""
    written = repr(float(value))
    return written if "e" in written else f"{written}e0"


def text(value: str) -> str:
    """A text literal, quoted for SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def is_finite(column: str) -> str:
    """SQL that is true where a numeric column holds a finite number; false or null elsewhere."""
    return f"{quoted(column)} BETWEEN {double(-LARGEST)} AND {double(LARGEST)}"


def in_words(when: list[list[dict]], money=None) -> str:
    """The rule as a person would say it; `money` writes minor units as money."""
    return "; or ".join(_all_words(conditions, money) or "everyone" for conditions in when)


def _all_words(conditions: list[dict], money) -> str:
    """Conditions in words, those on one column together."""
    by_column: dict[str, list] = {}
    for condition in conditions:
        by_column.setdefault(condition["column"], []).append(condition)
    return ", ".join(_column_words(column, own, money) for column, own in by_column.items())


def _column_words(column: str, conditions: list[dict], money) -> str:
    first, (name, _, level) = conditions[0], column.partition("=")
    side = first["value"] if first["op"] == "=" else float(first["op"] in (">", ">="))  # of a column of 0 and 1
    if (column, side) in SAID:
        return SAID[column, side]
    if level and not isinstance(first["value"], str | list):  # a 0/1 column made from one level
        return f"{readable(name)} {'is' if side else 'is not'} {level}"
    said = [f"{_spoken(op, value)} {_value(column, value, money)}"
            for op, value in (_whole(column, c) for c in conditions)]
    return f"{readable(column)} {' and '.join(said)}"


def _spoken(op: str, value) -> str:
    """How a condition is said: `plan is pro`, but `active days exactly 1`."""
    return "exactly" if op == "=" and not isinstance(value, str | list) else _SPOKEN[op]


def _whole(column: str, condition: dict) -> tuple:
    """Operator and value; for a count with a bound between two numbers, the number that it allows."""
    op, value = condition["op"], condition["value"]
    if column not in WHOLE or not isinstance(value, float) or value.is_integer() or op not in _ALLOWS:
        return op, value
    return _ALLOWS[op], np.ceil(value) if op in (">", ">=") else np.floor(value)


def _value(column: str, value, money) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    if column in MONEY and money is not None:
        return money(value)
    return f"{100 * value:.3g} %" if column in SHARES else f"{value:,.4g}"
