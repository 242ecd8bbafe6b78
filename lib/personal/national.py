"""Numbers by which a state knows a person, with the checksum of each where it has one.

Written with their own signs (US 078-05-1120, CH 756.1234.5678.97) or letters (GB, IT) they are told everywhere;
runs of plain digits only in the countries asked for, because one in ten amounts has a valid checksum.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

LETTERS_ES = "TRWAGMYFPDXBNJZSQVHLCKE"
ODD_IT = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                  [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8,
                   12, 14, 16, 10, 22, 25, 24, 23], strict=True))


def national_ids(text: str, regions: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Where national ids stand: start, end, kind."""
    for country, everywhere, pattern, valid in IDS:
        if everywhere or country in regions:
            for m in pattern.finditer(text):
                if valid(re.sub(r"[\s./-]", "", m[0]).upper()):
                    yield *m.span(), "national id"


def _de(digits: str) -> bool:
    """Steuer-Id: ISO 7064 mod 11,10; among the first ten digits one stands twice or thrice."""
    product = 10
    for digit in map(int, digits[:10]):
        product = ((product + digit) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10]) and max(Counter(digits[:10]).values()) in (2, 3)


def _es(text: str) -> bool:
    """NIF and NIE: the letter tells the number modulo 23."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return LETTERS_ES[int(number) % 23] == text[-1]


def _fr(text: str) -> bool:
    """NIR: the key is 97 less the number modulo 97; Corsica writes 2A, 2B as department."""
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(text[13:])


def _it(text: str) -> bool:
    """Codice fiscale: the last letter tells the others."""
    even = (int(c) if c.isdigit() else ord(c) - 65 for c in text[1:15:2])
    return chr(65 + (sum(ODD_IT[c] for c in text[0:15:2]) + sum(even)) % 26) == text[15]


def _nl(digits: str) -> bool:
    """BSN: the eleven test."""
    return sum(w * int(d) for w, d in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True)) % 11 == 0


def _pl(digits: str) -> bool:
    """PESEL: a date of birth, and weights 1 3 7 9."""
    weighed = sum(w * int(d) for w, d in zip((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), digits, strict=True))
    return weighed % 10 == 0 and 1 <= int(digits[2:4]) % 20 <= 12 and 1 <= int(digits[4:6]) <= 31


def _be(digits: str) -> bool:
    """Rijksregisternummer: 97 less the number modulo 97; those born from 2000 count with a 2 before it."""
    number, key = digits[:9], int(digits[9:])
    return key in (97 - int(number) % 97, 97 - int(f"2{number}") % 97) and 1 <= int(digits[2:4]) % 20 <= 12


def _ch(digits: str) -> bool:
    """AHV number: an EAN-13 that begins with 756."""
    return sum(int(d) * (1 + 2 * (place % 2)) for place, d in enumerate(digits)) % 10 == 0


def _shape(_: str) -> bool:
    return True


def _plain(pattern: str) -> re.Pattern:
    return re.compile(rf"(?<![\w.,+-])(?:{pattern})(?![\w-]|[.,]\d)", re.I)


# country, whether its form alone tells it, form, checksum
IDS: tuple[tuple[str, bool, re.Pattern, Callable[[str], bool]], ...] = (
    ("IT", True, _plain(r"[A-Z]{6}\d[\dLMNPQRSTUV][A-EHLMPRST][\dLMNPQRSTUV]{2}[A-Z][\dLMNPQRSTUV]{3}[A-Z]"), _it),
    ("GB", True, _plain(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"),
     _shape),
    ("FR", True, _plain(r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"), _fr),
    ("CH", True, _plain(r"756\.\d{4}\.\d{4}\.\d\d"), _ch),
    ("US", True, _plain(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}"), _shape),
    ("ES", True, _plain(r"\d{8}-?[A-HJ-NP-TV-Z]|[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]"), _es),
    ("CH", False, _plain(r"756\d{10}"), _ch),
    ("DE", False, _plain(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}"), _de),
    ("NL", False, _plain(r"\d{9}|\d{4}\.\d\d\.\d{3}"), _nl),
    ("PL", False, _plain(r"\d{11}"), _pl),
    ("BE", False, _plain(r"\d\d\.?\d\d\.?\d\d-?\d{3}[.-]?\d\d"), _be),
)
