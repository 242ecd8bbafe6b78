"""The median and spread of amounts that the engine finds by counting equal ones, against NumPy on every amount."""

import ibis
import numpy as np
import pandas as pd
import pytest

from lib.collect.doubts.money import _spread


@pytest.mark.parametrize("n", [21, 22, 999, 50_000])
def test_median_and_spread_of_counted_amounts_are_those_of_all(n):
    rng = np.random.default_rng(n)
    amount = np.exp(rng.normal(7, 1, n)).round().astype("int64") - 300
    refund = rng.random(n) < 0.1
    middle, spread = _spread(ibis.memtable(pd.DataFrame({"amount": amount, "is_refund": refund})))
    logs = np.log(amount[~refund & (amount > 0)])
    assert middle == pytest.approx(np.quantile(logs, 0.5, method="inverted_cdf"))
    assert spread == pytest.approx(np.quantile(np.abs(logs - middle), 0.5, method="inverted_cdf"))
