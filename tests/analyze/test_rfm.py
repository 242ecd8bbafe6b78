"""RFM: every cell named once, ties, order, monotone, fall-backs and who is left out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lib.analyze.rfm import CELLS, LAPSED, NAMES, NOT_SCORED, PROSPECT, rfm_table, scoring, when_applicable
from lib.contracts import ARTEFACTS, NotMeasured


def base(recency, occasions, value):
    n = len(recency)
    return pd.DataFrame({"customer_key": [f"k{i:05d}" for i in range(n)], "recency_days": np.asarray(recency, float),
                         "n_occasions": np.asarray(occasions, float), "mean_occasion_value": np.asarray(value, float),
                         "revenue": np.asarray(value, float) * np.asarray(occasions, float)})


def random_base(seed, n=400):
    rng = np.random.default_rng(seed)
    return base(rng.integers(0, 300, n), rng.geometric(0.2, n), rng.lognormal(8, 1, n).round())


def test_each_of_the_25_cells_has_exactly_one_name():
    assert sorted(NAMES) == [(r, f) for r in range(1, 6) for f in range(1, 6)]
    assert sum(len(rs) * len(fs) for rs, fs in CELLS.values()) == 25
    # the table of method.md §3.1, written down a second time: rows R5 to R1, columns F1 to F5
    expected = [["New", "Potential loyalist", "Potential loyalist", "Champions", "Champions"],
                ["Promising", "Potential loyalist", "Potential loyalist", "Loyal", "Loyal"],
                ["About to sleep", "About to sleep", "Need attention", "Loyal", "Loyal"],
                ["Hibernating", "Hibernating", "At risk", "At risk", "Can't lose"],
                ["Hibernating", "Hibernating", "At risk", "At risk", "Can't lose"]]
    assert [[NAMES[r, f] for f in range(1, 6)] for r in range(5, 0, -1)] == expected


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 300))
def test_scores_are_tie_safe_monotone_and_free_of_row_order(seed, n):
    features = random_base(seed, n)
    table = rfm_table(features)
    for column, score, sign in (("recency_days", "r", -1), ("n_occasions", "f", 1), ("monetary", "m", 1)):
        by_value = table.groupby(column)[score]
        assert (by_value.nunique() == 1).all()
        steps = by_value.first().diff().dropna() * sign
        assert (steps >= 0).all()
    again = rfm_table(features.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(table, again)
    named = {f"k{i:05d}": f"z{i * 7919 % 100_003}" for i in range(n)}
    renamed = rfm_table(features.assign(customer_key=features["customer_key"].map(named)))
    renamed = renamed.set_index("customer_key").loc[table["customer_key"].map(named)].reset_index(drop=True)
    pd.testing.assert_frame_equal(renamed, table.drop(columns="customer_key"))


def test_the_formula_of_the_score():
    features = random_base(1)
    table = rfm_table(features)
    m = table["monetary"].to_numpy()
    expected = [min(5, 1 + int(np.floor(5 * (m < x).sum() / len(m)))) for x in m]
    assert table["m"].tolist() == expected
    assert (table["high_value"] == (table["m"] >= 4)).all()


def test_when_most_share_one_value_the_declared_cut_points_hold():
    occasions = [1] * 60 + [2] * 15 + [3, 4] * 5 + [5, 9] * 4 + [10, 40]
    features = base(range(len(occasions)), occasions, range(100, 100 + len(occasions)))
    table = rfm_table(features).sort_values("customer_key")
    assert scoring(features)["f"] == "declared cut points"
    expected = [1] * 60 + [2] * 15 + [3, 3] * 5 + [4, 4] * 4 + [5, 5]
    assert table["f"].tolist() == expected


def test_recency_and_value_have_declared_cut_points_too():
    """Days 30, 90, 180, 365, the bound included; half, once, one and a half and twice the value of the median buyer."""
    features = base([10] * 60 + [30, 31, 90, 91, 180, 181, 365, 366] * 5, range(1, 101),
                    [100] * 60 + [49, 50, 99, 149, 150, 199, 200, 900] * 5)
    table, how = rfm_table(features).sort_values("customer_key"), scoring(features)
    assert (how["r"], how["m"]) == ("declared cut points", "declared cut points") and how["f"] == "quantiles"
    assert table["r"].tolist() == [5] * 60 + [5, 4, 4, 3, 3, 2, 2, 1] * 5
    assert table["m"].tolist() == [3] * 60 + [1, 2, 2, 3, 4, 4, 5, 5] * 5


def test_fewer_than_three_values_are_not_scored():
    features = base(range(40), [1, 2] * 20, range(40))
    table = rfm_table(features)
    assert (table["f"] == 0).all() and set(table["group"]) == {NOT_SCORED}
    assert table["r"].min() == 1 and scoring(features)["f"] == "not scored"


def test_everybody_is_somewhere_once():
    features = random_base(3, 100)
    features.loc[:9, ["n_occasions", "mean_occasion_value"]] = [0, np.nan]  # ordered before the window
    features.loc[10:29, ["recency_days", "n_occasions", "mean_occasion_value"]] = [np.nan, 0, np.nan]  # never
    table = ARTEFACTS["rfm"].check(rfm_table(features))
    counts = table["group"].value_counts()
    assert len(table) == 100 and counts[LAPSED] == 10 and counts[PROSPECT] == 20
    assert (table.loc[table["group"].isin([LAPSED, PROSPECT]), ["r", "f", "m"]] == 0).all(axis=None)
    bought = rfm_table(features.iloc[30:])
    pd.testing.assert_frame_equal(table[table["r"] > 0].reset_index(drop=True), bought)


def test_total_instead_of_mean_and_no_money_at_all():
    features = random_base(4)
    assert (rfm_table(features, monetary="total")["monetary"] == features["revenue"]).all()
    table = rfm_table(features.drop(columns=["mean_occasion_value", "revenue"]))
    assert (table["m"] == 0).all() and not table["high_value"].any() and table["r"].max() == 5


@pytest.mark.parametrize("applies", [True, False])
def test_it_runs_only_where_step_1_says_so(applies):
    readiness = {"rfm": {"applies": applies, "reasons": ["constant billing"]}}
    answer = rfm_table(when_applicable(random_base(5), readiness))
    assert isinstance(answer, pd.DataFrame) == applies
    assert applies or "constant billing" in answer.reason
    assert isinstance(rfm_table(random_base(5).drop(columns="n_occasions")), NotMeasured)
