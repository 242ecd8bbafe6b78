"""The values of a statement as they may be published: what its words hide, its values do not tell (method.md §7)."""

from __future__ import annotations

import re

from lib.report.numbers import Format
from lib.report.rounding import COUNTS
from lib.report.statements import bare, numbers_in, ways

COUNT = re.compile(rf"(?:(.*)[._])?(?:{'|'.join(COUNTS)})")  # `n`, `lapsed.n`, `Champions_n`
FIGURE = re.compile(r"(.*?)[._]?(?:(?:share|rate|mean)?_?(?:low|high)|share|rate|mean|estimate)")


def publishable(said: dict, fmt: Format) -> dict:
    """The statement with the values that may leave.

    Out are counts of too few people with the unsaid figures of their row, and in sentences and cards every count below
    the smallest one that the text does not say. Counts of people are rounded as the product rounds them.
    """
    text = {bare(number) for number in numbers_in(said["text"])}
    return said | {"values": _kept(said["values"], text, fmt, every=said["kind"] != "picture")}


def _kept(values: dict, text: set[str], fmt: Format, *, every: bool) -> dict:
    few = {key for key, value in values.items() if COUNT.fullmatch(key) and _holds_few(value, fmt)}
    rows = {_row(key) for key in few}
    kept = {}
    for key, value in values.items():
        if isinstance(value, dict):
            kept[key] = _kept(value, text, fmt, every=every)
            continue
        in_doubt = _row(key) in rows or every and isinstance(value, int) and fmt.is_few(value)
        if key not in few and (not in_doubt or not _is_number(value) or _said(value, text, fmt)):
            kept[key] = _as_published(key, value, text, fmt)
    return kept


def _row(key: str) -> str:
    """What the values of one row share: `lapsed` in `lapsed.n` and `lapsed.share_low`, nothing in `n` and `share`."""
    named = COUNT.fullmatch(key) or FIGURE.fullmatch(key)
    return (named[1] or "") if named else key.rpartition(".")[0] or key


def _as_published(key: str, value, text: set[str], fmt: Format):
    if fmt.rounding == 1 or not _is_number(value) or not float(value).is_integer():
        return value
    rounded = type(value)(fmt.rounded(value))
    said = isinstance(value, int) and _said(rounded, text, fmt) and not _said(value, text, fmt)
    return rounded if COUNT.fullmatch(key) or said else value


def _holds_few(value, fmt: Format) -> bool:
    if isinstance(value, list | tuple):
        return any(_holds_few(v, fmt) for v in value)
    return _is_number(value) and float(value).is_integer() and fmt.is_few(value)


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(value, text: set[str], fmt: Format) -> bool:
    return _is_number(value) and any(bare(number) in text for way in ways(value, fmt) for number in numbers_in(way))
