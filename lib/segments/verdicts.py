"""What may be said from how many ratings (method.md §4): too few, tentative at most, or judged on the lower bound."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.stats import weighted_share

TOO_FEW, ENOUGH = 10, 30  # method.md §4
FIRM_ALPHA, TENTATIVE_ALPHA = 0.80, 0.667  # Krippendorff's limits, method.md §4
GOOD_KAPPA, POOR_KAPPA = 0.60, 0.40  # [ours] after Landis & Koch (1977): substantial, less than moderate
MOST_AGREE, FEW_AGREE = 0.60, 0.50  # [ours] share of a group's people on whom both say the same


def alpha_verdict(n: int, low: float, high: float, estimate: float) -> str:
    """Of coder with coder: below .667 the ratings decide nothing (`untested`)."""
    if n < TOO_FEW:
        return "too few"
    judged = low if n >= ENOUGH else estimate
    if not judged >= TENTATIVE_ALPHA:
        return "untested"
    return "validated" if n >= ENOUGH and judged >= FIRM_ALPHA else "tentative"


def agreement_verdict(n: int, low: float, high: float, *, good: float, poor: float) -> str:
    """Of people with the model: validated on the lower bound, contradicted on the upper one, else tentative."""
    if n < TOO_FEW or np.isnan(low):
        return "too few"
    if n < ENOUGH:
        return "tentative"
    if low >= good:
        return "validated"
    return "contradicted" if high < poor else "tentative"


def claim_verdict(n: int, low: float, high: float, chance: float) -> str:
    """Of a declared statement: supported when named more often than chance alone would, contradicted when less."""
    if n < TOO_FEW:
        return "too few"
    if low > chance:
        return "supported" if n >= ENOUGH else "tentative"
    if high < chance:
        return "contradicted" if n >= ENOUGH else "tentative"
    return "untested"


def check_row(check: str, group: str, n: int, estimate=np.nan, low=np.nan, high=np.nan, *, verdict: str, ids="",
              finding: str, effective_n=np.nan) -> dict:
    """One row of the contract `validation`; of too few ratings there is no estimate (method.md §4)."""
    if verdict == "too few":
        estimate = low = high = effective_n = np.nan
    return {"check": check, "group": group, "n": int(n), "effective_n": effective_n, "estimate": estimate, "low": low,
            "high": high, "verdict": verdict, "evidence_ids": ids, "finding": finding}


def kappa_row(check: str, ids: pd.Series, kappa: tuple, first: str, second: str, *, effective_n=np.nan) -> dict:
    """Agreement of everybody as (κ, low, high); one row of `ids` a person, empty where nothing is cited."""
    n, (estimate, low, high) = len(ids), kappa
    verdict = agreement_verdict(worth(n, effective_n), low, high, good=GOOD_KAPPA, poor=POOR_KAPPA)
    finding = _said(verdict, first, second, (low, high), (GOOD_KAPPA, POOR_KAPPA))
    return check_row(check, "all", n, estimate, low, high, verdict=verdict, ids=",".join(i for i in ids if i),
                     finding=finding, effective_n=effective_n)


def share_row(check: str, group: str, inside: pd.Series, same: pd.Series, ids: pd.Series, weights=None) -> dict:
    """Agreement within one group as a share: within a group κ would judge the lack of variation, not the model.

    `weights`: how many people each stands for; the interval then rests on the effective number (Kish).
    """
    n = int(inside.sum())
    given = np.ones(n) if weights is None else weights[inside]
    share, low, high, effective_n = weighted_share(same[inside], given)
    verdict = agreement_verdict(worth(n, effective_n), low, high, good=MOST_AGREE, poor=FEW_AGREE)
    finding = _said(verdict, "what people say", "what the data show", (low, high), (MOST_AGREE, FEW_AGREE))
    return check_row(check, group, n, share, low, high, verdict=verdict, ids=",".join(i for i in ids[inside] if i),
                     finding=finding, effective_n=np.nan if weights is None else effective_n)


def worth(n: int, effective_n: float) -> int:
    """How many people a verdict rests on: weighted answers count as so many of equal weight."""
    return n if np.isnan(effective_n) else min(n, int(effective_n + 1e-9))


def _said(verdict: str, first: str, second: str, bounds: tuple, limits: tuple) -> str:
    (low, high), (good, poor) = bounds, limits
    if verdict == "tentative" and low >= good:
        return f"{first} agrees with {second}, on too few people to be sure"
    if verdict == "tentative" and high < poor:
        return f"{first} contradicts {second}, on too few people to be sure"
    return {"validated": f"{first} agrees with {second}", "contradicted": f"{first} contradicts {second}",
            "tentative": f"{first} and {second} neither agree nor disagree firmly",
            "too few": "too few people to tell"}[verdict]
