"""Step 1 on generated rows, by the functions that notebook 01 calls and in its order."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd

from lib.analyze import activity, engagement, features, rhythm, variables
from lib.basis import bases, framework, icps, readiness
from lib.contracts import NotMeasured

AS_OF = dt.date(2026, 6, 30)
PROFILES = [{"name": "Office", "who": "role = 'office'", "source": "interviews"},
            {"name": "Home", "who": "role = 'home'", "source": "interviews"}]


def bought(n: int, *, days: int, gap: float, constant: bool = False, seed: int = 1) -> tuple:
    """(customers, order lines) of the last ``days``: each customer buys about every ``gap`` days, some more often.

    ``constant``: everybody pays on a fixed day, always the same amount.
    """
    rng = np.random.default_rng(seed)
    keys = np.array([f"k{i:05}" for i in range(n)])
    trait = rng.normal(size=n)
    rows = []
    for key, t in zip(keys, trait, strict=True):
        own = gap if constant else gap * np.exp(-0.7 * t)
        at = rng.uniform(0, own)
        while at < days:
            amount = 1900 if constant else int(1000 * np.exp(0.6 * t + 0.3 * rng.normal()))
            rows.append((key, int(at), amount, rng.choice(list("abcdef"))))
            at += own if constant else rng.gamma(2, own / 2) + 0.5
    lines = pd.DataFrame(rows, columns=["customer_key", "age", "amount", "category"])
    day = pd.Timestamp(AS_OF) - pd.to_timedelta(lines.pop("age"), unit="D")
    lines = lines.assign(ordered_on=day, ordered_at=day, order_key=[f"o{i}" for i in lines.index], is_refund=False)
    role = np.where(trait + rng.normal(size=n) > 0, "office", "home")
    first = pd.Timestamp(AS_OF) - pd.to_timedelta(days - 1, unit="D")
    return pd.DataFrame({"customer_key": keys, "signup_date": first, "role": role}), lines


def used(customers: pd.DataFrame, *, days: int, seed: int = 2) -> pd.DataFrame:
    """Use of twelve features: the eager on more days, the curious in more ways, the patient for longer."""
    rng = np.random.default_rng(seed)
    rows, traits = [], rng.normal(size=(3, len(customers)))
    for key, eager, curious, patient in zip(customers["customer_key"], *traits, strict=True):
        known = "abcdefghijkw"[-1 - rng.binomial(11, 1 / (1 + np.exp(-curious))):]
        for age in np.flatnonzero(rng.random(days) < 0.06 * np.exp(0.8 * eager)):
            for feature in {"w", *rng.choice(list(known), size=2)}:
                rows.append((key, int(age), feature, float(rng.gamma(3, 5 * np.exp(0.3 * patient)))))
    table = pd.DataFrame(rows, columns=["customer_key", "age", "feature", "value"])
    day = pd.Timestamp(AS_OF) - pd.to_timedelta(table.pop("age"), unit="D")
    return table.assign(occurred_on=day, occurred_at=day)


def step_one(customers, lines, events=None, *, days: int, stage: str = "scaling", billing: str = "transactional",
             critical_event: str = "order", profiles: list | None = None) -> dict:
    """{readiness, basis, icps, framework} as notebook 01 saves them."""
    transactions = ibis.memtable(lines) if lines is not None else NotMeasured("no table of transactions")
    uses = ibis.memtable(events) if events is not None else NotMeasured("no table of events")
    active = activity.active_days(transactions, uses, critical_event=critical_event, as_of=AS_OF)
    beat = rhythm.natural_frequency(active, seed=1, as_of=AS_OF)
    period = rhythm.period_of(beat)
    known = {"critical_event": critical_event, "period_days": period, "attributes": ("role",)}
    now = features.customer_features(transactions, uses, customers, as_of=AS_OF, **known)
    before = features.features_before(transactions, uses, customers, as_of=AS_OF, **known)
    earlier = features.features_before(transactions, uses, customers, as_of=features.one_period_before(AS_OF, period),
                                       **known)
    basis = bases.candidate_bases(before, earlier, attributes=("role",), billing=billing, as_of=AS_OF,
                                  period_days=period)
    spans = {"as_of": AS_OF, "period_days": period, "n_periods": 3}
    dimensions = framework.engagement_framework(
        engagement.by_period(transactions, uses, **spans),
        engagement.by_period(transactions, uses, frequency=critical_event, **spans), metrics={}, seed=1)
    gaps = rhythm.user_gaps(activity.active_days(transactions, uses, critical_event="order", as_of=AS_OF))
    declared = PROFILES if profiles is None else profiles
    base = readiness.measure_base(
        now, beat, gaps, variables.choose_variables(now, basis), as_of=AS_OF, n_customers=len(customers),
        n_icps=len(declared), period=[(pd.Timestamp(AS_OF) - pd.Timedelta(days=days - 1)).date(), AS_OF])
    verdict = readiness.readiness(base, business="b2c", stage=stage, billing=billing, as_of=AS_OF, why_now="test",
                                  basis=basis)
    readiness.check(verdict, basis)
    return {"readiness": verdict, "basis": basis, "framework": dimensions,
            "icps": icps.icp_table(icps.known_people(now, customers), before, declared)}
