"""Ids that a person would take for one another: what is left of an id without case, spaces, zeros and look-alikes.

Nothing is merged by it. The letters are those of Unicode's list of confusables (UTS 39) that look alike in most
typefaces, and the digits that are mistaken for letters.
"""

from __future__ import annotations

import re
import unicodedata

LOOK_LIKE = {
    "а": "a", "в": "b", "е": "e", "ё": "e", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t",
    "у": "y", "х": "x", "ѕ": "s", "і": "i", "ј": "j", "ԁ": "d", "ԛ": "q", "ԝ": "w", "һ": "h", "г": "r",
    "α": "a", "β": "b", "ε": "e", "ζ": "z", "η": "h", "ι": "i", "κ": "k", "μ": "m", "ν": "n", "ο": "o", "ρ": "p",
    "τ": "t", "υ": "y", "χ": "x", "օ": "o", "ո": "n", "ı": "i",
}
DIGITS = {"o": "0", "i": "1", "l": "1", "|": "1"}  # last: О is first o, then 0
FOLDED = str.maketrans(LOOK_LIKE | {k: DIGITS[v] for k, v in LOOK_LIKE.items() if v in DIGITS} | DIGITS)
DASHES = re.compile("[\u2010-\u2015\u2212_]")
SEPARATOR = re.compile(r"(?<=[^\W\d])[-./](?=\d)")  # of a prefix: K-17 and K17


def skeleton(text: str) -> str:
    """What is left of an id: two ids with the same are almost equal."""
    bare = unaccented(without_signs(text.casefold()))
    return without_zeros(bare.translate(FOLDED))


def without_signs(text: str) -> str:
    """The id without spaces, without the sign behind a prefix, and with one kind of dash."""
    return SEPARATOR.sub("", DASHES.sub("-", "".join(text.split())))


def without_zeros(text: str) -> str:
    """The id without leading zeros and without `.0`, if it is a number."""
    whole = re.sub(r"\.0+$", "", text)
    return (whole.lstrip("0") or "0") if whole.isdecimal() else text


def unaccented(text: str) -> str:
    """The text without accents."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def difference(text: str, other: str) -> str:
    """In what two ids of the same skeleton differ: case, spaces or signs, leading zeros, or look-alike letters."""
    if text.casefold() == other.casefold():
        return "case"
    if without_signs(text.casefold()) == without_signs(other.casefold()):
        return "spaces or signs"
    if without_zeros(text) == without_zeros(other):
        return "leading zeros"
    return "look-alike letters"
