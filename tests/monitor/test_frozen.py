"""The frozen model: what a change in customers does under it, and a model made again on the data of another day."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lib import analyze
from lib.analyze import fresh
from lib.contracts import NotMeasured
from lib.monitor import periods
from lib.monitor.migration import matrix, summary
from lib.segments import model as step, schemes

DAY, NOTHING = dt.date(2026, 6, 30), NotMeasured("not here")
KEYS = [f"{i:032x}" for i in range(900)]


@pytest.fixture(scope="module")
def groups():
    """Three groups of 300 in two amounts, far apart; which customer belongs to which."""
    rng = np.random.default_rng(4)
    truth = np.repeat([0, 1, 2], 300)
    centres = np.array([[10.0, 10.0], [30.0, 12.0], [20.0, 40.0]])
    values = centres[truth] + rng.normal(0, 2.0, (900, 2))
    return pd.DataFrame(values, columns=["frequency", "revenue"]).assign(customer_key=KEYS), truth


@pytest.fixture(scope="module")
def choice(groups):
    table = groups[0].set_index("customer_key")
    return analyze.structure.search(table, largest_k=4, smallest=60, seed=1, pairs=10)[1]


def by_spend(features, *, as_of=DAY):
    """A model of three bands of spend, cut at the thirds of these customers."""
    cuts = np.quantile(features["revenue"], [1 / 3, 2 / 3])
    rules = [{"segment": "high", "when": [[{"column": "revenue", "op": ">=", "value": float(cuts[1])}]]},
             {"segment": "middle", "when": [[{"column": "revenue", "op": ">=", "value": float(cuts[0])}]]},
             {"segment": "low", "when": [[{"column": "revenue", "op": "<", "value": float(cuts[0])}]]}]
    named = [{"segment": r["segment"], "name": r["segment"], "name_rule": "", "claim": "constructed", "slsw": None}
             for r in rules]
    return step.build_model(lead="rfm", claim="constructed", segments=named, rules=rules, as_of=str(as_of))


def labelled(features, model):
    return step.assign(features, model).set_index("customer_key")["segment"].astype("str")


def test_doubling_everyones_spend_moves_mass_up_under_frozen_cuts_only():
    rng = np.random.default_rng(1)
    then = pd.DataFrame({"customer_key": KEYS, "revenue": rng.gamma(2, 1000, 900)})
    now = then.assign(revenue=2 * then["revenue"])
    frozen = by_spend(then)
    before, after = labelled(then, frozen), labelled(now, frozen)
    moves = summary(before, after, pd.Series({"high": 1, "middle": 2, "low": 3}), then.set_index("customer_key")
                    ["revenue"], now.set_index("customer_key")["revenue"]).set_index("move")
    cuts = np.quantile(then["revenue"], [1 / 3, 2 / 3])
    crossed = (np.digitize(2 * then["revenue"], cuts) > np.digitize(then["revenue"], cuts)).sum()
    assert moves.loc["upgraded", "n"] == crossed > 300 and moves.loc["downgraded", "n"] == 0
    assert moves.loc["upgraded", "value"] > 0
    again = labelled(now, by_spend(now))  # cuts that follow the customers see nothing at all
    assert (again == before).all()


def test_doubled_spend_of_rfm_groups_leaves_them_and_more_orders_lift_them():
    """RFM groups of step 4 by their frozen cut points: twice the occasions move customers up in F, never down."""
    rng = np.random.default_rng(2)
    then = pd.DataFrame({"customer_key": KEYS, "recency_days": rng.integers(0, 365, 900).astype(float),
                         "n_occasions": 1.0 + rng.poisson(4, 900), "mean_occasion_value": rng.gamma(2, 10, 900)})
    rfm = analyze.rfm.rfm_table(then)
    made = schemes.candidate_models(then, choice=NOTHING, rfm=rfm, cuts=NOTHING, icps=[], rfm_names=analyze.rfm.NAMES,
                                    as_of=DAY)["rfm"]
    names = {s["segment"]: s["name"] for s in made["segments"]}
    before = labelled(then, made).map(names)
    after = labelled(then.assign(n_occasions=2 * then["n_occasions"]), made).map(names)
    assert before.to_dict() == rfm.set_index("customer_key")["group"].to_dict()
    assert (after == "Champions").sum() > 1.3 * (before == "Champions").sum()
    table = matrix(before, after, NOTHING).set_index(["before", "now"])
    assert ("Champions", "Champions") in table.index and table.loc[("Champions", "Champions"), "share"] == 1.0


def test_a_model_made_again_on_another_day_finds_the_same_groups(groups, choice):
    features, truth = groups
    rng = np.random.default_rng(9)
    earlier = features.assign(frequency=features["frequency"] * 0.8 + rng.normal(0, 1, 900)).iloc[::-1]
    again = fresh.made_again(earlier, choice, seed=3)
    assert again["solution"]["columns"] == choice["solution"]["columns"] and again["k"] == choice["k"] == 3
    found = analyze.structure.assign(earlier.set_index("customer_key"), again["solution"]).set_index("customer_key")
    assert adjusted_rand_score(truth, found["cluster"].reindex(KEYS)) > 0.95
    assert again["solution"]["centres"] != choice["solution"]["centres"]


def test_segments_come_back_on_fresh_data_unless_their_groups_are_gone(groups, choice):
    features, _ = groups
    rng = np.random.default_rng(5)
    assert fresh.slsw(features, choice["solution"], seed=1, pairs=10).min() > 0.9
    stripe = pd.DataFrame(rng.normal([20, 20], [15, 3], (900, 2)), columns=["frequency", "revenue"])
    assert fresh.slsw(stripe.assign(customer_key=KEYS), choice["solution"], seed=1, pairs=10).min() < 0.6


def test_what_cannot_be_fitted_again_says_why(groups, choice):
    features, _ = groups
    assert isinstance(fresh.slsw(features, {}, seed=1), NotMeasured)
    assert isinstance(fresh.slsw(features.head(40), choice["solution"], seed=1), NotMeasured)
    assert isinstance(fresh.slsw(features.drop(columns="revenue"), choice["solution"], seed=1), NotMeasured)
    other = {**choice["solution"], "family": "latent classes"}
    assert isinstance(fresh.made_again(features, {**choice, "solution": other}, seed=1), NotMeasured)
    assert fresh.made_again(NOTHING, choice, seed=1) is NOTHING


def test_user_types_count_by_the_frozen_period():
    """The same days under a frozen period of 14 and of 28 days: twice the days a period, so nobody falls."""
    import ibis

    rng = np.random.default_rng(6)
    rows = [(k, pd.Timestamp(DAY) - pd.Timedelta(days=int(d))) for k in KEYS[:200]
            for d in rng.choice(200, 20, replace=False)]
    days = ibis.memtable(pd.DataFrame(rows, columns=["customer_key", "day"])).mutate(day=ibis._.day.cast("date"))
    known = pd.DataFrame({"customer_key": KEYS[:200], "tenure_days": 400.0})
    gaps = analyze.rhythm.user_gaps(days)
    frozen = {p: analyze.user_types.user_types(days, known, gaps, as_of=DAY, seed=1, power=2.5, period=p)
              for p in (14.0, 28.0)}
    assert [frozen[p][1]["period_days"] for p in frozen] == [14.0, 28.0]
    order = ["Dormant", "Casual", "Core", "Power"]
    ranks = [frozen[p][0].set_index("customer_key")["type_now"].map(order.index) for p in (14.0, 28.0)]
    assert ranks[1].mean() > ranks[0].mean() + 0.5


def test_data_that_begin_with_the_period_have_no_day_to_compare_with():
    """One period only: else all who signed up before it would seem to have woken up."""
    known = pd.DataFrame({"customer_key": KEYS[:3], "tenure_days": [400.0, 10.0, np.nan]})
    since = DAY - dt.timedelta(days=30)
    assert len(periods.behind(known, "2026-05-02", since, DAY, 7.0)) == 2  # 30 days: 2 to 31 May
    absent = periods.behind(known, "2026-05-03", since, DAY, 7.0)
    assert isinstance(absent, NotMeasured) and "2026-07-01 or later" in absent.needed
    longer = periods.behind(known, "2026-05-02", since, DAY, 45.0)
    assert isinstance(longer, NotMeasured) and "less than 45 days" in longer.reason
    assert isinstance(periods.behind(known.tail(1), None, since, DAY, 7.0), NotMeasured)
