"""Growth of a segment in step 5: that of step 4, not that of who stayed; and not told where it would tell of few."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.report import contacts
from lib.report.numbers import Format
from lib.report.words import growing
from lib.segments.growth import sizes
from lib.strategy.situation import growth
from lib.strategy.targets import criteria

DAY, BEFORE = dt.date(2026, 6, 30), dt.date(2026, 3, 31)
FMT = Format()


def members(segments: dict[str, range]) -> pd.DataFrame:
    rows = [(f"{i:032x}", s) for s, numbers in segments.items() for i in numbers]
    return pd.DataFrame(rows, columns=["customer_key", "segment"])


@pytest.fixture
def population() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Regulars lose 200 of 600, who stop, and those who stay buy half as much again. Samplers grow from 300 to 450,
    and those of them who were there before buy a third less. Who is there on each day, and how much each customer
    bought in the earlier and in the later half year."""
    then = members({"regulars": range(600), "samplers": range(600, 900), "idle": range(900, 1000)})
    stopped = [*range(200), *range(1050, 1060)]
    now = members({"regulars": range(200, 600), "samplers": range(600, 1050), "idle": stopped})
    bought = pd.DataFrame({"early": 10.0, "late": 15.0}, index=[f"{i:032x}" for i in range(1060)])
    bought.loc[now.loc[now["segment"] == "samplers", "customer_key"], "late"] = 6.7
    bought.loc[now.loc[now["segment"] == "idle", "customer_key"], "late"] = 0.0
    return then, now, bought


def test_growth_is_that_of_the_segment_and_not_of_who_stayed(population, facts):
    """What present members did then and now has the opposite sign, in both; the ranking follows the segment."""
    then, now, bought = population
    table = sizes(now, {BEFORE: then}, as_of=DAY)
    found = growth(table)
    assert found["regulars"] == pytest.approx(400 / 600 - 1) and found["samplers"] == pytest.approx(450 / 300 - 1)
    stayed = now.merge(then, on=["customer_key", "segment"]).set_index("customer_key").join(bought)
    survivors = stayed.groupby("segment")["late"].sum() / stayed.groupby("segment")["early"].sum() - 1
    both = ["regulars", "samplers"]
    assert (np.sign(survivors[both]) == -np.sign(found[both])).all(), "the population plants opposite signs"
    named = facts.iloc[:2].assign(segment=both)
    scored = criteria(named, pd.Series("", index=both), found, NotMeasured("no consents"), {}, {}, margin_rate=0.3)
    own = scored[scored["criterion"] == "growth"].set_index("segment")
    assert own["score"].to_dict() == {"regulars": 0.0, "samplers": 100.0}
    assert own["value"].to_dict() == pytest.approx(found[both].to_dict())


def test_growth_is_what_step_four_says(population):
    then, now, _ = population
    table = sizes(now, {dt.date(2026, 5, 31): now, BEFORE: then}, as_of=DAY)
    named = now["segment"].value_counts().rename_axis("segment").reset_index(name="n")
    said = growing.since(table, named.assign(share=named["n"] / len(now), claim="constructed"), FMT)
    assert {s: r["growth"] for s, r in said.items()} == pytest.approx(growth(table).to_dict())


def test_without_an_earlier_day_growth_is_no_criterion(population, facts):
    _, now, _ = population
    found = growth(sizes(now, {}, as_of=DAY))
    assert found.isna().all()
    named = facts.iloc[:2].assign(segment=["regulars", "samplers"])
    scored = criteria(named, pd.Series("", index=["regulars", "samplers"]), found, NotMeasured("no consents"), {}, {},
                      margin_rate=0.3)
    assert "growth" not in set(scored["criterion"])


def test_the_growth_of_a_segment_that_was_small_is_not_told():
    """25 now and +257 % would tell that they were seven."""
    then = members({"a": range(300), "b": range(300, 700), "c": range(700, 707), "d": range(800, 950)})
    now = members({"a": range(300), "b": range(300, 700), "c": range(700, 725), "d": range(800, 950)})
    table = sizes(now, {BEFORE: then}, as_of=DAY)
    facts = now["segment"].value_counts().rename_axis("segment").reset_index(name="n").sort_values("segment")
    audiences = facts.assign(channel="email", reason="exported")
    assert not contacts.marked(facts, audiences, NotMeasured("one day only"), FMT)["quiet"].any()
    marked = contacts.marked(facts, audiences, table, FMT).set_index("segment")
    assert marked.loc["c", "quiet"] and not marked.loc["b", "quiet"] and not marked["few"].any()
