"""What only a person can decide about a product, and has not decided yet.

A blank decision makes a run a draft; one that blocks stops it: without it nothing can be read.
"""

from __future__ import annotations

from dataclasses import dataclass

from lib.contracts import INPUTS, NO_CURRENCY

OPEN = "not decided yet"  # what pages and registers say where a decision is blank
NO_LIMIT = 36_500  # days: while retention is not decided nothing expires, and nothing is exported
WEIGHED = "legitimate interests"  # the lawful basis that needs a balance of interests on record
PROTECTION = {
    "owner": "who answers for the processing",
    "purpose": "what the segmentation is for",
    "lawful_basis": "consent, contract, legitimate interests, legal obligation or public data",
    "retention_days": "after how many days rows leave",
}


@dataclass(frozen=True)
class Decision:
    """A key of the product file that waits for a person, and what is to be decided."""

    key: str
    what: str
    blocks: bool = False


def undecided(settings) -> list[Decision]:
    """Every decision of the product that is still open; those that block come first."""
    return [*_blocking(settings), *_protection(settings), *_money(settings), *_profiles(settings)]


def _blocking(settings) -> list[Decision]:
    found = [] if settings.as_of else [Decision("as_of", "the last day that counts, YYYY-MM-DD", blocks=True)]
    found += [Decision(f"sources.{name}.dates", "how its dates are written, e.g. %d/%m/%Y or %m/%d/%Y", blocks=True)
              for name, source in settings.sources.items() if not source.dates and _has_dates(name, source)]
    return found


def _protection(settings) -> list[Decision]:
    found = [Decision(f"data_protection.{key}", what) for key, what in PROTECTION.items()
             if not getattr(settings.data_protection, key)]
    if settings.data_protection.lawful_basis == WEIGHED and not settings.data_protection.legitimate_interest:
        found.append(Decision("data_protection.legitimate_interest", "the interest, and how it was weighed against "
                                                                     "those of customers"))
    return found if settings.why_now else [*found, Decision("why_now", "why the customers are to be divided now")]


def _money(settings) -> list[Decision]:
    columns = getattr(settings.sources.get("transactions"), "columns", {})
    priced = {"amount", "price"} & set(columns)
    return [Decision("currency", "the ISO code of the amounts")] if priced and settings.currency == NO_CURRENCY else []


def _profiles(settings) -> list[Decision]:
    found = []
    for i, profile in enumerate(settings.icps):
        if profile.state == "draft":
            lacking = [part for part in ("jobs", "pains") if not getattr(profile, part)]
            what = f"is {profile.name[:60]!r} a profile of yours? Then state: confirmed"
            found.append(Decision(f"icps[{i}]", what + (f"; its {' and '.join(lacking)} are blank" if lacking else "")))
    return found


def _has_dates(name: str, source) -> bool:
    typed = {c.name for c in INPUTS[name].columns if c.dtype in ("date", "time")}
    return bool(typed & set(source.columns))
