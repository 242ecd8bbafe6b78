"""Eight small bases as raw files and product files: what remains when something that segments need is hardly there."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from tests.conftest import MINIMAL

AS_OF = pd.Timestamp("2026-06-30")
DAYS = 540
RARE, OFTEN = (60, 15, 2), (9, 60, 12)  # days between orders, amount, features known


def two_groups(n: int = 360, seed: int = 1, *, rare=RARE, often=OFTEN) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(customers, visits with what was paid): half come rarely for little, half often for much, nobody in between."""
    rng, rows = np.random.default_rng(seed), []
    kinds = [often if i % 2 else rare for i in range(n)]
    for i, (gap, amount, known) in enumerate(kinds):
        own, at = gap * rng.lognormal(0, 0.12), rng.uniform(1, gap)
        while at < DAYS - 5:
            rows.append((f"C{i:05d}", int(at), amount * rng.lognormal(0, 0.2), f"f{rng.integers(known)}"))
            at += rng.gamma(3, own / 3) + 0.5
    visits = pd.DataFrame(rows, columns=["customer_id", "ago", "amount", "feature"])
    customers = pd.DataFrame({"customer_id": [f"C{i:05d}" for i in range(n)], "signup_date": "2024-12-01",
                              "role": rng.choice(["office", "home"], n), "seats": rng.integers(1, 12, n)})
    return customers, visits.assign(on=(AS_OF - pd.to_timedelta(visits["ago"], unit="D")).dt.strftime("%Y-%m-%d"))


def small_segments():
    """Six customers who left long ago and four who are new: user types of few customers."""
    customers, visits = two_groups()
    left, new = customers["customer_id"].iloc[:6], customers["customer_id"].iloc[6:10]
    gone = visits["customer_id"].isin(left) & (visits["ago"] < 400) | visits["customer_id"].isin(new) & (
        visits["ago"] > 12)
    their = visits[visits["customer_id"].isin(new)].groupby("customer_id").tail(1)  # of whom nobody has ordered twice
    their = their.assign(ago=3, on=(AS_OF - pd.Timedelta(days=3)).strftime("%Y-%m-%d"))
    return customers, pd.concat([visits[~gone & ~visits["customer_id"].isin(new)], their])


def one_kind():
    """Everybody alike but for chance: no scheme has reason to find more than one group."""
    return two_groups(rare=(20, 30, 6), often=(20, 30, 6))


def identical():
    """The same orders on the same days for the same money."""
    customers, visits = two_groups()
    own = visits[visits["customer_id"] == "C00001"].assign(amount=20.0, feature="f0")
    alike = [own.assign(customer_id=c) for c in customers["customer_id"]]
    return customers.assign(role="home", seats=3), pd.concat(alike)


def many_missing():
    """A quarter of the customers use the product, and have never paid: no basket value."""
    customers, visits = two_groups()
    unpaid = visits["customer_id"].str[1:].astype(int) % 4 == 1
    return customers, visits.assign(amount=visits["amount"].mask(unpaid))


def one_segment():
    """Everybody uses the product every tenth day, and matches the one profile that anybody matches: attributes differ,
    but each way to divide the customers holds one group."""
    customers, _ = two_groups()
    rows = [(c, ago) for i, c in enumerate(customers["customer_id"]) for ago in range(i % 10, DAYS - 5, 10)]
    visits = pd.DataFrame(rows, columns=["customer_id", "ago"])
    return customers, visits.assign(on=(AS_OF - pd.to_timedelta(visits["ago"], unit="D")).dt.strftime("%Y-%m-%d"),
                                    amount=np.nan, feature="f0")


def one_period():
    """Everything happened in the last 45 days: enough to divide customers by, and no two months to compare."""
    customers, visits = two_groups(rare=(8, 15, 2), often=(3, 60, 12))
    return customers.assign(signup_date="2026-05-17"), visits[visits["ago"] < 45]


ONE_PROFILE = [{"name": "Team", "who": "seats >= 1", "source": "12 interviews"},
               {"name": "Enterprise", "who": "seats >= 100", "source": "survey"}]
BASES = {"one": one_segment, "small": small_segments, "two": two_groups, "alike": one_kind, "identical": identical,
         "one-feature": two_groups, "missing": many_missing, "one-period": one_period}
PARAMETERS = {"small": {"04": {"lead_with": "user_types", "lead_reason": "the sales team asks for it"}}}


def write(name: str, root: Path) -> None:
    """The files of a base, its product file, and the parameters that its notebooks are run with."""
    customers, visits = BASES[name]()
    folder = root / "data" / name
    folder.mkdir(parents=True)
    paid = visits.dropna(subset="amount").assign(amount=lambda t: t["amount"].round(2))
    paid.insert(0, "order_id", [f"O{i}" for i in range(len(paid))])
    paid.to_csv(folder / "orders.csv", index=False)
    visits.to_csv(folder / "events.csv", index=False)
    customers.to_csv(folder / "customers.csv", index=False)
    (root / "products").mkdir(exist_ok=True)
    text = yaml.safe_dump(_product(name), allow_unicode=True, sort_keys=False)
    (root / "products" / f"{name}.yml").write_text(text, encoding="utf-8")
    (root / f"{name}.parameters.yml").write_text(yaml.safe_dump(PARAMETERS.get(name, {})), encoding="utf-8")


def _product(name: str) -> dict:
    product = copy.deepcopy(MINIMAL) | {"id": name, "name": f"Base {name}", "critical_event": "order"}
    days = {"dates": "%Y-%m-%d"}
    product["sources"] = {
        "customers": {"path": f"data/{name}/customers.csv", **days, "types": {"seats": "int"}, "columns": {
            "customer_id": "customer_id", "signup_date": "signup_date", "role": "role", "seats": "seats"}},
        "transactions": {"path": f"data/{name}/orders.csv", **days, "columns": {
            "customer_id": "customer_id", "order_id": "order_id", "ordered_at": "on", "amount": "amount"}},
        "events": {"path": f"data/{name}/events.csv", **days, "columns": {
            "customer_id": "customer_id", "occurred_at": "on", "feature": "feature"}}}
    if name == "one":
        product |= {"icps": ONE_PROFILE, "bases": {"offer": ["role", "seats"]}}
    if name in ("one", "one-feature"):  # days of use are all that is recorded
        del product["sources"]["transactions"]
        product |= {"billing": "usage", "critical_event": "event"}
        product["sources"]["events"]["columns"].pop("feature")
    return product
