"""Knock-outs: what a segment must be before it is compared at all (method.md §5)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured, requires
from lib.strategy.targets import rated

SMALLEST = {"b2c": 97, "b2b": 20}  # a share within ten points (method.md §3.10); accounts that §6 can still judge
CRITERIA = ("distinct", "large enough", "identifiable", "reachable", "fits our strengths")  # in this order
FIT = "fit"  # the rating that says how well a segment fits our strengths


@requires("facts")
def checks(facts: pd.DataFrame, distinct: pd.DataFrame | NotMeasured, reach: pd.Series | NotMeasured, ratings: dict, *,
           business: str, limits) -> pd.DataFrame:
    """Every knock-out criterion of every segment (contract `knock_outs`).

    ``limits`` are those of the product file: smallest (0: by kind of business), rule (balanced accuracy), reach, fit. A
    criterion without data is `not measured` and does not knock out. Of two segments that should be merged the lower
    ranked one fails where the other stands for both, which one that is knocked out itself cannot; its value counts the
    higher ranked segments that stand and that it cannot be told from.
    """
    order = facts["segment"]
    known = not isinstance(reach, NotMeasured)
    fit = rated({k: v for k, v in ratings.items() if k == FIT}, order).get(FIT, pd.Series(np.nan, index=order))
    values = {
        "distinct": (np.zeros(len(order)), 0.0), "large enough": (facts["n"], limits.smallest or SMALLEST[business]),
        "identifiable": (facts["rule_accuracy"], limits.rule),
        "reachable": (reach.reindex(order).fillna(0.0) if known else order.map({}), limits.reach),
        "fits our strengths": (fit, limits.fit)}
    rows = [pd.DataFrame({"segment": order.to_numpy(), "criterion": name, "value": np.asarray(values[name][0], float),
                          "limit": float(values[name][1])}) for name in CRITERIA]
    table = pd.concat(rows, ignore_index=True)
    fails = table["value"] < table["limit"]
    alike = table["criterion"] == "distinct"
    table.loc[alike, "value"] = _twins(facts, distinct, set(table.loc[fails, "segment"])).to_numpy()
    fails = fails.mask(alike, table["value"] > 0)
    table["verdict"] = np.select([table["value"].isna(), fails], ["not measured", "fails"], "passes")
    return table


@measured
def knocked_out(table: pd.DataFrame) -> pd.Series:
    """The first criterion that each segment fails, empty when none. Indexed by segment."""
    failed = table[table["verdict"] == "fails"].drop_duplicates("segment").set_index("segment")["criterion"]
    return failed.reindex(table["segment"].unique()).fillna("").astype("str").rename("knocked_out")


def _twins(facts: pd.DataFrame, distinct: pd.DataFrame | NotMeasured, out: set[str]) -> pd.Series:
    """How many higher ranked segments that stand each one should be merged with; NaN where pairs were not compared.

    ``out``: segments that another criterion knocks out.
    """
    if isinstance(distinct, NotMeasured):
        return pd.Series(np.nan, index=facts.index)
    alike = distinct[distinct["verdict"] == "merge candidate"]
    pairs, standing, found = {frozenset(pair) for pair in zip(alike["first"], alike["second"], strict=True)}, [], {}
    for segment in facts.sort_values("rank")["segment"]:
        found[segment] = sum(frozenset({segment, other}) in pairs for other in standing)
        if not found[segment] and segment not in out:
            standing.append(segment)
    return facts["segment"].map(found).astype(float)
