"""Atoms: large groups of customers on one and the same value, set apart by a rule before any clustering.

Without this the gap beside the atom passes for a discovered group (method.md §3.5).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts.labels import SHARES, readable

SHARE = 0.20  # method.md §3.5: more than this share on the minimum or on zero
LEVELS = 10  # method.md §3.5: only variables with more distinct values


def conditions(values: pd.DataFrame) -> list[dict]:
    """The atoms of a table without missing values: list of {column, equals}, in column order."""
    found = []
    for column in values:
        x = values[column].to_numpy(float)
        if len(np.unique(x)) <= LEVELS:
            continue
        candidates = dict.fromkeys([float(x.min()), 0.0])
        found += [{"column": column, "equals": v} for v in candidates if (x == v).mean() > SHARE]
    return found


def patterns(values: pd.DataFrame, found: list[dict]) -> list[tuple[int, ...]]:
    """Per row, which atoms it sits on: a tuple of positions in ``found``; empty for the rest."""
    on = [values[c["column"]].to_numpy(float) == c["equals"] for c in found]
    if not on:
        return [()] * len(values)
    return [tuple(np.flatnonzero(row).tolist()) for row in np.column_stack(on)]


def groups(values: pd.DataFrame, found: list[dict], smallest: int) -> list[dict]:
    """Groups of rows on atoms, largest first: list of {rule, name, n, patterns}.

    A pattern with fewer than ``smallest`` customers joins the most similar one that is large enough.
    ``patterns`` holds lists of positions in ``found``; ``rule`` is a condition on the original variables.
    """
    counted = pd.Series([p for p in patterns(values, found) if p], dtype=object).value_counts()
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    kept = [p for p, n in ranked if n >= smallest] or [p for p, _ in ranked[:1]]
    members = {p: [] for p in kept}
    for pattern, n in ranked:
        members[nearest(pattern, kept)].append((pattern, int(n)))
    return [_group(found, joined, alone=len(members) == 1) for joined in members.values()]


def nearest(pattern, kept) -> tuple[int, ...]:
    """The pattern of ``kept`` that differs in the fewest atoms; ties go to the first."""
    return min(kept, key=lambda other: len(set(pattern) ^ set(other)))


def _group(found: list[dict], joined: list, alone: bool) -> dict:
    """One group of patterns. Beside others its rule also says which atoms must not hold."""
    if alone:
        rules = [_condition(found[i], "=") for i in sorted({i for pattern, _ in joined for i in pattern})]
        name = " or ".join(_at(found[i]) for i in sorted({i for pattern, _ in joined for i in pattern}))
    else:
        rules = [" and ".join(_condition(c, "=" if i in pattern else "<>") for i, c in enumerate(found))
                 for pattern, _ in joined]
        name = _named(found, [pattern for pattern, _ in joined])
    return {"rule": " or ".join(rules), "name": name, "n": int(sum(n for _, n in joined)),
            "patterns": [list(pattern) for pattern, _ in joined]}


def _named(found: list[dict], joined: list[tuple[int, ...]]) -> str:
    """The atoms that all rows of a group sit on; those of each pattern where there is none."""
    common = [i for i in joined[0] if all(i in pattern for pattern in joined)]
    if common:
        return " and ".join(_at(found[i]) for i in common)
    return " or ".join(dict.fromkeys(" and ".join(_at(found[i]) for i in pattern) for pattern in joined))


def _condition(atom: dict, sign: str) -> str:
    return f"{atom['column']} {sign} {atom['equals']:g}"


def _at(atom: dict) -> str:
    value = f"{100 * atom['equals']:g} %" if atom["column"] in SHARES else f"{atom['equals']:g}"
    return f"{readable(atom['column'])} at {value}"
