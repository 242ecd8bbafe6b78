"""Features against a second computation in plain pandas, and the promises about order of rows and look-ahead."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.analyze.activity import active_days
from lib.analyze.features import customer_features, features_before, window_for
from lib.analyze.orders import unmatched_refunds
from lib.contracts import ARTEFACTS, NotMeasured

NONE = NotMeasured("no such table")
PERIOD = 14


def features(engine, transactions, events, customers, as_of, **more):
    tables = [t if isinstance(t, NotMeasured) else engine(t) for t in (transactions, events)]
    return customer_features(*tables, customers, critical_event="order", as_of=as_of, period_days=PERIOD, **more)


def by_hand(orders, events, customers, as_of, window):
    """The same table, customer by customer."""
    today, since = pd.Timestamp(as_of), pd.Timestamp(as_of) - pd.Timedelta(days=window)
    lines, used = orders[orders["ordered_on"] <= today], events[events["occurred_on"] <= today]
    known = customers[customers["signup_date"] <= today].set_index("customer_key")["signup_date"]
    rows = {}
    for key in sorted({*lines["customer_key"], *used["customer_key"], *known.index}):
        own, use = lines[lines["customer_key"] == key], used[used["customer_key"] == key]
        kept = []
        for _, order in own.groupby("order_key"):
            bought = order[order["amount"] > 0]
            if len(bought):
                kept.append((bought["ordered_on"].min(), order["amount"].sum(), bought["amount"].sum(),
                             -order.loc[order["amount"] < 0, "amount"].sum()))
        recent = [o for o in kept if o[0] > since]
        occasions = sorted({o[0] for o in recent})
        gaps = np.diff(occasions)
        recent_use = use[use["occurred_on"] > since]
        active = recent_use["occurred_on"].nunique()
        first = min([known.get(key, today), *[o[0] for o in kept], *use["occurred_on"]])
        tenure = (today - first).days
        rows[key] = {
            "tenure_days": tenure,
            "recency_days": (today - max(o[0] for o in kept)).days if kept else np.nan,
            "n_occasions": len(occasions), "n_orders": len(recent), "revenue": sum(o[1] for o in recent),
            "mean_occasion_value": sum(o[1] for o in recent) / len(occasions) if occasions else np.nan,
            "refund_share": sum(o[3] for o in recent) / sum(o[2] for o in recent) if recent else np.nan,
            "n_categories": own[(own["amount"] > 0) & (own["ordered_on"] > since)]["category"].nunique(),
            "mean_gap_days": np.mean([g.days for g in gaps]) if len(gaps) else np.nan,
            "active_days": active, "breadth": recent_use["feature"].nunique() / 4,
            "depth": recent_use["value"].sum() / active if active else np.nan,
            "seen": float(bool(occasions) or active > 0),
            "frequency": len(occasions) / (min(max(tenure + 1, PERIOD), window) / PERIOD),
        }
    return pd.DataFrame(rows).T.rename_axis("customer_key").astype(float)


def test_the_same_as_a_computation_by_hand(engine, orders, events, customers, as_of):
    found = features(engine, orders, events, customers, as_of).set_index("customer_key")
    expected = by_hand(orders, events, customers, as_of, 365)
    assert found["n_occasions"].between(1, 30).any()
    pd.testing.assert_frame_equal(found[expected.columns], expected, check_index_type=False)


def test_order_of_rows_changes_nothing(engine, orders, events, customers, as_of):
    shuffled = [t.sample(frac=1, random_state=5) for t in (orders, events, customers)]
    one = features(engine, orders, events, customers, as_of, attributes=("region",))
    other = features(engine, *shuffled, as_of, attributes=("region",))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_nothing_after_the_day_is_read(engine, orders, events, customers, as_of):
    cut = [orders[orders["ordered_on"] <= pd.Timestamp(as_of)], events[events["occurred_on"] <= pd.Timestamp(as_of)]]
    assert len(cut[0]) < len(orders)
    pd.testing.assert_frame_equal(features(engine, orders, events, customers, as_of),
                                  features(engine, *cut, customers, as_of), check_exact=True)


@pytest.mark.parametrize("without", ["events", "transactions", "amounts", "categories", "values", "customers"])
def test_every_table_and_column_may_be_missing(engine, orders, events, customers, as_of, without):
    tables = {"transactions": orders, "events": events, "customers": customers}
    if without in tables:
        tables[without] = NONE
    elif without == "amounts":
        tables["transactions"] = orders[orders["amount"] > 0].drop(columns="amount")
    elif without == "categories":
        tables["transactions"] = orders.drop(columns="category")
    else:
        tables["events"] = events.drop(columns=["value", "feature"])
    found = ARTEFACTS["features"].check(features(engine, *tables.values(), as_of))
    gone = {"events": "active_days", "transactions": "n_occasions", "amounts": "revenue", "categories": "n_categories",
            "values": "depth"}
    assert gone.get(without) not in found
    assert found["recency_days"].notna().any() and found["frequency"].max() > 0


def test_values_that_one_customer_never_gives_leave_his_depth_open(engine, orders, events, customers, as_of):
    silent = events["customer_key"] == "k65"
    found = features(engine, orders, events.assign(value=events["value"].mask(silent)), customers, as_of)
    depth = found.set_index("customer_key")["depth"]
    assert np.isnan(depth["k65"]) and depth["k66"] > 0


def test_no_table_at_all_is_said(customers, as_of):
    answer = customer_features(NONE, NONE, NONE, critical_event="order", as_of=as_of, period_days=7)
    assert isinstance(answer, NotMeasured)
    unseen = customer_features(NONE, NONE, customers, critical_event="order", as_of=as_of, period_days=7)
    assert list(unseen) == ["customer_key", "tenure_days"] and not unseen["customer_key"].duplicated().any()


def test_before_is_the_table_of_the_earlier_day_with_what_came_next(engine, orders, events, customers, as_of):
    earlier = as_of - dt.timedelta(days=PERIOD)
    t, e = engine(orders), engine(events)
    before = features_before(t, e, customers, critical_event="order", as_of=as_of, period_days=PERIOD)
    ARTEFACTS["features_before"].check(before)
    then = features(engine, orders, events, customers, earlier)
    pd.testing.assert_frame_equal(before.drop(columns=["next_active", "next_revenue"]), then, check_exact=True)
    inside = orders[(orders["amount"] > 0) & (orders["ordered_on"] > pd.Timestamp(earlier))
                    & (orders["ordered_on"] <= pd.Timestamp(as_of))]
    bought = set(inside["customer_key"])
    assert set(before.loc[before["next_active"] == 1, "customer_key"]) == bought & set(before["customer_key"])
    assert (before.loc[before["next_active"] == 0, "next_revenue"] == 0).all()


def test_a_refund_lowers_its_order_and_one_without_an_order_is_reported(engine, orders, as_of):
    seen = orders[orders["ordered_on"] <= pd.Timestamp(as_of)]
    answer = unmatched_refunds(engine(orders), as_of=as_of)
    returned = -seen.loc[seen["amount"] < 0, "amount"].sum()
    assert answer == {"orders": 1, "amount": 777, "share": pytest.approx(777 / returned)}


def test_active_days_of_a_feature_and_of_one_nobody_used(engine, orders, events, as_of):
    t, e = engine(orders), engine(events)
    seen = events[events["occurred_on"] <= pd.Timestamp(as_of)]
    cooked = active_days(t, e, critical_event="cook", as_of=as_of).count().execute()
    assert cooked == len(seen[seen["feature"] == "cook"].drop_duplicates(["customer_key", "occurred_on"]))
    anything = active_days(t, e, critical_event="no such feature", as_of=as_of).count().execute()
    assert anything == len(seen.drop_duplicates(["customer_key", "occurred_on"])) > cooked


def test_window_is_a_year_or_four_periods():
    assert window_for(14) == 365
    assert window_for(120) == 480
