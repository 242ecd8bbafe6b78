"""Draft ideal customer profiles: plain rules over what the data show, for a person to confirm or to throw away."""

from __future__ import annotations

import pandas as pd

from lib.contracts.counts import number_of
from lib.propose.attributes import Attributes
from lib.propose.said import Said
from lib.propose.shapes import Shape

SMALLEST, LARGEST = 0.08, 0.60  # share of customers that a level must have to start a profile [ours]
MOST = 3
EMPTY = {
    "jobs": Said([], "what do they want to get done?", "decide"),
    "pains": Said([], "what hurts them today?", "decide"),
    "found_in": Said([], "where do they find the product?", "decide"),
}


def profiles(
    known: Attributes | None, people: pd.DataFrame | None, measure: str, spend: tuple[int, int] | None = None
) -> list[dict[str, Said]]:
    """At least two drafts: from levels of attributes, else from what customers pay (``spend``: lower and upper fifths,
    in minor units), else from how often they come (``measure``)."""
    drafts = _by_attribute(known) if known else []
    if len(drafts) < 2 and spend and 0 < spend[0] < spend[1]:
        drafts += _by_money(*spend)
    if len(drafts) < 2 and people is not None:
        drafts += _by_habit(people, measure)
    return [_draft(*d) for d in drafts[:MOST]]


def _by_attribute(known: Attributes) -> list[tuple[str, str, str]]:
    """Common levels of the attribute that divides the customers most evenly."""
    usable = {n: known.shapes[n] for n in known.offer if _levels(known.shapes[n]) or _splits(known.shapes[n])}
    if not usable:
        return []
    name = max(usable, key=lambda n: (len(_levels(usable[n])), -list(usable).index(n)))
    shape = usable[name]
    if levels := _levels(shape):
        numeric = bool(shape.number) and known.types.get(name) != "text"
        return [
            (
                f"{shape.header} {v}"[:60],
                f"{name} = {v if numeric else _quoted(v)}",
                f"{n / shape.column.real:.0%} of customers have this value of {shape.header}",
            )
            for v, n in levels[:MOST]
        ]
    middle = _splits(shape)
    return [
        (f"{shape.header} {word}"[:60], f"{name} {op} {middle:g}", f"about half of customers by {shape.header}")
        for word, op in (("high", ">="), ("low", "<"))
    ]


def _levels(shape: Shape) -> list[tuple[str, int]]:
    if shape.kind not in ("category", "yes/no"):
        return []
    return [
        (v, n)
        for v, n in shape.column.frequent
        if SMALLEST <= n / shape.column.real <= LARGEST and not ("'" in v and '"' in v)
    ]


def _splits(shape: Shape) -> float:
    """The middle of a number's values as they were sampled; 0 for anything else."""
    if not shape.number or not shape.number.whole or shape.column.distinct < 5:
        return 0
    return float(pd.Series([float(v) for v in shape.column.sample if v.lstrip("-").isdigit()]).median())


def _by_money(low: int, upper: int) -> list[tuple[str, str, str]]:
    """Those who pay most, and those who pay less than most."""
    return [
        ("Pays most", f"mean_occasion_value >= {upper}", "about a fifth of customers; in cents, or the smallest unit"),
        ("Pays least", f"mean_occasion_value <= {low}", "two fifths of customers; in cents, or the smallest unit"),
    ]


def _by_habit(people: pd.DataFrame, measure: str) -> list[tuple[str, str, str]]:
    """Those who come often and those who came once or a few times, in the last year."""
    people = people[people["occasions"] > 0]
    often = max(int(people["occasions"].quantile(0.8)), 2)
    share = (people["occasions"] >= often).mean()
    few = max(int(people["occasions"].median()), 1)
    few = min(few, often - 1)
    rare = (people["occasions"] <= few).mean()
    return [
        ("Comes often", f"{measure} >= {often}",
         f"{share:.0%} of customers have {number_of(often, 'active day')} or more a year"),
        ("Comes rarely", f"{measure} >= 1 and {measure} <= {few}", f"{rare:.0%} of customers have at most {few}"),
    ]


def _draft(name: str, who: str, why: str) -> dict[str, Said]:
    return {
        "name": Said(name, "a working title"),
        "who": Said(who, why, "guess"),
        **EMPTY,
        "source": Said("taken from the data, draft, unconfirmed", "who says so? interviews, survey, experience"),
        "state": Said("draft", "write confirmed once it is a profile of yours; until then nothing is exported"),
    }


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
