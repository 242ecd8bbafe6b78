"""The plan under other weights and another capacity, for somebody who explores: nothing is saved, nobody is drawn."""

from __future__ import annotations

import pandas as pd

from lib.contracts import UserError
from lib.strategy.budget import budget
from lib.strategy.targets import criteria, matrix


def replan(facts: pd.DataFrame, knocked_out: pd.Series, growth, reach, ratings: dict, effects: pd.DataFrame,
           designed: pd.DataFrame, *, weights: dict[str, float], capacity: int, margin_rate: float, cost: float,
           saturation: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The target matrix and the budget as step 5 makes them (contracts `targets` and `budget`).

    ``weights`` are brought to a sum of 100; all other arguments are what step 5 hands to `criteria` and `budget`.
    Raises UserError where nothing has weight, or nothing that was measured.
    """
    total = sum(weights.values())
    if not total:
        raise UserError("no criterion has any weight", fix="give weight to at least one")
    hundred = {name: 100 * weight / total for name, weight in weights.items()}
    targets = matrix(criteria(facts, knocked_out, growth, reach, ratings, hundred, margin_rate=margin_rate),
                     knocked_out, seed=seed)
    return targets, budget(effects, targets, designed, capacity=capacity, cost=cost, saturation=saturation)
