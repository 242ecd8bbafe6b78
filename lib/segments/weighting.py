"""What an answer counts for: the weights that a survey declares, or what brings each segment back to its size."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.model import OUTSIDE


def declared_weights(survey) -> pd.Series | None:
    """Weight of each respondent's newest answer by customer_key, 1 on average; None where the survey brings none."""
    if isinstance(survey, NotMeasured) or "weight" not in survey or survey["weight"].isna().all():
        return None
    last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    weights = last.set_index("customer_key")["weight"].astype(float)
    return weights / weights.mean()


def response_weights(answered: pd.Series, assignments: pd.DataFrame) -> pd.Series:
    """Weight by customer_key of those who answered: the segment's share of the customers over its share of answers.

    Those in no segment are taken for a segment of their own.
    """
    segment = assignments.set_index("customer_key")["segment"].fillna(OUTSIDE)
    own = segment.reindex(answered)
    return own.map(segment.value_counts(normalize=True) / own.value_counts(normalize=True)).astype(float)
