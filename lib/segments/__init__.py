"""Step 4: which segmentation leads, who is in each segment, how firm it is, who is outside. One module a question."""

from lib.segments import (
    agreement,
    distinct,
    grid,
    growth,
    landscape,
    lead,
    match,
    model,
    outside,
    prediction,
    profile,
    rules,
    schemes,
    sql,
    typing,
    validation,
    writing,
)

__all__ = [
    "agreement", "distinct", "grid", "growth", "landscape", "lead", "match", "model", "outside", "prediction",
    "profile", "rules", "schemes", "sql", "typing", "validation", "writing",
]
