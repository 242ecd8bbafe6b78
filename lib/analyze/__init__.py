"""Step 3: what customers do, how they differ, and whether groups exist among them. One module a question."""

from lib.analyze import (
    activity,
    answer_map,
    answers,
    checks,
    concentration,
    correlations,
    engagement,
    features,
    fresh,
    inactive,
    lifecycle,
    orders,
    retention,
    rfm,
    rhythm,
    scales,
    structure,
    survival,
    themes,
    user_types,
    uses,
    value,
    variables,
)

__all__ = [
    "activity", "answer_map", "answers", "checks", "concentration", "correlations", "engagement", "features",
    "fresh", "inactive", "lifecycle", "orders", "retention", "rfm", "rhythm", "scales", "structure", "survival",
    "themes", "user_types", "uses", "value", "variables",
]
