"""Free text without what names a person: addresses, links, numbers, devices, names, and ids of
the product's own customers.

A mask finds most of it and not all: the text stays at customer level, and no reader is shown it as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lib import personal
from lib.collect.names import Names

_TOWN = r"[^\W\d_a-z][\w-]+"
_CODE = r"(?:[A-Z]{1,2}-)?(?:\d{4,5}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})\b"
_PLACE = rf"(?:,?\s+(?:{_CODE}(?:\s+{_TOWN})?|{_TOWN}(?:,\s+[A-Z]{{2}})?\s+{_CODE}))?"
# before the others: these would take a part of a device's id or of a house number and leave the rest
WHOLE = (
    (re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])", re.I), "[device]"),
    (re.compile(r"(?<![\w:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])", re.I), "[device]"),
    (re.compile(rf"(?<!\w)[^\W\d_a-z][\w-]*(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ufer|ring|damm)\s+\d{{1,4}}"
                rf"\s?[a-z]?\b{_PLACE}"), "[address]"),
    (re.compile(rf"(?<![\w.,])\d{{1,5}}[a-z]?,?\s+(?:[A-Z][\w'’-]+\s+){{1,3}}(?:Street|Road|Lane|Avenue|Drive|Close|"
                rf"Court|Crescent|Boulevard|Terrace|Gardens|St|Rd|Ln|Ave|Dr|Blvd)\b\.?{_PLACE}"), "[address]"),
    (re.compile(rf"(?<![\w.,])\d{{1,4}}(?:\s?(?:bis|ter))?,?\s+(?:rue|avenue|boulevard|place|chemin|allée|impasse|"
                rf"quai|route)\s+(?:(?:de|du|des|la|le|les|d['’]|l['’])\s*){{0,2}}{_TOWN}(?:\s+{_TOWN})?{_PLACE}"),
     "[address]"),
)
PATTERNS = (  # what `lib.personal` leaves: it looks for what is surely personal, a text may lose more
    (re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?:https?://|www\.)\S+", re.I), "[link]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b"), "[account]"),
    # seven digits and more, with the signs that phone, card and id numbers are written with
    (re.compile(r"(?<!\w)\+?\(?\d(?:[\s().\-/]{0,2}\d){6,}(?!\w)"), "[number]"),
    (re.compile(r"(?<![\w@])@[A-Za-z_][\w.]{2,}"), "[handle]"),
)
CAPITALS = 6  # [ours] letters of an id without a digit; shorter ones are words as often
NAME = "[name]"
TOKEN = re.compile(r"\w[\w-]{2,}\w")
MASK = re.compile(r"\[[A-Za-z][A-Za-z0-9 -]*\]")  # what a mask leaves in a text


@dataclass(frozen=True)
class Mask:
    """What is masked in a set of texts: patterns always, the ids given, and names as the set tells them.

    ``regions``: countries whose phone numbers and national ids count without a country code.
    """

    ids: frozenset[str] = frozenset()
    names: Names = field(default_factory=Names)
    regions: tuple[str, ...] = ()

    def __call__(self, text: str) -> str:
        """The text with everything personal that was found replaced by what it was."""
        return with_names_masked(masked(text, self.ids, self.regions), self.names)


def masked(text: str, ids: frozenset[str] = frozenset(), regions: tuple[str, ...] = ()) -> str:
    """The text with every identifier, pattern and known customer id replaced by what it was."""
    for pattern, mask in WHOLE:
        text = pattern.sub(mask, text)
    text = personal.masked(text, regions, ids)
    for pattern, mask in PATTERNS:
        text = pattern.sub(mask, text)
    return TOKEN.sub(lambda m: "[id]" if m.group() in ids else m.group(), text) if ids else text


def with_names_masked(text: str, names: Names) -> str:
    """The text with `[name]` where a name stands; other masks are left as they are."""
    kept = [m.span() for m in MASK.finditer(text)]
    for start, end in reversed(names.spans(text)):
        if not any(start < e and s < end for s, e in kept):
            text = text[:start] + NAME + text[end:]
    return text


def is_masked(text: str) -> bool:
    """Whether anything was masked in the text."""
    return bool(MASK.search(text))


def known_ids(raw_ids: list[str]) -> frozenset[str]:
    """Ids worth looking for in texts: of four signs with a digit, of six capitals without; others are words as well."""
    return frozenset(i for i in raw_ids if (len(i) >= 4 and any(c.isdigit() for c in i))
                     or (len(i) >= CAPITALS and i.isalpha() and i.isupper()))
