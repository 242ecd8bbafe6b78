"""One customer who makes most of a segment's money: nothing that a step hands on tells how much (method.md §7)."""

import numpy as np
import pandas as pd
import pytest

from lib.analyze.concentration import concentration
from lib.basis.icps import icp_table
from lib.basis.readiness import cost_against_value
from lib.contracts import NotMeasured
from lib.monitor.kpis import kpis
from lib.report.numbers import Format
from lib.report.suppress import suppress
from lib.report.words import segments as words
from lib.segments.grid import build_grid
from lib.segments.model import OUTSIDE
from lib.segments.outside import outside_ledger
from lib.segments.profile import profile, segment_table
from lib.strategy.situation import segment_facts

FMT = Format("en", "EUR")
NOBODY = pd.DataFrame(columns=["check", "group", "verdict", "n", "estimate"])
ONE_DAY = pd.DataFrame(columns=["as_of", "segment", "n", "growth"])
WHALE = 200_000_000.0  # what the one customer brought, in minor units
WITHIN = 0.10  # nobody may come nearer to it than that
SIZES = {"alpha": 40, "beta": 60, "gamma": 100, OUTSIDE: 55}
"""Customers of each segment; the whale is one of alpha."""


def customers(whale: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(features, assignments): segments of ordinary customers, and one whale."""
    rng = np.random.default_rng(7)
    segment = np.repeat(list(SIZES), list(SIZES.values()))
    money = rng.lognormal(10, 0.4, len(segment)).round() * np.where(segment == "gamma", 60, 20)
    money[0] = whale or money[0]
    occasions = rng.integers(2, 12, len(segment)).astype(float)
    placed = pd.DataFrame({
        "customer_key": [f"c{i:03d}" for i in range(len(segment))], "revenue": money, "n_occasions": occasions,
        "mean_occasion_value": money / occasions, "frequency": occasions / 2,
        "recency_days": rng.integers(0, 60, len(segment)) * 1.0,
        "user_type": rng.choice(["Casual", "Core"], len(money)),
        "region": np.where(segment == "alpha", "north", "south")})
    placed.loc[0, "user_type"] = "Power"
    placed.loc[1:15, "user_type"] = "Power"
    assigned = pd.DataFrame({"customer_key": placed["customer_key"], "segment": segment, "probability": 1.0,
                             "ambiguous": False, "user_type": placed["user_type"]})
    return placed, assigned


def made(placed: pd.DataFrame, assigned: pd.DataFrame) -> dict:
    """What steps 1, 4, 5 and 6 hand on about these customers' money."""
    model = {"columns": ["n_occasions"], "solution": {}, "cluster_segments": [], "segments": [
        {"segment": s, "name": s.title(), "name_rule": "x", "claim": "constructed", "slsw": None}
        for s in ("alpha", "beta", "gamma")]}
    cards = pd.DataFrame({"segment": ["alpha", "beta", "gamma"], "rule": "r", "accuracy": 0.9,
                          "low": 0.8, "high": 0.95})
    table = segment_table(placed, assigned, model, cards)
    labels = assigned.set_index("customer_key")["segment"]
    absent = NotMeasured("not asked")
    people = placed.assign(next_active=1.0)
    icps = [{"name": n, "who": f"region = '{r}'", "source": "x"} for n, r in (("North", "north"), ("South", "south"))]
    return {
        "segments": table, "profile": profile(placed, assigned, []),
        "outside": outside_ledger(assigned, placed, model, collected={"protection": {}, "n_customers": len(placed)}),
        "grid": build_grid(placed, assigned, voice=absent, uses=absent, gaps=absent, framework=absent, fmt=FMT, seed=1),
        "kpis": kpis(absent, placed.assign(away_days=1.0), absent, labels, absent, absent, period_days=7.0),
        "facts": segment_facts(table, assigned, placed.drop(columns="user_type"), absent, period_days=7.0),
        "icps": icp_table(people, absent, icps)}


@pytest.fixture(scope="module")
def tables() -> dict:
    return made(*customers(WHALE))


def estimates(tables: dict) -> list[float]:
    """Sums of money that a reader can work out for any group: shares and means with sizes, and what is left of all."""
    placed, _ = customers(WHALE)
    total, n = placed["revenue"].sum(), SIZES
    s, kpi = tables["segments"], tables["kpis"]
    known = {r.segment: v for r in s.itertuples() for v in (r.revenue, r.revenue_share * total, r.mean_value * r.n)}
    money = kpi[kpi["measure"] == "mean_value"].set_index("segment")["now"]
    known |= {k: v * n[k] for k, v in money.items() if k != OUTSIDE}
    rows = tables["profile"].query("variable == 'revenue'").set_index("segment")
    sums = [*known.values(), *(rows["mean"] * rows["n"]), *(tables["facts"]["mean_value"] * tables["facts"]["n"]),
            *(tables["outside"]["revenue_share"] * total), *(tables["icps"]["revenue_share"] * total)]
    inside = tables["outside"].query("state == 'in segments'")["revenue_share"].iloc[0] * total
    said = sum(v for v in known.values() if np.isfinite(v))
    return [v for v in [*sums, inside - said, total - said] if np.isfinite(v)]


def test_nobody_comes_near_what_the_largest_customer_brought(tables):
    assert all(abs(v - WHALE) > WITHIN * WHALE for v in estimates(tables))


def test_the_segment_and_the_smallest_that_covers_it_say_no_money(tables):
    hidden = tables["segments"].set_index("segment")["money_hidden"]
    assert hidden.to_dict() == {"alpha": True, "beta": True, "gamma": False}
    assert tables["segments"].loc[tables["segments"]["money_hidden"], ["revenue", "mean_value"]].isna().all().all()
    assert tables["segments"].sort_values("rank")["segment"].iloc[0] == "alpha"
    cells = tables["grid"].query("row == 'monetary / AOV / revenue'").set_index(["scheme", "column"])["answer"]
    assert cells["segments", "alpha"].startswith("not measured: one customer")
    assert cells["user_types", "Power"].startswith("not measured: one customer")


def test_cards_and_sentence_say_why_there_is_no_money(tables):
    made_cards = words.cards(tables["segments"], NOBODY, ONE_DAY, FMT)
    whale = next(card for card in made_cards.cards if card.title == "Alpha")
    assert ["revenue", "not shown: one customer makes most of it, or could be worked out from it"] in whale.facts
    assert "Gamma brings most revenue of those shown" in words.value(tables["segments"], FMT).text
    alone = tables["segments"].query("segment == 'alpha'")
    assert "Their revenue is not shown: one customer" in words.value(alone, FMT).text
    published = suppress(tables["segments"], "segments", FMT)
    row = next(r for r in published if r["segment"] == "alpha")
    assert row["n"] == 40 and not np.isfinite(row["mean_value"])


def test_ordinary_customers_lose_no_figure():
    found = made(*customers(0.0))
    assert not found["segments"]["money_hidden"].any()
    assert found["segments"]["revenue"].notna().all() and found["outside"]["revenue_share"].notna().any()
    assert found["profile"].query("variable in ('revenue', 'mean_occasion_value')")["mean"].notna().all()
    assert found["icps"]["mean_value"].notna().sum() == 2 and found["facts"]["mean_value"].notna().all()
    assert not found["grid"]["answer"].str.contains("one customer").any()


def test_a_base_of_one_whale_has_no_concentration_and_no_margin():
    placed, _ = customers(WHALE * 100)
    assert isinstance(concentration(placed, seed=1), NotMeasured)
    costs = {"collecting": 1, "analysing": 1, "margin_rate": 0.3}
    assert isinstance(cost_against_value(placed, costs, minor_digits=2, window_days=365), NotMeasured)
    found = made(placed, customers(WHALE * 100)[1])
    assert found["profile"].query("variable == 'revenue'")[["mean", "low", "high", "base"]].isna().all().all()
    assert found["segments"]["mean_value"].isna().all() and found["outside"]["revenue_share"].iloc[0] != 1.0
    ordinary, _ = customers(0.0)
    assert concentration(ordinary, seed=1)["n"] == len(ordinary)
    assert cost_against_value(ordinary, costs, minor_digits=2, window_days=365)["n"] == len(ordinary)
