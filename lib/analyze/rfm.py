"""Recency, frequency, monetary value: tie-safe scores and the 25 named cells (method.md §3.1)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.stats import tie_safe_score

CELLS = {  # name: (R scores, F scores); the 25 cells exactly once, method.md §3.1
    "Hibernating": ((1, 2), (1, 2)), "At risk": ((1, 2), (3, 4)), "Can't lose": ((1, 2), (5,)),
    "About to sleep": ((3,), (1, 2)), "Need attention": ((3,), (3,)), "Loyal": ((3, 4), (4, 5)),
    "Promising": ((4,), (1,)), "New": ((5,), (1,)), "Potential loyalist": ((4, 5), (2, 3)), "Champions": ((5,), (4, 5)),
}
NAMES = {(r, f): name for name, (rs, fs) in CELLS.items() for r in rs for f in fs}
PROSPECT, LAPSED, NOT_SCORED = "Prospect", "Lapsed", "Not scored"
MIN_LEVELS, SAME_VALUE, MIN_DISTINCT = 3, 0.50, 3  # method.md §3.1
# Lower ends of scores 2..5 where quantiles fail. F: method.md §3.1.
# R (days, read backwards) and M (multiples of the median buyer's value): [ours].
CUTS_F, CUTS_R, CUTS_M = (2, 3, 5, 10), (30, 90, 180, 365), (0.5, 1.0, 1.5, 2.0)
HIGH_VALUE = 4


@measured
def when_applicable(features: pd.DataFrame, readiness: dict) -> pd.DataFrame | NotMeasured:
    """The features where step 1 found that RFM applies; else NotMeasured with its reasons."""
    verdict = readiness["rfm"]
    if verdict["applies"]:
        return features
    return NotMeasured("RFM does not apply: " + "; ".join(verdict["reasons"]),
                       "a mature or scaling product with repeated orders of its own rhythm")


@measured
def rfm_table(features: pd.DataFrame, *, q: int = 5, monetary: str = "mean") -> pd.DataFrame | NotMeasured:
    """One row per customer as the contract `rfm`: scores 1..q (0 = not scored), and the name of the R×F cell.

    `monetary` is "mean" (net value per occasion in the window) or "total". Scores compare customers with an
    occasion in the window; those whose orders all lie before it are `Lapsed`, those who never ordered `Prospect`.
    Equal values get equal scores; the order of rows changes nothing. `q` below 5 scores only, names need 5.
    """
    if "n_occasions" not in features:
        return NotMeasured("no table of transactions", "orders with a date and a customer")
    table = _measures(features, monetary)
    buyers = table["n_occasions"] > 0
    for column, name in (("recency_days", "r"), ("n_occasions", "f"), ("monetary", "m")):
        table[name] = 0
        table.loc[buyers, name] = _score(table.loc[buyers, column].to_numpy(float), name, q)[0]
    names = [NAMES.get(cell, NOT_SCORED) for cell in zip(table["r"], table["f"], strict=True)]
    never = table["recency_days"].isna()
    table["group"] = np.select([never, ~buyers], [PROSPECT, LAPSED], names)
    table["high_value"] = table["m"] >= HIGH_VALUE
    return table.sort_values("customer_key", ignore_index=True)


@measured
def scoring(features: pd.DataFrame, *, q: int = 5, monetary: str = "mean") -> dict | NotMeasured:
    """How each of r, f, m was scored: quantiles, declared cut points or not scored; `n` buyers, `monetary`."""
    if "n_occasions" not in features:
        return NotMeasured("no table of transactions", "orders with a date and a customer")
    table = _measures(features, monetary)
    buyers = table[table["n_occasions"] > 0]
    columns = {"r": "recency_days", "f": "n_occasions", "m": "monetary"}
    how = {name: _score(buyers[column].to_numpy(float), name, q)[1] for name, column in columns.items()}
    return how | {"n": len(buyers), "monetary": monetary}


def _measures(features: pd.DataFrame, monetary: str) -> pd.DataFrame:
    source = {"mean": "mean_occasion_value", "total": "revenue"}[monetary]
    table = features[["customer_key", "recency_days", "n_occasions"]].copy()
    table["monetary"] = features[source].astype(float) if source in features else np.nan
    table.loc[table["n_occasions"] == 0, "monetary"] = np.nan
    return table


def _score(values: np.ndarray, name: str, q: int) -> tuple[np.ndarray, str]:
    """Scores of the buyers on one dimension, and how they were made."""
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(distinct) < MIN_DISTINCT or np.isnan(values).any():
        return np.zeros(len(values), "int64"), "not scored"
    scores = tie_safe_score(-values if name == "r" else values, q)
    if len(np.unique(scores)) >= MIN_LEVELS and counts.max() <= SAME_VALUE * len(values):
        return scores, "quantiles"
    return np.minimum(_by_cuts(values, name), q), "declared cut points"


def _by_cuts(values: np.ndarray, name: str) -> np.ndarray:
    if name == "r":
        return 5 - np.searchsorted(CUTS_R, values, side="left")
    cuts = np.array(CUTS_F) if name == "f" else np.array(CUTS_M) * np.median(values)
    return 1 + np.searchsorted(np.sort(cuts), values, side="right")
