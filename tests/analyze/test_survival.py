"""Contracts from invoices, and their curve against the truth they were drawn from and a count by hand."""

import numpy as np
import pandas as pd
import pytest

from lib.analyze.survival import contracts, survival
from lib.contracts import ARTEFACTS, NotMeasured

START, AS_OF = pd.Timestamp("2024-01-01"), pd.Timestamp("2026-06-30")


@pytest.fixture(scope="module")
def subscriptions(engine):
    """A function: monthly invoices of customers who end with a constant hazard; half of them began before the data."""

    def build(n: int, monthly_end: float, seed: int):
        rng = np.random.default_rng(seed)
        began = pd.Timestamp("2022-06-01") + pd.to_timedelta(rng.integers(0, 1200, n), unit="D")
        months = rng.geometric(monthly_end, n)
        rows, people = [], []
        for i in range(n):
            people.append((f"k{i:04d}", began[i]))
            days = began[i] + pd.to_timedelta(30 * np.arange(months[i]), unit="D")
            rows += [(f"k{i:04d}", f"o{i}-{d:%Y%m%d}", d, 1000, False) for d in days if START <= d <= AS_OF]
        table = pd.DataFrame(rows, columns=["customer_key", "order_key", "ordered_at", "amount", "is_refund"])
        table["ordered_on"] = table["ordered_at"]
        return engine(table), pd.DataFrame(people, columns=["customer_key", "signup_date"])

    return build


def test_the_planted_hazard_is_recovered_in_spite_of_late_entry(subscriptions):
    invoices, people = subscriptions(1500, 0.05, 3)
    found = survival(contracts(invoices, people, as_of=AS_OF.date()), billing="subscription")
    ARTEFACTS["survival"].check(found)
    assert 11 < 365 / 30 < 13
    point = found["one_year"]
    assert point["low"] <= 0.95 ** 12 <= point["high"]
    assert abs(found["median_days"] - 30 * np.log(0.5) / np.log(0.95)) < 60


def test_intervals_hold_the_truth(subscriptions):
    held = 0
    for seed in range(20):
        invoices, people = subscriptions(200, 0.08, seed)
        point = survival(contracts(invoices, people, as_of=AS_OF.date()), billing="subscription")["one_year"]
        held += point["low"] <= 0.92 ** 12 <= point["high"]
    assert held >= 17  # 95 % intervals: 17 of 20 or fewer has probability .02


def test_a_contract_ends_only_after_a_missing_invoice(engine):
    def invoice(who, *days):
        return [(who, f"{who}{d}", pd.Timestamp(d), 500, False) for d in days]

    rows = invoice("stays", "2026-04-30", "2026-05-30", "2026-06-29")
    rows += invoice("ended", "2026-01-01", "2026-01-31", "2026-03-02") + invoice("late", "2026-04-20", "2026-05-20")
    table = pd.DataFrame(rows, columns=["customer_key", "order_key", "ordered_at", "amount", "is_refund"])
    found = contracts(engine(table.assign(ordered_on=table["ordered_at"])), NotMeasured("none"), as_of=AS_OF.date())
    ended = found.set_index("customer_key")["ended"].to_dict()
    assert ended == {"stays": False, "ended": True, "late": False}  # 41 days of 30: an invoice may be late
    lived = found.set_index("customer_key")["exit"].to_dict()
    assert lived["ended"] == 60 + 30 and lived["stays"] == 62


def test_nobody_under_contract_is_said(subscriptions):
    invoices, people = subscriptions(40, 0.05, 1)
    assert isinstance(survival(contracts(invoices, people, as_of=AS_OF.date()), billing="transactional"), NotMeasured)
    few = survival(pd.DataFrame({"customer_key": ["a"], "entry": [0.0], "exit": [9.0], "ended": [True]}),
                   billing="subscription")
    assert isinstance(few, NotMeasured) and "too few" in few.reason
