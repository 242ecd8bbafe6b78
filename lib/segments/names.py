"""Names from profiles, by rules: readable, unique, never an integer, the same whatever the order of rows."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from lib.contracts.labels import readable
from lib.segments.conditions import in_words
from lib.segments.vocabulary import atom_name, trait

TELLING = 0.3  # [ours] standard deviations from the base below which a trait does not name a segment
FIRST_TRAITS = 2
MIXED = "Mixed profile"


def slug(name: str) -> str:
    """A stable key: lower-case ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "segment"


def cluster_names(z: np.ndarray, columns: list[str]) -> list[dict]:
    """{name, name_rule} of each cluster from its mean position, in standard deviations from the clustered base.

    `z` is clusters × columns. The two strongest traits make the name, themes once; where two clusters would be
    called the same, further traits are added, then degrees ("Very ...") by their strength.
    """
    traits = [_traits(row, columns) for row in z]
    depth = [FIRST_TRAITS] * len(traits)
    names = [_compose(t[:d]) for t, d in zip(traits, depth, strict=True)]
    for _ in range(max(map(len, traits), default=0)):
        twice = [i for i, name in enumerate(names) if names.count(name) > 1]
        for i in twice:
            depth[i] += 1
            names[i] = _compose(traits[i][: depth[i]])
    alike = [i for i, name in enumerate(names) if names.count(name) > 1]
    for i in alike:  # further traits did not tell them apart: short names again, told apart by degree
        depth[i] = FIRST_TRAITS
        names[i] = _compose(traits[i][:FIRST_TRAITS])
    names = _degrees(names, traits)
    rules = [_rule(t[:d]) for t, d in zip(traits, depth, strict=True)]
    return [{"name": n, "name_rule": r} for n, r in zip(names, rules, strict=True)]


def atom_group_names(solution: dict, taken: set[str]) -> list[dict]:
    """{name, name_rule} of each group of atoms; `taken` are names already given."""
    given, used = [], set(taken)
    for group in solution["atom_groups"]:
        conditions = [solution["atoms"][i] for i in group["patterns"][0]]
        name = atom_name(conditions)
        rest = [readable(c["column"]) for c in conditions]
        while name in used and rest:
            name = f"{name}, lowest {rest.pop(0)}"
        name = name if name not in used else f"{name}, further"
        used.add(name)
        given.append({"name": name, "name_rule": f"set apart by a rule: {in_words(_alternatives(solution, group))}"})
    return given


def _alternatives(solution: dict, group: dict) -> list[list[dict]]:
    """The patterns of a group of atoms as conditions."""
    return [[{"column": a["column"], "op": "=", "value": float(a["equals"])}
             for a in (solution["atoms"][i] for i in pattern)] for pattern in group["patterns"]]


def _traits(row: np.ndarray, columns: list[str]) -> list[tuple]:
    """(word, z, column), strongest first, one of each theme, those that tell something."""
    order = sorted(range(len(columns)), key=lambda i: (-round(abs(row[i]), 6), columns[i]))
    found, themes = [], set()
    for i in order:
        theme, word = trait(columns[i], row[i] > 0)
        if abs(row[i]) >= TELLING and theme not in themes:
            found.append((word, float(row[i]), columns[i]))
            themes.add(theme)
    return found


def _compose(traits: list[tuple]) -> str:
    text = ", ".join(word for word, _, _ in traits) or MIXED
    return text[0].upper() + text[1:]


def _degrees(names: list[str], traits: list[list[tuple]]) -> list[str]:
    """Names made unique by degree: of clusters called the same, the stronger ones are called more so."""
    result = list(names)
    for name in {n for n in names if names.count(n) > 1}:
        same = [i for i, n in enumerate(names) if n == name]
        same.sort(key=lambda i: -abs(traits[i][0][1]) if traits[i] else 0)
        words = ["Very", "", "Fairly", "Slightly"]
        for place, i in enumerate(same):
            degree = words[place] if place < len(words) else "Slightly " * (place - len(words) + 2)
            result[i] = f"{degree.strip()} {name[0].lower() + name[1:]}" if degree else name
    return result


def _rule(traits: list[tuple]) -> str:
    if not traits:
        return f"no variable lies {TELLING:g} standard deviations or more from the mean of the clustered customers"
    said = [f"{readable(column)} {abs(z):.1f} sd {'above' if z > 0 else 'below'} the mean" for _, z, column in traits]
    return "; ".join(said)
