"""Meals: what customers did: app events, orders, and three campaigns with planted effects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.draw import Plan, at_daytime, day_number, exact_groups, jittered, moments, numbered, short_ids
from sample.meals_people import CORE_SHARE, ORDERS_PER_ACTIVE_DAY, START

FEATURES = pd.DataFrame(
    [
        ("cook", "kitchen", "yes", "dinner without thinking", "get dinner on the table"),
        ("plan", "planning", "yes", "dinner without thinking", "decide what to eat"),
        ("list", "planning", "yes", "one trip to the shop", "buy only what is needed"),
        ("swap", "planning", "no", "food that fits us", "please everybody at the table"),
        ("diet", "planning", "no", "food that fits us", "eat better"),
        ("pantry", "planning", "no", "nothing thrown away", "use up what is there"),
        ("timer", "kitchen", "no", "dinner without thinking", "get dinner on the table"),
        ("video", "kitchen", "no", "cook like a chef", "learn to cook"),
        ("skills", "kitchen", "no", "cook like a chef", "learn to cook"),
        ("wine", "kitchen", "no", "cook like a chef", "impress guests"),
        ("guests", "kitchen", "no", "cook like a chef", "impress guests"),
        ("scale", "kitchen", "no", "food that fits us", "please everybody at the table"),
        ("kids", "family", "no", "food that fits us", "please everybody at the table"),
        ("week", "family", "no", "dinner without thinking", "decide what to eat"),
        ("share", "family", "no", "one trip to the shop", "split the work"),
        ("budget", "shop", "no", "one trip to the shop", "spend less"),
        ("offers", "shop", "no", "one trip to the shop", "spend less"),
        ("reorder", "shop", "no", "one trip to the shop", "buy only what is needed"),
        ("track", "shop", "no", "one trip to the shop", "know when it arrives"),
        ("rate", "social", "no", "food that fits us", "be heard"),
    ],
    columns=["feature_id", "area", "is_core", "cvp", "jtbd"],
)
CATEGORIES = ("meal kit", "vegetables", "spices", "drinks", "bakery", "cookware", "snacks")
PROMOTED = "recipe pack"
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


def events(plan: Plan, stints: pd.DataFrame) -> pd.DataFrame:
    """One row per feature used on an active day: the core feature nearly always, others from what is known."""
    rng = plan.stream("events")
    owner, when = jittered(
        rng, stints["start"].to_numpy(float), stints["end"].to_numpy(float), stints["rate"].to_numpy() / 30
    )
    when = at_daytime(rng, when)
    used = np.maximum(1, np.round(stints["per_day"].to_numpy()[owner] + rng.normal(0, 0.4, len(owner)))).astype(int)
    minutes = stints["minutes"].to_numpy()[owner] * np.exp(rng.normal(0, 0.25, len(owner))) / used
    row = np.repeat(np.arange(len(owner)), used)
    position = np.arange(len(row)) - np.repeat(np.cumsum(used) - used, used)
    known = stints["known"].to_numpy()[owner][row]
    repertoire = _repertoires(plan, stints["customer_id"])
    pick = np.where(
        (position == 0) & (rng.random(len(row)) < CORE_SHARE), 0, 1 + np.floor(rng.random(len(row)) * (known - 1))
    )
    feature = repertoire[stints["customer_id"].cat.codes.to_numpy()[owner][row], pick.astype(int)]
    table = pd.DataFrame(
        {
            "customer_id": stints["customer_id"].astype(str).to_numpy()[owner][row],
            "session_id": short_ids("s", len(owner))[row],
            "when": when[row] + position * minutes[row] / 1440,
            "feature_id": FEATURES["feature_id"].to_numpy()[feature],
            "minutes": np.maximum(1, np.round(minutes[row] * np.exp(rng.normal(0, 0.2, len(row))))).astype(int),
        }
    )
    return table.drop_duplicates(["session_id", "feature_id"]).sort_values(
        ["when", "session_id"], kind="stable", ignore_index=True
    )


def trials(plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    """One dinner cooked, and nothing after it: those who bought once, and half of those who never did."""
    rng = plan.stream("trials")
    some = (people["group"] == "once") | ((people["group"] == "never") & (rng.random(len(people)) < 0.5))
    who = people[some].reset_index(drop=True)
    return pd.DataFrame(
        {
            "customer_id": who["customer_id"],
            "session_id": [f"t{i}" for i in range(len(who))],
            "when": at_daytime(rng, who["signup"].to_numpy()),
            "feature_id": "cook",
            "minutes": np.maximum(1, np.round(np.exp(rng.normal(np.log(8), 0.6, len(who))))).astype(int),
        }
    )


def _repertoires(plan: Plan, customers: pd.Series) -> np.ndarray:
    """For each customer an order of the features; the core one first. A customer knows the first few."""
    rng = plan.stream("repertoires")
    others = np.argsort(rng.random((len(customers.cat.categories), len(FEATURES) - 1)), axis=1) + 1
    return np.hstack([np.zeros((len(others), 1), int), others])


def orders(plan: Plan, stints: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """One row per order: customer, moment, value in EUR and the number of categories the customer buys from."""
    rng = plan.stream("orders")
    rate = stints["rate"].to_numpy() / 30 * ORDERS_PER_ACTIVE_DAY
    owner, when = jittered(rng, stints["start"].to_numpy(float), stints["end"].to_numpy(float), rate)
    own = pd.DataFrame(
        {
            "customer_id": stints["customer_id"].astype(str).to_numpy()[owner],
            "when": at_daytime(rng, when),
            "value": stints["basket"].to_numpy()[owner] * np.exp(rng.normal(0, 0.3, len(owner))),
            "categories": stints["categories"].to_numpy()[owner],
        }
    )
    once = people[people["group"] == "once"]
    first = np.maximum(once["signup"].to_numpy() + rng.random(len(once)) * 3, day_number([START])[0])
    single = pd.DataFrame(
        {
            "customer_id": once["customer_id"].to_numpy(),
            "when": at_daytime(rng, first),
            "value": np.exp(rng.normal(np.log(13), 0.5, len(once))),
            "categories": 2,
        }
    )
    return pd.concat([own, single], ignore_index=True).assign(promoted=False)


def campaigns(plan: Plan, people: pd.DataFrame, orders: pd.DataFrame, consenting: np.ndarray):
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


def order_lines(plan: Plan, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per order line; amounts in EUR with cents, refunds as negative lines of their order."""
    rng = plan.stream("order lines")
    orders = orders.sort_values(["when", "customer_id"], kind="stable", ignore_index=True)
    order_id = numbered("O", 5, len(orders))
    lines = np.where(orders["promoted"], 1, 1 + rng.binomial(2, 0.5, len(orders)))
    row = np.repeat(np.arange(len(orders)), lines)
    share = rng.random(len(row)) + 0.5
    share /= np.bincount(row, share)[row]
    favourite = pd.factorize(orders["customer_id"], sort=True)[0] % len(CATEGORIES)
    shift = np.floor(rng.random(len(row)) * orders["categories"].to_numpy()[row]).astype(int)
    category = np.array(CATEGORIES)[(favourite[row] + shift) % len(CATEGORIES)]
    amount = np.maximum(0.5, np.round(orders["value"].to_numpy()[row] * share, 2))
    table = pd.DataFrame(
        {
            "order_id": order_id[row],
            "customer_id": orders["customer_id"].to_numpy()[row],
            "when": orders["when"].to_numpy()[row],
            "category": np.where(orders["promoted"].to_numpy()[row], PROMOTED, category),
            "amount": amount,
            "discount": np.where(rng.random(len(row)) < 0.06, np.round(amount * 0.1, 2), 0.0),
            "refund": False,
        }
    )
    back = table[rng.random(len(table)) < 0.015]
    back = back.assign(
        amount=-back["amount"], discount=0.0, refund=True, when=back["when"] + 1 + np.floor(rng.random(len(back)) * 6)
    )
    return pd.concat([table, back], ignore_index=True)


def as_text(days: np.ndarray, seconds: bool = True) -> pd.Series:
    return pd.Series(moments(days).strftime("%Y-%m-%dT%H:%M:%S" if seconds else "%Y-%m-%dT%H:%M"))
