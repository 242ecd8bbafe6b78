"""Readiness as notebook 01 computes it, without its pages: for `segments check`."""

from __future__ import annotations

from lib import collect
from lib.analyze import activity, answers, features, rhythm, variables
from lib.basis import bases, icps, readiness as ready
from lib.report.numbers import Format

MOST = 20_000  # customers looked at, as in notebook 01


def readiness(settings, rules, collected) -> dict:
    """The content of the artefact `readiness`. Raises UserError, e.g. for a profile whose rule cannot be read."""
    sample = collect.sample_customers(collected, n=MOST).tables
    transactions, events, customers = (sample[name] for name in ("transactions", "events", "customers"))
    moments = {"as_of": settings.as_of, "critical_event": settings.critical_event}
    days = activity.active_days(transactions, events, **moments)
    beat = rhythm.natural_frequency(days, seed=settings.seed, as_of=settings.as_of,
                                    declared=settings.engagement.period_days)
    period = rhythm.period_of(beat)
    attributes = features.attributes_of(customers)
    known = {"critical_event": settings.critical_event, "period_days": period, "attributes": attributes}
    divide_by = settings.bases.divide_by
    asked = answers.dividing(sample["survey"], transactions, events, divide_by)
    now, before, earlier = _features(settings, transactions, events, customers, period, known, asked)
    people = Format.of(settings)
    basis = bases.candidate_bases(before, earlier, people=people, attributes=attributes,
                                  unseen=icps.known_people(now, customers),
                                  **settings.bases.model_dump(exclude={"divide_by"}), kinds=settings.kinds,
                                  survey=sample["survey"], voice=sample["voice"], billing=settings.billing,
                                  as_of=settings.as_of, period_days=period, seed=settings.seed)
    gaps = rhythm.user_gaps(activity.active_days(transactions, events, critical_event="order", as_of=settings.as_of))
    base = ready.measure_base(now, beat, gaps, variables.choose_variables(now, basis, divide_by), as_of=settings.as_of,
                              period=collected.collected["period"], n_customers=collected.collected["n_customers"],
                              n_icps=len(settings.icps))
    costs = settings.costs and settings.costs.model_dump()
    worth = ready.cost_against_value(now, costs, minor_digits=rules.minor_digits,
                                     window_days=features.window_for(period), history_days=base.history_days,
                                     n_customers=base.n_customers)
    return ready.readiness(base, business=settings.business, stage=settings.stage, billing=settings.billing,
                           as_of=settings.as_of, why_now=settings.why_now, basis=basis,
                           declared_lead=settings.lead.segmentation, declared_reason=settings.lead.reason,
                           cost_value=worth, people=people)


def _features(settings, transactions, events, customers, period: float, known: dict, asked) -> tuple:
    """Customers now, one period before, and one more period back."""
    now = features.customer_features(transactions, events, customers, as_of=settings.as_of, answers=asked, **known)
    before = features.features_before(transactions, events, customers, as_of=settings.as_of, **known)
    back = features.one_period_before(settings.as_of, period)
    return now, before, features.features_before(transactions, events, customers, as_of=back, **known)
