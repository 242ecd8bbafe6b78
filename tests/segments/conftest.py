"""A small base with planted groups, an atom of one-time buyers and a few customers who cannot be placed."""

import numpy as np
import pandas as pd
import pytest

from lib.analyze.structure import search
from lib.segments.lead import candidates, choose_lead
from lib.segments.schemes import candidate_models, placement

RFM_NAMES = {(r, f): f"cell {'low' if r < 3 else 'high'} {'low' if f < 3 else 'high'}"
             for r in range(1, 6) for f in range(1, 6)}


def base(seed: int = 3, n: int = 600) -> pd.DataFrame:
    """Customers in three groups far apart, 200 one-time buyers and 20 with a missing value."""
    rng = np.random.default_rng(seed)
    group = np.repeat(["steady", "deep", "rare"], n // 3)
    centre = {"steady": (24, 2000, 10, 0.3), "deep": (8, 9000, 20, 0.8), "rare": (3, 3500, 120, 0.1)}
    rows = np.array([centre[g] for g in group])
    noise = np.exp(rng.normal(0, 0.12, rows.shape))
    table = pd.DataFrame(rows * noise, columns=["frequency", "mean_occasion_value", "recency_days", "breadth"])
    table["n_occasions"] = np.round(table["frequency"] * 4) + 2
    table["group"] = group
    once = pd.DataFrame({"frequency": 0.2 * np.exp(rng.normal(0, 0.2, 200)), "n_occasions": 1.0, "breadth": 0.05,
                         "mean_occasion_value": 2500 * np.exp(rng.normal(0, 0.3, 200)),
                         "recency_days": 200 * np.exp(rng.normal(0, 0.3, 200)), "group": "once"})
    lost = table.head(20).assign(mean_occasion_value=np.nan, group="lost")
    table = pd.concat([table, once, lost], ignore_index=True)
    table["revenue"] = (table["n_occasions"] * table["mean_occasion_value"].fillna(0)).round()
    table["breadth"] = table["breadth"].clip(upper=1.0)
    table["tenure_days"] = rng.integers(30, 900, len(table)).astype(float)
    table["region"] = rng.choice(["north", "south"], len(table))
    table["plan"] = np.where(table["group"] == "deep", "pro", np.where(table["group"] == "rare", "free", "basic"))
    table["customer_key"] = [f"c{i:05d}" for i in rng.permutation(len(table))]
    return table


@pytest.fixture(scope="session")
def another_base():
    """Makes the base again, from another seed."""
    return base


@pytest.fixture(scope="session")
def planted() -> pd.DataFrame:
    return base()


@pytest.fixture(scope="session")
def features(planted) -> pd.DataFrame:
    return planted.drop(columns="group").sort_values("customer_key", ignore_index=True)


@pytest.fixture(scope="session")
def choice(features) -> dict:
    values = features.set_index("customer_key")[["frequency", "mean_occasion_value", "recency_days", "n_occasions"]]
    return search(values, largest_k=4, smallest=40, seed=5, pairs=20)[1]


@pytest.fixture(scope="session")
def types(features) -> pd.DataFrame:
    kind = np.select([features["frequency"] < 1, features["frequency"] < 10], ["Casual", "Core"], "Power")
    return pd.DataFrame({"customer_key": features["customer_key"], "rate": features["frequency"], "user_type": kind})


@pytest.fixture(scope="session")
def cuts() -> dict:
    values = [{"cut": "Casual / Core", "value": 1.0}, {"cut": "Core / Power", "value": 10.0}]
    return {"period_days": 7.0, "cuts": values, "power": "declared", "sizes": []}


@pytest.fixture(scope="session")
def rfm(features) -> pd.DataFrame:
    from lib.analyze.rfm import rfm_table

    return rfm_table(features)


@pytest.fixture(scope="session")
def icp(features) -> pd.Series:
    return pd.Series(np.where(features["plan"] == "pro", "Pros", "(none)"), index=features["customer_key"])


@pytest.fixture(scope="session")
def placed(features, types, icp) -> pd.DataFrame:
    return placement(features, user_types=types, icp=icp)


@pytest.fixture(scope="session")
def before(placed) -> pd.DataFrame:
    """One period earlier: the same habits, and a next period that follows the planted groups."""
    rng = np.random.default_rng(11)
    chance = placed["plan"].map({"pro": 0.9, "basic": 0.7, "free": 0.2})
    active = (rng.random(len(placed)) < chance).astype(float)
    return placed.assign(next_active=active, next_revenue=active * placed["mean_occasion_value"].fillna(0))


@pytest.fixture(scope="session")
def models(placed, choice, rfm, cuts) -> dict:
    from lib.analyze.rfm import NAMES

    return candidate_models(placed, choice=choice, rfm=rfm, cuts=cuts, icps=[{"name": "Pros", "who": "plan = 'pro'"}],
                            rfm_names=NAMES, as_of="2026-06-30")


@pytest.fixture(scope="session")
def found(models, placed, before) -> pd.DataFrame:
    return candidates(models, placed, before, seed=1)


@pytest.fixture(scope="session")
def lead(found) -> dict:
    return choose_lead(found, business="b2c")
