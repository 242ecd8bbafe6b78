"""Sizes over time: which days are looked at, counts and intervals by simulation, and no size of few customers told."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.report.blocks import Absent
from lib.report.figures import segments as figures
from lib.report.numbers import Format
from lib.report.suppress import hidden, suppress
from lib.report.tables import profiles
from lib.report.words import growing
from lib.segments.growth import looks, sizes

FMT = Format()
DAY, BEFORE = dt.date(2026, 6, 30), dt.date(2026, 5, 31)
NAMES = pd.DataFrame({"segment": ["a", "b", "c", "d"], "name": ["Regulars", "Rare users", "Lapsed", "New"],
                      "rank": [1, 2, 3, 4], "n": [310, 190, 50, 30]})


def members(**n: int) -> pd.DataFrame:
    """So many customers of each segment, named by segment and number."""
    rows = [(f"{s}{i}", s) for s, count in n.items() for i in range(count)]
    return pd.DataFrame(rows, columns=["customer_key", "segment"])


def test_no_day_is_looked_at_before_which_the_window_is_not_known():
    days = looks(DAY, "2025-04-15", period_days=7, window_days=365)
    assert days == [dt.date(2026, 5, 1), dt.date(2026, 5, 31)]
    assert looks(DAY, "2020-01-01", period_days=49, window_days=365)[0] == DAY - dt.timedelta(days=147)
    assert looks(DAY, "2026-01-01", period_days=7, window_days=365) == []


def test_growth_counts_who_came_and_who_left():
    then, now = members(a=100, b=50, outside=10), members(a=120, b=40, outside=10)
    table = ARTEFACTS["sizes"].check(sizes(now, {BEFORE: then}, as_of=DAY)).set_index(["as_of", "segment"])
    first = table.loc["2026-05-31"]
    assert first["n"].to_dict() == {"a": 100, "b": 50}
    assert first["share"].to_dict() == {"a": pytest.approx(100 / 160), "b": pytest.approx(50 / 160)}
    assert first["growth"].to_dict() == {"a": pytest.approx(0.2), "b": pytest.approx(-0.2)}
    assert table.loc["2026-06-30", "growth"].isna().all()


def test_intervals_hold_the_growth_that_was_planted():
    """Customers come and leave by chance, as many as were planted: 95 % of intervals hold that growth."""
    rng, held = np.random.default_rng(4), 0
    for _ in range(300):
        left, came = rng.poisson(30), rng.poisson(50)
        keys = [f"c{i}" for i in range(400)]
        later = keys[left:] + [f"n{i}" for i in range(came)]
        then, now = (pd.DataFrame({"customer_key": k, "segment": "a"}) for k in (keys, later))
        row = sizes(now, {BEFORE: then}, as_of=DAY).iloc[0]
        held += row["growth_low"] <= 20 / 400 <= row["growth_high"]
    assert 0.92 <= held / 300 <= 0.99


def test_a_segment_that_was_small_on_any_day_is_told_on_none():
    then, now = members(a=300, b=200, c=7, d=30), members(a=310, b=190, c=25, d=30)
    table = sizes(now, {BEFORE: then}, as_of=DAY)
    gone = table.assign(out=hidden(table, "sizes", FMT)).groupby("segment")["out"].agg(["any", "all"])
    assert gone.loc["c"].all() and gone["any"].equals(gone["all"]) and gone["any"].sum() == 2
    kept = [row for row in suppress(table, "sizes", FMT) if not row["suppressed"]]
    assert {row["segment"] for row in kept} == {"a", "b"}
    assert set(growing.since(table, NAMES, FMT)) == {"a", "b"}
    drawn = figures.over_time(table, NAMES, FMT)
    assert [line.get_label() for line in drawn.ax.lines if len(line.get_xdata())] == ["Regulars", "Rare users"]
    signs = [line.get_marker() for line in drawn.ax.lines if len(line.get_xdata())]
    assert len(set(signs)) == 2, "on grey paper the signs tell segments apart"


def test_growth_is_said_only_beyond_chance():
    table = sizes(members(a=400, b=202, d=50), {BEFORE: members(a=300, b=200, d=90)}, as_of=DAY)
    said = growing.growth(table, NAMES, FMT).text
    assert said.startswith("Since 31 May 2026 the number of customers rose beyond chance in Regulars: +33 %")
    assert ", and fell beyond chance in New: -44 %" in said and "Rare users" not in said and "Revenue" not in said
    rows = {row[0]: row[1:] for row in profiles.growth(table, NAMES, FMT).rows}
    assert rows["Regulars"][0].startswith("+33 % (") and rows["Regulars"][0].endswith("), more")
    assert rows["New"][0].endswith("), less") and rows["Rare users"][0].endswith(")")
    assert {row[1] for row in rows.values()} == {"not known"}
    still = sizes(members(a=300), {BEFORE: members(a=301)}, as_of=DAY)
    assert "no segment grew or shrank beyond chance" in growing.growth(still, NAMES, FMT).text


def test_of_several_that_grew_the_one_is_named_that_grew_most_for_certain():
    """A few more in a small segment may be more in per cent, and tell less."""
    table = sizes(members(a=450, b=300, c=19), {BEFORE: members(a=300, b=200, c=12)}, as_of=DAY)
    first = table.set_index("segment").iloc[:3]
    assert first["growth"].idxmax() == "c" and first["growth_low"].min() > 0 and first["growth_low"].idxmax() == "a"
    said = growing.growth(table, NAMES, FMT)
    assert "rose beyond chance in 3 segments, most in Regulars: +50 %" in said.text and said.values["counts"][0] == 3


def test_without_an_earlier_day_only_the_last_is_known():
    table = sizes(members(a=300), {BEFORE: NotMeasured("no features")}, as_of=DAY)
    assert table["as_of"].tolist() == ["2026-06-30"] and table["growth"].isna().all()
    assert "not measured" in growing.growth(table, NAMES, FMT).text
    assert isinstance(profiles.growth(table, NAMES, FMT), Absent)
    assert isinstance(figures.over_time(table, NAMES, FMT), Absent) and growing.since(table, NAMES, FMT) == {}


def test_one_choice_of_what_covers_a_small_segment_serves_all_days():
    """The smallest of the others is another segment on each day; still two are hidden, not three."""
    then, now = members(a=200, b=89, c=85, d=8), members(a=200, b=85, c=87, d=13)
    table = sizes(now, {BEFORE: then}, as_of=DAY)
    gone = table["segment"][hidden(table, "sizes", FMT)]
    assert set(gone) == {"b", "d"} and len(gone) == 4


def brought(table: pd.DataFrame, money) -> pd.DataFrame:
    """Features: every customer of the table brought so much."""
    return pd.DataFrame({"customer_key": table["customer_key"], "revenue": np.asarray(money, float)})


def test_growth_of_revenue_is_that_of_the_customers_of_each_day():
    """By hand: 100 of a brought 10 each, 120 bring 9 each: 1,080 against 1,000. Those of b bring the same."""
    then, now = members(a=100, b=50), members(a=120, b=50)
    table = sizes(now, {BEFORE: then}, as_of=DAY, known={
        BEFORE: brought(then, [10] * 100 + [5] * 50), DAY: brought(now, [9] * 120 + [5] * 50)})
    first = ARTEFACTS["sizes"].check(table).set_index(["as_of", "segment"]).loc["2026-05-31"]
    assert first["revenue_growth"].to_dict() == {"a": pytest.approx(0.08), "b": pytest.approx(0.0)}
    assert growing.since(table, NAMES, FMT)["a"]["revenue_growth"] == pytest.approx(0.08)
    more = sizes(now, {BEFORE: now}, as_of=DAY, known={
        BEFORE: brought(now, [10] * 170), DAY: brought(now, [15] * 120 + [10] * 50)})
    assert "Revenue rose beyond chance in Regulars: +50 %" in growing.growth(more, NAMES, FMT).text


def test_intervals_hold_the_growth_of_revenue_that_was_planted():
    """Each customer's revenue of both windows is drawn; a tenth more is planted, and 95 % of intervals hold it."""
    rng, held = np.random.default_rng(8), 0
    table = members(a=400)
    for _ in range(300):
        habit = rng.gamma(2, 50, 400)
        before, after = habit * rng.gamma(8, 1 / 8, 400), 1.1 * habit * rng.gamma(8, 1 / 8, 400)
        row = sizes(table, {BEFORE: table}, as_of=DAY, known={
            BEFORE: brought(table, before), DAY: brought(table, after)}).iloc[0]
        held += row["revenue_growth_low"] <= 0.1 <= row["revenue_growth_high"]
    assert 0.92 <= held / 300 <= 0.98


def test_revenue_that_one_customer_makes_or_alone_moves_is_not_said():
    table = members(a=100, b=100, c=100)
    even = np.full(300, 10.0)
    whale, jump = even.copy(), even.copy()
    whale[0], jump[0] = 90_000, 60
    for then, now in ((even, whale), (whale, even), (even, jump)):
        rows = sizes(table, {BEFORE: table}, as_of=DAY,
                     known={BEFORE: brought(table, then), DAY: brought(table, now)}).set_index("segment").iloc[:3]
        assert np.isnan(rows.loc["a", "revenue_growth"]) and rows["growth"].notna().all()


def test_without_amounts_growth_is_of_number_only():
    table = sizes(members(a=300), {BEFORE: members(a=200)}, as_of=DAY, known={
        DAY: NotMeasured("no orders"), BEFORE: NotMeasured("no orders")})
    assert table["revenue_growth"].isna().all() and "evenue" not in growing.growth(table, NAMES, FMT).text
