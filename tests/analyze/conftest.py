"""Raw tables as step 2 leaves them, small and drawn by seed, and an engine to hold them."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from lib.collect import mark_orders

START, AS_OF = dt.date(2025, 1, 1), dt.date(2026, 6, 30)


@pytest.fixture(scope="session")
def engine():
    """Turns a DataFrame into an Ibis table."""
    backend = ibis.duckdb.connect()

    def table(frame: pd.DataFrame):
        return backend.create_table(ibis.util.gen_name("t"), frame)

    return table


@pytest.fixture(scope="session")
def mark():
    """Order lines (Ibis) as step 2 stores them: sorted, and with `opens`, as a DataFrame."""

    def marked(table) -> pd.DataFrame:
        named = ["customer_key", "order_key", "ordered_at", "ordered_on"]
        lines = table.select(*named, *[c for c in table.columns if c not in named]).order_by(ibis.selectors.all())
        stored = mark_orders({"transactions": lines.to_pyarrow()})
        return stored["transactions"].to_pandas().astype({"opens": "Int64"})

    return marked


@pytest.fixture(scope="session")
def as_of():
    return AS_OF


@pytest.fixture(scope="session")
def orders() -> pd.DataFrame:
    """Order lines of 60 customers: several lines an order, same-day orders, refunds, and rows after the as-of date."""
    rng = np.random.default_rng(1)
    rows = []
    for number in range(900):
        customer, day = f"k{rng.integers(60):02d}", int(rng.integers(0, 600))
        order = f"o{number}"
        for _ in range(rng.integers(1, 4)):
            rows.append((customer, order, day, int(rng.integers(100, 9000)), str(rng.choice(list("abcde"))), False))
        if rng.random() < 0.15:
            rows.append((customer, order, day + int(rng.integers(0, 40)), -int(rng.integers(50, 300)), "a", True))
    rows.append(("k01", "no such order", 300, -777, "a", True))
    table = pd.DataFrame(rows, columns=["customer_key", "order_key", "day", "amount", "category", "is_refund"])
    return _dated(table, "ordered")


@pytest.fixture(scope="session")
def events() -> pd.DataFrame:
    """Uses of four features by 70 customers, ten of whom never order."""
    rng = np.random.default_rng(2)
    n = 5000
    table = pd.DataFrame({
        "customer_key": [f"k{i:02d}" for i in rng.integers(0, 70, n)], "day": rng.integers(0, 600, n),
        "feature": rng.choice(["cook", "plan", "shop", "share"], n, p=[0.5, 0.3, 0.15, 0.05]),
        "value": rng.integers(1, 600, n) / 10,
    })
    return _dated(table, "occurred")


@pytest.fixture(scope="session")
def customers() -> pd.DataFrame:
    """The 70 customers, five prospects, and one who signs up after the as-of date."""
    keys = [f"k{i:02d}" for i in range(75)] + ["later"]
    signup = [pd.Timestamp("2024-12-01")] * 75 + [pd.Timestamp("2026-07-15")]
    return pd.DataFrame({"customer_key": keys, "signup_date": signup, "region": ["north", "south"] * 38})


@pytest.fixture
def days_of(engine):
    """Active days (Ibis) from a mapping of customer to day numbers after START."""

    def build(by_customer: dict):
        rows = [(customer, pd.Timestamp(START) + pd.Timedelta(days=int(d))) for customer, days in by_customer.items()
                for d in sorted({int(x) for x in days})]
        table = engine(pd.DataFrame(rows, columns=["customer_key", "day"]))
        return table.mutate(day=table.day.cast("date"))

    return build


def _dated(table: pd.DataFrame, what: str) -> pd.DataFrame:
    day = pd.Timestamp(START) + pd.to_timedelta(table.pop("day"), unit="D")
    hours = pd.to_timedelta(np.random.default_rng(3).integers(0, 24 * 60, len(table)), unit="m")
    return table.assign(**{f"{what}_at": day + hours, f"{what}_on": day})
