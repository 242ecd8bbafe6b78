"""Names from profiles, by rules: readable, unique, never an integer, the same whatever the order of rows."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import numpy as np

from lib.contracts.labels import readable
from lib.segments.conditions import in_words
from lib.segments.shorter import joined
from lib.segments.vocabulary import ORDER, atom_name, does_more, is_no, said, trait, trait_of_level

TELLING = 0.3  # [ours] standard deviations from the base below which a trait does not name a segment
FIRST_TRAITS = 2
NEARLY = 0.6  # [ours] part of the strongest trait from which one is about as strong
MIXED = "Mixed profile"
TOLD_APART = 8  # hexadecimal digits of a hash in a key


def slug(name: str) -> str:
    """A stable key: lower-case ASCII letters, digits and hyphens.

    Where letters have no place in it, a hash of the name follows: names in another script would share a key else, and
    the order in which they are listed would decide which of them has it.
    """
    apart = unicodedata.normalize("NFKD", name)
    key = re.sub(r"[^a-z0-9]+", "-", apart.encode("ascii", "ignore").decode().lower()).strip("-")
    lost = any(c.isalnum() and not c.isascii() for c in apart)
    if key and not lost:
        return key
    return f"{key or 'segment'}-{hashlib.sha256(name.encode()).hexdigest()[:TOLD_APART]}"


def cluster_names(z: np.ndarray, columns: list[str], given: list[tuple] = ()) -> list[dict]:
    """{name, name_rule} of each cluster from its mean position, in standard deviations from the clustered base.

    `z` is clusters × columns; `given` lists (column, level, how much more of each cluster gave that answer than of
    all, in standard deviations). The two strongest traits make the name, themes once, in the order of the vocabulary:
    which of the two is the stronger may change with a few customers. Where two say what its members do less of, the one
    thing that they do more of stands with them, if it is about as strong: "small doses" alone hid who comes most often.
    Where two clusters would be called the same, further traits are added, then degrees ("... (weaker)") by their
    strength.
    """
    found = [_traits(row, columns, [(c, level, more[j]) for c, level, more in given]) for j, row in enumerate(z)]
    traits, first = zip(*map(_with_more, found), strict=True) if found else ((), ())
    depth = list(first)
    names = [_compose(t[:d]) for t, d in zip(traits, depth, strict=True)]
    for _ in range(max(map(len, traits), default=0)):
        twice = [i for i, name in enumerate(names) if names.count(name) > 1]
        for i in twice:
            depth[i] += 1
            names[i] = _compose(traits[i][: depth[i]])
    alike = [i for i, name in enumerate(names) if names.count(name) > 1]
    for i in alike:  # further traits did not tell them apart: short names again, told apart by degree
        depth[i] = first[i]
        names[i] = _compose(traits[i][: depth[i]])
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
        rule = in_words(joined(_alternatives(solution, group)))
        given.append({"name": name, "name_rule": f"set apart by a rule: {rule}"})
    return given


def _alternatives(solution: dict, group: dict) -> list[list[dict]]:
    """The patterns of a group of atoms as conditions."""
    return [[{"column": a["column"], "op": "=", "value": float(a["equals"])}
             for a in (solution["atoms"][i] for i in pattern)] for pattern in group["patterns"]]


def _traits(row: np.ndarray, columns: list[str], given: list[tuple] = ()) -> list[tuple]:
    """(words that open, words that follow, z, column), strongest first, one of each theme, if they tell something.

    A theme is as strong as its strongest column, and said by its first in the vocabulary: of two columns that say the
    same, which is the stronger is a matter of chance. A category is a theme, said by its strongest answer; its column
    is `column=level`.
    """
    themes: dict[str, list] = {}
    denied: set[str] = set()  # what people do not do says less than what they do: it comes last
    for z, column in zip(row, columns, strict=True):
        if abs(z) >= TELLING:
            theme, who, how = trait(column, z > 0)
            themes.setdefault(theme, []).append((who, how, float(z), column))
    for column, level, more in sorted(given, key=lambda t: (-round(t[2], 6), t[0], said(t[1]))):
        if more >= TELLING and column not in themes:
            themes[column] = [(*trait_of_level(column, level), float(more), f"{column}={said(level)}")]
            denied |= {column} if is_no(level) else set()
    strongest = {theme: max(round(abs(t[2]), 6) for t in found) for theme, found in themes.items()}
    order = sorted(themes, key=lambda t: (t in denied, -strongest[t], t))
    return [_in_order(themes[theme])[0] for theme in order]


def _with_more(traits: list[tuple]) -> tuple[list[tuple], int]:
    """Traits, and how many of them make the name: one thing done more, and two done less that are about as strong,
    make it together. In which order the three are strong decides nothing."""
    strong = [t for t in traits if abs(t[-2]) >= NEARLY * abs(traits[0][-2])]
    more, less = ([t for t in strong if does_more(t[-1], t[-2] > 0) is way] for way in (True, False))
    if len(more) != 1 or len(less) < FIRST_TRAITS:
        return traits, FIRST_TRAITS
    first = [*less[:FIRST_TRAITS], *more]
    return [t for t in traits if t in first] + [t for t in traits if t not in first], len(first)


def _in_order(traits: list[tuple]) -> list[tuple]:
    """Traits as they stand in a name."""
    return sorted(traits, key=lambda t: (ORDER.get(t[-1], len(ORDER)), t[-1]))


def _compose(traits: list[tuple]) -> str:
    """The first trait as people, the others as how they are: "Regulars, high basket"."""
    ordered = _in_order(traits)
    return ", ".join([who for who, *_ in ordered[:1]] + [how for _, how, *_ in ordered[1:]]) or MIXED


def _degrees(names: list[str], traits: list[list[tuple]]) -> list[str]:
    """Names made unique by degree: of clusters called the same, the stronger ones are called more so."""
    result = list(names)
    for name in {n for n in names if names.count(n) > 1}:
        same = [i for i, n in enumerate(names) if n == name]
        same.sort(key=lambda i: -abs(traits[i][0][2]) if traits[i] else 0)
        for place, i in enumerate(same):
            degree = "strongest" if not place else "still " * (place - 2) + "weaker"
            result[i] = name if place == 1 else f"{name} ({degree})"
    return result


def _rule(traits: list[tuple]) -> str:
    if not traits:
        return f"no variable lies {TELLING:g} standard deviations or more from the mean of the clustered customers"
    return "; ".join(_reason(z, column) for *_, z, column in _in_order(traits))


def _reason(z: float, column: str) -> str:
    if "=" in column:
        return f"more than among all say {readable(column)}"
    return f"{readable(column)} {abs(z):.1f} sd {'above' if z > 0 else 'below'} the mean"
