"""How the plan would change under other assumptions: effects, saturation, capacity and cost, one at a time."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.strategy.budget import BASED, budget

# [ours] what is varied: name, column that takes the place of `value`, factors of saturation, capacity and cost
CASES = (("as planned", "value", 1.0, 1.0, 1.0), ("effects at their low end", "low", 1.0, 1.0, 1.0),
         ("effects at their high end", "high", 1.0, 1.0, 1.0), ("effects half as large", "half", 1.0, 1.0, 1.0),
         ("no diminishing returns", "value", 0.0, 1.0, 1.0), ("returns diminish twice as fast", "value", 2.0, 1.0, 1.0),
         ("half the capacity", "value", 1.0, 0.5, 1.0), ("twice the capacity", "value", 1.0, 2.0, 1.0),
         ("contacts cost half as much again", "value", 1.0, 1.0, 1.5))


@measured
def sensitivity(effect: pd.DataFrame, targets: pd.DataFrame, design: pd.DataFrame, *, capacity: int, cost: float,
                saturation: float) -> pd.DataFrame | NotMeasured:
    """The allocation worked out anew for each of `CASES`: rows case × segment.

    Columns: case, segment, contacts (that rest on an effect), expected_margin (after cost, under that case), moved
    (contacts of the whole case that go elsewhere, or nowhere, compared with the plan). NotMeasured when no contact of
    the plan rests on a measured effect or a declared assumption.
    """
    given = {"capacity": capacity, "cost": cost, "saturation": saturation}
    cases = [c for c in CASES if capacity or "capacity" not in c[0]]
    rows = [_case(name, effect, targets, design, given, column, *factors) for name, column, *factors in cases]
    planned = rows[0].set_index("segment")["contacts"]
    if not planned.sum():
        return NotMeasured("no contact rests on a measured effect or a declared assumption, so nothing can be varied",
                           "an earlier campaign with a holdout through the same channel, or an effect that you expect, "
                           "with its source (strategy.assumptions in the product file)")
    return pd.concat([r.assign(moved=_moved(planned, r.set_index("segment")["contacts"])) for r in rows],
                     ignore_index=True)


def _case(name: str, effect: pd.DataFrame, targets: pd.DataFrame, design: pd.DataFrame, given: dict, column: str,
          saturation: float, capacity: float, cost: float) -> pd.DataFrame:
    size = 0.5 if column == "half" else 1.0
    bounds = {name: effect[name] * size for name in ("low", "high")}
    value = effect["value" if column == "half" else column] * size
    varied = effect.assign(value=value, **bounds, cost_each=effect["cost_each"] * cost)
    allowed = round(given["capacity"] * capacity) if given["capacity"] else 0
    rows = budget(varied, targets, design, capacity=allowed, cost=given["cost"] * cost,
                  saturation=given["saturation"] * saturation)
    based = rows["basis"].isin(BASED)
    return pd.DataFrame({"case": name, "segment": rows["segment"], "contacts": rows["contacts"].where(based, 0),
                         "expected_margin": rows["expected_margin"].where(based & (rows["contacts"] > 0), 0.0)})


def _moved(planned: pd.Series, now: pd.Series) -> int:
    """Contacts taken from one segment and given to another, or added, or dropped."""
    change = (now - planned.reindex(now.index)).to_numpy()
    return int(max(change[change > 0].sum(), -change[change < 0].sum()))
