"""Profiles in the data: counts add up, overlap and absence are findings, worth is told only where it is clear."""

import numpy as np
import pandas as pd
import pytest

from lib.basis.icps import icp_table, matched
from lib.contracts import ARTEFACTS, NotMeasured

ICPS = [{"name": "Office", "who": "role = 'office'", "source": "interviews"},
        {"name": "Large", "who": "seats >= 8", "source": "survey"},
        {"name": "Moon base", "who": "role = 'moon'", "source": "a guess"}]


@pytest.fixture
def customers() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    role = rng.choice(["office", "home"], 600)
    return pd.DataFrame({"customer_key": [f"c{i:04}" for i in range(600)], "role": role,
                         "seats": rng.integers(1, 11, 600),
                         "revenue": np.where(role == "office", 9000.0, 1000.0) + rng.normal(0, 200, 600),
                         "next_active": (rng.random(600) < 0.4).astype(float)})


def test_the_table_agrees_with_a_count_by_hand(customers):
    table = ARTEFACTS["icps"].check(icp_table(customers, customers, ICPS)).set_index("icp")
    office, large = customers["role"] == "office", customers["seats"] >= 8
    assert table["n"].to_dict() == {"Office": office.sum(), "Large": large.sum(), "Moon base": 0,
                                    "(none)": (~office & ~large).sum()}
    assert table.loc["Office", "overlap"] == pytest.approx((office & large).sum() / office.sum())
    revenue = customers["revenue"]
    assert table.loc["Office", "revenue_share"] == pytest.approx(revenue[office].sum() / revenue.sum())
    assert table.loc["Office", "retained"] == pytest.approx(customers["next_active"][office].mean())
    assert "more than" in table.loc["Office", "finding"]
    assert "nobody" in table.loc["Moon base", "finding"]


def test_every_customer_has_one_label(customers):
    label = matched(customers, ICPS)
    office, large = (customers["role"] == "office").to_numpy(), (customers["seats"] >= 8).to_numpy()
    assert (label.to_numpy() == "several").sum() == (office & large).sum()
    assert (label.to_numpy() == "(none)").sum() == (~office & ~large).sum()


def test_value_and_retention_are_left_open_without_data(customers):
    table = icp_table(customers.drop(columns="revenue"), NotMeasured("one period"), ICPS).set_index("icp")
    assert table[["mean_value", "retained"]].isna().all().all()
