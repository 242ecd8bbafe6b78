"""Whether a base may be segmented: go, caution or no-go, with the number needed (method.md §1, §3.10)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.basis import checks
from lib.basis.checks import NO_GO, RFM_HISTORY, STATES
from lib.contracts import NotMeasured
from lib.contracts.counts import People, number_of
from lib.stats import dominated, mean_interval

RFM_BUYERS, RFM_RECENT, RFM_REPEAT = 500, 30, checks.LEAST_REPEAT  # method.md §1 [ours]
CONSTANT_GAPS = 0.2  # coefficient of variation of gaps below which billing is constant [ours]
FEWEST = 10          # customers below whose number no interval of money is given [ours]


@dataclass(frozen=True)
class Base:
    """What readiness looks at: whole-base counts and the candidates that may be used.

    ``repeat_share`` is that of buyers with a second occasion, ``returned_share`` that of the ``n_active`` customers
    who ever did anything with a second active day, ``gap_variation`` the median over customers of the coefficient of
    variation of their gaps between orders.
    """

    n_customers: int
    n_buyers: int
    repeat_share: float
    history_days: int
    last_order: dt.date | None
    period_days: float
    variables: list[str]
    n_icps: int
    n_active: int
    gap_variation: float = np.nan
    returned_share: float = np.nan


def measure_base(features, rhythm, gaps, variables, *, as_of: dt.date, period: list, n_customers: int,
                 n_icps: int) -> Base:
    """What readiness looks at, from customer features (one row per customer; a sample is scaled to the base).

    ``gaps`` has `gap_variation`, one row per buyer; ``variables`` is the choice {variable, used}; ``period`` the
    first and last day of the data.
    """
    occasions = _column(features, "n_occasions")
    buyers = occasions > 0
    share = float(buyers.mean()) if len(occasions) else 0.0
    recency = _column(features, "recency_days")[buyers] if len(buyers) else pd.Series(dtype="float64")
    varied = np.nan if isinstance(gaps, NotMeasured) else gaps["gap_variation"].median()
    days = pd.concat([occasions, _column(features, "active_days")], axis=1).max(axis=1)
    active = days > 0
    return Base(
        n_customers=n_customers, n_buyers=round(share * n_customers), n_icps=n_icps, gap_variation=float(varied),
        repeat_share=float((occasions[buyers] >= 2).mean()) if buyers.any() else 0.0,
        returned_share=float((days[active] >= 2).mean()),
        n_active=round(float(active.mean()) * n_customers) if len(active) else 0,
        history_days=(_day(period[1]) - _day(period[0])).days + 1 if period and period[0] else 0,
        last_order=as_of - dt.timedelta(days=int(recency.min())) if len(recency) else None,
        period_days=np.nan if isinstance(rhythm, NotMeasured) else rhythm["period_days"],
        variables=[] if isinstance(variables, NotMeasured) else variables.loc[variables["used"], "variable"].tolist())


def _day(value) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def _column(features, name: str) -> pd.Series:
    if isinstance(features, NotMeasured) or name not in features:
        return pd.Series(dtype="float64")
    return features[name].fillna(0.0)


def readiness(base: Base, *, business: str, stage: str, billing: str, as_of: dt.date, why_now: str, basis,
              declared_lead: str = "", declared_reason: str = "", cost_value=None,
              people: People | None = None) -> dict:
    """The verdict with every check, what is needed, the lead basis and whether RFM applies: contract `readiness`.

    A product being launched (stage `new`) is not refused for its short history: the verdict is at most caution, and
    what needs a history is closed with its reason. ``people`` is how exactly the product publishes counts of people.
    """
    launching, people = stage == "new", people or People()
    found = _checked(base, basis, launching, people, _constant(base, billing))
    verdict = max((c["state"] for c in found), key=STATES.index)
    lead, rule = lead_basis(business, basis, declared_lead, declared_reason)
    blocking = [c for c in found if c["state"] == verdict and verdict != "go"]
    return {
        "verdict": verdict, "reasons": [c["reason"] for c in blocking], "needed": [c["needed"] for c in blocking],
        "checks": [{k: c[k] for k in ("check", "value", "unit", "needed", "state")} for c in found],
        "n_customers": base.n_customers, "variables": base.variables, "largest_k": largest_k(base),
        "smallest_segment": checks.PER_VARIABLE_AND_SEGMENT * max(len(base.variables), 1),
        "lead_basis": lead, "lead_rule": rule, "why_now": why_now,
        "rfm": rfm_applies(base, stage=stage, billing=billing, as_of=as_of, people=people),
        "cost_value": cost_value or None,
        "not_measured": _closed(base, launching) + _open("cost against value", cost_value),
        "period_days": base.period_days,
    }


def _checked(base: Base, basis, launching: bool, people: People, constant: bool) -> list[dict]:
    returned = (base.returned_share, base.n_active, people)
    return [
        checks.profiles(base.n_icps), checks.customers(base.n_customers, len(base.variables), people),
        checks.history(base.history_days, base.period_days, launching=launching),
        checks.returning(*returned, launching=launching),
        checks.variables(len(base.variables), *returned, launching=launching, constant=constant),
        checks.telling(basis, launching=launching), *([checks.launch(base.period_days)] if launching else [])]


def check(readiness: dict, basis) -> None:
    """Raises AssertionError when the verdict contradicts its own checks, or a refused column would be used."""
    worst = {c["state"] for c in readiness["checks"]}
    assert readiness["verdict"] == NO_GO or NO_GO not in worst, "a failed check must be a no-go"
    if not isinstance(basis, NotMeasured):
        refused = set(basis.loc[basis["verdict"] == "do not use", "column"])
        assert not refused & set(readiness["variables"]), "a refused column is among the variables"


def largest_k(base: Base) -> int:
    """Most segments that n carries: floor(n / 10p), method.md §3.10."""
    return int(base.n_customers // (checks.PER_VARIABLE_AND_SEGMENT * max(len(base.variables), 1)))


def rfm_applies(base: Base, *, stage: str, billing: str, as_of: dt.date, people: People | None = None) -> dict:
    """Whether RFM applies, with every reason why not and what would change it: {applies, reasons, needed}.

    Only to mature or scaling products with enough buyers who come back (method.md §1).
    """
    of_orders = _faults_of_orders(base, as_of, people or People()) if base.n_buyers else [
        ("there are no orders", f"orders of {RFM_BUYERS} customers over {RFM_HISTORY} days")]
    faults = _faults_of_product(base, stage, billing) + of_orders
    return {"applies": not faults, "reasons": [reason for reason, _ in faults], "needed": [need for _, need in faults]}


def _faults_of_product(base: Base, stage: str, billing: str) -> list[tuple[str, str]]:
    return [fault for failed, fault in (
        (stage not in ("scaling", "mature"), (f"the product is {stage}; RFM is for scaling or mature products",
                                              "a scaling or mature product")),
        (_constant(base, billing), ("billing is constant, so how often and how recently someone pays says nothing",
                    "orders that customers place when they choose; use and attributes may divide them instead")),
    ) if failed]


def _constant(base: Base, billing: str) -> bool:
    return billing == "subscription" or bool(base.gap_variation < CONSTANT_GAPS)


def _faults_of_orders(base: Base, as_of: dt.date, people: People) -> list[tuple[str, str]]:
    age = (as_of - base.last_order).days if base.last_order else base.history_days
    again, more = round(base.repeat_share * base.n_buyers), people.lacking(base.n_buyers, RFM_BUYERS)
    lacking = people.lacking(again, int(np.ceil(RFM_REPEAT * people.rounded(base.n_buyers))))
    bought = people.said(base.n_buyers, "customer has", "customers have", below=RFM_BUYERS)
    bought = f"only {bought}" if bought[0].isdigit() and base.n_buyers else bought  # not: only fewer than 10
    more_buyers = f", {number_of(lacking, 'customer')} more" if lacking else ""
    return [fault for failed, fault in (
        (base.n_buyers < RFM_BUYERS, (f"{bought} bought", f"{RFM_BUYERS} buyers{checks.more(more)}")),
        (base.history_days < RFM_HISTORY, (f"the data cover {number_of(base.history_days, 'day')} of history",
                                           f"{RFM_HISTORY} days, {RFM_HISTORY - base.history_days} more")),
        (age > RFM_RECENT, (f"there is no order in the last {RFM_RECENT} days; "
                            f"the newest is {number_of(age, 'day')} old", "orders up to the as-of date")),
        (base.repeat_share < RFM_REPEAT, (f"{people.part_of(again, base.n_buyers, 'buyer')} bought on a second day",
                                          f"{100 * RFM_REPEAT:.0f} % of buyers on a second day{more_buyers}")),
    ) if failed]


def lead_basis(business: str, basis, declared: str = "", reason: str = "") -> tuple[str, str]:
    """Which basis leads, and the rule that spoke (method.md §1): (basis, rule)."""
    ruled, rule = _ruled(business, basis)
    if declared:
        return declared, f"declared in the product file: {reason}; by the rule {ruled} would lead, since {rule}"
    return ruled, rule


def _ruled(business: str, basis) -> tuple[str, str]:
    if business == "b2c":
        return "icp", "a consumer product (B2C) is led by ideal customer profiles"
    said = "a business product (B2B) is led by revenue or features used"
    if isinstance(basis, NotMeasured):
        return "revenue", f"{said}; signal was not measured, so revenue"
    signal = basis.set_index("column")["signal"]
    used = signal.reindex(["breadth", "depth", "active_days", "frequency"]).max()
    paid = signal.reindex(["revenue", "mean_occasion_value"]).max()
    if pd.isna(used) and pd.isna(paid):
        return "revenue", f"{said}; signal was not measured, so revenue"
    lead = "features used" if np.nan_to_num(used, nan=-1.0) > np.nan_to_num(paid, nan=-1.0) else "revenue"
    return lead, f"{said}; {lead} tells more about the next period"


def cost_against_value(features, costs: dict | None, *, minor_digits: int, window_days: int,
                       history_days: int | None = None, n_customers: int | None = None) -> dict | NotMeasured:
    """Declared cost against the margin at stake in a year, and the uplift of revenue that pays for it.

    ``costs`` holds collecting and analysing (product currency) and margin_rate; all that is returned is in minor
    units, each figure with the bounds of a 95 % t interval of the mean revenue a customer. Revenue is that of the
    customers given in the ``window_days`` (or the shorter ``history_days``), taken for all ``n_customers``.
    """
    if not costs:
        return NotMeasured("no cost of collecting and analysing is declared",
                           "what both cost, in the product file (costs)")
    if isinstance(features, NotMeasured) or "revenue" not in features:
        return NotMeasured("there are no amounts, so no margin at stake", "transactions with amounts")
    if dominated(features["revenue"]):
        return NotMeasured("one customer makes most of the revenue, and the margin at stake would tell how much",
                           "revenue that no single customer dominates")
    cost = round((costs["collecting"] + costs["analysing"]) * 10**minor_digits)
    days = max(min(window_days, history_days or window_days), 1)
    scale = (n_customers or len(features)) * costs["margin_rate"] * 365 / days
    mean, low, high = (float(v) * scale for v in mean_interval(features["revenue"].fillna(0.0)))
    low, high = (low, high) if len(features) >= FEWEST else (np.nan, np.nan)
    return {"cost": cost, "margin_at_stake": mean, "margin_low": _known(low), "margin_high": _known(high),
            "break_even_uplift": _uplift(cost, mean), "break_even_low": _uplift(cost, high),
            "break_even_high": _uplift(cost, low), "n": len(features), "days": days}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _uplift(cost: float, margin: float) -> float | None:
    """The rise of revenue whose margin equals the cost; None where there is no margin to raise."""
    return cost / margin if margin > 0 else None


def _closed(base: Base, launching: bool) -> list[dict]:
    """What a product being launched cannot answer yet (method.md §3.10)."""
    if not launching:
        return []
    periods = checks.days_needed(base.period_days)
    needed = {"RFM groups": f"a scaling or mature product with {RFM_BUYERS} buyers and {RFM_HISTORY} days of history",
              "expected value": f"{RFM_HISTORY} days of orders to learn from and to judge by",
              "migration between segments": "a second period after the launch: "
                                            f"{number_of(periods, 'day')} of history in all"}
    return [{"question": q, "reason": "the product is being launched", "needed": n} for q, n in needed.items()]


def _open(question: str, answer) -> list[dict]:
    if not isinstance(answer, NotMeasured):
        return []
    return [{"question": question, "reason": answer.reason, "needed": answer.needed}]
