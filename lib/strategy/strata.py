"""Strata of a draw: customers who are alike beforehand are spread evenly over the arms, where that is worth it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured, requires
from lib.stats import tie_safe_score

QUARTERS = 4
LEAST = 0.1  # [ours] share of the outcome's variance that quarters must explain to be worth a stratified draw
FEWEST = 100  # [ours] members with both periods from which that share is estimated
# what is known beforehand, for each metric: its own earlier value; for coming back, how often somebody came
BEFORE = {"next_active": "frequency", "mean_value": "revenue"}
COLUMNS = ["segment", "stratified_by", "explained"]


@requires("assignments", "strategies")
def worth(assignments: pd.DataFrame, engagement: pd.DataFrame | NotMeasured, strategies: pd.DataFrame) -> pd.DataFrame:
    """Per segment: by what measure the draw is stratified (empty: by none), and how much of the outcome it explains.

    Tried on the last two natural periods: customers in quarters of the measure in the period before, their outcome in
    the last. `explained` is ε² (η² corrected for chance), NaN where it is not recorded or too few are known.
    ``engagement``: breadth, depth, frequency and revenue per customer and period, 0 the last.
    """
    rows = []
    for row in strategies.itertuples():
        by = BEFORE.get(row.metric, row.metric)
        members = assignments.loc[assignments["segment"] == row.segment, ["customer_key"]]
        explained = _explained(members, engagement, by, row.metric)
        rows.append((row.segment, by if explained >= LEAST else "", explained))
    return pd.DataFrame(rows, columns=COLUMNS)


@measured
def taken_away(useful: pd.DataFrame) -> pd.Series:
    """By segment the share of the outcome's variance that its strata take away; 0 where it is drawn without."""
    return useful.set_index("segment")["explained"].where((useful["stratified_by"] != "").to_numpy(), 0.0)


@requires("assignments", "features", "useful")
def strata(assignments: pd.DataFrame, features: pd.DataFrame, useful: pd.DataFrame) -> pd.Series:
    """The quarter (`1` the lowest to `4`) of every member of a stratified segment, by customer key; as of now."""
    known = assignments[["customer_key", "segment"]].merge(features, on="customer_key", validate="one_to_one")
    parts = [pd.Series(dtype="str")]
    for row in useful[useful["stratified_by"] != ""].itertuples():
        members = known[known["segment"] == row.segment]
        parts.append(pd.Series(_quarters(members[row.stratified_by]).astype(str), index=members["customer_key"]))
    return pd.concat(parts).rename("stratum")


@measured
def noted(experiments: pd.DataFrame, useful: pd.DataFrame) -> pd.DataFrame:
    """The experiments with how each draw is stratified."""
    return experiments.merge(useful, on="segment", how="left", validate="one_to_one")


def _explained(members: pd.DataFrame, engagement: pd.DataFrame | NotMeasured, by: str, metric: str) -> float:
    if isinstance(engagement, NotMeasured) or by not in engagement:
        return np.nan
    theirs = engagement[["customer_key", "period", by]].merge(members, on="customer_key")
    wide = theirs.pivot(index="customer_key", columns="period", values=by).reindex(columns=[-1, 0]).dropna()
    if len(wide) < FEWEST:
        return np.nan
    outcome = (wide[0] > 0).astype(float) if metric == "next_active" else wide[0]
    return epsilon_squared(outcome, _quarters(wide[-1]))


def epsilon_squared(values: pd.Series, groups) -> float:
    """Share of the variance between groups, corrected for chance (Kelley 1935), at least 0; NaN without a spread."""
    values, groups = values.astype(float), pd.Series(np.asarray(groups), index=values.index)
    n, k = len(values), groups.nunique()
    total = ((values - values.mean()) ** 2).sum()
    if total == 0 or n <= k:
        return np.nan
    within = ((values - values.groupby(groups).transform("mean")) ** 2).sum()
    return float(max(0.0, 1 - (within / (n - k)) / (total / (n - 1))))


def _quarters(values: pd.Series) -> np.ndarray:
    """Quarters of a measure, equal values in the same one; what is not known counts as the lowest."""
    return tie_safe_score(values.fillna(-np.inf).to_numpy(float), QUARTERS)
