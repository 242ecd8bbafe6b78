"""Ideal customer profiles looked up in the data: who matches, what they are worth, who matches none (method.md §1)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.basis.rule import matches
from lib.contracts import NotMeasured, measured
from lib.stats import mean_interval, wilson

NONE, SEVERAL = "(none)", "several"
FEWEST = 10  # method.md §7: nothing is said about fewer customers


def membership(customers: pd.DataFrame, icps: list[dict]) -> pd.DataFrame:
    """One row per customer, one bool column per profile; index as given. Raises UserError on a bad rule."""
    return pd.DataFrame({icp["name"]: matches(icp["who"], customers) for icp in icps}, index=customers.index)


@measured
def matched(customers: pd.DataFrame, icps: list[dict]) -> pd.Series:
    """The profile of each customer: its name, `(none)`, or `several`. Indexed by customer_key."""
    member = membership(customers, icps)
    first = member.idxmax(axis=1) if len(member.columns) else pd.Series(NONE, index=customers.index)
    label = np.select([member.sum(axis=1) == 0, member.sum(axis=1) > 1], [NONE, SEVERAL], first)
    return pd.Series(label, index=customers["customer_key"].to_numpy(), dtype="str", name="icp")


def icp_table(features, before, icps: list[dict]) -> pd.DataFrame | NotMeasured:
    """One row per profile and one for `(none)`; columns as the contract `icps`.

    ``features`` are customers at the as-of date with attributes and, where known, `revenue` (minor units) in the
    window; ``before`` the same one period earlier with `next_active`. Value is the mean of all members with a t
    interval, retention the share active in the last period among those known before, with Wilson's.
    """
    if isinstance(features, NotMeasured):
        return features
    member = membership(features, icps)
    earlier = None if isinstance(before, NotMeasured) else membership(before, icps)
    rows = [_row(icp, features, member, before, earlier) for icp in icps]
    rows.append(_row({"name": NONE, "who": "matches no profile", "source": ""}, features, member, before, earlier))
    return pd.DataFrame(rows)


def _row(icp: dict, features: pd.DataFrame, member: pd.DataFrame, before, earlier) -> dict:
    inside = _inside(member, icp["name"])
    n, total = int(inside.sum()), len(features)
    low, high = wilson(n, total)
    row = {"icp": icp["name"], "rule": icp["who"], "source": icp["source"], "n": n,
           "share": n / total if total else np.nan, "share_low": float(low), "share_high": float(high),
           "overlap": _overlap(member, icp["name"])}
    row |= _value(features, inside) | _retention(before, earlier, icp["name"])
    return row | {"finding": _finding(row, features)}


def _inside(member: pd.DataFrame, name: str) -> pd.Series:
    return ~member.any(axis=1) if name == NONE else member[name]


def _overlap(member: pd.DataFrame, name: str) -> float:
    if name == NONE or not member[name].any():
        return np.nan
    return float((member.sum(axis=1) > 1)[member[name]].mean())


def _value(features: pd.DataFrame, inside: pd.Series) -> dict:
    absent = dict.fromkeys(("revenue_share", "mean_value", "value_low", "value_high"), np.nan)
    if "revenue" not in features or inside.sum() < FEWEST:
        return absent
    revenue = features["revenue"].fillna(0.0)
    mean, low, high = mean_interval(revenue[inside])
    share = revenue[inside].sum() / revenue.sum() if revenue.sum() > 0 else np.nan
    return {"revenue_share": share, "mean_value": mean, "value_low": low, "value_high": high}


def _retention(before, earlier, name: str) -> dict:
    absent = dict.fromkeys(("retained", "retained_low", "retained_high"), np.nan)
    if earlier is None:
        return absent
    chosen = before[_inside(earlier, name)]
    if len(chosen) < FEWEST:
        return absent
    active = chosen["next_active"].sum()
    low, high = wilson(active, len(chosen))
    return {"retained": active / len(chosen), "retained_low": float(low), "retained_high": float(high)}


def _finding(row: dict, features: pd.DataFrame) -> str:
    """What the figures say, in a sentence part; differences only where intervals are clear of the base."""
    if row["n"] == 0:
        return "every customer matches a profile" if row["icp"] == NONE else "nobody in the data matches this profile"
    if row["n"] < FEWEST:
        return "too few customers match to say more"
    if "revenue" not in features or np.isnan(row["value_low"]):
        return "exists in the data; value not measured"
    base = features["revenue"].fillna(0.0).mean()
    if row["value_low"] > base:
        return "worth more than the average customer"
    if row["value_high"] < base:
        return "worth less than the average customer"
    return "worth about as much as the average customer"
