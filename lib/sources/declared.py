"""What a product file declares about its data, as plain values for the cleaning step; and the key of pseudonyms."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from babel.numbers import get_currency_precision

from lib.contracts import UserError
from lib.contracts.raw import Rules, SourceRules
from lib.decisions import NO_LIMIT, OPEN
from lib.paths import ROOT, key_file
from lib.sources.erased import erased_marks

PUBLIC_KEY = b"public key of the shipped samples: protects nobody"
ISO = "%Y-%m-%d"  # dates of a source that declares no format; others may be detected (lib.sources.formats)
SHORTEST_KEY = 16  # bytes; shorter keys can be guessed


def rules(settings) -> Rules:
    """The declarations of a product. Raises UserError when there is no key for its pseudonyms, or a bad one."""
    protection = settings.data_protection
    declared = Rules(
        as_of=settings.as_of, timezone=settings.timezone, currency=settings.currency,
        minor_digits=get_currency_precision(settings.currency), retention_days=protection.retention_days or NO_LIMIT,
        minimum_age=protection.minimum_age, lawful_basis=protection.lawful_basis or OPEN,
        owner=protection.owner or OPEN, purpose=protection.purpose or OPEN,
        legitimate_interest=protection.legitimate_interest, impact_assessment=protection.impact_assessment or OPEN,
        compare=tuple(protection.compare),
        public_data=settings.public_data, ids_are_contacts=protection.ids_are_contacts,
        key=pseudonym_key(settings.id, settings.public_data),
        sources={name: _source_rules(name, source) for name, source in settings.sources.items()})
    return replace(declared, erased=erased_marks(settings.id, declared.key_id))


def _source_rules(name: str, source) -> SourceRules:
    if "%y" in source.dates:
        raise UserError(f"sources.{name}.dates: two-digit years cannot be told apart", where=source.dates,
                        fix="export the dates with four-digit years (%Y)")
    if source.thousands and source.thousands == source.decimal:
        raise UserError(f"sources.{name}: `thousands` and `decimal` are the same sign")
    return SourceRules(
        dates=ISO if source.dates == "auto" else source.dates,
        timezone=source.timezone, times_24=source.times_24, decimal=source.decimal or ".", thousands=source.thousands,
        nulls=tuple(source.nulls), types=dict(source.types), sold_as=source.sold_as,
        refund_kinds=tuple(source.refund_kinds), void_kinds=tuple(source.void_kinds),
        exclude_ids=tuple(source.exclude_ids), scale=tuple(source.scale),
        reversed_items=tuple(source.reversed_items), not_answered=tuple(source.not_answered),
        scales={c: tuple(s) for c, s in source.scales.items()}, answered_again=source.answered_again,
        leave_out=tuple(source.leave_out), max_age_days=source.max_age_days,
        quarantine_limit=source.quarantine_limit, partial=source.partial, equal_rows=source.equal_rows)


def pseudonym_key(product_id: str, public_data: bool) -> bytes:
    """The key of a product's pseudonyms: from the environment, a file that it names, or the product's own key file.

    Raises UserError when there is none, when it is too short, or when it is the public one and the data are not public.
    """
    if public_data:
        return PUBLIC_KEY
    own = key_file(product_id)  # made by `segments new`
    key = (os.environ.get("SEGMENTS_KEY", "").encode() or _key_from_file(os.environ.get("SEGMENTS_KEY_FILE", ""))
           or _key_from_file(str(own) if own.is_file() else ""))
    if not key:
        raise UserError("there is no key for the pseudonyms of customers, so nothing was read",
                        fix="set SEGMENTS_KEY, or SEGMENTS_KEY_FILE to a file outside this repository; "
                            "segments new makes one")
    if key == PUBLIC_KEY:
        raise UserError("the public sample key cannot protect real customers", fix="make a key: openssl rand -hex 32")
    if len(key) < SHORTEST_KEY:
        raise UserError(f"the key is shorter than {SHORTEST_KEY} bytes", fix="make a key: openssl rand -hex 32")
    return key


def _key_from_file(name: str) -> bytes:
    if not name:
        return b""
    path = Path(name).resolve()
    if path.is_relative_to(ROOT):
        raise UserError("the file of the key lies inside the repository", fix="keep the key elsewhere")
    if not path.is_file():
        raise UserError("SEGMENTS_KEY_FILE names no file", fix="openssl rand -hex 32 > that file")
    return path.read_bytes().strip()
