"""People whose erasure was asked for: marks against which every later file is held, and which name nobody.

A mark is an HMAC of a pseudonym, in a domain of its own: who has the marks has no pseudonym, and who has neither
the key nor the id learns nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import ibis.expr.types as ir

from lib.collect.pseudonyms import BITS, DECIMAL, normalised, pseudonym
from lib.contracts.raw import Rules

DOMAIN = "erased"


def mark(customer: str, key: bytes) -> str:
    """The mark of a pseudonym, hex."""
    return hmac.digest(key, f"{DOMAIN}\x1f{customer}".encode(), "sha256")[: BITS // 8].hex()


def pseudonyms_of(raw: str, kind: str, key: bytes) -> list[str]:
    """Every pseudonym that an id may have been given: as it counts, and with and without a lost or won `.0`."""
    text = normalised(raw)
    decimal = DECIMAL.fullmatch(text)
    whole = decimal[1] if decimal else text
    spellings = [text, whole, f"{whole}.0", f"{whole}.00"] if whole.isdecimal() else [text]
    return list(dict.fromkeys(pseudonym(s, kind, key) for s in spellings))


def erased_among(keys: Iterable[str], rules: Rules) -> list[str]:
    """The pseudonyms that are marked as erased."""
    return [k for k in keys if mark(k, rules.key) in rules.erased] if rules.erased else []


def erased_users(typed: dict[str, ir.Table], rules: Rules) -> list[str]:
    """Pseudonyms of people inside accounts that are marked as erased, in any source."""
    if not rules.erased:
        return []
    columns = [t.user_key for t in typed.values() if "user_key" in t.columns]
    seen = {k for c in columns for k in c.name("k").as_table().distinct().k.to_pyarrow().to_pylist() if k}
    return sorted(erased_among(seen, rules))
