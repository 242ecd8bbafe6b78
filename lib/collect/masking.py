"""Free text without what names a person: addresses, links, numbers, and ids of the product's own customers.

A mask finds patterns, not names: the text stays at customer level and is never shown to readers as it is.
"""

from __future__ import annotations

import re

PATTERNS = (
    (re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?:https?://|www\.)\S+", re.I), "[link]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b"), "[account]"),
    # seven digits and more, with the signs that phone, card and id numbers are written with
    (re.compile(r"(?<!\w)\+?\(?\d(?:[\s().\-/]{0,2}\d){6,}(?!\w)"), "[number]"),
)
TOKEN = re.compile(r"\w[\w-]{2,}\w")


def masked(text: str, ids: frozenset[str] = frozenset()) -> str:
    """The text with every pattern and every known customer id replaced by what it was."""
    for pattern, mask in PATTERNS:
        text = pattern.sub(mask, text)
    return TOKEN.sub(lambda m: "[id]" if m.group() in ids else m.group(), text) if ids else text


def known_ids(raw_ids: list[str]) -> frozenset[str]:
    """Ids worth looking for in texts: with a digit and four signs at least, else words would be masked."""
    return frozenset(i for i in raw_ids if len(i) >= 4 and any(c.isdigit() for c in i))
