"""Where direct identifiers stand in a text, and the text with each replaced by its kind."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lib.personal.national import national_ids
from lib.personal.numbers import is_card, is_iban
from lib.personal.phones import phones

HIDDEN = "\u200b-\u200f\u2060\ufeff\u00ad"  # signs nobody sees, written into addresses to get past a search
AT = re.compile(rf"[{HIDDEN}]*\s?(?:[@＠]|%40|[\[(]\s?at\s?[\])])\s?[{HIDDEN}]*", re.I)
LOCAL = re.compile(rf"[\w.+'’{HIDDEN}-]*\w[{HIDDEN}]*$")
DOMAIN = re.compile(rf"(?:[\w{HIDDEN}-]{{1,63}}(?:\.|[\[(]dot[\])])){{1,8}}[^\W\d_][\w-]{{1,23}}", re.I)
LONGEST_LOCAL = 64  # RFC 5321
PATH = r"[^\s/?#<>()\[\],»\"']"
USER_URL = re.compile(rf"\b[a-z][a-z0-9+.-]{{1,15}}://[^\s/@?#]{{1,128}}@{PATH}+(?:[/?#](?:{PATH}|[/?#])*)?", re.I)
IBAN = re.compile(r"(?<![A-Za-z0-9])(?=([A-Za-z]{2}\d{2}[A-Za-z0-9 -]{11,50}))")
CARD = re.compile(r"(?<![\w.,-])(?:\d{12,19}|\d{4}([ -])\d{4}\1\d{4}(?:\1\d{1,4}){1,2}|\d{4}([ -])\d{6}\2\d{4,5})"
                  r"(?![\w-]|[.,]\d)")
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
IPV6 = re.compile(r"(?<![\w:])(?:[23][0-9a-f]{3}|f[cde][0-9a-f]{2}):[0-9a-f:]{2,34}(?![\w:])", re.I)
MASK = "[{}]"
FEWEST_DIGITS = 4  # an Italian code may hold as few


@dataclass(frozen=True, order=True)
class Finding:
    """A direct identifier in a text: from ``start`` to ``end``; ``kind`` in words, such as "phone number"."""

    start: int
    end: int
    kind: str


def find(text: str, regions: Collection[str] = ()) -> list[Finding]:
    """Direct identifiers in a text, in order, none overlapping.

    ``regions``: ISO country codes whose national phone numbers and plain-digit national ids count; numbers with a
    country code, and ids whose form alone tells them, count everywhere. A run of digits without a checksum, a `+`
    or a leading 0 is not found: it may be an amount.
    """
    taken: list[Finding] = []
    for start, end, kind in _candidates(text, tuple(sorted(regions))):
        if not any(start < f.end and f.start < end for f in taken):
            taken.append(Finding(start, end, kind))
    return sorted(taken)


def has_any(text: str, regions: Collection[str] = ()) -> bool:
    """Whether the text holds a direct identifier."""
    return next(_candidates(text, tuple(sorted(regions))), None) is not None


def masked(text: str, regions: Collection[str] = (), ids: Collection[str] = frozenset()) -> str:
    """The text with `[kind]` for every finding and `[id]` for every word that is one of ``ids``."""
    spans = [(f.start, f.end, f.kind) for f in find(text, regions)]
    if ids:
        words = ((m.start(), m.end(), "id") for m in re.finditer(r"\w[\w.-]*\w|\w", text) if m.group() in ids)
        spans += [w for w in words if not any(w[0] < end and start < w[1] for start, end, _ in spans)]
    for start, end, kind in sorted(spans, reverse=True):
        text = text[:start] + MASK.format(kind) + text[end:]
    return text


def _candidates(text: str, regions: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Findings, the surest kinds first: a later one that overlaps an earlier one is the same thing."""
    yield from ((*m.span(), "address with a user") for m in USER_URL.finditer(text))
    yield from _e_mails(text)
    yield from _ips(text)
    if sum(map(str.isdigit, text)) < FEWEST_DIGITS:
        return
    for m in IBAN.finditer(text):
        if length := is_iban(m[1]):
            yield m.start(), m.start() + length, "IBAN"
    yield from ((*m.span(), "card number") for m in CARD.finditer(text) if is_card(m[0]))
    yield from national_ids(text, regions)
    yield from ((start, end, "phone number") for start, end in phones(text, regions))


def _e_mails(text: str) -> Iterator[tuple[int, int, str]]:
    """From each @ to both sides, so that long texts cost no more than their length."""
    for at in AT.finditer(text):
        start = max(0, at.start() - LONGEST_LOCAL)
        local, domain = LOCAL.search(text[start:at.start()]), DOMAIN.match(text, at.end())
        if local and domain:
            yield start + local.start(), domain.end(), "e-mail address"


def _ips(text: str) -> Iterator[tuple[int, int, str]]:
    for pattern in (IPV4, IPV6):
        for m in pattern.finditer(text):
            try:
                ipaddress.ip_address(m[0])
            except ValueError:
                continue
            yield *m.span(), "IP address"
