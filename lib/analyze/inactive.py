"""Customers who did nothing in the window: set apart by rule, before groups are searched among the rest.

All their counts are zero, so the gap between them and everybody else would pass for a discovered group, as with
the atoms of method.md §3.5, also where they are fewer than 20 % [ours].
"""

from __future__ import annotations

import pandas as pd

from lib.analyze.structure import atoms
from lib.contracts import measured

COLUMN = "seen"
NAME = "nothing in the window"


@measured
def set_apart(choice: dict, features: pd.DataFrame) -> dict:
    """The document `structure_choice` with one more group, the last: customers of `features` who were not seen."""
    unseen = features[features[COLUMN] == 0] if COLUMN in features else features.iloc[:0]
    if unseen.empty:
        return choice
    solution = choice["solution"]
    conditions = [*solution["atoms"], {"column": COLUMN, "equals": 0.0}]
    own = len(conditions) - 1
    # every pattern in which they occur is listed, so that none of them is nearer to another group
    found = {(own,), *(tuple(p) for p in atoms.patterns(unseen, conditions))}
    group = {"rule": f"{COLUMN} = 0", "name": NAME, "n": len(unseen), "patterns": [list(p) for p in sorted(found)]}
    solution = solution | {"atoms": conditions, "atom_groups": [*solution["atom_groups"], group],
                           "atom_columns": sorted({*solution["atom_columns"], COLUMN})}
    listed = {key: group[key] for key in ("rule", "name", "n")}
    return choice | {"atoms": [*choice["atoms"], listed], "solution": solution}
