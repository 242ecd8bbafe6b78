"""Where the customers of a segment stand: the facts of each segment, and the one situation they amount to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, requires
from lib.contracts.labels import MONEY, OUTSIDE
from lib.stats import hidden_money

SITUATIONS = ("prospect", "new", "one-time", "lapsing", "dormant", "casual", "core", "power")
LAPSED_PERIODS = 2.0  # [ours] natural periods without a sign of life after which a segment is lapsing
FULL_BREADTH = 0.85  # [ours] mean share of features or categories used from which little is left to widen to
DONE = ("n_occasions", "active_days", "frequency")
MEANS = ("frequency", "breadth", "depth", "mean_occasion_value")  # facts that are means over the members


@requires("segments", "assignments", "features")
def segment_facts(segments: pd.DataFrame, assignments: pd.DataFrame, features: pd.DataFrame,
                  away_days: pd.Series | NotMeasured, *, period_days: float) -> pd.DataFrame:
    """One row per lead segment: what strategies, targets and tests are computed from.

    Columns: segment, name, rank, n, share, claim, size_open, n_next (customers behind
    next_active), mean_value and value_sd (minor units, revenue in the
    window), next_active, revenue, mean and sd of frequency, breadth, depth and mean_occasion_value, away_days (median
    days since the last active day, from ``away_days`` per customer; infinite for who never was active), user_type (the
    most common one), situation, value_level (high, low, or not measured), breadth_level (room: there is more to use;
    full: nearly everything is used, or breadth is not recorded). Facts that the product does not record
    are NaN, as is money that would tell what one customer brought. Of `SITUATIONS` the first that holds, in the order
    of `_situation`.
    """
    members = assignments[["customer_key", "segment", "user_type"]].merge(
        features, on="customer_key", how="left", validate="one_to_one")
    groups = members.groupby("segment")
    columns = ["segment", "name", "rank", "n", "share", "claim", "mean_value", "next_active", "revenue", "slsw",
               "rule", "rule_accuracy"]
    facts = segments[columns].assign(size_open=segments.get("size_open", False), n_next=segments.get("n_next", 0))
    facts = facts.set_index("segment")
    facts = facts.sort_values("rank")
    for column in MEANS:
        facts[[column, f"{column}_sd"]] = _moments(members, column)
    facts["mean_value_sd"] = _moments(members, "revenue")["std"]
    known = not isinstance(away_days, NotMeasured)
    away = members["customer_key"].map(away_days).fillna(np.inf) if known else pd.Series(np.nan, index=members.index)
    facts["away_days"] = away.groupby(members["segment"]).median()
    facts["one_time_share"] = _one_time(members).groupby(members["segment"]).mean()
    facts["user_type"] = groups["user_type"].agg(_most_common)
    unseen = not set(features) & set(DONE)  # before a launch: nobody can have done anything
    facts["situation"] = ["prospect" if unseen else _situation(row, period_days) for row in facts.itertuples()]
    facts["value_level"] = _value_level(facts)
    facts["breadth_level"] = np.where(facts["breadth"] < FULL_BREADTH, "room", "full")
    return facts.reset_index()


@requires("sizes")
def growth(sizes: pd.DataFrame) -> pd.Series:
    """Growth of each segment: the change in its number of customers since the first day of `sizes`, as step 4 says it.

    The same model places everyone on both days, so that who left counts as well as who came. What present members did
    earlier would not tell it: they are those who stayed, and who left is not among them. Indexed by segment; NaN where
    no earlier day is known, or nobody was in the segment then.
    """
    return sizes[sizes["as_of"] == sizes["as_of"].min()].set_index("segment")["growth"]


def _moments(members: pd.DataFrame, column: str) -> pd.DataFrame:
    """Mean and spread per segment; NaN where not recorded, and where money would tell what one customer brought."""
    if column not in members:
        return pd.DataFrame(np.nan, index=members["segment"].unique(), columns=["mean", "std"])
    found = members.groupby("segment")[column].agg(["mean", "std"])
    if column in MONEY:
        unsaid = hidden_money(members[column], members["segment"], never=(OUTSIDE,))
        found[found.index.map(unsaid).to_numpy(bool)] = np.nan
    return found


def _one_time(members: pd.DataFrame) -> pd.Series:
    """Whether a customer used or bought on exactly one day; missing when no such day is recorded."""
    days = [members[c] for c in ("n_occasions", "active_days") if c in members]
    if not days:
        return pd.Series(np.nan, index=members.index)
    return (pd.concat(days, axis=1).max(axis=1) == 1).astype(float)


def _most_common(types: pd.Series) -> str:
    counts = types.dropna().value_counts()
    return "" if counts.empty else min(counts.index[counts == counts.max()])


def _situation(row, period_days: float) -> str:
    kind = row.user_type.lower()
    if kind in ("prospect", "new", "dormant"):
        return kind
    if row.one_time_share > 0.5:
        return "one-time"
    if row.away_days > LAPSED_PERIODS * period_days:
        return "lapsing"
    return kind if kind in SITUATIONS else "casual"


def _value_level(facts: pd.DataFrame) -> pd.Series:
    """High when a member is worth at least the mean customer of the segmented base."""
    known = facts["mean_value"].notna()
    if not known.any():
        return pd.Series("not measured", index=facts.index)
    base = np.average(facts.loc[known, "mean_value"], weights=facts.loc[known, "n"])
    level = pd.Series(np.where(facts["mean_value"] >= base, "high", "low"), index=facts.index)
    return level.where(known, "not measured")
