"""While a window still fills, both days are counted in what the earlier one had: nobody seems to do more."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from lib.analyze.features import customer_features
from lib.contracts import NotMeasured
from lib.monitor import periods
from lib.monitor.migration import summary

FIRST, SINCE, DAY = dt.date(2025, 9, 3), dt.date(2026, 3, 31), dt.date(2026, 6, 30)  # 210 days, and 301
PERIOD, USUAL, NOTHING = 20.0, 365, NotMeasured("not here")


@pytest.fixture(scope="module")
def orders():
    """Orders of 4,000 customers, each at a rate of his own that never changes."""
    rng = np.random.default_rng(3)
    span = (DAY - FIRST).days + 1
    rate = rng.gamma(4, 1 / 80, 4000)  # a day; one in 20 days on average
    who = np.repeat(np.arange(4000), rng.poisson(rate * span))
    day = pd.Timestamp(FIRST) + pd.to_timedelta(rng.integers(0, span, len(who)), unit="D")
    return ibis.memtable(pd.DataFrame({"customer_key": [f"{i:032x}" for i in who], "order_key": np.arange(
        len(who)).astype(str), "ordered_on": day, "amount": 1000, "is_refund": False}))


def moves(orders, window: int) -> pd.DataFrame:
    """Who went up and down between two thirds of the number of occasions, cut on the earlier day."""
    then, now = (customer_features(orders, NOTHING, NOTHING, critical_event="order", as_of=day, window_days=window,
                                   period_days=PERIOD).set_index("customer_key")["n_occasions"] for day in (SINCE, DAY))
    then, now = then.reindex(now.index).dropna(), now
    often = then.quantile(2 / 3)
    labels = [pd.Series(np.where(counts >= often, "often", "seldom"), counts.index) for counts in (then, now)]
    return summary(*labels, pd.Series({"often": 1, "seldom": 2}), NOTHING, NOTHING).set_index("move")


def test_customers_who_change_nothing_go_up_as_often_as_down(orders):
    window = periods.window(FIRST.isoformat(), SINCE, DAY, PERIOD, USUAL)
    assert window == 210
    same, usual = moves(orders, window), moves(orders, USUAL)
    assert binomtest(int(same.loc["upgraded", "n"]), int(same.loc[["upgraded", "downgraded"], "n"].sum())).pvalue > 0.01
    assert usual.loc["upgraded", "share"] > 0.2 and usual.loc["downgraded", "n"] == 0  # what a longer window would say


@pytest.mark.parametrize(("first", "window", "why"), [
    ("2026-01-01", 90, "what the data held"),
    ("2024-01-01", 365, "a full window"),
    ("2025-04-01", 365, "just full"),
    ("2026-01-02", 365, "less than a period before: nothing is compared"),
    (None, 365, "nothing happened yet"),
    ("2026-05-01", 365, "the data begin after the day compared"),
])
def test_the_window_is_what_both_days_have(first, window, why):
    assert periods.window(first, SINCE, SINCE + dt.timedelta(days=90), PERIOD, USUAL) == window, why
