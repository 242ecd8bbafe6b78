"""A division made on one day, on the data of another: made again by the same method, and whether it would come back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analyze.structure.atoms import patterns
from lib.analyze.structure.families import FAMILIES, fit
from lib.analyze.structure.portable import FARTHEST, assign, portable
from lib.analyze.structure.scaling import Scaling, prepare
from lib.analyze.structure.stability import RESAMPLE, divided_again, of_pairs
from lib.contracts import NotMeasured, measured

PAIRS = 25  # [ours] bootstrap pairs: 50 solutions leave an SLSW within about .02
BY_RULE = NotMeasured("segments by rule are the same on any data: nothing is fitted that could fail to come back")
OTHER = NotMeasured("groups of answers and categories are not fitted again here",
                    "segments found in amounts, or a search for groups (step 3) on these data")
FEW = 10  # method.md §3.10: customers a variable and segment


@measured
def slsw(features: pd.DataFrame, solution: dict, *, seed: int, pairs: int = PAIRS) -> np.ndarray | NotMeasured:
    """SLSW of each clustered segment of a saved solution on other data (method.md §3.6).

    ``features``: customer_key and the solution's columns. The solution's own scaling and labels stay; resamples of
    these data are divided anew by its family, and each of its segments takes its best Jaccard overlap, on average.
    """
    table = _clustered(features, solution)
    if isinstance(table, NotMeasured):
        return table
    labels = assign(table, solution)["cluster"].to_numpy()
    scaling = Scaling(*(np.array(solution[k]) for k in ("logged", "log_shift", "lowest", "shift", "scale")))
    points = np.clip(scaling.apply(table[solution["columns"]].to_numpy(float)), -FARTHEST, FARTHEST)
    family, k = solution["family"], solution["k"]

    def again(rows, counts, draw: int, fixed):
        return fit(family, points[rows], k, seed=draw, counts=counts).labels(points[fixed])

    drawn = divided_again(again, lambda fixed: labels[fixed], n=len(points), k=k, key=(FAMILIES.index(family), k),
                          m=RESAMPLE, seed=seed)
    return of_pairs(drawn, pairs).slsw


@measured
def made_again(features: pd.DataFrame, choice: dict, *, seed: int) -> dict | NotMeasured:
    """The `structure_choice` fitted anew on these features: same columns, atoms, family and number of segments."""
    solution = choice["solution"]
    table = _clustered(features, solution)
    if isinstance(table, NotMeasured):
        return table
    values = table[solution["columns"]].to_numpy(float)
    points, scaling = prepare(values)
    drawn = np.arange(len(points))
    if len(points) > RESAMPLE:
        drawn = np.sort(np.random.default_rng([seed, 1]).choice(len(points), RESAMPLE, replace=False))
    model = fit(solution["family"], points[drawn], solution["k"], seed=seed).ordered(points[drawn])
    return {**choice, "solution": portable(solution["columns"], scaling, model, solution["atoms"],
                                           solution["atom_groups"])}


def _clustered(features: pd.DataFrame, solution: dict) -> pd.DataFrame | NotMeasured:
    """The customers that clusters hold, by key: no value missing and on no atom; enough of them to fit."""
    if not solution:
        return BY_RULE
    if solution["family"] not in FAMILIES:
        return OTHER
    used = list(dict.fromkeys([*solution["columns"], *solution["atom_columns"]]))
    if not set(used) <= set(features):
        return NotMeasured("a column of the model is not in these data", "the columns that the model was made of")
    table = features.set_index("customer_key").sort_index()[used].astype(float).dropna()
    if solution["atoms"]:
        table = table[[not p for p in patterns(table, solution["atoms"])]]
    needed = FEW * len(solution["columns"]) * solution["k"]
    if len(table) < needed:
        return NotMeasured("too few customers to fit the segments again", f"{needed} customers")
    return table
