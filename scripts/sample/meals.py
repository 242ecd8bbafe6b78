"""Meals, a habit app with a shop (B2C): all shipped tables and the truth behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import (
    dirt,
    meals_activity as activity,
    meals_campaigns as campaigns,
    meals_people as persons,
    meals_voices as voices,
)
from sample.draw import AS_OF, SNAPSHOTS, Plan, day_number, moments
from sample.truth import migration, user_types

CUSTOMERS = {"ci": 300, "demo": 3000, "stress": 100_000}
ZONE = "Europe/Berlin"


def make(plan: Plan) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The shipped tables and the truth tables, by file name."""
    people = persons.people(plan)
    stints = persons.stints(plan, people)
    stints["customer_id"] = stints["customer_id"].astype("category")
    customers = persons.customers_file(plan, people)
    trials = activity.trials(plan, people)
    orders = activity.orders(plan, stints, people, trials)
    consenting = (customers["consent_marketing"] == "yes").to_numpy()
    assigned, bought = campaigns.assign(plan, people, orders, consenting)
    orders = pd.concat([orders, bought], ignore_index=True)
    today, cuts = user_types(stints)
    who = (
        people[["customer_id"]]
        .assign(segment=people["segment_3"])
        .merge(
            today[today["period"] == SNAPSHOTS[-1]][["customer_id", "rate", "user_type"]], on="customer_id", how="left"
        )
    )
    texts, themes = voices.texts(plan, who)
    lines, soiled = _lines(plan, orders)
    events, bots = _events(plan, stints, people, trials, orders)
    shipped = {
        "customers": _with_tests(customers),
        "order_lines": lines,
        "events": events,
        "features": activity.FEATURES,
        "feature_names": activity.NAMES,
        "survey": voices.survey(plan, who),
        "interviews": voices.interviews(plan, who),
        "feedback_text": texts,
        "campaigns": campaigns.CAMPAIGNS.drop(columns=["n", "basket"]).assign(margin_rate=campaigns.MARGIN),
        "assignments": assigned[["campaign", "customer_id", "arm", "stratum", "assigned_at"]],
        "outcomes": campaigns.outcomes(assigned, orders),
        "consent": _consent(plan, customers),
    }
    truth = {
        "truth_segments": _segments(people),
        "truth_user_types": today,
        "truth_themes": themes,
        "truth_migration": migration(people),
        "truth_effects": _effects(),
        "truth_dirt": _dirt({**soiled, **bots}, customers),
        "truth_parameters": _parameters(plan, cuts),
    }
    return shipped, truth


def _segments(people: pd.DataFrame) -> pd.DataFrame:
    """The snapshots: three labels of every customer."""
    return pd.concat(
        [
            people[["customer_id"]].assign(
                period=period,
                segment=people[column],
                signup=moments(people["signup"].to_numpy()).strftime("%Y-%m-%d"),
                left=np.where(people["last"] <= day_number([period])[0], "yes", "no"),
            )
            for period, column in zip(SNAPSHOTS, ("segment_1", "segment_2", "segment_3"), strict=True)
        ],
        ignore_index=True,
    )


def _lines(plan: Plan, orders: pd.DataFrame):
    lines = activity.order_lines(plan, orders)
    lines = lines.sort_values(["when", "order_id", "refund"], kind="stable", ignore_index=True)
    refunds = int(lines["refund"].sum())
    lines, counts = dirt.orders(plan, lines, "order_id", "customer_id")
    stamp = dirt.with_offsets(plan, lines, "ordered_at", lines["when"].to_numpy(), ZONE)
    lines = pd.DataFrame(
        {
            "order_id": lines["order_id"],
            "customer_id": lines["customer_id"],
            "ordered_at": stamp,
            "category": lines["category"],
            "amount": lines["amount"].map("{:.2f}".format),
            "discount": lines["discount"].map(lambda v: f"{v:.2f}" if v else ""),
            "currency": "EUR",
        }
    )
    if plan.variant == "no-amounts":
        lines = lines.drop(columns=["amount", "discount"])
        return pd.concat([lines, _test_orders(lines)], ignore_index=True), {**counts, "refund rows": refunds}
    lines, wrong = dirt.broken(lines, "amount", "ordered_at")
    with_offset = int(lines["ordered_at"].str.contains(r"(?:Z|[+-]\d\d:\d\d)$").sum())
    lines = pd.concat([lines, _test_orders(lines)], ignore_index=True)
    return lines, {
        **counts,
        **wrong,
        "refund rows": refunds,
        "rows with an offset": with_offset,
        "test order rows": len(dirt.TEST_ACCOUNTS),
    }


def _test_orders(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.head(len(dirt.TEST_ACCOUNTS)).assign(
        order_id=[f"OT{i:03d}" for i in range(len(dirt.TEST_ACCOUNTS))], customer_id=list(dirt.TEST_ACCOUNTS)
    )


def _events(plan: Plan, stints: pd.DataFrame, people: pd.DataFrame, trials: pd.DataFrame, orders: pd.DataFrame):
    events = pd.concat([activity.events(plan, stints), trials], ignore_index=True)
    events = pd.concat([events, activity.visits(plan, orders, events)], ignore_index=True)
    automata = people.loc[people["group"] == "never", "customer_id"].head(dirt.BOTS).tolist()
    robot = dirt.bots(plan, automata, activity.FEATURES["feature_id"].tolist())
    events = pd.concat([events, robot], ignore_index=True).sort_values(
        ["when", "session_id"], kind="stable", ignore_index=True
    )
    table = pd.DataFrame(
        {
            "customer_id": events["customer_id"],
            "session_id": events["session_id"],
            "ts": activity.as_text(events["when"].to_numpy(), seconds=False),
            "feature_id": events["feature_id"],
            "duration": events["minutes"],
        }
    )
    return table, {"bot accounts": len(automata), "bot rows": len(robot)}


def _with_tests(customers: pd.DataFrame) -> pd.DataFrame:
    tests = customers.head(len(dirt.TEST_ACCOUNTS)).assign(
        customer_id=list(dirt.TEST_ACCOUNTS),
        email=[f"{t.lower()}@example.org" for t in dirt.TEST_ACCOUNTS],
        erased_at="",
    )
    return pd.concat([customers, tests], ignore_index=True)


def _consent(plan: Plan, customers: pd.DataFrame) -> pd.DataFrame:
    """Consents: analytics and marketing for everybody, objections to e-mail, some only after the as-of date."""
    rng = plan.stream("consent")
    parts = [
        pd.DataFrame(
            {
                "customer_id": customers["customer_id"],
                "channel": channel,
                "status": np.where(customers[f"consent_{channel}"] == "yes", "granted", "withdrawn"),
                "recorded_at": customers["signup_date"],
            }
        )
        for channel in ("analytics", "marketing")
    ]
    some = customers.iloc[np.sort(rng.choice(len(customers), len(customers) // 30, replace=False))]
    parts.append(
        pd.DataFrame(
            {"customer_id": some["customer_id"], "channel": "email", "status": "objected", "recorded_at": "2026-04-15"}
        )
    )
    late = customers.iloc[np.sort(rng.choice(len(customers), len(customers) // 100, replace=False))]
    parts.append(
        pd.DataFrame(
            {
                "customer_id": late["customer_id"],
                "channel": "analytics",
                "status": "withdrawn",
                "recorded_at": "2026-07-02",
            }
        )
    )
    return pd.concat(parts, ignore_index=True)


def _effects() -> pd.DataFrame:
    """Planted difference of the conversion rate, treated minus control, and what it is worth per treated customer."""
    rows = []
    for campaign in campaigns.CAMPAIGNS.itertuples():
        for segment, effect in campaigns.UPLIFT[campaign.campaign].items():
            spend = effect * campaign.basket * float(np.exp(0.25**2 / 2))
            rows.append(
                {
                    "campaign": campaign.campaign,
                    "segment": segment,
                    "rate_uplift": effect,
                    "spend_uplift": round(spend, 4),
                    "profit_per_treated": round(spend * campaigns.MARGIN - campaign.cost_per_contact, 4),
                }
            )
    return pd.DataFrame(rows)


def _dirt(counts: dict, customers: pd.DataFrame) -> pd.DataFrame:
    counts = {
        **counts,
        "customers without birth year": int((customers["birth_year"] == "").sum()),
        "minors": int((pd.to_numeric(customers["birth_year"]) > 2010).sum()),
        "test accounts": len(dirt.TEST_ACCOUNTS),
        "erased customers": int((customers["erased_at"] != "").sum()),
        "customers without analytics consent": int((customers["consent_analytics"] == "no").sum()),
    }
    return pd.DataFrame({"item": list(counts), "n": list(counts.values())})


def _parameters(plan: Plan, cuts: dict) -> pd.DataFrame:
    values = {
        **cuts,
        "primary_dimension": "frequency",
        "drift_date": "2025-07-01",
        "as_of": AS_OF.strftime("%Y-%m-%d"),
        "seed": plan.seed,
        "contradicted_segment": voices.CONTRADICTED,
        "unheard_segment": voices.UNHEARD,
        "losing_campaign": "voucher-2026",
        "targeted_campaign": "winter-2025",
    }
    return pd.DataFrame({"parameter": list(values), "value": [str(v) for v in values.values()]})
