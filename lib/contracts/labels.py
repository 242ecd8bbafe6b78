"""Short readable labels of columns, for rules, names and figures. A column without one is shown by its own name."""

LABELS = {
    "tenure_days": "days as a customer", "recency_days": "days since last seen", "n_occasions": "days with an order",
    "n_orders": "orders", "revenue": "revenue", "mean_occasion_value": "basket value", "refund_share": "refunded share",
    "n_categories": "categories bought", "mean_gap_days": "days between orders", "active_days": "active days",
    "breadth": "share of features used", "depth": "use per active day",
    "frequency": "active days per period", "rate": "active days per period", "age": "age",
    "seen": "anything done in the window",
    "next_active": "active in the next period", "next_revenue": "revenue in the next period",
    "user_type": "user type", "icp": "ideal customer profile", "nps": "likelihood to recommend",
    "jtbd": "job to be done", "cvp": "core value used",
}
OTHERS = "others"  # groups too small to be told apart
NOTHING_SPENT = "none in the window"  # what stands for money where nobody of a group spent any
OUTSIDE = "outside"  # the segment of customers who are in none
MONEY = frozenset({"revenue", "mean_occasion_value", "next_revenue", "monetary"})  # minor units
WHOLE = frozenset({"tenure_days", "recency_days", "n_occasions", "n_orders", "n_categories", "active_days"})  # counts
SHARES = frozenset({"refund_share", "breadth", "next_active", "seen"})
AIMS = {"activate": "get them started", "deepen": "deepen how they use it", "widen": "widen what they use",
        "raise frequency": "bring them back more often", "retain": "keep them coming", "win back": "win them back",
        "refer": "ask them to recommend us"}  # objectives of the playbook, in plain words


def readable(column: str) -> str:
    """The label of a column or of `column=level`."""
    name, _, level = column.partition("=")
    label = LABELS.get(name, name.replace("_", " "))
    return f"{label}: {level}" if level else label
