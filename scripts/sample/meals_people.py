"""Meals: who the customers are, which latent segment each is in and when that changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample.draw import AS_OF, DRIFT, LATE, Plan, by_label, day_number, exact_groups, moments, move, numbered

START = pd.Timestamp("2025-01-01")
SEGMENTS = ("planners", "quick", "feasters", "families")
GROUPS = {
    "once": 0.43,
    "never": 0.03,
    "outside": 0.04,
    "planners": 0.161,
    "quick": 0.132,
    "feasters": 0.108,
    "families": 0.089,
}
# active days and orders per 30 days, features on an active day, features known (of 20), minutes on an active day,
# value of an order (EUR), categories bought
TRAITS = pd.DataFrame(
    {
        "rate": (2.3, 4.7, 1.15, 1.75),
        "per_day": (3, 1, 2, 1),
        "known": (14, 5, 9, 3),
        "minutes": (9.0, 4.0, 34.0, 15.0),
        "basket": (16.0, 8.0, 36.0, 105.0),
        "categories": (4, 2, 3, 6),
    },
    index=list(SEGMENTS),
)
SPREAD = {"rate": 0.20, "minutes": 0.16, "basket": 0.15}
CORE_SHARE = 0.95  # share of active days with the core event
ORDERS_PER_ACTIVE_DAY = 0.27  # orders follow frequency alone: it is the primary dimension
BEFORE_DRIFT = {"minutes": 1 / 1.9, "basket": 1 / 1.3}
MIGRATION = {
    "planners": {"planners": 0.72, "quick": 0.12, "feasters": 0.08, "families": 0.08},
    "quick": {"quick": 0.70, "planners": 0.20, "feasters": 0.10, "families": 0.0},
    "feasters": {"feasters": 0.78, "planners": 0.08, "quick": 0.06, "families": 0.08},
    "families": {"families": 0.74, "planners": 0.16, "feasters": 0.10, "quick": 0.0},
}
LATE_MIGRATION = {
    "planners": {"planners": 0.97, "families": 0.03},
    "quick": {"quick": 0.97, "planners": 0.03},
    "feasters": {"feasters": 0.97, "families": 0.03},
    "families": {"families": 0.97, "planners": 0.03},
}
AGE = {"planners": 37, "quick": 26, "feasters": 54, "families": 41, "*": 40}
HOUSEHOLD = {
    "planners": {2: 5, 3: 3, 1: 1, 4: 1},
    "quick": {1: 7, 2: 3},
    "feasters": {2: 8, 1: 2},
    "families": {4: 5, 5: 3, 3: 2},
    "*": {1: 3, 2: 4, 3: 2, 4: 1},
}
CHANNEL = {
    "quick": {"social": 6, "app store": 3, "search": 1},
    "families": {"friend": 6, "search": 3, "social": 1},
    "feasters": {"magazine": 6, "search": 3, "friend": 1},
    "*": {"search": 4, "social": 3, "friend": 3},
}
INCOME = {
    "quick": {"low": 6, "middle": 4},
    "feasters": {"high": 6, "middle": 4},
    "families": {"middle": 5, "high": 5},
    "*": {"low": 3, "middle": 5, "high": 2},
}


def people(plan: Plan) -> pd.DataFrame:
    """One row per customer: group, segments before and after each change, signup, last day, attributes."""
    rng = plan.stream("people")
    n = plan.customers
    group = exact_groups(rng, n, GROUPS)
    drifted = move(rng, group, MIGRATION)
    frame = pd.DataFrame(
        {
            "customer_id": numbered("C", 4 if n < 10_000 else 6, n, rng),
            "group": group,
            "segment_1": group,
            "segment_2": drifted,
            "segment_3": move(rng, drifted, LATE_MIGRATION),
        }
    )
    frame = frame.assign(**_life(rng, group))
    return _attributes(rng, frame).sort_values("customer_id", ignore_index=True)


def _life(rng, group: np.ndarray) -> dict:
    """Signup, first and last day of use. Most are customers since before the extract begins."""
    n, begin, drift, end = len(group), *day_number([START, DRIFT, AS_OF])
    kind = exact_groups(rng, n, {"old": 0.80, "first half": 0.08, "year": 0.12})
    signup = np.select(
        [kind == "old", kind == "first half"],
        [begin - 5 - rng.random(n) * 540, begin + rng.random(n) * (drift - begin)],
        drift + rng.random(n) * (end - drift - 15),
    )
    once = np.isin(group, ("once", "never"))
    late = rng.random(n) < 0.9  # who tried it once did so, mostly, in the growth of the last year
    tried = np.where(late, drift + rng.random(n) * (end - drift - 3), begin + rng.random(n) * (drift - begin))
    signup = np.where(once, tried, signup)
    leaving = exact_groups(rng, n, {"stay": 0.89, "early": 0.03, "late": 0.08})
    last = np.select(
        [leaving == "early", leaving == "late"],
        [begin + 60 + rng.random(n) * (drift - begin - 60), drift + 90 + rng.random(n) * 240],
        end + 4,
    )
    last = np.where((last < signup + 60) | once, end + 4, last)
    return {"signup": np.floor(signup), "last": last}


def _attributes(rng, frame: pd.DataFrame) -> pd.DataFrame:
    label, n = frame["segment_3"].to_numpy(), len(frame)
    centre = pd.Series(label).map(AGE).fillna(AGE["*"]).to_numpy()
    age = np.clip(np.round(centre + rng.normal(0, 8, n)), 16, 84)
    age[rng.choice(n, max(1, n // 200), replace=False)] = 14
    return frame.assign(
        birth_year=(2026 - age).astype(int),
        gender=rng.choice(["f", "m", "x"], n, p=[0.55, 0.43, 0.02]),
        city_tier=by_label(
            rng, label, {"quick": {"big city": 8, "town": 2}, "*": {"big city": 4, "town": 4, "rural": 2}}
        ),
        region=rng.choice(["north", "south", "east", "west"], n, p=[0.3, 0.3, 0.15, 0.25]),
        income_band=by_label(rng, label, INCOME),
        household=by_label(rng, label, HOUSEHOLD).astype(int),
        acquisition_channel=by_label(rng, label, CHANNEL),
        device=by_label(
            rng, label, {"feasters": {"tablet": 5, "desktop": 5}, "*": {"phone": 8, "tablet": 1, "desktop": 1}}
        ),
    )


def stints(plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per customer and stretch of unchanged habits: from, to, and the traits in force."""
    rng = plan.stream("stints")
    edges = day_number([START, DRIFT, LATE])
    users = frame[~frame["group"].isin(("once", "never"))].reset_index(drop=True)
    own = {trait: np.exp(rng.normal(0, sd, len(users))) for trait, sd in SPREAD.items()}
    steps = rng.integers(-1, 2, len(users))
    stray = _stray(rng, len(users))
    parts = []
    for i, column in enumerate(("segment_1", "segment_2", "segment_3")):
        traits = TRAITS.reindex(users[column]).reset_index(drop=True)
        traits = traits.fillna(stray) if plan.variant != "no-structure" else _one_cloud(plan, len(users))
        for trait, factor in own.items():
            traits[trait] *= factor * (BEFORE_DRIFT.get(trait, 1.0) if i == 0 else 1.0)
        traits["known"] = np.clip(traits["known"] + steps, traits["per_day"], 20)
        until = np.minimum(users["last"], edges[i + 1] if i < 2 else np.inf)
        parts.append(
            traits.assign(
                customer_id=users["customer_id"],
                segment=users[column],
                core=CORE_SHARE * traits["rate"],
                gap=30 / traits["rate"],  # median days between core days: the few left out are few
                start=np.maximum(edges[i], users["signup"]),
                end=until,
                stint=i,
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table[table["end"] > table["start"]].sort_values(["customer_id", "stint"], ignore_index=True)


def _stray(rng, n: int) -> pd.DataFrame:
    """Habits that fit no segment: anywhere in, and beyond, the box that the segments span."""
    return pd.DataFrame(
        {
            "rate": np.exp(rng.uniform(np.log(0.6), np.log(11), n)),
            "per_day": rng.integers(1, 5, n),
            "known": rng.integers(4, 20, n),
            "minutes": np.exp(rng.uniform(np.log(2), np.log(70), n)),
            "basket": np.exp(rng.uniform(np.log(5), np.log(260), n)),
            "categories": rng.integers(1, 8, n),
        }
    )


def _one_cloud(plan: Plan, n: int) -> pd.DataFrame:
    """One log-normal cloud: no segments at all."""
    rng = plan.stream("cloud")
    return pd.DataFrame(
        {
            "rate": np.exp(rng.normal(np.log(3), 0.45, n)),
            "per_day": np.full(n, 2),
            "known": np.clip(np.round(rng.normal(8, 2, n)), 3, 20),
            "minutes": np.exp(rng.normal(np.log(10), 0.45, n)),
            "basket": np.exp(rng.normal(np.log(20), 0.45, n)),
            "categories": np.full(n, 4),
        }
    )


def customers_file(plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    """The customers table as the product keeps it: with an address, consents and erasures."""
    rng = plan.stream("customers")
    n = len(frame)
    erased = np.full(n, "", dtype=object)
    who = rng.choice(np.flatnonzero(~frame["group"].isin(("once", "never"))), max(2, n // 150), replace=False)
    erased[who] = moments(day_number([AS_OF])[0] - rng.integers(20, 200, len(who))).strftime("%Y-%m-%d")
    birth = frame["birth_year"].astype(str).where(rng.random(n) >= 0.08, "")
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "email": frame["customer_id"].str.lower() + "@example.org",
            "signup_date": moments(frame["signup"].to_numpy()).strftime("%Y-%m-%d"),
            "birth_year": birth,
            **{
                c: frame[c]
                for c in ("gender", "city_tier", "region", "income_band", "household", "acquisition_channel", "device")
            },
            "consent_analytics": np.where(rng.random(n) < 0.96, "yes", "no"),
            "consent_marketing": np.where(rng.random(n) < 0.82, "yes", "no"),
            "erased_at": erased,
        }
    )
