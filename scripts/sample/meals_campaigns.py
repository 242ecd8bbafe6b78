"""Meals: three campaigns, two with a holdout and one aimed at good customers, and what they brought."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.draw import Plan, at_daytime, day_number, exact_groups

# first and last day, name, channel, cost of a contact (EUR), drawn by chance, customers, promoted basket (EUR)
CAMPAIGNS = pd.DataFrame(
    [
        (
            "winter-2025",
            "2025-11-24",
            "2025-12-31",
            "Winter catalogue to good customers",
            "email",
            0.60,
            "no",
            700,
            20.0,
        ),
        ("voucher-2026", "2026-03-02", "2026-04-12", "Free premium box", "email", 9.00, "yes", 1000, 20.0),
        ("nudge-2026", "2026-05-04", "2026-06-14", "Recipe pack reminder", "email", 0.40, "yes", 1800, 25.0),
    ],
    columns=["campaign", "starts_on", "ends_on", "name", "channel", "cost_per_contact", "randomised", "n", "basket"],
)
# share who buy the promoted item without treatment, and what treatment adds to it
BASE = {
    "planners": 0.15,
    "quick": 0.42,
    "feasters": 0.30,
    "families": 0.20,
    "outside": 0.15,
    "once": 0.05,
    "never": 0.02,
}
UPLIFT = {
    "nudge-2026": {
        "planners": 0.20,
        "quick": -0.24,
        "feasters": 0.0,
        "families": 0.05,
        "outside": 0.0,
        "once": 0.02,
        "never": 0.0,
    },
    "voucher-2026": dict.fromkeys(BASE, 0.20),
    "winter-2025": dict.fromkeys(BASE, 0.0),
}
MARGIN = 0.35


def assign(plan: Plan, people: pd.DataFrame, orders: pd.DataFrame, consenting: np.ndarray):
    """Assignments, and the orders of the promoted item that each campaign's window brought.

    The first campaign was sent to those who had spent most, the others were drawn by chance.
    """
    drawn, bought = [], []
    for campaign in CAMPAIGNS.itertuples():
        rng = plan.stream(campaign.campaign)
        begin, end = day_number([campaign.starts_on, campaign.ends_on])
        pool = people[consenting & (people["signup"] < begin - 30) & (people["last"] > end)].reset_index(drop=True)
        lookback = 60 if campaign.randomised == "yes" else 180  # habits are targeted, not one lucky month
        spent = _spend(orders, begin - lookback, begin).reindex(pool["customer_id"]).fillna(0).to_numpy()
        table = _assign(plan, rng, campaign, pool, spent)
        segment = table["segment"].to_numpy()
        treated = (table["arm"] == "treated").to_numpy()
        chance = (
            pd.Series(segment).map(BASE).to_numpy()
            + treated * pd.Series(segment).map(UPLIFT[campaign.campaign]).to_numpy()
        )
        buys = rng.random(len(table)) < chance
        bought.append(
            pd.DataFrame(
                {
                    "customer_id": table.loc[buys, "customer_id"],
                    "categories": 1,
                    "promoted": True,
                    "when": at_daytime(rng, begin + np.floor(rng.random(buys.sum()) * (end - begin + 1))),
                    "value": campaign.basket * np.exp(rng.normal(0, 0.25, buys.sum())),
                }
            )
        )
        drawn.append(
            table.assign(
                campaign=campaign.campaign, assigned_at=campaign.starts_on, converted=buys, begin=begin, end=end
            )
        )
    return pd.concat(drawn, ignore_index=True), pd.concat(bought, ignore_index=True)


def _assign(plan: Plan, rng, campaign, pool: pd.DataFrame, spent: np.ndarray) -> pd.DataFrame:
    """Who is in the campaign and in which arm: by chance in strata of earlier spend, or the biggest spenders."""
    share = plan.customers / 3000
    n = min(len(pool), round(campaign.n * share))
    if campaign.randomised == "no":
        order = np.argsort(-(spent * np.exp(rng.normal(0, 0.3, len(spent)))), kind="stable")
        rest = rng.choice(order[n // 2 :], n - n // 2, replace=False)
        where, arm = np.concatenate([order[: n // 2], rest]), np.repeat(["treated", "control"], [n // 2, n - n // 2])
    else:
        where = rng.choice(len(pool), n, replace=False, p=_favour(pool))
        arm = exact_groups(rng, n, {"treated": 0.5, "control": 0.5})
    stratum = np.select([spent[where] == 0, spent[where] < 40], ["no spend", "some spend"], "much spend")
    table = pd.DataFrame(
        {
            "customer_id": pool["customer_id"].to_numpy()[where],
            "segment": pool["segment_3"].to_numpy()[where],
            "arm": arm,
            "stratum": stratum,
        }
    )
    if plan.variant == "srm" and campaign.randomised == "yes":
        table = table[~((table["arm"] == "control") & (rng.random(n) < 0.3))]
    return table.sort_values("customer_id", ignore_index=True)


def _favour(pool: pd.DataFrame) -> np.ndarray:
    """Customers in use are drawn first; one-time buyers fill the campaign up."""
    weight = np.where(pool["group"].isin(("once", "never")), 0.25, 4.0)
    return weight / weight.sum()


def _spend(orders: pd.DataFrame, begin: float, end: float) -> pd.Series:
    inside = orders[(orders["when"] >= begin) & (orders["when"] < end)]
    return inside.groupby("customer_id")["value"].sum()


def outcomes(assigned: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Conversion, and spend in the window and in as many days before it, as the orders have it."""
    parts = []
    for _, table in assigned.groupby("campaign", sort=False):
        begin, end = table["begin"].iloc[0], table["end"].iloc[0] + 1
        after, before = _spend(orders, begin, end), _spend(orders, 2 * begin - end, begin)
        parts.append(
            pd.DataFrame(
                {
                    "campaign": table["campaign"],
                    "customer_id": table["customer_id"],
                    "converted": np.where(table["converted"], "1", "0"),
                    "spend": after.reindex(table["customer_id"]).fillna(0).round(2).to_numpy(),
                    "spend_before": before.reindex(table["customer_id"]).fillna(0).round(2).to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
