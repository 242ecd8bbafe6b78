"""What passes from the reader of raw files to the step that cleans them: tables of text, and the rules declared.

`lib.sources` makes these values, `lib.collect` takes them; neither needs to know the other.
"""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class RawTable:
    """One source as text.

    ``table`` is an Ibis table: one text column a mapped contract name (or attribute), and beside them `_file` (its
    name), `_line` (line number in it) and `_digest` (a hash of the columns that are not mapped, to tell equal rows from two
    rows that differ elsewhere).
    ``rejected`` lists the lines that could not be split into columns (file, line, reason); they are not in ``table``.
    ``notes`` counts what was repaired on the way in (rule, rows, first_lines, meaning). ``native`` names the columns
    that the file itself typed (Parquet, Excel, a database): plain decimals and ISO dates, whatever format is declared.
    ``written`` says how columns turned out to be written where the product file leaves it open: {column: {dates,
    decimal, thousands}}, each a field of SourceRules. ``rates`` are (currency, rate, first day or empty): what one unit
    of another currency is worth in the product's.
    """

    table: Any
    columns: tuple[str, ...]
    rows: int
    rejected: pd.DataFrame
    notes: tuple[dict, ...] = ()
    native: frozenset[str] = frozenset()
    written: dict[str, dict[str, str]] = field(default_factory=dict)
    rates: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Raw:
    """Every source of a product as text, the files it came from ({source, file, sha256, bytes, rows}), and the lists of
    codes and rates that it was translated by ({source, file, sha256, bytes})."""

    tables: dict[str, RawTable]
    files: tuple[dict, ...] = ()
    lists: tuple[dict, ...] = ()


@dataclass(frozen=True)
class SourceRules:
    """How the texts of one source are written, and what is to be left out."""

    dates: str = "%Y-%m-%d"
    timezone: str = ""
    times_24: bool = False
    decimal: str = "."
    thousands: str = ""
    nulls: tuple[str, ...] = ("",)
    types: dict[str, str] = field(default_factory=dict)
    sold_as: str = ""
    refund_kinds: tuple[str, ...] = ()
    void_kinds: tuple[str, ...] = ()
    exclude_ids: tuple[str, ...] = ()
    scale: tuple[int, int] = (1, 5)
    scales: dict[str, tuple[int, int]] = field(default_factory=dict)
    reversed_items: tuple[str, ...] = ()
    not_answered: tuple[str, ...] = ()
    answered_again: str = "refuse"
    leave_out: tuple[str, ...] = ()
    max_age_days: int = 0
    quarantine_limit: float = 0.01
    partial: bool = False
    equal_rows: str = "remove"


DECIDED = ("contract", "legitimate interests", "legal obligation", "public data")  # bases that do not rest on consent


@dataclass(frozen=True)
class Rules:
    """What the product declares about its data: the as-of day, zone, money, protection, and each source.

    ``key`` is the secret of the pseudonyms; it is never printed, and never enters a query; `key_id` tells two keys apart.
    ``erased`` are the marks (lib.collect.erased) of those who asked to be erased.
    """

    as_of: dt.date
    timezone: str
    currency: str
    minor_digits: int
    retention_days: int
    minimum_age: int
    lawful_basis: str
    sources: dict[str, SourceRules]
    key: bytes = field(repr=False)
    public_data: bool = False
    ids_are_contacts: bool = False
    owner: str = ""
    purpose: str = ""
    legitimate_interest: str = ""
    impact_assessment: str = ""
    compare: tuple[str, ...] = ()
    erased: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def asks_consent(self) -> bool:
        """Whether only who consented may be analysed: so it is, too, while no lawful basis is decided."""
        return self.lawful_basis not in DECIDED

    @property
    def key_id(self) -> str:
        """A short fingerprint of the key, recorded with what was made with it."""
        return hmac.digest(self.key, b"key id", "sha256")[:4].hex()
