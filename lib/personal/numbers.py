"""Numbers of accounts and cards by their checksums (ISO 13616 with ISO 7064 mod 97-10; ISO/IEC 7812 with Luhn)."""

from __future__ import annotations

import re

# first digits and lengths of cards: Visa, Mastercard, American Express, Discover, JCB, Diners, Maestro, UnionPay
CARDS = (
    (r"4", (13, 16, 19)), (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)), (r"3[47]", (15,)),
    (r"6011|64[4-9]|65", (16, 19)), (r"35(?:2[89]|[3-8])", (16, 19)), (r"30[0-5]|3[689]", (14, 16)),
    (r"50|5[6-8]|6304|67", (12, 13, 14, 15, 16, 18, 19)), (r"62", (16, 19)),
)
# lengths by country, from the registry of IBANs (SWIFT): a hash or a serial number has another
_LENGTHS = """15 NO 16 BE 18 DK FI FO GL NL 19 MK SI 20 AT BA EE KZ LT LU XK 21 CH HR LI LV 22 BG BH CR DE GB GE IE ME
RS VA 23 AE GI IL IQ TL 24 AD CZ ES MD PK RO SA SE SK TN VG 25 LY PT ST 26 IS TR 27 FR GR IT MC MR SM 28 AL AZ BY CY
DO GT HU LB PL SV 29 BR EG PS QA UA 30 JO KW MU 31 MT SC 32 LC"""


def _by_country(table: str) -> dict[str, int]:
    lengths, length = {}, 0
    for word in table.split():
        if word.isdigit():
            length = int(word)
        else:
            lengths[word] = length
    return lengths


LENGTHS = _by_country(_LENGTHS)


def is_card(text: str) -> bool:
    """Whether the digits of the text are a card number of a known network and length."""
    digits = re.sub(r"\D", "", text)
    known = any(len(digits) in lengths and re.match(prefix, digits) for prefix, lengths in CARDS)
    return known and len(set(digits)) > 1 and _luhn(digits)


def is_iban(text: str) -> int:
    """How many signs of the text are an IBAN, from its first sign; 0 when none is (a word may follow it)."""
    ends = [m.end() for m in re.finditer(r"[A-Za-z0-9](?![A-Za-z0-9])", text)]
    for end in reversed(ends):
        plain = re.sub(r"[^A-Z0-9]", "", text[:end].upper())
        if len(plain) == LENGTHS.get(plain[:2]) and _mod_97(plain) == 1:
            return end
    return 0


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _mod_97(plain: str) -> int:
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97
