"""Retention, lifecycle, power-user curve and concentration against counting one customer at a time."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.analyze.concentration import concentration
from lib.analyze.lifecycle import active_share, flows, lifecycle, power_curve
from lib.analyze.retention import by_calendar, cohort_table
from lib.contracts import ARTEFACTS, NotMeasured

START = dt.date(2025, 1, 1)
END = 400
AS_OF = START + dt.timedelta(days=END)


@pytest.fixture(scope="module")
def base() -> dict:
    rng = np.random.default_rng(8)
    return {f"u{i:03d}": sorted({int(d) for d in rng.integers(rng.integers(0, 300), END + 1, rng.integers(1, 25))})
            for i in range(200)}


def test_retention_is_counted_customer_by_customer(days_of, base):
    table = ARTEFACTS["retention"].check(cohort_table(days_of(base), as_of=AS_OF, period_days=45))
    table = table.set_index(["cohort", "age"])
    expected: dict = {}
    for own in base.values():
        cohort = f"{START + dt.timedelta(days=own[0]):%Y-%m}"
        for age in range(1, 25):
            if own[0] + (age + 1) * 45 <= END + 1:
                n, active = expected.get((cohort, age), (0, 0))
                expected[cohort, age] = n + 1, active + any(age * 45 <= d - own[0] < (age + 1) * 45 for d in own)
    assert set(expected) == set(table.index)
    for key, (n, active) in expected.items():
        assert table.loc[key, "n"] == n and table.loc[key, "retained"] == pytest.approx(active / n)
        assert table.loc[key, "low"] <= active / n <= table.loc[key, "high"]


@pytest.mark.parametrize("years", [1, 3])
def test_calendar_retention_is_counted_customer_by_customer(days_of, years):
    """By months, and by quarters where the history is longer than two years; only whole ones."""
    rng = np.random.default_rng(years)
    base = {f"u{i:03d}": sorted({int(d) for d in rng.integers(rng.integers(0, 330 * years), 365 * years, 9)})
            for i in range(150)}
    as_of = START + dt.timedelta(days=365 * years - 10)
    base = {c: [d for d in own if d <= 365 * years - 10] for c, own in base.items()}
    table = ARTEFACTS["retention_calendar"].check(by_calendar(days_of(base), as_of=as_of))

    def place(day):
        date = START + dt.timedelta(days=day)
        return f"{date:%Y-%m}" if years == 1 else f"{date.year}-Q{(date.month + 2) // 3}"

    whole = [p for p in sorted({place(d) for d in range(365 * years)}) if p < place(365 * years - 10)]
    expected = {}
    for own in (o for o in base.values() if o):
        for then in (p for p in whole if p > place(own[0])):
            n, active = expected.get((place(own[0]), then), (0, 0))
            expected[place(own[0]), then] = n + 1, active + any(place(d) == then for d in own)
    found = table.set_index(["cohort", "month"])
    assert set(found.index) == set(expected) and len(expected) > 10
    for key, (n, active) in expected.items():
        assert found.loc[key, "n"] == n and found.loc[key, "retained"] == pytest.approx(active / n)
        assert found.loc[key, "low"] <= active / n <= found.loc[key, "high"]


def test_lifecycle_states_follow_their_definitions(days_of, base):
    table = ARTEFACTS["lifecycle"].check(lifecycle(days_of(base), as_of=AS_OF, period_days=30))
    wide = table.pivot(index="period", columns="state", values="n")
    for period in wide.index:
        counts = dict.fromkeys(("new", "current", "resurrected", "dormant"), 0)
        for own in base.values():
            active = {-((END - d) // 30) for d in own}
            if min(active) > period:
                continue
            if period not in active:
                state = "dormant"
            elif period == min(active):
                state = "new"
            else:
                state = "current" if period - 1 in active else "resurrected"
            counts[state] += 1
        assert wide.loc[period].to_dict() == counts
    few = lifecycle(days_of(base), as_of=AS_OF, period_days=30, everyone=len(base) + 3, smallest=10)
    more = few.pivot(index="period", columns="state", values="n") - wide
    assert (more["dormant"] == 3).all() and not more.drop(columns="dormant").to_numpy().any(), "told by no difference"
    assert lifecycle(days_of(base), as_of=AS_OF, period_days=30, everyone=len(base) + 30, smallest=10).equals(table)
    share = active_share(table)
    assert share[0] == pytest.approx(1 - wide.loc[0, "dormant"] / wide.loc[0].sum())


def test_power_curve_counts_days_of_the_window(days_of, base):
    curve = power_curve(days_of(base), as_of=AS_OF, window=28).set_index("active_days")["n"]
    active = [sum(END - 28 < d <= END for d in own) for own in base.values()]
    assert curve[curve > 0].to_dict() == pd.Series([a for a in active if a]).value_counts().to_dict()


def test_a_short_history_is_said(days_of):
    days = days_of({"a": [END - 3, END]})
    assert isinstance(cohort_table(days, as_of=AS_OF, period_days=30), NotMeasured)
    assert isinstance(by_calendar(days, as_of=AS_OF), NotMeasured)
    assert isinstance(lifecycle(days, as_of=AS_OF, period_days=30), NotMeasured)
    assert isinstance(power_curve(days, as_of=AS_OF + dt.timedelta(days=90)), NotMeasured)


def test_the_share_of_the_top_fifth():
    equal = concentration(pd.DataFrame({"revenue": [500.0] * 200}), seed=1)
    assert equal["top20"] == pytest.approx(0.2) and equal["gini"] == pytest.approx(0)
    pareto = concentration(pd.DataFrame({"revenue": [80.0] * 20 + [5.0] * 80 + [0.0, -10.0]}), seed=1)
    assert pareto["top20"] == pytest.approx(1600 / 2000) and pareto["n"] == 100
    assert pareto["low"] < 0.75 < pareto["high"] <= 0.8 + 1e-9  # no resample can hold more than that
    assert pareto["lorenz"][0] == {"customers": 0, "revenue": 0} and pareto["lorenz"][-1]["revenue"] == pytest.approx(1)


def test_the_interval_covers_the_truth():
    # Pareto with shape 2: the top fifth holds .2 ** (1 - 1/2) of the total
    truth, covered = 0.2**0.5, 0
    for seed in range(40):
        revenue = 1 + np.random.default_rng(seed).pareto(2, 800)
        answer = concentration(pd.DataFrame({"revenue": revenue}), seed=seed, draws=200)
        covered += answer["low"] <= truth <= answer["high"]
    assert covered >= 32


def test_no_revenue_is_said():
    assert isinstance(concentration(pd.DataFrame({"x": [1]}), seed=1), NotMeasured)
    assert isinstance(concentration(pd.DataFrame({"revenue": [0.0] * 50}), seed=1), NotMeasured)


def test_flows_follow_every_customer_from_one_period_to_the_next(days_of, base):
    states = lifecycle(days_of(base), as_of=AS_OF, period_days=30)
    table = ARTEFACTS["lifecycle_flows"].check(flows(days_of(base), as_of=AS_OF, period_days=30))
    wide = states.pivot(index="period", columns="state", values="n")
    expected: dict = {}
    for own in base.values():
        active = {-((END - d) // 30) for d in own}
        for period in wide.index[1:]:
            if min(active) >= period:
                continue
            before = _state(active, period - 1)
            flow = period, before, _state(active, period)
            expected[flow] = expected.get(flow, 0) + 1
    found = table[table["n"] > 0].set_index(["period", "before", "after"])["n"].to_dict()
    assert found == expected
    into = table.groupby(["period", "after"])["n"].sum()
    assert all(into[period, "current"] == wide.loc[period, "current"] for period in wide.index[1:])


def _state(active: set, period: int) -> str:
    if period not in active:
        return "dormant"
    if period == min(active):
        return "new"
    return "current" if period - 1 in active else "resurrected"
