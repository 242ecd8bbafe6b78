"""Texts become moments, by declaration: the clock they were written by, its zone, the hours that it skips or repeats.

Rules (catalogue 70 to 78): a time that carries an offset is read by it; another is local to its source's zone, else to
the product's; a day without a time has no zone and is never moved. A time in the hour that summer time skips is read
one hour later, as a clock that was not set forward shows it; a time in the hour that comes twice is read as its second
pass, in winter time. Both are counted.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as types
import ibis.expr.types as ir

EXCEL, SECONDS, MILLISECONDS = "excel", "epoch_s", "epoch_ms"  # what `dates` may declare instead of a pattern
SECONDS_OF = {SECONDS: 1, MILLISECONDS: 1000}
LAST_SERIAL, EXCEL_OF_1970, DAY = 2_958_465, 25_569, 86_400  # 9999-12-31 and 1970-01-01 as a spreadsheet counts days
LARGEST_SECONDS = 10**11  # the year 5138; a larger number counts milliseconds (catalogue 71)
TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
OFFSET = rf"{TIME}\s*(Z|[+-]\d{{2}}(?::?\d{{2}})?)$"
MIDNIGHT_24 = r"(^|\D)24:00(:00)?"
TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f")
SLOT = 1800  # seconds; every change of a clock since 1973 begins and ends on a half hour


@ibis.udf.scalar.builtin(name="try_strptime", signature=((types.string, types.Array(types.string)), types.timestamp))
def _try_strptime(text, patterns):
    """The engine's own: missing where the text fits none of the patterns."""


@ibis.udf.scalar.builtin(name="timezone", signature=((types.string, types.timestamp), types.timestamp))
def _in_zone(zone, moment):
    """The engine's own: local time to an instant, or an instant to local time."""


@ibis.udf.scalar.builtin(name="to_minutes", signature=((types.int64,), types.Interval("m")))
def _minutes(count):
    """The engine's own."""


@ibis.udf.scalar.builtin(name="make_timestamp", signature=((types.int64,), types.timestamp))
def _of_microseconds(count):
    """The engine's own: a moment from microseconds since 1970."""


@dataclass(frozen=True)
class Clock:
    """How the moments of one column are written: `pattern` (strptime, or EXCEL, SECONDS, MILLISECONDS), the product's
    zone, the zone of times without an offset, whether the file typed them, whether only their day counts, and whether
    24:00 is declared to be the end of the day. ``offsets`` and ``at_24``: whether any text has one."""

    pattern: str
    zone: str
    own_zone: str
    native: bool = False
    is_day: bool = False
    next_day: bool = False
    offsets: bool = False
    at_24: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether moments are counted from 1970, an instant whatever the zone."""
        return self.pattern in SECONDS_OF and not self.native

    @property
    def moves(self) -> bool:
        """Whether times without an offset lie in another zone than the product's."""
        return not self.is_day and not self.is_counted and self.own_zone != self.zone


@dataclass(frozen=True)
class Jumps:
    """Half hours of local time, counted from 1970, that a zone skips ({seconds skipped: half hours}) or repeats."""

    skipped: dict[int, list[int]]
    repeated: list[int]


def offset_of(text: ir.StringValue) -> ir.StringValue:
    """The zone offset that a time carries (`Z`, `+02:00`), missing where it carries none."""
    found = text.re_extract(OFFSET, 1)
    return ibis.ifelse(found == "", ibis.null("string"), found)


def as_shown(text: ir.StringValue, clock: Clock) -> ir.TimestampValue:
    """What calendar and clock showed where the text was written, before any zone; missing where it is none.

    Accepted: the declared pattern, its day alone or with a time, each with an offset.
    """
    if clock.native:
        return text.try_cast("timestamp").cast("timestamp(6)")
    if clock.is_counted:
        return _counted(text, SECONDS_OF[clock.pattern])
    if clock.pattern == EXCEL:
        return _serial(text)
    body = text
    if clock.offsets:
        bare = body.re_replace(rf"({TIME})\s*(Z|[+-]\d{{2}}(:?\d{{2}})?)$", r"\1")
        body = ibis.ifelse(body.re_search(OFFSET), bare, body)  # replacing is slow, and few texts need it
    if clock.at_24 and clock.next_day:
        body = body.re_replace(MIDNIGHT_24, r"\100:00\2")
    shown = _try_strptime(body, ibis.array(_patterns(clock.pattern)))
    if clock.at_24 and clock.next_day:
        shown = ibis.ifelse(text.re_search(MIDNIGHT_24), shown + ibis.interval(days=1), shown)
    return shown.cast("timestamp(6)")


def at_home(shown: ir.TimestampValue, text: ir.StringValue, offset: ir.StringValue | None, clock: Clock,
            skipped: dict[int, list[int]]) -> ir.TimestampValue:
    """Local time of the product. ``offset`` as `offset_of` gives it (None: no text has one); ``skipped``: those half
    hours of the column's own zone in which it has times."""
    if clock.is_counted:
        value = _in_zone(clock.zone, _in_zone("UTC", shown))
    elif clock.moves:
        value = ibis.ifelse(has_clock(text, clock), _in_zone(clock.zone, _in_zone(clock.own_zone, shown)), shown)
    else:
        value = shown
        for seconds, slots in skipped.items():
            late = has_clock(text, clock) & slot(shown).isin(slots)
            value = ibis.ifelse(late, shown + _minutes(ibis.literal(seconds // 60, "int64")), value)
    if offset is not None:
        aware = _in_zone(clock.zone, _in_zone("UTC", shown - _minutes(_offset_minutes(offset))))
        value = ibis.ifelse(offset.notnull(), aware, value)
    value = value.cast("timestamp(6)")
    return value.truncate("D") if clock.is_day else value


def has_clock(text: ir.StringValue, clock: Clock) -> ir.BooleanValue:
    """Whether a text holds a time of day, and not a day alone."""
    if clock.is_counted or (re.search("%[HI]", clock.pattern) and ":" not in clock.pattern and not clock.native):
        return text.notnull()
    return text.contains("." if clock.pattern == EXCEL and not clock.native else ":")


def slot(shown: ir.TimestampValue) -> ir.IntegerValue:
    """The half hour, counted from 1970."""
    return (shown.epoch_seconds() // SLOT).cast("int64")


@functools.lru_cache(maxsize=64)
def jumps(zone: str, first: dt.date, last: dt.date) -> Jumps:
    """When the clocks of a zone are put forward and back between two days."""
    info, skipped, repeated = ZoneInfo(zone), {}, []
    day, end = _utc(first), _utc(last)
    while day < end:
        before, after = (m.astimezone(info).utcoffset() for m in (day, day + dt.timedelta(days=1)))
        if before != after:
            instant = int(_change(info, day, before).timestamp())
            slots = range((instant + int(min(before, after).total_seconds())) // SLOT,
                          -(-(instant + int(max(before, after).total_seconds())) // SLOT))
            if after > before:
                skipped.setdefault(int((after - before).total_seconds()), []).extend(slots)
            else:
                repeated.extend(slots)
        day += dt.timedelta(days=1)
    return Jumps(skipped, repeated)


def _change(info: ZoneInfo, day: dt.datetime, before: dt.timedelta) -> dt.datetime:
    """The minute within a day at which the offset changes, by halving."""
    low, high = 0, 24 * 60
    while high - low > 1:
        middle = (low + high) // 2
        same = (day + dt.timedelta(minutes=middle)).astimezone(info).utcoffset() == before
        low, high = (middle, high) if same else (low, middle)
    return day + dt.timedelta(minutes=high)


def _utc(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _patterns(pattern: str) -> list[str]:
    """The declared pattern first, then its day with and without a time."""
    day = re.split(r"[ T]?%[HI]", pattern)[0]
    others = [day, *(f"{day}{gap}{time}" for gap in (" ", "T") for time in TIMES)]
    return list(dict.fromkeys([pattern, *others]))


def _counted(text: ir.StringValue, per_second: int) -> ir.TimestampValue:
    """A number of seconds or thousandths since 1970; missing where its size speaks of the other unit."""
    number = text.try_cast("float64")
    fits = (number.abs() < LARGEST_SECONDS) if per_second == 1 else (number.abs() >= LARGEST_SECONDS / 10)
    sound = ibis.ifelse(fits & (number.abs() < LARGEST_SECONDS * per_second), number, ibis.null("float64"))
    return _of_microseconds((sound * (1_000_000 // per_second)).round().cast("int64")).cast("timestamp(6)")


def _serial(text: ir.StringValue) -> ir.TimestampValue:
    """Days as a spreadsheet counts them from 1900, to the second."""
    number = text.try_cast("float64")
    sound = ibis.ifelse((number >= 1) & (number <= LAST_SERIAL), number, ibis.null("float64"))
    seconds = ((sound - EXCEL_OF_1970) * DAY).round().cast("int64")
    return _of_microseconds(seconds * 1_000_000).cast("timestamp(6)")


def _offset_minutes(offset: ir.StringValue) -> ir.IntegerValue:
    digits = offset.re_replace("[^0-9]", "").rpad(4, "0")
    minutes = digits.substr(0, 2).try_cast("int64") * 60 + digits.substr(2, 2).try_cast("int64")
    return ibis.ifelse(offset == "Z", 0, ibis.ifelse(offset.startswith("-"), -minutes, minutes))
