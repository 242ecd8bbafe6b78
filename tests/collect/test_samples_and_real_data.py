"""Step 2 on the shipped sample against the dirt planted in it, and on the published groceries."""

import pandas as pd
import pytest

from lib import collect, sources
from lib.paths import ROOT
from lib.product import load_product
from tests.collect.collect_cases import rows_of, states


def collected(product: str):
    settings = load_product(product)
    return collect.collect(sources.read(settings), sources.rules(settings))


@pytest.fixture(scope="module")
def meals():
    return collected("meals")


def equal_rows() -> int:
    """Lines equal to an earlier one, once their times are local, of people who were not erased: counted with pandas."""
    lines = pd.read_csv(ROOT / "data/sample/meals/order_lines.csv", dtype=str, keep_default_na=False)
    own = lines["ordered_at"].str.contains(r"(?:Z|[+-]\d\d:\d\d)$")
    local = pd.to_datetime(lines["ordered_at"].where(own), utc=True, errors="coerce").dt.tz_convert("Europe/Berlin")
    naive = pd.to_datetime(lines["ordered_at"].where(~own), errors="coerce")
    people = pd.read_csv(ROOT / "data/sample/meals/customers.csv", dtype=str, keep_default_na=False)
    erased = people.loc[people["erased_at"] != "", "customer_id"]  # they leave before anything else
    repeats = lines.assign(ordered_at=local.dt.tz_localize(None).fillna(naive)).duplicated()
    return int((repeats & ~lines["customer_id"].isin(erased)).sum())


def test_planted_dirt_is_found(meals):
    planted = pd.read_csv(ROOT / "tests/truth/meals/truth_dirt.csv").set_index("item")["n"]
    orders, people = states(meals, "transactions"), states(meals, "customers")
    assert orders["excluded", "id not among the customers"] == planted["orphan rows"]
    assert orders["quarantined", "amount: not an amount as declared"] == planted["rows with a broken amount"]
    assert orders["quarantined", "ordered_at: not a date as declared"] == planted["rows with a broken date"]
    assert orders["excluded", "test or excluded id"] == planted["test order rows"]
    assert orders["excluded", "equal to an earlier row"] == equal_rows() >= planted["duplicate rows"] - 1
    assert people["excluded", "erased on request"] == planted["erased customers"]
    assert people["excluded", "test or excluded id"] == planted["test accounts"]
    # the generator counts those certainly younger; whoever cannot prove the age leaves too
    assert people["excluded", "may be younger than the minimum age"] >= planted["minors"]
    robots = meals.quality[meals.quality["rule"] == "events at one minute of the day"].iloc[0]
    # the programs ran before two of their accounts existed; so much of them is set aside already
    early = states(meals, "events")["quarantined", "occurred_at: before the customer signed up"]
    assert robots["rows_affected"] + early == pytest.approx(planted["bot rows"], rel=0.02)


def test_no_id_of_the_sources_is_left(meals):
    raw = set(pd.read_csv(ROOT / "data/sample/meals/customers.csv", usecols=["customer_id", "email"]).stack())
    for name, table in meals.tables.items():
        frame = rows_of(table)
        for column in frame.select_dtypes(include="str"):
            assert not raw & set(frame[column].dropna()), (name, column)


def test_the_sample_adds_up_and_holds_only_its_base(meals):
    assert collect.check(meals)
    assert len(meals.tables["customers"]) + sum(meals.collected["protection"].values()) == 3004


@pytest.mark.full
def test_published_groceries_have_their_known_counts():
    found = collected("complete_journey")
    lines = found.tables["transactions"]
    ledger = found.ledger[found.ledger["state"] == "in"].set_index("source")
    assert ledger.loc["transactions", "rows"] == lines.count().execute() == 1_469_307
    assert found.collected["n_customers"] == lines.customer_key.nunique().execute() == 2_469
    assert lines.order_key.nunique().execute() == 155_848
    assert ledger.loc["transactions", "amount"] == 459_603_958
    assert ledger.loc["customers", "rows"] == 801
    assert len(found.tables["campaigns"]) == 27 and not found.tables["campaigns"]["randomised"].any()
    assert set(found.tables["treatments"]["arm"]) == {"treated"}
    assert [str(d) for d in found.collected["period"]] == ["2017-01-01", "2017-12-31"]
