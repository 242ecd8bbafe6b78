"""Meals: what customers did in the app and in the shop."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.draw import Plan, at_daytime, evenly, jittered, moments, numbered, short_ids
from sample.meals_people import CORE_SHARE, ORDERS_PER_ACTIVE_DAY

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
NAMES = pd.DataFrame(
    [
        ("cook", "cooking step by step"),
        ("plan", "planning the week's dinners"),
        ("list", "a shopping list made by itself"),
        ("swap", "swapping a dish"),
        ("diet", "recipes for a diet"),
        ("pantry", "recipes from what is at home"),
        ("timer", "the kitchen timer"),
        ("video", "cooking videos"),
        ("skills", "lessons in cooking"),
        ("wine", "wine for the dish"),
        ("guests", "menus for guests"),
        ("scale", "portions for more or fewer people"),
        ("kids", "dishes that children eat"),
        ("week", "the week at a glance"),
        ("share", "sharing the list at home"),
        ("budget", "keeping to a budget"),
        ("offers", "offers of the week"),
        ("reorder", "ordering the same again"),
        ("track", "seeing where the delivery is"),
        ("rate", "rating a recipe"),
    ],
    columns=["code", "called"],
)
CATEGORIES = ("meal kit", "vegetables", "spices", "drinks", "bakery", "cookware", "snacks")
PROMOTED = "recipe pack"
MINUTES_LATER = 5 / 1440  # an order follows the use of the app


def active_days(plan: Plan, stints: pd.DataFrame):
    """When the app was used: (row of the stint, moment), one a day at most by design of the rates."""
    rng = plan.stream("active days")
    start, end = stints["start"].to_numpy(float), stints["end"].to_numpy(float)
    owner, when = jittered(rng, start, end, stints["rate"].to_numpy() / 30)
    return owner, at_daytime(rng, when)


def events(plan: Plan, stints: pd.DataFrame) -> pd.DataFrame:
    """One row per feature used on an active day: the core feature nearly always, others from what is known."""
    rng = plan.stream("events")
    owner, when = active_days(plan, stints)
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
    """One dinner cooked, and nothing after it: those who bought once or never."""
    who = people[people["group"].isin(("once", "never"))].reset_index(drop=True)
    return _dinners(plan.stream("trials"), "t", who["customer_id"], who["signup"].to_numpy())


def visits(plan: Plan, orders: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The dinner cooked on the day of an order that no other use of the app goes with."""
    used = set(zip(events["customer_id"], np.floor(events["when"]), strict=True))
    alone = [key not in used for key in zip(orders["customer_id"], np.floor(orders["when"]), strict=True)]
    first = orders[alone].assign(day=np.floor(orders["when"])).drop_duplicates(["customer_id", "day"])
    return _dinners(plan.stream("visits"), "v", first["customer_id"], first["day"].to_numpy())


def _dinners(rng, prefix: str, customers: pd.Series, days: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": customers.to_numpy(),
            "session_id": [f"{prefix}{i}" for i in range(len(customers))],
            "when": at_daytime(rng, days),
            "feature_id": "cook",
            "minutes": np.maximum(1, np.round(np.exp(rng.normal(np.log(8), 0.6, len(customers))))).astype(int),
        }
    )


def _repertoires(plan: Plan, customers: pd.Series) -> np.ndarray:
    """For each customer an order of the features; the core one first. A customer knows the first few."""
    rng = plan.stream("repertoires")
    others = np.argsort(rng.random((len(customers.cat.categories), len(FEATURES) - 1)), axis=1) + 1
    return np.hstack([np.zeros((len(others), 1), int), others])


def orders(plan: Plan, stints: pd.DataFrame, people: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """One row per order: customer, moment, value in EUR and the number of categories the customer buys from.

    Orders are placed on days on which the app is used; one-time buyers order on the day of their trial.
    """
    rng = plan.stream("orders")
    owner, when = active_days(plan, stints)
    picked = evenly(rng, owner, np.full(len(owner), ORDERS_PER_ACTIVE_DAY))
    owner, when = owner[picked], when[picked]
    own = pd.DataFrame(
        {
            "customer_id": stints["customer_id"].astype(str).to_numpy()[owner],
            "when": when + MINUTES_LATER,
            "value": stints["basket"].to_numpy()[owner] * np.exp(rng.normal(0, 0.3, len(owner))),
            "categories": stints["categories"].to_numpy()[owner],
        }
    )
    buyers = people.loc[people["group"] == "once", "customer_id"]
    once = trials[trials["customer_id"].isin(buyers)]
    single = pd.DataFrame(
        {
            "customer_id": once["customer_id"].to_numpy(),
            "when": once["when"].to_numpy() + MINUTES_LATER,
            "value": np.exp(rng.normal(np.log(13), 0.5, len(once))),
            "categories": 2,
        }
    )
    return pd.concat([own, single], ignore_index=True).assign(promoted=False)


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
