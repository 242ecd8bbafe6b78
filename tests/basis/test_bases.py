"""Candidate bases: planted signal is found out of time; each unusable column is refused for its reason."""

import numpy as np
import pandas as pd
import pytest

from lib.basis.bases import candidate_bases
from lib.basis.sensitivity import basis_kind, sensitivity
from lib.contracts import ARTEFACTS


def customers(seed: int, n: int = 1500) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers at two successive days; `frequency` drives what comes next, `n_orders` repeats it."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=n)
    fixed = {"customer_key": [f"c{i:05}" for i in range(n)], "gender": rng.choice(["f", "m"], n),
             "region": rng.choice(["north", "south"], n), "card": [f"card {i}" for i in range(n)],
             "one": ["same"] * n, "income": np.where(rng.random(n) < 0.5, np.nan, 1.0 * rng.integers(1, 9, n)),
             "tier": np.where(trait > 0.5, "gold", "basic")}

    def moment():
        frequency = np.exp(trait + 0.2 * rng.normal(size=n))
        active = (trait + rng.normal(size=n) > 0).astype(float)
        return pd.DataFrame(fixed | {"frequency": frequency, "n_orders": 2 * frequency + 0.001 * rng.normal(size=n),
                                     "depth": rng.normal(size=n), "next_active": active})

    return moment(), moment()


ATTRIBUTES = ("gender", "region", "card", "one", "income", "tier", "segment_told")


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    before, earlier = customers(1)
    table = candidate_bases(before, earlier, attributes=ATTRIBUTES, never=("tier",))
    return ARTEFACTS["basis"].check(table).set_index("column")


def test_the_planted_driver_is_usable_and_its_copy_is_not(scored):
    strong = scored.loc[["frequency", "n_orders"]]
    assert sorted(strong["verdict"]) == ["describe only", "use"]
    assert strong["signal_low"].min() > 0.1
    assert strong["stability"].min() > 0.9


@pytest.mark.parametrize(("column", "verdict", "why"), [
    ("gender", "do not use", "protected attribute"), ("card", "do not use", "identifier"),
    ("one", "do not use", "one value"), ("income", "do not use", "missing for"),
    ("tier", "do not use", "rules it out"), ("region", "describe only", "not clear of zero"),
    ("depth", "describe only", "changes too much")])
def test_each_unusable_column_has_its_reason(scored, column, verdict, why):
    assert scored.loc[column, "verdict"] == verdict
    assert why in scored.loc[column, "reason"]


def test_a_recorded_ground_lifts_the_refusal_only():
    before, earlier = customers(1)
    table = candidate_bases(before, earlier, attributes=("gender",), grounds={"gender": "fit of clothes"})
    row = table.set_index("column").loc["gender"]
    assert row["sensitivity"] == "protected"
    assert row["verdict"] == "describe only"


def test_what_is_not_offered_is_not_used():
    before, earlier = customers(1)
    table = candidate_bases(before, earlier, attributes=ATTRIBUTES, offer=("region",)).set_index("column")
    assert table.loc["tier", "reason"] == "not offered in the product file"
    assert table.loc["frequency", "verdict"] in ("use", "describe only")


def test_noise_is_rarely_called_usable():
    found = 0
    for seed in range(20):
        before, earlier = customers(100 + seed, n=800)
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=800)
        before["breadth"], earlier["breadth"] = noise, noise
        found += candidate_bases(before, earlier).set_index("column").loc["breadth", "verdict"] == "use"
    assert found <= 2


def test_order_and_names_of_customers_change_nothing():
    before, earlier = customers(2)
    renamed = [f.assign(customer_key="x" + f["customer_key"]).sample(frac=1, random_state=4)
               for f in (before, earlier)]
    pd.testing.assert_frame_equal(candidate_bases(before, earlier, attributes=("region",)),
                                  candidate_bases(*renamed, attributes=("region",)))


def test_kinds_and_sensitivity_by_name():
    columns = ("birth_year", "city_tier", "employee_band", "n_orders", "breadth", "device")
    assert [basis_kind(c, {}) for c in columns] == [
        "demographic", "geographic", "firmographic", "purchasing", "usage", "other"]
    assert basis_kind("device", {"device": "usage"}) == "usage"
    assert [sensitivity(c) for c in ("Geschlecht", "health_score", "zip", "basket")] == [
        "protected", "special", "proxy", "none"]


def test_the_rhythm_of_constant_invoices_is_no_basis():
    before, earlier = customers(1)
    by_billing = {b: candidate_bases(before, earlier, billing=b).set_index("column")
                  for b in ("transactional", "subscription")}
    assert by_billing["subscription"].loc["n_orders", "reason"].startswith("payments follow the billing calendar")
    assert by_billing["subscription"].loc["frequency", "verdict"] == "use"
    assert "calendar" not in by_billing["transactional"].loc["n_orders", "reason"]
