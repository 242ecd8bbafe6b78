"""Teamflow: the accounts, their users, their latent segment and what they pay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.draw import AS_OF, DRIFT, LATE, Plan, by_label, day_number, exact_groups, moments, move, numbered, short_ids

START = pd.Timestamp("2024-07-01")
GROUPS = {"platform": 0.24, "specialists": 0.34, "projects": 0.20, "desks": 0.18, "outside": 0.04}
SEGMENTS = tuple(GROUPS)[:4]
# active days per 30 days, modules on an active day, modules known (of 30), actions on an active day
TRAITS = pd.DataFrame(
    {
        "rate": (5.0, 11.0, 2.6, 5.6),
        "per_day": (3, 1, 2, 1),
        "known": (21, 5, 11, 3),
        "actions": (14.0, 14.0, 60.0, 75.0),
    },
    index=list(SEGMENTS),
)
SPREAD = {"rate": 0.15, "actions": 0.15}
BEFORE_DRIFT = {"actions": 1 / 1.9}
# Breadth is the primary dimension: the core event and the fee follow the number of modules known, and nothing else.
CORE_DAYS, CORE_POWER = 0.20, 0.8  # core days per 30 days = 0.20 · modules known ** 0.8, at most every active day
PRICE = 55.0  # CHF a month at one module known
BREADTH_POWER, REVENUE_SPREAD = 0.95, 0.40
MIGRATION = {
    "platform": {"platform": 0.80, "specialists": 0.12, "projects": 0.08},
    "specialists": {"specialists": 0.75, "platform": 0.17, "desks": 0.08},
    "projects": {"projects": 0.78, "platform": 0.12, "desks": 0.10},
    "desks": {"desks": 0.80, "specialists": 0.10, "projects": 0.10},
}
LATE_MIGRATION = {
    "platform": {"platform": 0.97, "projects": 0.03},
    "specialists": {"specialists": 0.97, "platform": 0.03},
}
INDUSTRY = {
    "platform": {"Software": 6, "Beratung": 3, "Handel": 1},
    "specialists": {"Industrie": 6, "Software": 2, "Handel": 2},
    "projects": {"Beratung": 7, "Bau": 3},
    "desks": {"Gesundheit": 5, "Behörde": 4, "Handel": 1},
    "*": {"Handel": 4, "Bau": 3, "Verein": 3},
}
EMPLOYEES = {
    "platform": {"50-249": 5, "250-999": 5},
    "projects": {"10-49": 6, "50-249": 4},
    "*": {"1-9": 2, "10-49": 5, "50-249": 3},
}
SOURCE = {
    "platform": {"Empfehlung": 6, "Messe": 4},
    "desks": {"Ausschreibung": 7, "Messe": 3},
    "*": {"Suche": 6, "Empfehlung": 4},
}


def accounts(plan: Plan) -> pd.DataFrame:
    """One row per account: segments before and after each change, contract dates, firmographics."""
    rng = plan.stream("accounts")
    n = plan.customers
    group = exact_groups(rng, n, GROUPS)
    drifted = move(rng, group, MIGRATION)
    begin, end = day_number([START, AS_OF])
    old = exact_groups(rng, n, {"old": 0.72, "first year": 0.18, "second year": 0.10})
    start = np.select(
        [old == "old", old == "first year"],
        [begin - rng.random(n) * 700, begin + rng.random(n) * 365],
        begin + 365 + rng.random(n) * 270,
    )
    gone = exact_groups(rng, n, {"stay": 0.93, "leave": 0.07}) == "leave"
    last = np.where(gone, np.maximum(start + 120, begin + 90 + rng.random(n) * 600), end + 3)
    label = move(rng, drifted, LATE_MIGRATION)
    return pd.DataFrame(
        {
            "account_id": numbered("K", 4 if n < 10_000 else 6, n, rng),
            "group": group,
            "segment_1": group,
            "segment_2": drifted,
            "segment_3": label,
            "signup": np.floor(start),
            "last": np.minimum(np.floor(last), end + 3),
            "industry": by_label(rng, label, INDUSTRY),
            "employees": by_label(rng, label, EMPLOYEES),
            "revenue_band": by_label(
                rng, label, {"platform": {"> 10 Mio": 6, "2-10 Mio": 4}, "*": {"< 2 Mio": 5, "2-10 Mio": 5}}
            ),
            "region": rng.choice(["Nord", "Süd", "Ost", "West"], n),
            "source": by_label(rng, label, SOURCE),
        }
    ).sort_values("account_id", ignore_index=True)


def stints(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """One row per account and stretch of unchanged habits: from, to, traits, monthly fee."""
    rng = plan.stream("stints")
    edges = day_number([START, DRIFT, LATE])
    own = {trait: np.exp(rng.normal(0, sd, len(table))) for trait, sd in SPREAD.items()}
    worth, steps = np.exp(rng.normal(0, REVENUE_SPREAD, len(table))), rng.integers(-1, 2, len(table))
    stray = pd.DataFrame(
        {
            "rate": np.exp(rng.uniform(np.log(1.5), np.log(20), len(table))),
            "per_day": rng.integers(1, 4, len(table)),
            "known": rng.integers(3, 26, len(table)),
            "actions": np.exp(rng.uniform(np.log(4), np.log(150), len(table))),
        }
    )
    parts = []
    for i, column in enumerate(("segment_1", "segment_2", "segment_3")):
        traits = TRAITS.reindex(table[column]).reset_index(drop=True).fillna(stray)
        if plan.variant == "no-structure":
            traits = _one_cloud(plan, len(table))
        for trait, factor in own.items():
            traits[trait] *= factor * (BEFORE_DRIFT.get(trait, 1.0) if i == 0 else 1.0)
        traits["known"] = np.clip(traits["known"] + steps, traits["per_day"], 30)
        until = np.minimum(table["last"], edges[i + 1] if i < 2 else np.inf)
        parts.append(
            traits.assign(
                account_id=table["account_id"],
                segment=table[column],
                stint=i,
                end=until,
                start=np.maximum(edges[i], table["signup"]),
                core=np.minimum(CORE_DAYS * traits["known"] ** CORE_POWER, traits["rate"]),
                gap=30 / np.minimum(CORE_DAYS * traits["known"] ** CORE_POWER, traits["rate"]),
                fee=np.round(PRICE * traits["known"] ** BREADTH_POWER * worth),
            )
        )
    joined = pd.concat(parts, ignore_index=True)
    return joined[joined["end"] > joined["start"]].sort_values(["account_id", "stint"], ignore_index=True)


def _one_cloud(plan: Plan, n: int) -> pd.DataFrame:
    """One log-normal cloud: no segments at all."""
    rng = plan.stream("cloud")
    return pd.DataFrame(
        {
            "rate": np.exp(rng.normal(np.log(5), 0.4, n)),
            "per_day": np.full(n, 2),
            "known": np.clip(np.round(rng.normal(10, 2.5, n)), 3, 30),
            "actions": np.exp(rng.normal(np.log(25), 0.5, n)),
        }
    )


def users(plan: Plan, table: pd.DataFrame, fees: pd.Series) -> pd.DataFrame:
    """The people inside the accounts: one buyer, an admin or two, members for the rest of the seats."""
    rng = plan.stream("users")
    weight = fees.reindex(table["account_id"]).fillna(fees.median()).to_numpy() ** 0.7
    total = round(plan.customers * 6500 / 420)
    seats = np.maximum(3, np.floor(weight / weight.sum() * total)).astype(int)
    row = np.repeat(np.arange(len(table)), seats)
    position = np.arange(len(row)) - np.repeat(np.cumsum(seats) - seats, seats)
    invited = table["signup"].to_numpy()[row] + rng.integers(0, 60, len(row))
    return pd.DataFrame(
        {
            "user_id": short_ids("u", len(row)),
            "account_id": table["account_id"].to_numpy()[row],
            "role": np.select([position == 0, position <= 1 + (seats[row] > 20)], ["buyer", "admin"], "member"),
            "invited_at": moments(invited).strftime("%d.%m.%Y"),
            "active": np.where(rng.random(len(row)) < 0.83, "ja", "nein"),
        }
    )
