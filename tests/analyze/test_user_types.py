"""User types: planted types come back, stretched time changes nothing, labels change only when they have held."""

import datetime as dt

import numpy as np
import pandas as pd

from lib.analyze.rhythm import user_gaps
from lib.analyze.user_types import natural_period, user_types
from lib.contracts import ARTEFACTS, NotMeasured

START = dt.date(2025, 1, 1)
END = 560  # day number of the as-of date


def typed(days_of, by_customer, *, scale=1, tenure=None, **more):
    """User types of customers given by day numbers, every number multiplied by `scale`."""
    days = days_of({c: [d * scale for d in own] for c, own in by_customer.items()})
    tenure = tenure or {}
    features = pd.DataFrame({"customer_key": sorted(by_customer),
                             "tenure_days": [float(tenure.get(c, END) * scale) for c in sorted(by_customer)]})
    as_of = START + dt.timedelta(days=END * scale)
    return user_types(days, features, user_gaps(days), as_of=as_of, seed=1, **more)


PLANTED = (("casual", 23, 40), ("core", 6, 160), ("power", 1.5, 40))


def planted(seed=0, groups=PLANTED):
    """A week is the period of most: some come less than weekly, most weekly, some nearly daily."""
    rng = np.random.default_rng(seed)
    base = {}
    for name, gap, users in groups:
        for user in range(users):
            days = END - np.cumsum(np.maximum(1, rng.normal(gap, gap / 8, 400).round())).astype(int)
            base[f"{name}{user:03d}"] = days[days >= 0].tolist()
    for user in range(15):
        base[f"dormant{user:03d}"] = list(range(0, 300, 7))
    return base


def test_planted_types_come_back(days_of):
    base = planted()
    table, cuts = typed(days_of, base)
    ARTEFACTS["user_types"].check(table)
    ARTEFACTS["user_type_cuts"].check(cuts)
    planted_as = table["customer_key"].str.extract(r"([a-z]+)")[0].str.capitalize()
    assert (table["user_type"] == planted_as)[planted_as != "Power"].mean() > 0.9
    assert (table.loc[planted_as == "Power", "user_type"] == "Power").all()
    assert (table.loc[planted_as == "Dormant", "user_type"] == "Dormant").all()
    power = cuts["cuts"][1]
    rated = table.loc[table["rate"] >= 1, "rate"]
    assert power["value"] == np.quantile(rated, 0.8, method="inverted_cdf")
    assert power["low"] <= power["value"] <= power["high"]


def test_time_stretched_seven_fold_gives_the_same_labels(days_of):
    base = planted(3, (("casual", 41, 30), ("core", 12, 160), ("power", 3, 40)))
    one, other = typed(days_of, base), typed(days_of, base, scale=7)
    assert one[1]["period_days"] > 7
    assert other[1]["period_days"] == 7 * one[1]["period_days"]
    pd.testing.assert_frame_equal(one[0], other[0])
    assert one[0]["user_type"].nunique() > 3


def test_new_dormant_and_prospect_are_kept_apart(days_of):
    base = planted() | {"fresh": [END - 5, END - 3], "never": []}
    table, cuts = typed(days_of, base, tenure={"fresh": 5, "never": 300})
    types = table.set_index("customer_key")["user_type"]
    assert types["fresh"] == "New" and types["never"] == "Prospect"
    assert sum(row["n"] for row in cuts["sizes"]) == len(base) == cuts["n"]


def test_a_label_changes_only_after_it_held_in_two_windows(days_of):
    base = planted()
    period = int(natural_period(np.sort(user_gaps(days_of(base))["median_gap"].dropna())))
    weekly = [END - 3 - period * i for i in range(60) if END - 3 - period * i >= 0]
    burst_now = weekly + [END - d for d in range(1, period)]  # extra days in the last period only
    burst_for_two = burst_now + [END - period - d for d in range(1, period)]
    base |= {"once": burst_now, "twice": burst_for_two}
    table, cuts = typed(days_of, base, power=2.0)
    row = table.set_index("customer_key")
    assert row.loc["once", ["type_now", "user_type"]].tolist() == ["Power", "Core"]
    assert row.loc["twice", ["type_now", "user_type"]].tolist() == ["Power", "Power"]
    assert cuts["power"] == "declared"


def test_too_few_regular_users_means_two_types(days_of):
    base = {c: own for i, (c, own) in enumerate(planted().items()) if i % 6 == 0}
    table, cuts = typed(days_of, base)
    assert cuts["power"] == "not separable" and len(cuts["cuts"]) == 1
    assert "Power" not in set(table["user_type"])


def test_near_the_cut_is_inside_its_interval(days_of):
    table, cuts = typed(days_of, planted(5))
    inside = sum(((table["rate"] >= c["low"]) & (table["rate"] <= c["high"]) & (c["low"] < c["high"])
                  for c in cuts["cuts"]), start=pd.Series(0, table.index)) > 0
    rated = table["user_type"].isin(["Casual", "Core", "Power"])
    assert (table["near_cut"] == (inside & rated)).all()


def test_nobody_came_back_often_enough(days_of):
    table, cuts = typed(days_of, {f"u{i}": [i] for i in range(20)})
    assert isinstance(table, NotMeasured) and isinstance(cuts, NotMeasured)
