"""Campaigns beside the orders: outcomes where none were recorded, and targeting that was not random (method.md §6)."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured, requires
from lib.monitor.estimates import means
from lib.monitor.trust import UNFINISHED, VOID_P, balance_p
from lib.stats import dominated

CHOSEN, ALIKE, NO_BEFORE = "chosen by earlier spend", "earlier spend alike", "no whole period of orders before it"
FEW, ONE = "too few to tell", "one customer makes most of the money"
SMALLEST_SIDE = 20  # [ours] customers on either side below which their spend is not compared
OUTCOMES = ("converted", "spend", "spend_before")
_UNSAID = dict.fromkeys(("before", "before_low", "before_high", "before_p", "change", "low", "high"), np.nan)


@requires("treatments")
def with_orders(treatments: pd.DataFrame, campaigns: pd.DataFrame | NotMeasured, transactions, *,
                as_of: dt.date) -> pd.DataFrame:
    """The treatments with what the orders tell where it was not recorded: of campaigns that are over.

    `converted` (bought in the window) and `spend` only for campaigns without any recorded outcome; `spend_before` for
    those without any, when the orders reach back as many days. Who did not order spent 0. `from_orders` says where
    the outcome comes from.
    """
    table = treatments.assign(from_orders=False, **{c: np.nan for c in OUTCOMES if c not in treatments})
    if isinstance(campaigns, NotMeasured) or not _has_amounts(transactions):
        return table
    for campaign in campaigns[campaigns["ends_on"] <= pd.Timestamp(as_of)].to_dict("records"):
        mine = table["campaign"] == campaign["campaign"]
        lacking = table.loc[mine, list(OUTCOMES)].isna().all()
        no_outcome = lacking["converted"] and lacking["spend"]
        if not mine.any() or not (no_outcome or lacking["spend_before"]):
            continue
        found = _around(campaign, transactions).reindex(table.loc[mine, "customer_key"]).fillna(0.0)
        if no_outcome:
            table.loc[mine, ["converted", "spend"]] = found[["converted", "spend"]].to_numpy(float)
            table.loc[mine, "from_orders"] = True
        if lacking["spend_before"] and reaches_back(campaign, transactions):
            table.loc[mine, "spend_before"] = found["spend_before"].to_numpy(float)
    return table


@measured
def targeting(campaigns: pd.DataFrame, treatments: pd.DataFrame, transactions, checks: pd.DataFrame) -> pd.DataFrame:
    """Campaigns that are not read as experiments, beside what orders say of whom they reached (contract `targeting`).

    ``checks`` as of `uplift.checks`. Others are those held out, else all who had ordered before the campaign and were
    not treated. `before` is by how much more the treated spent in as many days before it: p < .001 means that they
    were chosen by it. `change` is the difference in differences. Neither is an effect: without a draw, whoever was
    chosen may have changed anyhow. The difference in the window itself is not computed.
    """
    if not _has_amounts(transactions):
        return NotMeasured("no amounts to compare those treated with the others by", "orders with amounts")
    unread = checks[(checks["problem"] != "") & ~checks["problem"].str.startswith(UNFINISHED)]
    if unread.empty:
        return NotMeasured("no campaign but those read as experiments, or still running")
    rows = [_row(c, treatments[treatments["campaign"] == c["campaign"]], transactions)
            for c in campaigns[campaigns["campaign"].isin(unread["campaign"])].to_dict("records")]
    return pd.DataFrame(rows).astype(dict.fromkeys(_UNSAID, "float64"))


def length_of(campaign: dict) -> int:
    """Days of the outcome window, first and last included."""
    return (pd.Timestamp(campaign["ends_on"]) - pd.Timestamp(campaign["starts_on"])).days + 1


def reaches_back(campaign: dict, transactions) -> bool:
    """Whether the orders cover as many days before the campaign as its window has."""
    first = transactions.ordered_on.cast("date").min().execute()
    needed = pd.Timestamp(campaign["starts_on"]) - _days(length_of(campaign))
    return not pd.isna(first) and pd.Timestamp(first) <= needed


def _row(campaign: dict, mine: pd.DataFrame, transactions) -> dict:
    treated = pd.Index(mine.loc[mine["arm"] == "treated", "customer_key"])
    others = pd.Index(mine.loc[mine["arm"] == "control", "customer_key"])
    spent = _around(campaign, transactions)
    if others.empty:
        others = spent.index[spent["known"]].difference(treated)
    row = {"campaign": campaign["campaign"], "n_treated": len(treated), "n_control": len(others),
           "days": length_of(campaign), **_UNSAID}
    if not reaches_back(campaign, transactions):
        return row | {"verdict": NO_BEFORE}
    if min(len(treated), len(others)) < SMALLEST_SIDE:
        return row | {"verdict": FEW}
    arms = [spent.reindex(side)[["spend", "spend_before"]].fillna(0.0) for side in (treated, others)]
    return row | _compared(*arms)


def _compared(treated: pd.DataFrame, others: pd.DataFrame) -> dict:
    p = balance_p(pd.concat([treated.assign(arm="treated"), others.assign(arm="control")]))
    verdict = CHOSEN if p < VOID_P else ALIKE
    if any(dominated(side[column]) for side in (treated, others) for column in ("spend", "spend_before")):
        return {"before_p": p, "verdict": verdict if verdict == CHOSEN else ONE}
    before = means(treated["spend_before"], others["spend_before"])
    change = means(treated["spend"] - treated["spend_before"], others["spend"] - others["spend_before"])
    return {"before": before.value, "before_low": before.low, "before_high": before.high, "before_p": p,
            "change": change.value, "low": change.low, "high": change.high, "verdict": verdict}


def _around(campaign: dict, transactions) -> pd.DataFrame:
    """By customer: spend and converted (0 or 1) in the window, spend_before, known (an order before its first day)."""
    first, last = (pd.Timestamp(campaign[c]) for c in ("starts_on", "ends_on"))
    lines = transactions.mutate(day=transactions.ordered_on.cast("date"), amount=transactions.amount.fill_null(0))
    lines = lines.filter(lines.day <= ibis.date(last.date()))
    inside = lines.day >= ibis.date(first.date())
    before = ~inside & (lines.day >= ibis.date((first - _days(length_of(campaign))).date()))
    table = lines.group_by("customer_key").aggregate(
        spend=lines.amount.sum(where=inside).cast("float64"),
        spend_before=lines.amount.sum(where=before).cast("float64"),
        converted=(inside & (lines.amount > 0)).any().cast("float64"),
        known=(lines.day < ibis.date(first.date())).any()).to_pandas()
    return table.set_index("customer_key").sort_index().fillna({"spend": 0.0, "spend_before": 0.0})


def _has_amounts(transactions) -> bool:
    return not isinstance(transactions, NotMeasured) and "amount" in transactions.columns


def _days(n: int) -> pd.Timedelta:
    return pd.Timedelta(days=n)
