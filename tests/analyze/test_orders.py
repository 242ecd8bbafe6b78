"""Lines that step 2 found to be an order by themselves give the same figures as lines joined by order."""

import datetime as dt

import pandas as pd
import pytest

from lib.analyze import activity, distinct, engagement, features, orders as order_lines, survival
from lib.analyze.value import history

GIVEN = {"critical_event": "order", "period_days": 14}
KINDS = ("bought", "no amounts", "free", "amounts missing", "two days")


@pytest.fixture
def lines(orders, request):
    """The lines of a shop of one kind."""
    made = orders.copy()
    if request.param == "bought":
        return made[~made["is_refund"]]
    if request.param == "no amounts":
        return made.drop(columns="amount")
    if request.param == "free":
        return made.assign(amount=made["amount"].where(made.index % 5 > 0, 0))
    if request.param == "amounts missing":
        return made.assign(amount=made["amount"].astype("Int64").mask(made.index % 7 == 0))
    if request.param == "two days":
        later = made["ordered_on"] + pd.to_timedelta((made.index % 6 == 0).astype(int), unit="D")
        return made.assign(ordered_on=later)
    return made


ASKED = {
    "features": lambda t, day: features.customer_features(t, NONE, NONE, as_of=day, **GIVEN),
    "features before": lambda t, day: features.features_before(t, NONE, NONE, as_of=day, **GIVEN),
    "days": lambda t, day: activity.active_days(t, NONE, critical_event="order", as_of=day).to_pandas()
    .sort_values(["customer_key", "day"], ignore_index=True),
    "contracts": lambda t, day: survival.contracts(t, NONE, as_of=day),
    "histories": lambda t, day: history.histories(t, as_of=day),
    "engagement": lambda t, day: engagement.by_period(t, NONE, as_of=day, period_days=14, frequency="order"),
    "refunds": lambda t, day: order_lines.unmatched_refunds(t, as_of=day),
}
NONE = order_lines.NotMeasured("no such table")


@pytest.mark.parametrize(("lines", "asked"), [("all", tuple(ASKED)), *((kind, ("features",)) for kind in KINDS)],
                         indirect=["lines"])
def test_marked_lines_say_the_same(lines, asked, engine, mark, as_of):
    marked = mark(engine(lines))
    taken = marked["opens"].notna()
    assert 0 < taken.sum() < len(marked) or not lines["is_refund"].any()
    assert marked.loc[taken].groupby("order_key")["opens"].sum().eq(1).all()
    day, (plain, ready) = as_of - dt.timedelta(days=200), (engine(lines), engine(marked))
    for name in asked:
        one, other = ASKED[name](plain, day), ASKED[name](ready, day)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_exact=True, obj=name)
        else:
            assert one == other, name


def test_the_order_of_rows_marks_the_same_lines(orders, engine, mark):
    shuffled = mark(engine(orders.sample(frac=1, random_state=3)))
    pd.testing.assert_frame_equal(mark(engine(orders)), shuffled, check_exact=True)


@pytest.mark.parametrize("n", [1, 62, 63, 496, 497])
def test_bits_count_what_sets_count(n, engine):
    rows = pd.DataFrame({"customer_key": [f"k{i % 7}" for i in range(3000)],
                         "what": [f"v{(i * i + i // 7) % n:03d}" if i % 11 else None for i in range(3000)]})
    listed = sorted(rows["what"].dropna().unique())
    table = distinct.with_bits(engine(rows), "what", listed)
    found = table.group_by("customer_key").aggregate(**distinct.measures(table, "what", "n", listed)).to_pandas()
    expected = rows.groupby("customer_key")["what"].nunique()
    assert distinct.counts(found).set_index("customer_key")["n"].astype(int).to_dict() == expected.to_dict()
