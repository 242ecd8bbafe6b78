"""Engagement per period against a second computation, and its fall-backs."""

import pandas as pd
import pytest

from lib.analyze.engagement import by_period
from lib.contracts import ARTEFACTS, NotMeasured

NONE = NotMeasured("no such table")


def test_the_same_as_a_group_by_in_pandas(engine, orders, events, as_of):
    found = by_period(engine(orders), engine(events), as_of=as_of, period_days=20, n_periods=5, breadth="feature",
                      depth="value", frequency="event", n_features=8)
    ARTEFACTS["engagement"].check(found)
    seen = events[events["occurred_on"] <= pd.Timestamp(as_of)].copy()
    seen["period"] = -((pd.Timestamp(as_of) - seen["occurred_on"]).dt.days // 20)
    grouped = seen[seen["period"] > -5].groupby(["customer_key", "period"])
    expected = pd.DataFrame({"frequency": grouped["occurred_on"].nunique().astype(float)})
    expected["breadth"] = grouped["feature"].nunique() / 8
    expected["depth"] = grouped["value"].sum() / expected["frequency"]
    active = found[found["frequency"] > 0].set_index(["customer_key", "period"])
    pd.testing.assert_frame_equal(active[expected.columns], expected, check_index_type=False)
    idle = found[found["frequency"] == 0]
    assert idle["depth"].isna().all() and (idle["breadth"] == 0).all()


def test_nobody_has_a_row_before_the_first_sign_of_life(engine, events, as_of):
    late = events[events["occurred_on"] > pd.Timestamp(as_of) - pd.Timedelta(days=30)]
    found = by_period(NONE, engine(late), as_of=as_of, period_days=10, n_periods=6)
    born = (pd.Timestamp(as_of) - late[late["occurred_on"] <= pd.Timestamp(as_of)].groupby("customer_key")
            ["occurred_on"].min()).dt.days // 10
    assert (found.groupby("customer_key")["period"].min() == -born).all()


@pytest.mark.parametrize(("frequency", "days"), [("order", "ordered_on"), ("cook", "occurred_on")])
def test_frequency_counts_what_was_declared(engine, orders, events, as_of, frequency, days):
    found = by_period(engine(orders), engine(events), as_of=as_of, period_days=30, n_periods=1, frequency=frequency)
    rows = orders[orders["amount"] > 0] if frequency == "order" else events[events["feature"] == "cook"]
    ago = (pd.Timestamp(as_of) - rows[days]).dt.days
    expected = rows[(ago >= 0) & (ago < 30)].groupby("customer_key")[days].nunique()
    counted = found.set_index("customer_key")["frequency"]
    assert (counted[counted > 0] == expected).all() and len(expected) == (counted > 0).sum()


def test_orders_alone_are_enough_and_no_category_leaves_breadth_zero(engine, orders, as_of):
    found = by_period(engine(orders.drop(columns="category")), NONE, as_of=as_of, period_days=30)
    assert (found["breadth"] == 0).all() and found["depth"].max() > 0 and found["revenue"].max() > 0
