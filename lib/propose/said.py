"""A proposed value with its reason: what was seen, what is likely, what is a guess, and what a person must decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Certainty = Literal["seen", "likely", "guess", "decide"]


@dataclass(frozen=True)
class Said:
    """``why`` becomes the comment beside the value in the product file."""

    value: Any
    why: str = ""
    how: Certainty = "seen"

    @property
    def comment(self) -> str:
        mark = {"seen": "", "likely": "likely: ", "guess": "guess: ", "decide": "decide: "}[self.how]
        return mark + self.why


@dataclass(frozen=True)
class SourceProposal:
    """One source: where it is, how it is written, its column map, what is left unmapped and why, suggestions."""

    name: str
    file: str
    why: str
    settings: dict[str, Said]
    columns: dict[str, Said]
    left: list[tuple[str, str]] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Proposal:
    """A whole product file before it is written: top-level values, sources, profiles, bases, and files not used."""

    top: dict[str, Said]
    sources: list[SourceProposal]
    icps: list[dict[str, Said]]
    bases: dict[str, Said]
    engagement: dict[str, Said]
    protection: dict[str, Said] = field(default_factory=dict)
    unused: list[tuple[str, str]] = field(default_factory=list)
