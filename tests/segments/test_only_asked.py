"""A product that has only been asked about: with a survey and nothing else, steps 1, 3 and 4 divide by the answers."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lib.analyze import answers, features, structure, variables
from lib.basis import bases, readiness
from lib.contracts import NotMeasured
from lib.segments.distinct import held_out
from lib.segments.lead import candidates, choose_lead
from lib.segments.model import assign
from lib.segments.profile import made_columns
from lib.segments.schemes import candidate_models, described, placement
from tests.analyze.by_type_simulations import answers_of

AS_OF = dt.date(2026, 6, 30)
NONE = NotMeasured("no table")
ICPS = [{"name": "Northerners", "who": "region = 'north'", "jobs": [], "pains": [], "found_in": [], "source": "x"}] * 2


@pytest.fixture(scope="module")
def asked():
    """(survey, customers, planted classes): one item is about a protected attribute, one was answered by few."""
    items, truth = answers_of(3, 700, seed=2)
    rng = np.random.default_rng(1)
    survey = items.rename_axis("customer_key").reset_index().assign(
        wave="1", answered_on=pd.Timestamp("2026-06-01"), religion=rng.choice(["a", "b"], 700),
        seldom=np.where(rng.random(700) < 0.4, rng.choice(["yes", "no"], 700), None))
    customers = pd.DataFrame({"customer_key": survey["customer_key"], "region": rng.choice(["north", "south"], 700),
                              "signup_date": pd.Timestamp("2026-05-01")})
    return survey, customers, truth


def chain(survey, customers, divide_by=()):
    """(features, basis, variables chosen, choice) as notebooks 01 and 03 make them."""
    items = answers.dividing(survey, NONE, NONE, divide_by)
    known = {"critical_event": "order", "period_days": 30.0, "attributes": ("region",)}
    now = features.customer_features(NONE, NONE, customers, as_of=AS_OF, answers=items, **known)
    before = features.features_before(NONE, NONE, customers, as_of=AS_OF, **known)
    basis = bases.candidate_bases(before, before, attributes=("region",), survey=survey, as_of=AS_OF, period_days=30.0,
                                  unseen=now)
    chosen = variables.choose_variables(now, basis, divide_by)
    values = variables.structure_values(now, chosen)
    _, choice = structure.search(values, largest_k=5, smallest=variables.smallest_segment(chosen), seed=1, pairs=5)
    return now, basis, chosen, choice


@pytest.fixture(scope="module")
def divided(asked):
    return chain(*asked[:2])


def test_answers_may_divide_but_not_protected_or_rare_ones(divided):
    now, basis, chosen, _ = divided
    verdicts = basis.set_index("column")["verdict"]
    assert len(now) == 700 and (now["tenure_days"] == 60).all()
    assert verdicts["religion"] == "do not use" and verdicts["region"] == "describe only"
    assert verdicts["seldom"] == "describe only"
    assert set(chosen.loc[chosen["used"], "variable"]) == {c for c in basis["column"] if c.startswith("item")}
    assert basis["signal"].isna().all()
    base = readiness.measure_base(now, NONE, NONE, chosen, as_of=AS_OF, period=[], n_customers=700, n_icps=2)
    verdict = readiness.readiness(base, business="b2c", stage="new", billing="transactional", as_of=AS_OF, why_now="x",
                                  basis=basis)
    assert verdict["verdict"] == "caution"
    told = next(c for c in verdict["checks"] if c["check"] == "columns that tell about the next period")
    assert told["value"] == 0  # what nobody could foretell is not said to tell


def test_the_planted_classes_lead_and_are_not_judged_by_themselves(asked, divided):
    survey, customers, truth = asked
    now, _, _, choice = divided
    newest = answers.newest(survey, as_of=AS_OF)
    icp = pd.Series(np.where(customers["region"] == "north", "Northerners", "(none)"), index=customers["customer_key"])
    placed = placement(now, icp=icp, answers=newest)
    classes = answers.classes(survey, seed=1, draws=39, pairs=2)
    models = candidate_models(placed, choice=choice, classes=classes, items=newest, rfm=NONE, cuts=NONE, icps=ICPS[:1],
                              rfm_names={}, as_of=AS_OF)
    assert isinstance(models["clusters"], NotMeasured) and models["answers"]["lead"] == "answers"
    lead = choose_lead(candidates(models, placed, NONE, seed=1, stage="new"), business="b2c", stage="new")
    assert lead["lead"] == "answers" and "launched" in lead["rule"]
    found = assign(placed, models["answers"])
    assert adjusted_rand_score(truth, found["segment"]) >= 0.8
    kept = described(placed, now, models["answers"])
    apart = held_out(kept, made_columns(models["answers"]), survey)
    assert not [c for c in apart if c.startswith("item")] and "region" in apart


def test_without_a_table_of_customers_the_respondents_are_the_base(asked):
    survey, _, truth = asked
    now, _, _, choice = chain(survey, NONE)
    assert len(now) == 700 and now["tenure_days"].isna().all() and choice["k"] == 3
    assert isinstance(features.customer_features(NONE, NONE, NONE, critical_event="order", as_of=AS_OF,
                                                 period_days=30.0), NotMeasured)


def test_answers_count_from_the_day_they_were_given(asked):
    survey, customers, _ = asked
    early = features.customer_features(NONE, NONE, customers, critical_event="order", as_of=dt.date(2026, 5, 15),
                                       period_days=30.0, answers=survey)
    assert early["item a"].isna().all()


def test_columns_declared_to_divide_by_stand_instead_of_the_others(asked):
    survey, customers, _ = asked
    _, _, chosen, choice = chain(survey, customers, divide_by=["item a", "item b", "item c", "region", "religion"])
    told = chosen.set_index("variable")
    assert told.loc["region", "used"] and told.loc["item a", "reason"] == "declared in the product file"
    assert told.loc["religion", "reason"] == "step 1 refuses it" and not told["used"]["religion"]
    assert isinstance(choice, NotMeasured) or set(choice["variables"]) == {"item a", "item b", "item c", "region"}
