"""Numbers as people read them, by the product's locale. Money comes in minor units and leaves with its sign."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_compact_currency, format_currency, format_decimal, get_currency_precision

from lib.contracts.counts import People
from lib.report.earlier import hidden_before

MISSING = "not measured"
SMALLEST_P = 0.001
ISO_DAY = re.compile(r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b")
ISO_MONTH = re.compile(r"(?<![\w-])\d{4}-(?:0[1-9]|1[0-2])\b(?!-)")
HUGE = 1e15  # beyond it digits mean nothing: a bound that the data leave open
UNBROKEN_MINUS = "\u2011"  # a line may end after a plain hyphen: a loss would stand there without its sign


@dataclass(frozen=True)
class Format(People):
    """How a product writes its numbers."""

    locale: str = "en"
    currency: str = "EUR"
    smallest: int = 10  # people: fewer are not published (method.md §7)
    rounding: int = 1  # published counts of people are multiples of it
    before: Mapping[str, list] = field(default_factory=dict, hash=False)  # rows that the report before hid, by table

    @classmethod
    def of(cls, settings, before: dict | None = None) -> Format:
        """How the product of these settings writes its numbers, and how exactly it counts people.

        ``before`` is the summary that the report before this one published.
        """
        protection = settings.data_protection
        return cls(settings.locale, settings.currency, protection.smallest_cell, protection.rounding,
                   hidden_before(before))

    @property
    def few(self) -> str:
        """What stands for a count of too few people."""
        return f"< {self.smallest}"

    def people(self, n) -> str:
        """A count of people as it may be published: `< 10` for few, else rounded as the product asks."""
        return MISSING if _absent(n) else self.few if self.is_few(n) else self.count(self.rounded(n))

    def n(self, n) -> str:
        """The size that stands behind a figure: `n = 248`, or `n < 10` for few."""
        people = self.people(n)
        return f"n {people}" if people in (MISSING, self.few) else f"n = {people}"

    def count(self, value) -> str:
        return MISSING if _absent(value) else format_decimal(int(round(value)), locale=self.locale)

    def p_value(self, value) -> str:
        """A p value to three decimals; a smaller one is not zero."""
        small = not _absent(value) and value < SMALLEST_P
        return f"< {self.number(SMALLEST_P, 3)}" if small else self.number(value, 3)

    def p(self, value) -> str:
        """The p value in a sentence: `p = 0.165`, or `p < 0.001`."""
        said = self.p_value(value)
        return f"p {said}" if said == MISSING or said.startswith("<") else f"p = {said}"

    def counted(self, value, one: str, many: str = "") -> str:
        """A count with what it counts: `1 row`, `20 rows`; ``many`` where an s does not make it."""
        return f"{self.count(value)} {one if value == 1 else many or f'{one}s'}"

    def number(self, value, digits: int = 2) -> str:
        """A number with at most that many decimals."""
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        if _absent(value):
            return MISSING
        rounded = round(float(value), digits) + 0.0  # + 0.0 turns a rounded -0.0 into 0
        if abs(rounded) >= HUGE:
            return f"{rounded:.0e}"
        return format_decimal(rounded, pattern, locale=self.locale)

    def share(self, value, digits: int = 0) -> str:
        """A share 0-1 as per cent."""
        return MISSING if _absent(value) else f"{self.number(100 * float(value), digits)} %"

    def money(self, minor, *, compact: bool = False, exact: bool = False) -> str:
        """Minor units as money; whole units above 100, `compact` for headlines, `exact` to the smallest coin."""
        if _absent(minor):
            return MISSING
        value = float(minor) / 10 ** get_currency_precision(self.currency)
        if compact and abs(value) >= 10_000:
            return format_compact_currency(value, self.currency, locale=self.locale, fraction_digits=1)
        decimals = 0 if abs(value) >= 100 and not exact else get_currency_precision(self.currency)
        pattern = Locale.parse(self.locale).currency_formats["standard"].pattern
        pattern = re.sub(r"0\.00", "0" + ("." + "0" * decimals if decimals else ""), pattern)
        text = format_currency(round(value, decimals), self.currency, pattern, locale=self.locale,
                               currency_digits=False)
        return re.sub("^-", UNBROKEN_MINUS, text)

    def days(self, value) -> str:
        return MISSING if _absent(value) else f"{self.number(value, 1)} {'day' if value == 1 else 'days'}"

    def date(self, value) -> str:
        """A day, in the locale's order. The month is a word only in English, the language of the pages."""
        if value is None:
            return MISSING
        if self.locale.startswith("en"):
            return format_date(value, "d MMMM y", locale=self.locale)
        return format_skeleton("yMd", value, locale=self.locale)

    def months(self, name: str) -> str:
        """A calendar month (`2026-06`) or quarter (`2026Q2`)."""
        month = "yMMMM" if self.locale.startswith("en") else "yM"
        return format_skeleton("yQQQ" if "Q" in name else month, pd.Period(name).start_time, locale=self.locale)

    def dated(self, text: str) -> str:
        """A text whose days and months are written as all others are: it comes from a step, which knows no locale."""
        text = ISO_DAY.sub(lambda found: self.date(dt.date.fromisoformat(found[0])), text)
        return ISO_MONTH.sub(lambda found: self.months(found[0]), text)

    def short_date(self, value) -> str:
        """A day on an axis or in a narrow column: `30 Jun 2026`, in the locale's order."""
        return format_date(value, "d MMM y", locale=self.locale) if self.locale.startswith("en") else self.date(value)

    def short_months(self, name: str) -> str:
        """A calendar month or quarter on an axis: `Jun 2026`, `Q2 2026`."""
        if "Q" in name or not self.locale.startswith("en"):
            return self.months(name)
        return format_skeleton("yMMM", pd.Period(name).start_time, locale=self.locale)

    def interval(self, low, high, kind=None) -> str:
        """`(low to high)` in the units of `kind`, one of this object's methods; empty when not known."""
        kind = kind or self.number
        return "" if _absent(low) or _absent(high) else f"({kind(low)} to {kind(high)})"

    def estimate(self, value, low, high, kind=None) -> str:
        """`value (low to high)` in the units of `kind`."""
        kind = kind or self.number
        return f"{kind(value)} {self.interval(low, high, kind)}".strip()


def _absent(value) -> bool:
    return value is None or (isinstance(value, float | np.floating) and not np.isfinite(value))
