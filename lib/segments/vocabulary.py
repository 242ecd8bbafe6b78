"""Words for traits: what a marketer calls a segment that is high or low on a column."""

from __future__ import annotations

# column: (theme, word when high, word when low). One trait of a theme is enough in a name.
TRAITS = {
    "frequency": ("frequency", "frequent", "occasional"),
    "rate": ("frequency", "frequent", "occasional"),
    "n_occasions": ("frequency", "frequent", "occasional"),
    "n_orders": ("frequency", "frequent", "occasional"),
    "active_days": ("activity", "often active", "seldom active"),
    "mean_gap_days": ("frequency", "occasional", "frequent"),
    "mean_occasion_value": ("basket", "high basket", "low basket"),
    "revenue": ("spend", "high spend", "low spend"),
    "recency_days": ("recency", "lapsing", "recently seen"),
    "breadth": ("breadth", "broad use", "narrow use"),
    "n_categories": ("variety", "many categories", "few categories"),
    "depth": ("depth", "long sessions", "short sessions"),
    "tenure_days": ("tenure", "long-standing", "newer"),
    "refund_share": ("refunds", "many refunds", "few refunds"),
    "age": ("age", "older", "younger"),
}
# what a customer who sits on an atom is called: (column, value): name; `None` for any other value
ATOMS = {
    ("n_occasions", 1.0): "One-time buyers", ("n_orders", 1.0): "One-time buyers",
    ("n_occasions", 0.0): "Never bought", ("n_orders", 0.0): "Never bought", ("revenue", 0.0): "Without revenue",
    ("active_days", 0.0): "Not active", ("breadth", 0.0): "No feature used", ("frequency", 0.0): "Not active",
    ("n_categories", 1.0): "One category only", ("n_categories", 0.0): "No category bought",
    ("seen", 0.0): "Lapsed", ("refund_share", 0.0): "No refunds", ("depth", 0.0): "No depth of use",
}
GENERIC_ORDER = ("seen", "n_occasions", "n_orders", "active_days", "frequency", "revenue", "breadth", "n_categories")


def trait(column: str, high: bool) -> tuple[str, str]:
    """(theme, word) of a column that is high or low; any other attribute by its own name."""
    if column in TRAITS:
        theme, up, down = TRAITS[column]
        return theme, up if high else down
    return column, f"{'high' if high else 'low'} {column.replace('_', ' ')}"


def atom_name(conditions: list[dict]) -> str:
    """The name of a group of customers on atoms, from the most telling of its {column, equals}."""
    order = {c: i for i, c in enumerate(GENERIC_ORDER)}
    first = min(conditions, key=lambda a: (order.get(a["column"], len(order)), a["column"]))
    known = ATOMS.get((first["column"], float(first["equals"])))
    if known:
        return known
    word = trait(first["column"], high=False)[1]
    return f"Lowest: {word}"
