"""Phone numbers in a text: with a country code anywhere, in national form in the countries asked for.

Found by `phonenumbers`, which knows each country's plan; what looks like a decimal, a range, a date or a count is
left: pages are full of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonenumbers import Leniency, PhoneNumberMatcher

ABROAD = re.compile(r"(?<![\d+.,])00(?=[1-9])")  # written instead of +
# national form: a leading 0, an area in brackets, groups with signs between, or any run of digits behind a cue
CUE = re.compile(r"(?i)\b(?:tel|telefon|telephone|phone|fon|mobile?|cell|handy|fax|whatsapp|call|sms|móvil|portable)"
                 r"\w{0,8}[.:]?\s*(?:is|no\.?|nr\.?|number|me|ist|at|on|unter|under)?[.:]?\s*$")
# one space between groups at most: two set the columns of a table apart
NATIONAL = re.compile(r"(?<![\w.,+-])\(?\d(?:[\d()./-]|(?<! ) ){5,20}\d(?![\w%]|[.,]\d)")
DECIMAL = re.compile(r"\(?\d{1,3}[.,]\d{1,2}(?!\d)|\(?\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d+)?$|0[.,]")
DATE = re.compile(r"\(?\d{1,4}([-./])\d{1,2}\1\d{1,4}(?!\d)")
ISO_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
TRUNK = re.compile(r"\(?0[1-9]")
MIXED = re.compile(r"\d\.\d.*\d[ -]\d|\d[ -]\d.*\d\.\d")  # a dot among spaces is a decimal
GROUPED = re.compile(r"\(\d+\)|\d+[\s./-]+\d+[\s./-]+\d")
DIGITS = 7  # fewer are no phone number that could be told from an amount


def phones(text: str, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where phone numbers stand: start, end; a number may be given for several regions."""
    plain = ISO_DAY.sub(lambda day: "x" * len(day[0]), text)  # no part of a date begins a number
    abroad = ABROAD.sub(" +", plain)
    if "+" in abroad or "＋" in abroad:
        for match in PhoneNumberMatcher(abroad, None, leniency=Leniency.VALID):
            yield match.start - (text[match.start] == "0"), match.end
    for candidate in NATIONAL.finditer(plain) if regions else ():
        yield from _national(candidate, plain, regions)


def _national(candidate: re.Match, text: str, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """A run of digits that a country of the list would read as a number, and that is written as one."""
    raw = candidate[0]
    cued = CUE.search(text[max(0, candidate.start() - 40):candidate.start()])
    figures = DECIMAL.match(raw) or MIXED.search(raw)
    if sum(map(str.isdigit, raw)) < DIGITS or DATE.match(raw) or (figures and not cued):
        return
    if TRUNK.match(raw) or cued:
        leniency = Leniency.VALID
    elif GROUPED.search(raw):  # plans without a trunk 0 (US, ES, PL): only grouped as the country groups
        leniency = Leniency.EXACT_GROUPING
    else:
        return
    for region in regions:
        for match in PhoneNumberMatcher(raw, region, leniency=leniency):
            yield candidate.start() + match.start, candidate.start() + match.end
