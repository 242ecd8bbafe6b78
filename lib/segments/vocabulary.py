"""Words for traits: what a marketer calls a segment that is high or low on a column."""

from __future__ import annotations

from typing import NamedTuple

from lib.contracts.labels import readable

YES, NO = ("yes", "true", "1"), ("no", "false", "0")


class Trait(NamedTuple):
    """How a column is said: one trait of a theme is enough in a name. `who` opens a name, `how` follows it."""

    theme: str
    who_high: str
    who_low: str
    how_high: str
    how_low: str


# In the order in which traits stand in a name: how often first, then money, then the manner of use, then who they are.
_OFTEN = ("activity", "Regulars", "Occasional customers", "frequent", "occasional")
_SELDOM = ("activity", "Occasional customers", "Regulars", "occasional", "frequent")
TRAITS = {
    "frequency": Trait(*_OFTEN), "rate": Trait(*_OFTEN), "mean_gap_days": Trait(*_SELDOM),
    "n_occasions": Trait("activity", "Frequent buyers", "Occasional buyers", "frequent", "occasional"),
    "n_orders": Trait("activity", "Frequent buyers", "Occasional buyers", "frequent", "occasional"),
    "active_days": Trait("activity", "Regulars", "Rare users", "often active", "seldom active"),
    "revenue": Trait("spend", "Top spenders", "Low spenders", "high spend", "low spend"),
    "breadth": Trait("breadth", "All-round users", "Narrow users", "broad use", "narrow use"),
    "depth": Trait("depth", "Intensive users", "Users in small doses", "intensive use", "small doses"),
    "n_categories": Trait("variety", "Variety buyers", "Buyers of few categories", "many categories", "few categories"),
    "mean_occasion_value": Trait("basket", "Big-basket buyers", "Small-basket buyers", "high basket", "low basket"),
    "recency_days": Trait("recency", "Lapsing customers", "Recent customers", "lapsing", "recently seen"),
    "tenure_days": Trait("tenure", "Long-standing customers", "Newer customers", "long-standing", "newer"),
    "refund_share": Trait("refunds", "Frequent returners", "Rare returners", "many refunds", "few refunds"),
    "age": Trait("age", "Older customers", "Younger customers", "older", "younger"),
}
MORE = frozenset({"frequency", "rate", "n_occasions", "n_orders", "active_days", "revenue", "breadth", "depth",
                  "n_categories", "mean_occasion_value"})  # columns of what people do: high is more
LESS = frozenset({"mean_gap_days"})  # high is less
ORDER = {column: place for place, column in enumerate(TRAITS)}
# what a customer who sits on an atom is called: (column, value): name; `None` for any other value
ATOMS = {
    ("n_occasions", 1.0): "One-time buyers", ("n_orders", 1.0): "One-time buyers",
    ("n_occasions", 0.0): "Never bought", ("n_orders", 0.0): "Never bought", ("revenue", 0.0): "Without revenue",
    ("active_days", 0.0): "Not active", ("breadth", 0.0): "No feature used", ("frequency", 0.0): "Not active",
    ("active_days", 1.0): "Active on one day only",
    ("n_categories", 1.0): "One category only", ("n_categories", 0.0): "No category bought",
    ("seen", 0.0): "Lapsed", ("refund_share", 0.0): "No refunds", ("depth", 0.0): "No depth of use",
}
LOWEST = {"breadth": "Hardly any features used"}  # on an atom at the lowest value of a column, whatever it is
GENERIC_ORDER = ("seen", "n_occasions", "n_orders", "active_days", "frequency", "revenue", "breadth", "n_categories")


def trait(column: str, high: bool) -> tuple[str, str, str]:
    """(theme, words that open a name, words that follow) of a column that is high or low; any other by its own name."""
    if column in TRAITS:
        known = TRAITS[column]
        return (known.theme, known.who_high, known.how_high) if high else (known.theme, known.who_low, known.how_low)
    said = f"{'high' if high else 'low'} {column.replace('_', ' ')}"
    return column, f"Customers with {said}", said


def does_more(column: str, high: bool) -> bool | None:
    """Whether somebody high or low on a column does more than others; None where it is about no doing."""
    return high if column in MORE else not high if column in LESS else None


def said(level) -> str:
    """A level as a person would say it."""
    if isinstance(level, bool):
        return "yes" if level else "no"
    return f"{level:g}" if isinstance(level, float) else str(level)


def is_no(level) -> bool:
    """Whether an answer denies the question."""
    return said(level).lower() in NO


def trait_of_level(column: str, level) -> tuple[str, str]:
    """(words that open a name, words that follow) for who gave an answer: the question for a yes, `not` for a no."""
    name, answer = readable(column), said(level)
    how = name if answer.lower() in YES else f"not {name}" if is_no(level) else f"{name}: {answer}"
    return how[0].upper() + how[1:], how


def atom_name(conditions: list[dict]) -> str:
    """The name of a group of customers on atoms, from the most telling of its {column, equals}."""
    order = {c: i for i, c in enumerate(GENERIC_ORDER)}
    first = min(conditions, key=lambda a: (order.get(a["column"], len(order)), a["column"]))
    known = ATOMS.get((first["column"], float(first["equals"])))
    return known or LOWEST.get(first["column"]) or f"Lowest {readable(first['column'])}"
