"""How numbers are written: decimal sign, thousands sign, currency signs; a question where two readings fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "CHF": "CHF",
    "EUR": "EUR",
    "USD": "USD",
    "GBP": "GBP",
    "Fr.": "CHF",
    "¥": "JPY",
    "zł": "PLN",
    "kr": "",
}
SIGNED = re.compile(r"^(-?)\s*(€|£|\$|¥|CHF|EUR|USD|GBP|Fr\.|zł|kr)?\s*(.*?)\s*(€|£|\$|¥|CHF|EUR|USD|GBP|Fr\.|zł|kr)?$")
STYLES = ((".", ""), (",", ""), (",", "."), (".", ","), (",", " "), (".", "'"), (".", " "))
BRACKETS = re.compile(r"^\((.+)\)$")  # how ledgers write what is below zero
LEAST = 0.98  # share of values that a style must read [ours]


@dataclass(frozen=True)
class Numeric:
    """``styles``: (decimal, thousands) that read the values, simplest first; ``whole``: no value has decimals;
    ``negative``: share below zero; ``sign``: the currency that the values carry; ``low``, ``high`` of the sample.
    ``dressed``: signs of money or brackets stand around some values, which the reader does not take off."""

    styles: tuple[tuple[str, str], ...]
    whole: bool
    negative: float
    low: float
    high: float
    sign: str = ""
    dressed: bool = False

    @property
    def question(self) -> bool:
        """Whether `1,234` may be a thousand and more, or one and a bit."""
        return not self.whole and any(thousands == self.styles[0][0] for _, thousands in self.styles)


def numeric(values: tuple[str, ...]) -> Numeric | None:
    """How the values are written as numbers; None when they are none. Codes with leading zeros are none."""
    if not values:
        return None
    parts = [SIGNED.match(BRACKETS.sub(r"-\1", v)) for v in values]
    bare = [
        (m[1] + m[3]).replace("\u2212", "-").replace("\xa0", " ") if m else v
        for m, v in zip(parts, values, strict=True)
    ]
    if any(re.match(r"^-?0\d", b) for b in bare):
        return None
    styles = tuple(s for s in STYLES if sum(bool(_shape(s).match(b)) for b in bare) >= LEAST * len(bare))
    if not styles:
        return None
    decimal, thousands = styles[0]
    read = [n for b in bare if (n := _number(b, decimal, thousands)) is not None]
    whole = all(re.fullmatch(r"[+-]?\d+", b) for b in bare)
    marks = [SIGNS.get(m[2] or m[4] or "", "") for m in parts if m]
    sign = max(set(marks), key=marks.count) if any(marks) else ""
    dressed = any(m and (m[2] or m[4]) for m in parts) or any(BRACKETS.match(v) for v in values)
    return Numeric(styles, whole, sum(n < 0 for n in read) / len(read), min(read), max(read), sign, dressed)


def _shape(style: tuple[str, str]) -> re.Pattern:
    decimal, thousands = (re.escape(s) for s in style)
    whole = rf"\d{{1,3}}({thousands}\d{{3}})*" if thousands else r"\d+"
    return re.compile(rf"^[+-]?({whole})({decimal}\d+)?$")


def _number(text: str, decimal: str, thousands: str) -> float | None:
    try:
        return float((text.replace(thousands, "") if thousands else text).replace(decimal, "."))
    except ValueError:
        return None
