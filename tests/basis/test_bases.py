"""Candidate bases: planted signal is found out of time; each unusable column is refused for its reason."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.basis.bases import candidate_bases
from lib.basis.proxies import strength
from lib.basis.sensitivity import basis_kind, sensitivity
from lib.basis.signal import signals
from lib.contracts import ARTEFACTS, UserError


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
    ("one", "do not use", "one value"), ("income", "do not use", "known for"),
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
        "demographic", "geographic", "firmographic", "purchasing", "usage", "usage"]
    assert basis_kind("device", {"device": "other"}) == "other"
    assert basis_kind("age_band", {}) == "demographic"
    assert sensitivity("plan_name") == "none"
    assert [sensitivity(c) for c in ("Geschlecht", "health_score", "zip", "basket")] == [
        "protected", "special", "proxy", "none"]


@pytest.mark.parametrize(("column", "expected"), [
    ("Nationalität", "protected"), ("Nationalita\u0308t", "protected"), ("Staatsangehörigkeit", "protected"),
    ("género", "protected"), ("Civil status", "protected"), ("MeineGesundheit", "special"), ("Santé", "special"),
    ("Religionszugehörigkeit", "special"), ("Hautfarbe", "special"), ("prénom", "proxy"), ("Größe", "none"),
    ("Straße", "none"), ("Café", "none")])
def test_names_are_told_with_umlauts_and_accents_too(column, expected):
    assert sensitivity(column) == expected


def test_the_rhythm_of_constant_invoices_is_no_basis():
    before, earlier = customers(1)
    by_billing = {b: candidate_bases(before, earlier, billing=b).set_index("column")
                  for b in ("transactional", "subscription")}
    assert by_billing["subscription"].loc["n_orders", "reason"].startswith("payments follow the billing calendar")
    assert by_billing["subscription"].loc["frequency", "verdict"] == "use"
    assert "calendar" not in by_billing["transactional"].loc["n_orders", "reason"]


def _lasting(seed: int, n: int = 600):
    """Outcome and a column that both last from period to period, and have nothing to do with one another."""
    rng = np.random.default_rng(seed)
    habit, trait = rng.normal(size=n), rng.normal(size=n)
    keys = pd.Index([f"c{i:04}" for i in range(n)], name="customer_key")

    def moment():
        return pd.DataFrame({"next_active": (habit + 0.3 * rng.normal(size=n) > 0).astype(float),
                             "trait": trait + 0.1 * rng.normal(size=n)}, index=keys)

    return moment(), moment()


def test_permutation_p_is_uniform_for_a_lasting_column_without_any_signal():
    """Both habits last, so that a naive test would find them again out of time; p must keep its level."""
    p = np.array([signals(*_lasting(seed), ["trait"], seed)["p"].iloc[0] for seed in range(60)])
    assert (p < 0.05).mean() <= 0.12
    assert 0.35 < p.mean() < 0.65


def test_signal_equals_a_computation_by_hand():
    now, then = _lasting(3)
    found = signals(now, then, ["trait"], 1).loc["trait"]
    edges = np.quantile(then["trait"], np.arange(0.1, 0.95, 0.1))
    groups = [np.digitize(f["trait"], edges) for f in (then, now)]
    means = then["next_active"].groupby(groups[0]).agg(["sum", "count"])
    guess = ((means["sum"] + 10 * then["next_active"].mean()) / (means["count"] + 10)).reindex(groups[1]).to_numpy()
    y = now["next_active"].to_numpy()
    assert found["signal"] == pytest.approx(1 - np.var(y - guess) / np.var(y))
    assert found["signal_low"] < found["signal"] < found["signal_high"]


def test_among_many_candidates_without_signal_hardly_ever_one_is_found():
    found = 0
    for seed in range(40):
        now, then = _lasting(seed, 300)
        rng = np.random.default_rng(seed)
        lasting = pd.DataFrame(rng.normal(size=(300, 20)), index=now.index, columns=[f"c{i}" for i in range(20)])
        told = signals(now.join(lasting), then.join(lasting), list(lasting), seed)
        found += told["p"].min() < 0.05
    assert found <= 6  # 2 expected; 13 without correction for twenty would be few


def test_p_gates_the_verdict():
    before, earlier = customers(1)
    few = candidate_bases(before, earlier).set_index("column")
    many = candidate_bases(before, earlier, attributes=ATTRIBUTES[:6]).set_index("column")
    assert few.loc["frequency", "p"] == many.loc["frequency", "p"] == pytest.approx(0.001)
    assert (many.loc[many["verdict"] == "use", "p"] < 0.05).all()


def test_a_proxy_is_found_in_the_data_and_only_a_ground_lifts_it():
    before, earlier = customers(1)
    rng = np.random.default_rng(1)
    cup = np.where(rng.random(len(before)) < 0.9, before["gender"] == "f", rng.random(len(before)) < 0.5)
    before, earlier = (f.assign(cup=np.where(cup, "a", "b"), shoe=np.where(cup, 38, 43) + rng.normal(0, 1, len(f)))
                       for f in (before, earlier))
    told = {"attributes": ("gender", "cup", "shoe", "region")}
    table = candidate_bases(before, earlier, **told).set_index("column")
    for column in ("cup", "shoe"):
        assert table.loc[column, ["verdict", "sensitivity", "proxy_for"]].tolist() == ["do not use", "proxy", "gender"]
        assert "stands for gender" in table.loc[column, "reason"]
    assert table.loc["region", "proxy_strength"] < 0.2
    assert table.loc["region", "sensitivity"] == table.loc["frequency", "sensitivity"] == "none"
    lifted = candidate_bases(before, earlier, **told, grounds={"cup": "fit of clothes"}).set_index("column")
    assert lifted.loc["cup", "verdict"] != "do not use"
    assert lifted.loc["shoe", "verdict"] == "do not use"
    unknown = candidate_bases(before, earlier, attributes=("cup", "shoe")).set_index("column")
    assert unknown.loc["cup", "verdict"] != "do not use"  # nothing to compare with: names and `never` only


def test_an_empty_ground_is_none():
    before, earlier = customers(1)
    table = candidate_bases(before, earlier, attributes=("gender",), grounds={"gender": ""}).set_index("column")
    assert table.loc["gender", "verdict"] == "do not use"


def test_strength_is_the_area_under_the_curve_of_a_number():
    rng = np.random.default_rng(2)
    group = pd.Series(rng.choice(["f", "m"], 4000))
    value = pd.Series(rng.normal(size=4000)) + (group == "m") * 1.0
    auc = np.mean(value[group == "m"].to_numpy()[:500, None] > value[group == "f"].to_numpy()[None, :500])
    assert strength(value, group) == pytest.approx(2 * auc - 1, abs=0.06)
    assert strength(pd.Series(rng.normal(size=4000)), group) < 0.1


AS_OF = dt.date(2026, 6, 30)


def _survey(before: pd.DataFrame, day: str, share: float = 0.9) -> pd.DataFrame:
    asked = before.sample(frac=share, random_state=1)
    joy = 3 + (asked["frequency"] > 1) * 1.5 + np.random.default_rng(0).normal(0, 0.2, len(asked))
    return pd.DataFrame({"customer_key": asked["customer_key"], "wave": day[:7], "answered_on": pd.Timestamp(day),
                         "joy": joy})


def _one(column: str, **told) -> pd.Series:
    """The row of one candidate."""
    table = candidate_bases(*customers(1), as_of=AS_OF, period_days=30, **told)
    return table.set_index("column").loc[column]


def test_answers_count_from_the_day_they_were_given():
    before, _ = customers(1)
    early = _one("joy", survey=_survey(before, "2026-04-15"))
    late = _one("joy", survey=_survey(before, "2026-06-20"))
    assert (early["kind"], early["source"], early["reachable"]) == ("psychographic", "survey", False)
    assert early["signal_low"] > 0.1
    assert np.isnan(late["signal"])
    assert "early enough" in late["reason"]
    assert late["coverage"] == pytest.approx(early["coverage"])


def test_a_survey_reaches_respondents_only():
    row = _one("joy", survey=_survey(customers(1)[0], "2026-04-15", share=0.3))
    assert row["verdict"] == "describe only"
    assert row["reason"].startswith("30 % of customers were heard")
    assert "answer" in row["reach"]


def test_stability_of_an_item_is_that_between_two_waves():
    first = _survey(customers(1)[0], "2026-03-15")
    steady = pd.concat([first, first.assign(wave="2026-04", answered_on=pd.Timestamp("2026-04-15"))])
    moody = pd.concat([first, first.assign(wave="2026-04", joy=first["joy"].sample(frac=1, random_state=2).to_numpy(),
                                           answered_on=pd.Timestamp("2026-04-15"))])
    found = [_one("joy", survey=s) for s in (steady, moody)]
    assert found[0]["stability"] == pytest.approx(1.0)
    assert abs(found[1]["stability"]) < 0.2
    assert "changes too much" in found[1]["reason"]


def test_coded_needs_are_candidates_of_their_own():
    asked = customers(1)[0].head(1200)
    voice = pd.DataFrame({
        "evidence_id": [f"S-{i:04}" for i in range(len(asked))], "customer_key": asked["customer_key"],
        "kind": "survey", "said_on": pd.Timestamp("2026-04-01"), "topic": "pain_point", "speaker": "", "text": "",
        "code": np.where(asked["frequency"] > 1, "price", "time")})
    row = _one("pain_point", voice=voice)
    assert (row["kind"], row["source"], row["n"]) == ("needs", "voice", 1200)
    assert row["signal_low"] > 0


def test_a_column_repeats_only_what_may_be_used():
    """A copy of a refused column is judged by itself: it does not merely repeat what nobody uses."""
    before, earlier = customers(1)
    table = candidate_bases(before, earlier, never=("n_orders",)).set_index("column")
    assert table.loc["n_orders", "verdict"] == "do not use"
    assert table.loc["frequency", ["verdict", "redundant_with"]].tolist() == ["use", ""]


def test_the_ranking_is_by_verdict_and_then_by_signal(scored):
    ordered = scored.sort_values("rank")
    places = ordered["verdict"].map({"use": 0, "describe only": 1, "do not use": 2})
    assert places.is_monotonic_increasing
    assert ordered[ordered["verdict"] == "use"]["signal"].is_monotonic_decreasing
    assert (ordered["reason"] != "").all()


def test_an_unknown_kind_names_the_nearest():
    before, earlier = customers(1)
    with pytest.raises(UserError, match="did you mean 'demographic'"):
        candidate_bases(before, earlier, kinds={"region": "demografic"})
