"""How dates are written: every format that fits all values. Two that fit are a question, never a guess."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

DAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%Y-%m",
)
SHORT_YEARS = ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%y-%m-%d")
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
ZONE = re.compile(r"\s*(Z|[+-]\d{2}:?\d{2})$")
CLOCK = re.compile(r"[ T]\d{1,2}:\d{2}")
LIKE = re.compile(
    r"^(\d{1,4}[./-]\d{1,2}([./-]\d{1,4})?|\d{8}|\d{1,2}[ -]\w{3}[ -]\d{4}|\w{3} \d{1,2}, \d{4})([ T].*)?$"
)
LEAST = 0.98  # share of values that a format must read; the rest is for `segments check` to name [ours]
YEARS = (1900, 2100)
# how clocks that count write a moment: name for `dates`, digits, units a second
COUNTED = (("epoch_s", re.compile(r"^\d{10}(\.\d+)?$"), 1), ("epoch_ms", re.compile(r"^\d{13}$"), 1000))
SINCE, UNTIL = 1_000_000_000, 4_102_444_800  # seconds since 1970: the years 2001 to 2099 [ours]


@dataclass(frozen=True)
class Dated:
    """``formats``: those that read the values (one: sure; several: a question). ``offsets``: share with a zone of
    their own; ``clock``: whether times of day occur; ``short``: years of two digits, which nobody can read safely."""

    formats: tuple[str, ...]
    offsets: float = 0.0
    clock: bool = False
    short: bool = False
    last: tuple[dt.datetime, ...] = ()

    @property
    def sure(self) -> bool:
        return len(self.formats) == 1


def dated(values: tuple[str, ...]) -> Dated | None:
    """How the values are written as dates; None when they are no dates."""
    if not values or sum(bool(LIKE.match(v)) for v in values) < LEAST * len(values):
        return None
    bare = [ZONE.sub("", v).replace("T", " ", 1) if CLOCK.search(v) else v for v in values]
    offsets = sum(bool(CLOCK.search(v) and ZONE.search(v)) for v in values) / len(values)
    clock = any(CLOCK.search(v) for v in values)
    formats = _fitting(bare, DAYS, values)
    if formats:
        return Dated(tuple(formats), offsets, clock)
    return Dated((), offsets, clock, short=True) if _fitting(bare, SHORT_YEARS, values) else None


def counted(values: tuple[str, ...]) -> Dated | None:
    """The values as moments counted since 1970; None when they are none. Ids may look so: a header must agree."""
    for name, shape, unit in COUNTED:
        fits = [v for v in values if shape.match(v) and SINCE <= float(v) / unit < UNTIL]
        if values and len(fits) >= LEAST * len(values):
            return Dated((name,), offsets=1.0, clock=True)
    return None


def day_of(text: str, pattern: str) -> dt.date | None:
    """The day that a text means when written like the pattern (its time and zone are passed over)."""
    bare = ZONE.sub("", text).replace("T", " ", 1) if CLOCK.search(text) else text
    moment = next((m for t in TIMES if (m := _read(bare, re.split(r"[ T]%[HI]", pattern)[0] + t))), None)
    return moment and moment.date()


def _fitting(bare: list[str], days: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
    """Formats that read the values; a sign between day and time is kept as it is written most often."""
    mark = "T" if sum("T" in v[8:12] for v in values) > len(values) / 2 else " "
    found = []
    for day in days:
        counts = {t: sum(_read(v, day + t) is not None for v in bare) for t in TIMES}
        if sum(counts.values()) >= LEAST * len(bare):
            time = max(TIMES, key=lambda t: counts[t])
            found.append(day + time.replace(" ", mark, 1))
    return found


def _read(text: str, pattern: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.strptime(text, pattern)
    except ValueError:
        return None
    return moment if YEARS[0] <= moment.year <= YEARS[1] else None
