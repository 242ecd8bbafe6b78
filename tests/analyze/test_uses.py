"""Reach and frequency of features against counting one customer at a time."""

import numpy as np
import pandas as pd
import pytest

from lib.analyze.activity import use_days
from lib.analyze.uses import feature_matrix
from lib.contracts import ARTEFACTS, NotMeasured


def test_reach_and_frequency_are_counted_customer_by_customer(engine, events, as_of):
    use = use_days(NotMeasured("none"), engine(events), as_of=as_of)
    table = ARTEFACTS["feature_matrix"].check(feature_matrix(use, as_of=as_of, period_days=14)).set_index("use")
    ago = (pd.Timestamp(as_of) - events["occurred_on"]).dt.days
    recent = events[(ago >= 0) & (ago < 56)]
    active = recent["customer_key"].nunique()
    for feature, own in recent.groupby("feature"):
        days = own.groupby("customer_key")["occurred_on"].nunique()
        if len(days) < 10:
            assert feature not in table.index
            continue
        row = table.loc[feature]
        assert row["n"] == len(days) and row["reach"] == pytest.approx(len(days) / active)
        assert row["frequency"] == pytest.approx(days.mean() / 4)
        error = 1.96 * days.std(ddof=1) / np.sqrt(len(days)) / 4
        assert row["frequency_high"] - row["frequency"] == pytest.approx(error, rel=1e-3)
        assert row["reach_low"] < row["reach"] < row["reach_high"] or row["reach"] == 1


def test_a_base_without_use_is_said(engine, events, as_of):
    few = events[events["customer_key"] == "k01"]
    found = feature_matrix(use_days(NotMeasured("none"), engine(few), as_of=as_of), as_of=as_of, period_days=14)
    assert isinstance(found, NotMeasured)
