"""Attributes of customers and items of surveys: what may be mapped, what must not, and what may divide people."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib.basis.sensitivity import sensitivity
from lib.contracts import INPUTS
from lib.contracts.counts import number_of
from lib.propose.roles import Table, items
from lib.propose.said import Said
from lib.propose.shapes import MOST_LEVELS, Shape
from lib.propose.words import COMPANY, DEMOGRAPHIC, GEOGRAPHIC, PROTECTED, PROXY, likeness, plain, words_of

SCALES = ((1, 5), (1, 7), (0, 10), (1, 10), (1, 4), (1, 6), (1, 11), (0, 4), (0, 5), (1, 9))
CODE = (-99, -9, -1, 0, 8, 9, 88, 98, 99, 999)
ITEM = re.compile(r"\[(\D[^\]]{2,})\]\s*$")
LISTED = 0.5  # share of different cells that hold several answers [ours]
FEW = 0.15  # share of answers that may be a code for no answer [ours]


@dataclass(frozen=True)
class Attributes:
    """``mapped``: attribute name to its column; ``left``: headers not mapped, with the reason; and what of the mapped
    ones may divide people (``offer``), must not (``never``), their kinds, and the types that their values need."""

    mapped: dict[str, Said]
    shapes: dict[str, Shape]
    left: list[tuple[str, str]]
    kinds: dict[str, str]
    types: dict[str, str]

    @property
    def never(self) -> list[str]:
        return [n for n in self.mapped if _why_never(self.shapes[n].header)]

    @property
    def offer(self) -> list[str]:
        return [n for n in self.mapped if n not in self.never]


def attributes(table: Table, known: dict[str, Shape]) -> Attributes:
    """Every column of the customers that no contract names."""
    mapped, shapes, left, kinds, types = {}, {}, [], {}, {}
    contract = {c.name for c in INPUTS["customers"].columns}
    for shape in (s for s in table.shapes if not any(s is k for k in known.values())):
        if reason := refused(shape):
            left.append((shape.header, reason))
            continue
        name = slug(shape.header, {*mapped, *contract})
        mapped[name], shapes[name] = Said(shape.header, _what(shape)), shape
        if kind := _kind(shape):
            kinds[name] = kind
        if shape.kind == "category" and all(v.isdigit() for v in shape.column.sample) or words_of(shape.header) & PROXY:
            types[name] = "text"
    return Attributes(mapped, shapes, left, kinds, types)


def refused(shape: Shape) -> str:
    """Why a column is not mapped as an attribute; empty when it may be."""
    column = shape.column
    if shape.personal:
        return f"{article(shape.personal)}: identifies a person, is never loaded"
    if shape.kind == "empty":
        return "holds no value"
    if column.distinct <= 1:
        return "holds one value only"
    if shape.kind == "date":
        return "a date: only the first day as a customer is used"
    if shape.kind == "structure":
        return "structured text: spread it over columns of its own to use it"
    if shape.kind == "text":
        return "free text"
    if several_in_a_cell(shape):
        return "several answers in one cell: give each answer a column of its own, yes or no"
    if shape.kind in ("id", "category") and column.distinct > max(MOST_LEVELS, 0.2 * column.real):
        return "nearly every customer has a value of their own: an identifier, not an attribute"
    return ""


def several_in_a_cell(shape: Shape) -> bool:
    """Whether cells list answers: many different cells, made up of few that come again and again."""
    lists = [re.split(r"\s*[;|]\s*", v) for v in shape.column.sample]
    several = [parts for parts in lists if len(parts) > 1]
    parts = {p for cell in lists for p in cell}
    return len(several) >= LISTED * len(lists) > 0 and len(parts) < len(lists)


def survey_items(table: Table, known: dict[str, Shape]) -> tuple[dict[str, Shape], dict[str, Said]]:
    """Items of a survey by name, and the settings that say how they are answered: scale, codes for no answer."""
    found = [s for s in items(table) if not any(s is k for k in known.values())]
    names: dict[str, Shape] = {}
    for shape in found:
        names[slug(shape.header, {*names, *(c.name for c in INPUTS["survey"].columns)})] = shape
    if not found:
        return {}, {}
    low, high = _scale(found)
    said = number_of(len(found), "item holds", "items hold")
    settings = {"scale": Said([low, high], f"{said} whole numbers from {low} to {high}", "likely")}
    codes = sorted({int(v) for s in found for v, _ in s.column.frequent if _is_whole(v) and not low <= int(v) <= high})
    if codes:
        settings["not_answered"] = Said([str(c) for c in codes], "outside the scale: codes for no answer?", "guess")
    return names, settings


def slug(header: str, taken: set[str]) -> str:
    """A name for a column in rules: letters, digits and _, starting with a letter, not taken yet."""
    asked = ITEM.search(header)  # form tools write the question before each item of a grid
    name = re.sub(r"\W+", "_", plain(asked[1] if asked else header)).strip("_")[:40] or "attribute"
    name = name if name[0].isalpha() else f"q_{name}"
    name = f"{name}_" if name in ("and", "or", "not", "in") else name
    number = next((i for i in range(1, 1000) if (name if i == 1 else f"{name}_{i}") not in taken), 1)
    return name if number == 1 else f"{name}_{number}"


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _what(shape: Shape) -> str:
    missing = 1 - shape.column.real / max(shape.column.rows, 1)
    text = number_of(shape.column.distinct, "value") if shape.kind != "number" else "a number"
    text = _why_never(shape.header) or text
    return text + (f", missing for {missing:.0%}" if missing >= 0.05 else "")


def _why_never(header: str) -> str:
    """Why a column must not divide people, or nothing; step 1 would refuse it by its name."""
    words, known = words_of(header), sensitivity(plain(header))
    if words & PROTECTED or known in ("special", "protected"):
        return "protected by law: kept to compare, never to divide"
    if words & PROXY:
        return "a place this small stands in for origin: never to divide"
    return "stands in for what the law protects: never to divide" if known == "proxy" else ""


def _kind(shape: Shape) -> str:
    words = words_of(shape.header)
    for kind, listed in (("firmographic", COMPANY), ("geographic", GEOGRAPHIC), ("demographic", DEMOGRAPHIC)):
        if words & listed:
            return kind
    return "usage" if likeness(shape.header, "device, platform, app version, geraet") >= 0.9 else ""


def _scale(found: list[Shape]) -> tuple[int, int]:
    """The scale that holds nearly all answers of every item, the narrowest first."""
    counts: dict[int, int] = {}
    for shape in found:
        for value, n in shape.column.frequent:
            if _is_whole(value):
                counts[int(value)] = counts.get(int(value), 0) + n
    total = sum(counts.values())
    common = [v for v, n in counts.items() if n >= 0.01 * total and not (v in CODE and v not in range(11))]
    for low, high in sorted(SCALES, key=lambda s: s[1] - s[0]):
        if sum(n for v, n in counts.items() if low <= v <= high) >= (1 - FEW) * total and max(common) <= high | 0:
            return low, high
    codes = [v for v in counts if v in CODE and counts[v] < FEW * total and not min(common) <= v <= max(common)]
    rest = [v for v in common if v not in codes] or common
    return min(rest), max(rest)


def _is_whole(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+", text))
