"""Whether a base may be segmented: go, caution or no-go, with the number needed (method.md §1, §3.10)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured

PER_VARIABLE_AND_SEGMENT = 10  # no-go below 10·p·k (Qiu & Joe), method.md §3.10
PER_VARIABLE = 60              # no-go below 60·p (Dolnicar et al. 2014)
PER_VARIABLE_SAFE = 100        # caution below 100·p (Dolnicar et al. 2016)
LEAST_PERIODS = 2              # natural periods of history, method.md §3.10
LEAST_VARIABLES = 2
LEAST_ICPS = 2                 # method.md §1
RFM_BUYERS, RFM_HISTORY, RFM_RECENT, RFM_REPEAT = 500, 180, 30, 0.20  # method.md §1 [ours]
CONSTANT_GAPS = 0.2            # coefficient of variation of gaps below which billing is constant [ours]


@dataclass(frozen=True)
class Base:
    """What readiness looks at: whole-base counts and the candidates that may be used.

    ``gap_variation`` is the median over customers of the coefficient of variation of their gaps between orders.
    """

    n_customers: int
    n_buyers: int
    repeat_share: float
    history_days: int
    last_order: dt.date | None
    period_days: float
    variables: list[str]
    n_icps: int
    gap_variation: float = np.nan


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
    return Base(
        n_customers=n_customers, n_buyers=round(share * n_customers), n_icps=n_icps, gap_variation=float(varied),
        repeat_share=float((occasions[buyers] >= 2).mean()) if buyers.any() else 0.0,
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
              declared_lead: str = "", declared_reason: str = "", cost_value=None) -> dict:
    """The verdict with every check, what is needed, the lead basis and whether RFM applies: contract `readiness`."""
    launching = stage == "new"
    checks = [_icp_check(base), *_size_checks(base), _history_check(base, launching), _variable_check(base, launching)]
    verdict = _worst(checks, launching)
    lead, rule = lead_basis(business, basis, declared_lead, declared_reason)
    blocking = [c for c in checks if c["state"] == "no-go"] or [c for c in checks if c["state"] == "caution"]
    return {
        "verdict": verdict, "reasons": [c["reason"] for c in blocking], "needed": [c["needed"] for c in blocking],
        "checks": [{k: c[k] for k in ("check", "value", "needed", "state")} for c in checks],
        "n_customers": base.n_customers, "variables": base.variables, "largest_k": largest_k(base),
        "smallest_segment": PER_VARIABLE_AND_SEGMENT * max(len(base.variables), 1),
        "lead_basis": lead, "lead_rule": rule, "why_now": why_now,
        "rfm": rfm_applies(base, stage=stage, billing=billing, as_of=as_of), "cost_value": cost_value or None,
        "not_measured": _closed(launching) + _open("cost against value", cost_value), "period_days": base.period_days,
    }


def check(readiness: dict, basis) -> None:
    """Raises AssertionError when the verdict contradicts its own checks, or a refused column would be used."""
    worst = {c["state"] for c in readiness["checks"]}
    assert readiness["verdict"] == "no-go" or "no-go" not in worst, "a failed check must be a no-go"
    if not isinstance(basis, NotMeasured):
        refused = set(basis.loc[basis["verdict"] == "do not use", "column"])
        assert not refused & set(readiness["variables"]), "a refused column is among the variables"


def largest_k(base: Base) -> int:
    """Most segments that n carries: floor(n / 10p), method.md §3.10."""
    return int(base.n_customers // (PER_VARIABLE_AND_SEGMENT * max(len(base.variables), 1)))


def rfm_applies(base: Base, *, stage: str, billing: str, as_of: dt.date) -> dict:
    """Whether RFM applies, with every reason why not: only to mature or scaling products with repeat buyers."""
    recent = base.last_order is not None and (as_of - base.last_order).days <= RFM_RECENT
    reasons = [text for failed, text in (
        (stage not in ("scaling", "mature"), f"the product is {stage}; RFM is for scaling or mature products"),
        (billing == "subscription" or base.gap_variation < CONSTANT_GAPS,
         "billing is constant, so how often and how recently someone pays says nothing"),
        (base.n_buyers < RFM_BUYERS, f"{base.n_buyers} buyers; {RFM_BUYERS} are needed"),
        (base.history_days < RFM_HISTORY, f"{base.history_days} days of history; {RFM_HISTORY} are needed"),
        (not recent, f"no order in the last {RFM_RECENT} days"),
        (base.repeat_share < RFM_REPEAT,
         f"{base.repeat_share:.0%} of buyers bought on a second day; {RFM_REPEAT:.0%} are needed"),
    ) if failed]
    return {"applies": not reasons, "reasons": reasons}


def lead_basis(business: str, basis, declared: str = "", reason: str = "") -> tuple[str, str]:
    """Which basis leads, and the rule that spoke (method.md §1): (basis, rule)."""
    if declared:
        return declared, f"declared in the product file: {reason}"
    if business == "b2c":
        return "icp", "a consumer product is led by ideal customer profiles"
    if isinstance(basis, NotMeasured):
        return "revenue", "a business product is led by revenue or features used; signal was not measured, so revenue"
    signal = basis.set_index("column")["signal"]
    used = signal.reindex(["breadth", "depth", "active_days", "frequency"]).max()
    paid = signal.reindex(["revenue", "mean_occasion_value"]).max()
    if pd.isna(used) and pd.isna(paid):
        return "revenue", "a business product is led by revenue or features used; signal was not measured, so revenue"
    lead = "features used" if np.nan_to_num(used, nan=-1.0) > np.nan_to_num(paid, nan=-1.0) else "revenue"
    return lead, f"a business product is led by revenue or features used; {lead} tells more about the next period"


def cost_against_value(features, costs: dict | None, *, minor_digits: int, window_days: int) -> dict | NotMeasured:
    """Declared cost against the margin at stake in a year, and the uplift of revenue that pays for it.

    ``costs`` holds collecting and analysing (product currency) and margin_rate; all that is returned is in minor
    units. Revenue is that of the customers given.
    """
    if not costs:
        return NotMeasured("no cost of collecting and analysing is declared", "`costs` in the product file")
    if isinstance(features, NotMeasured) or "revenue" not in features:
        return NotMeasured("there are no amounts, so no margin at stake", "transactions with amounts")
    cost = round((costs["collecting"] + costs["analysing"]) * 10**minor_digits)
    at_stake = float(features["revenue"].sum()) * costs["margin_rate"] * 365 / window_days
    return {"cost": cost, "margin_at_stake": at_stake, "break_even_uplift": cost / at_stake if at_stake > 0 else None}


def _icp_check(base: Base) -> dict:
    return _check("ideal customer profiles", base.n_icps, f"{LEAST_ICPS} profiles in the product file",
                  base.n_icps >= LEAST_ICPS, reason=f"{base.n_icps} ideal customer profiles are declared")


def _size_checks(base: Base) -> list[dict]:
    p = max(len(base.variables), LEAST_VARIABLES)
    least = max(PER_VARIABLE_AND_SEGMENT * p * 2, PER_VARIABLE * p)
    safe = PER_VARIABLE_SAFE * p
    enough = _check("customers", base.n_customers, f"{least} customers for {p} variables", base.n_customers >= least,
                    reason=f"the base has {base.n_customers} customers")
    if enough["state"] == "go" and base.n_customers < safe:
        enough |= {"state": "caution", "needed": f"{safe} customers for {p} variables"}
    return [enough]


def _history_check(base: Base, launching: bool) -> dict:
    known = not np.isnan(base.period_days)
    needed_days = int(np.ceil(LEAST_PERIODS * (base.period_days if known else 30)))
    check = _check("history", base.history_days, f"{needed_days} days of history", base.history_days >= needed_days,
                   reason=f"the data cover {base.history_days} days")
    return check | ({"state": "caution"} if launching and check["state"] == "no-go" else {})


def _variable_check(base: Base, launching: bool) -> dict:
    n = len(base.variables)
    check = _check("usable variables", n,
                   f"{LEAST_VARIABLES} columns that vary, are known and tell about the next period",
                   n >= LEAST_VARIABLES, reason=f"{n} columns may be used as a basis")
    return check | ({"state": "caution"} if launching and check["state"] == "no-go" else {})


def _check(name: str, value, needed: str, passed: bool, *, reason: str) -> dict:
    return {"check": name, "value": value, "needed": needed, "state": "go" if passed else "no-go", "reason": reason}


def _worst(checks: list[dict], launching: bool) -> str:
    states = {c["state"] for c in checks} | ({"caution"} if launching else set())
    return next(s for s in ("no-go", "caution", "go") if s in states)


def _closed(launching: bool) -> list[dict]:
    """What a product being launched cannot answer yet (method.md §3.10)."""
    if not launching:
        return []
    return [{"question": q, "reason": "the product is being launched", "needed": "two natural periods of history"}
            for q in ("RFM groups", "expected value", "migration between segments")]


def _open(question: str, answer) -> list[dict]:
    if not isinstance(answer, NotMeasured):
        return []
    return [{"question": question, "reason": answer.reason, "needed": answer.needed}]
