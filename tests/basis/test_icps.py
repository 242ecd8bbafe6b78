"""Profiles in the data: counts add up, overlap and absence are findings, worth is told only where it is clear."""

import numpy as np
import pandas as pd
import pytest

from lib.basis.icps import icp_table, known_people, matched, overlap
from lib.contracts import ARTEFACTS, NotMeasured, UserError

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
    assert table.loc["Office", "finding"].startswith("against all others worth more and active again about as often")
    assert "nobody" in table.loc["Moon base", "finding"]


def test_every_customer_has_one_label(customers):
    label = matched(customers, ICPS)
    office, large = (customers["role"] == "office").to_numpy(), (customers["seats"] >= 8).to_numpy()
    assert (label.to_numpy() == "several").sum() == (office & large).sum()
    assert (label.to_numpy() == "(none)").sum() == (~office & ~large).sum()


def test_value_and_retention_are_left_open_without_data(customers):
    table = icp_table(customers.drop(columns="revenue"), NotMeasured("one period"), ICPS).set_index("icp")
    assert table[["mean_value", "retained"]].isna().all().all()


def test_members_differ_from_all_others_with_intervals(customers):
    table = icp_table(customers, customers, ICPS).set_index("icp")
    office = (customers["role"] == "office").to_numpy()
    members, others = customers["revenue"][office], customers["revenue"][~office]
    row = table.loc["Office"]
    assert row["value_diff"] == pytest.approx(members.mean() - others.mean())
    half = 1.965 * np.sqrt(members.var() / len(members) + others.var() / len(others))
    assert [row["value_diff_low"], row["value_diff_high"]] == pytest.approx(
        [row["value_diff"] - half, row["value_diff"] + half], abs=1)
    assert row["retained_diff_low"] < row["retained_diff"] < row["retained_diff_high"]
    assert table.loc[["Moon base"], ["value_diff", "retained_diff"]].isna().all().all()


def test_the_difference_of_shares_is_newcombes():
    """Newcombe 1998, method 10, example (a): 56/70 against 48/80 gives .0524 to .3339."""
    people = pd.DataFrame({"customer_key": [f"c{i:03}" for i in range(150)], "role": ["a"] * 70 + ["b"] * 80,
                           "next_active": [1.0] * 56 + [0.0] * 14 + [1.0] * 48 + [0.0] * 32})
    rules = [{"name": n, "who": f"role = '{n}'", "source": ""} for n in ("a", "b")]
    row = icp_table(people, people, rules).set_index("icp").loc["a"]
    assert row[["retained_diff", "retained_diff_low", "retained_diff_high"]].tolist() == pytest.approx(
        [0.2, 0.0524, 0.3339], abs=1e-4)


def test_overlap_counts_who_matches_both(customers):
    table = overlap(customers, ICPS)
    office, large = customers["role"] == "office", customers["seats"] >= 8
    assert table.loc["Office", "Large"] == table.loc["Large", "Office"] == (office & large).sum()
    assert table.loc["Office", "no other"] == (office & ~large).sum()
    assert (table["n"] == [office.sum(), large.sum(), 0]).all()


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_profiles_are_not_looked_up(customers, n):
    answer = icp_table(customers, customers, ICPS[:n])
    assert isinstance(answer, NotMeasured)
    assert "at least 2 profiles" in answer.needed
    assert isinstance(overlap(customers, ICPS[:n]), NotMeasured)


def test_profiles_are_looked_up_before_there_is_any_behaviour(customers):
    people = known_people(NotMeasured("nothing yet"), customers[["customer_key", "role", "seats"]])
    table = icp_table(people, NotMeasured("nothing yet"), ICPS).set_index("icp")
    assert table.loc["Office", "n"] == (customers["role"] == "office").sum()
    assert "not measured" in table.loc["Office", "finding"]


@pytest.mark.parametrize(("more", "why"), [({}, "a protected attribute"), ({"never": ("seats",)}, "bases.never")])
def test_a_profile_must_not_divide_by_what_is_kept_out(customers, more, why):
    rules = [*ICPS[:2], {"name": "Women", "who": "gender = 'f' and seats > 3", "source": "a guess"}]
    people = customers.assign(gender="f")
    with pytest.raises(UserError, match=why):
        icp_table(people, people, rules, **more)
    assert len(icp_table(people, people, rules, grounds={"gender": "fit of clothes"})) == 4
