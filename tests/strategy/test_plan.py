"""The plan as registered: a fingerprint of what was fixed, and everything that is taken on trust."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd

from lib.contracts import ARTEFACTS
from lib.store import to_json
from lib.strategy.experiment import design
from lib.strategy.plan import register

DAY = dt.date(2026, 6, 30)
ASSUMED = SimpleNamespace(id="A1", objective="widen", effect=0.05, low=0.01, high=0.09, source="a trade study")


def registered(facts, plan, basis="test budget", **changes) -> dict:
    experiments = design(facts, plan, facts.set_index("segment")["n"], campaign="acme-1", unit="customer")
    budget = pd.DataFrame({"segment": facts["segment"], "basis": [basis, *["none"] * 3], "source": ["c1", "", "", ""]})
    given = {"campaign": "acme-1", "as_of": DAY, "audience_days": 30, "period_days": 6.5, "assumptions": [],
             "weights": {"size": 100.0}, "saturation": 0.25, "budget": budget, "experiments": experiments,
             "strategies": plan, "withheld": ""}
    return register(**given | changes)


def test_it_keeps_its_contract_and_is_judged_a_period_after_the_last_contact(facts, plan):
    document = registered(facts, plan)
    ARTEFACTS["plan"].check(document)
    assert (document["expires_on"], document["judged_on"]) == ("2026-07-30", "2026-08-06")
    assert "NaN" not in to_json(document)
    assert {"segment", "outcome", "baseline", "target", "n_control", "message"} <= set(document["experiments"][0])


def test_the_fingerprint_tells_whatever_was_registered_and_nothing_else(facts, plan):
    first = registered(facts, plan)["fingerprint"]
    assert first == registered(facts, plan)["fingerprint"]
    assert first == registered(facts, plan, withheld="a draft")["fingerprint"]
    assert first != registered(facts, plan, audience_days=31)["fingerprint"]
    assert first != registered(facts, plan.assign(target=plan["target"] * 1.1))["fingerprint"]
    assert first != registered(facts, plan.assign(message="another"))["fingerprint"]


def test_all_that_is_taken_on_trust_is_listed(facts, plan):
    ids = [a["id"] for a in registered(facts, plan, assumptions=[ASSUMED])["assumptions"]]
    needs = {f"need-{s}" for s in plan.loc[plan["assumption"], "segment"]}
    assert set(ids) == {"A1"} | needs  # no effect is used, so nothing is said of its saturation
    told = {a["id"]: a for a in registered(facts, plan, basis="measured")["assumptions"]}
    carried = told[f"carry-{facts['segment'].iloc[0]}"]
    assert "c1" in carried["source"] and "75 %" in told["saturation"]["statement"]
    assert np.all([a["source"] for a in told.values()])
