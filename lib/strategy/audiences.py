"""Who may be contacted, and who will be: consent, age and arm of every customer, counted by reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured, requires

EVERY_CHANNEL = "marketing"  # a record for marketing speaks for every channel without a record of its own
REFUSALS = ("withdrawn", "objected")


@requires("assignments", "consents", "strategies")
def eligibility(assignments: pd.DataFrame, customers: pd.DataFrame, consents: pd.DataFrame,
                strategies: pd.DataFrame, *, minimum_age: int) -> pd.DataFrame:
    """One row per customer of a segment: the channel of its strategy, and whether it may be used.

    Columns: customer_key, segment, channel, reason (`eligible`, or why not). A refusal of the channel or of
    marketing as a whole wins over any grant; no record is no consent. NotMeasured without a table of consents:
    nothing is ever assumed.
    """
    rows = assignments[["customer_key", "segment"]].merge(
        strategies[["segment", "channel"]], on="segment", validate="many_to_one")
    own = _status(rows, consents, rows["channel"])
    general = _status(rows, consents, pd.Series(EVERY_CHANNEL, index=rows.index))
    refused = own.isin(REFUSALS) | general.isin(REFUSALS)
    granted = (own == "granted") | (own.isna() & (general == "granted"))
    minor = _age(rows, customers) < minimum_age
    reason = np.select([refused, minor, ~granted], ["opted out", "under the minimum age", "no consent recorded"],
                       "eligible")
    return rows.assign(reason=pd.Series(reason, index=rows.index, dtype="str"))


@measured
def eligible(people: pd.DataFrame) -> pd.DataFrame:
    """The customers who may be contacted: those whom arms are drawn from."""
    return people[people["reason"] == "eligible"]


@measured
def available(people: pd.DataFrame) -> pd.Series:
    """Customers who may be contacted, by segment."""
    return (people["reason"] == "eligible").groupby(people["segment"]).sum().rename("available")


@measured
def reach(people: pd.DataFrame) -> pd.Series:
    """Share of a segment that may be contacted through its channel."""
    return (people["reason"] == "eligible").groupby(people["segment"]).mean().rename("reach")


@measured
def with_arms(people: pd.DataFrame, arms: pd.Series, strata: pd.Series, *, held_back: str = "") -> pd.DataFrame:
    """Eligibility with the arm drawn and its stratum; ``held_back``: a reason for which nothing at all is exported.

    ``arms`` are of those eligible, ``strata`` indexed by customer key (empty where a draw has none). Reasons become
    exported (treated or control, in the file), not drawn, or why not.
    """
    arms = arms.reindex(people.index, fill_value="")
    may = people["reason"] == "eligible"
    drawn = may & arms.isin(["treated", "control"])
    reason = np.select([~may, drawn & (held_back == ""), drawn], [people["reason"], "exported", held_back],
                       "not drawn for this campaign")
    stratum = people["customer_key"].map(strata.to_dict()).astype("object").fillna("").astype("str")
    return people.assign(arm=arms, stratum=stratum, reason=pd.Series(reason, index=people.index, dtype="str"))


@requires("assignments", "strategies")
def counts(audience: pd.DataFrame | NotMeasured, assignments: pd.DataFrame, strategies: pd.DataFrame) -> pd.DataFrame:
    """Customers by segment, channel and reason (contract `audiences`); sums to the members of every segment."""
    if isinstance(audience, NotMeasured):
        rows = assignments[["customer_key", "segment"]].merge(strategies[["segment", "channel"]], on="segment")
        audience = rows.assign(reason="consent not known: no table of consents")
    return audience.groupby(["segment", "channel", "reason"]).size().rename("n").reset_index()


@measured
def machine_rows(audience: pd.DataFrame, *, plan: dict) -> pd.DataFrame:
    """What a campaign tool reads: one row per exported customer, sorted, no free text. ``plan``: as registered."""
    rows = audience[audience["reason"] == "exported"].sort_values(["segment", "channel", "customer_key"])
    return rows.assign(campaign=plan["campaign"], expires_on=plan["expires_on"])[
        ["customer_key", "campaign", "segment", "channel", "arm", "stratum", "expires_on"]].reset_index(drop=True)


@measured
def reader_rows(machine: pd.DataFrame, facts: pd.DataFrame, strategies: pd.DataFrame) -> pd.DataFrame:
    """The same for a person: segment name, message and offer beside each treated customer. Text, as written."""
    rows = machine[machine["arm"] == "treated"].merge(
        facts[["segment", "name"]], on="segment", validate="many_to_one").merge(
        strategies[["segment", "objective", "message", "offer"]], on="segment", validate="many_to_one")
    return rows[["customer_key", "segment", "name", "channel", "objective", "message", "offer", "expires_on"]]


def _status(rows: pd.DataFrame, consents: pd.DataFrame, channel: pd.Series) -> pd.Series:
    wanted = rows[["customer_key"]].assign(channel=channel)
    found = wanted.merge(consents[["customer_key", "channel", "status"]], on=["customer_key", "channel"], how="left",
                         validate="many_to_one")["status"]
    return found.set_axis(rows.index)


def _age(rows: pd.DataFrame, customers: pd.DataFrame) -> pd.Series:
    if isinstance(customers, NotMeasured) or "age" not in customers:
        return pd.Series(np.nan, index=rows.index)
    return rows["customer_key"].map(customers.set_index("customer_key")["age"])
