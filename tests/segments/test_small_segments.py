"""Bases at the edge: each gives a page whose every number can be traced, or a refusal that says what is needed."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from lib.analyze.rfm import NAMES, rfm_table
from lib.analyze.structure import search
from lib.contracts import NotMeasured
from lib.report.blocks import Absent
from lib.report.statements import statement, untraced
from lib.report.tables import segments as tables
from lib.segments.distinct import held_out
from lib.segments.lead import candidates, choose_lead, lead_model
from lib.segments.model import assign
from lib.segments.schemes import candidate_models, placement
from tests.segments.page_four import FMT, computed, said

NONE = NotMeasured("not recorded", "a record")
COLUMNS = ["frequency", "mean_occasion_value"]
CUTS = {"period_days": 7.0, "cuts": [{"value": 1.0}, {"value": 10.0}], "power": "declared", "sizes": []}


def base(n: int = 300, seed: int = 5, **changes) -> pd.DataFrame:
    """Customers in two groups far apart, with three attributes; `changes` replace columns."""
    rng = np.random.default_rng(seed)
    deep = np.arange(n) % 2 == 1
    table = pd.DataFrame({
        "customer_key": [f"c{i:04d}" for i in range(n)],
        "frequency": np.where(deep, 20.0, 3.0) * rng.lognormal(0, 0.1, n),
        "mean_occasion_value": np.where(deep, 9000, 2000) * rng.lognormal(0, 0.1, n),
        "recency_days": rng.integers(1, 300, n) * 1.0, "n_occasions": rng.integers(1, 20, n) * 1.0,
        "tenure_days": rng.integers(30, 900, n) * 1.0, "region": rng.choice(["north", "south"], n),
        "plan": np.where(deep, "pro", "free")}).assign(**changes)
    return table.assign(revenue=(table["n_occasions"] * table["mean_occasion_value"].fillna(0)).round())


def models_of(features: pd.DataFrame, columns=COLUMNS, types: bool = True, **options) -> tuple[pd.DataFrame, dict]:
    """(placed, models) as notebooks 03 and 04 make them."""
    asked = {"largest_k": 4, "smallest": 20, "seed": 1, "pairs": 4, **options}
    choice = search(features.set_index("customer_key")[columns], **asked)[1]
    kind = np.select([features["frequency"] < 1, features["frequency"] < 10], ["Casual", "Core"], "Power")
    user_types = pd.DataFrame({"customer_key": features["customer_key"], "user_type": kind})
    placed = placement(features, user_types=user_types if types else NONE)
    return placed, candidate_models(placed, choice=choice, rfm=rfm_table(features), cuts=CUTS if types else NONE,
                                    icps=[], rfm_names=NAMES, as_of="2026-06-30")


def page(placed: pd.DataFrame, models: dict, scheme: str = "") -> dict:
    """Everything the page would say, after the rule of the lead; its numbers traced."""
    before = placed.assign(next_active=(placed["frequency"] > 10) * 1.0, next_revenue=placed["revenue"])
    found = candidates(models, placed, before, seed=1)
    lead = choose_lead(found, business="b2c")
    assert lead, lead
    model = models[scheme] | {"lead_rule": lead["rule"]} if scheme else lead_model(models, lead)
    icp = pd.Series("(none)", index=placed["customer_key"])
    collected = {"protection": {}, "n_customers": len(placed)}
    made = computed(model, models, placed, before, found, lead, icp, collected)
    for name, block in said(made).items():
        if isinstance(block, Absent):
            assert block.reason, name
            continue
        assert untraced(statement("04", {**block.content(), "values": block.values}), FMT) == [], name
        assert not [v for v in block.values.values() if isinstance(v, float) and np.isnan(v)], name
        assert "nan" not in str(getattr(block, "text", "")).lower().split(), name
    pyplot.close("all")
    return made


def test_two_segments_only():
    placed, models = models_of(base(), largest_k=2)
    made = page(placed, models, "clusters")
    assert len(made["segments"]) == 2 and made["segments"]["n"].sum() == 300
    assert made["segments"]["name"].is_unique and len(made["pairs"]) == 1


def test_one_segment_is_a_page_without_pairs():
    """Every customer is of one user type: nothing to compare, and nothing is made up."""
    placed, models = models_of(base(frequency=3.0))
    assert not models["clusters"]
    made = page(placed, models, "user_types")
    assert made["segments"]["name"].tolist() == ["Core users"] and made["segments"]["share"].tolist() == [1.0]
    pairs = made["pairs"]
    assert isinstance(pairs, NotMeasured) or pairs.empty
    assert isinstance(tables.pairs(pairs, made["segments"], FMT), Absent)


def test_all_identical_is_refused_with_what_is_needed():
    same = base(frequency=3.0, mean_occasion_value=2000.0, recency_days=10.0, n_occasions=2.0, tenure_days=90.0)
    _, models = models_of(same, types=False)
    assert {s for s, m in models.items() if m} == set()
    assert all(m.reason for m in models.values()) and models["clusters"].needed
    lead = choose_lead(candidates(models, same, NONE, seed=1), business="b2c")
    assert isinstance(lead, NotMeasured) and "no scheme divides" in lead.reason


@pytest.mark.parametrize(("columns", "changes"), [
    (["frequency"], {}), (COLUMNS, {"mean_occasion_value": np.nan}), (COLUMNS, {"mean_occasion_value": 5.0})])
def test_one_feature_is_searched_for_nothing_and_other_schemes_lead(columns, changes):
    placed, models = models_of(base(**changes), columns)
    assert isinstance(models["clusters"], NotMeasured)
    assert "two" in models["clusters"].reason or "variation" in models["clusters"].reason
    made = page(placed, models)
    assert made["model"]["lead"] in ("user_types", "rfm")


def test_who_lacks_values_is_outside_and_counted():
    missing = np.random.default_rng(2).random(300) < 0.3
    features = base()
    features["mean_occasion_value"] = features["mean_occasion_value"].mask(missing)
    placed, models = models_of(features)
    if not models["clusters"]:
        assert models["clusters"].reason
        return
    assigned = assign(placed, models["clusters"])
    assert (assigned["segment"] == "outside").sum() == missing.sum()
    made = page(placed, models, "clusters")
    assert made["segments"]["n"].sum() == (~missing).sum()
    assert made["counted"]["reconciled"] if "reconciled" in made["counted"] else made["counted"]


def test_no_descriptors_tells_no_pair_apart():
    features = base()[["customer_key", *COLUMNS, "recency_days", "n_occasions", "revenue"]]
    placed, models = models_of(features, types=False)
    assert list(held_out(placed, [*placed.columns])) in ([], ["customer_key"])
    assert page(placed, models, "clusters")["segments"]["name"].is_unique


def test_all_in_atoms_is_no_search_and_no_cluster():
    """Nine in ten on zero in both: what is left is too few to search."""
    few = np.arange(300) % 10 == 0
    rng = np.random.default_rng(3)
    zero = np.where(few, rng.lognormal(2, 1, 300), 0.0)
    placed, models = models_of(base(frequency=zero, mean_occasion_value=zero * 100))
    assert isinstance(models["clusters"], NotMeasured) and models["clusters"].needed
    assert page(placed, models)["model"]["lead"] in ("user_types", "rfm")


def test_all_in_one_cell_of_rfm_is_no_rfm():
    placed, models = models_of(base(recency_days=10.0, n_occasions=2.0))
    assert isinstance(models["rfm"], NotMeasured) and models["rfm"].reason
    assert page(placed, models)["model"]["lead"] != "rfm"
