"""A rule made short enough to read: neighbouring alternatives joined, what costs nothing dropped (method.md §4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts.labels import SHARES
from lib.segments.conditions import holds

MOST_CONDITIONS, MOST_WAYS = 4, 2  # [ours] what a person keeps in mind: conditions in all, alternatives
DIGITS = 2  # significant digits of a cut point
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def balanced(member: np.ndarray, said: np.ndarray) -> float:
    """Mean of the share of members and of others of whom it is said rightly; NaN without either."""
    if not member.any() or member.all():
        return float("nan")
    return float((said[member].mean() + (~said[~member]).mean()) / 2)


def shortened(when: list[list[dict]], frame: pd.DataFrame, member: np.ndarray, *, loss: float,
              longest: tuple[int, int] = (MOST_WAYS, MOST_CONDITIONS)) -> list[list[dict]]:
    """The rule without the conditions and alternatives that cost least, one at a time.

    Each may cost at most ``loss`` of balanced accuracy against the whole rule; more only while the rule has more than
    ``longest`` alternatives or conditions. At least one condition stays.
    """
    rule = joined(when)
    whole = balanced(member, holds(frame, rule))
    while sum(map(len, rule)) > 1:
        tried = [(balanced(member, holds(frame, shorter)), -i, shorter) for i, shorter in enumerate(_shorter(rule))]
        best, _, shorter = max(tried, key=lambda t: t[:2])
        too_long = len(rule) > longest[0] or sum(map(len, rule)) > longest[1]
        if best < whole - loss - 1e-12 and not too_long:
            break
        rule = shorter
    return rule


def joined(when: list[list[dict]]) -> list[list[dict]]:
    """The rule with neighbouring alternatives as one: alike but for a cut at which one ends and the other begins."""
    ways = [list(w) for w in when]
    again = True
    while again:
        again = False
        for i in range(len(ways)):
            for j in range(i + 1, len(ways)):
                both = _join(ways[i], ways[j])
                if both is not None:
                    ways = [w for n, w in enumerate(ways) if n not in (i, j)] + [both]
                    again = True
                    break
            if again:
                break
    return ways


def rounded(when: list[list[dict]], frame: pd.DataFrame) -> list[list[dict]]:
    """The rule with cut points that a person can remember: whole numbers for counts, else two significant digits."""
    return [[_round(c, frame[c["column"]]) for c in conditions] for conditions in when]


def _shorter(rule: list[list[dict]]) -> list[list[list[dict]]]:
    """The rule without one alternative, and without one condition."""
    fewer = [rule[:i] + rule[i + 1:] for i in range(len(rule)) if len(rule) > 1]
    return fewer + [[*rule[:i], way[:j] + way[j + 1:], *rule[i + 1:]]
                    for i, way in enumerate(rule) for j in range(len(way)) if len(way) > 1]


def _join(first: list[dict], second: list[dict]) -> list[dict] | None:
    """The one alternative that two are together, when one holds the other or they meet at a cut."""
    only_first = [c for c in first if c not in second]
    only_second = [c for c in second if c not in first]
    if not only_first or not only_second:
        return first if not only_first else second
    if len({c["column"] for c in only_first + only_second}) > 1:
        return None
    for lower, upper in ((only_first, only_second), (only_second, only_first)):
        ends, begins = [c for c in lower if c["op"] in ("<", "<=")], [c for c in upper if c["op"] in (">", ">=")]
        if len(ends) == len(begins) == 1 and _meet(*ends, *begins):
            return [c for c in first if c in second] + [c for c in lower + upper if c not in ends + begins]
    return None


def _meet(end: dict, begin: dict) -> bool:
    return end["value"] == begin["value"] and _OPPOSITE[end["op"]] == begin["op"]


def _round(condition: dict, values: pd.Series) -> dict:
    """A condition with a cut that is a whole number, a whole per cent, or has two significant digits."""
    cut = condition["value"]
    known = values.dropna()
    if isinstance(cut, str | list) or condition["op"] not in _OPPOSITE or not len(known):
        return condition
    if known.isin([0.0, 1.0]).all():
        return condition | {"op": "=", "value": 1.0 if condition["op"] in (">", ">=") else 0.0}
    if (known == np.round(known)).all() and abs(known).max() < 1e4:
        return condition | {"value": float(np.floor(cut))}
    if condition["column"] in SHARES:
        return condition | {"value": round(cut, 2)}
    return condition | {"value": float(f"{cut:.{DIGITS}g}")}
