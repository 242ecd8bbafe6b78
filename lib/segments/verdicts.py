"""What may be said from how many ratings (method.md §4): too few, tentative at most, or judged on the lower bound."""

from __future__ import annotations

import numpy as np

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
              finding: str) -> dict:
    """One row of the contract `validation`; of too few ratings there is no estimate (method.md §4)."""
    if verdict == "too few":
        estimate = low = high = np.nan
    return {"check": check, "group": group, "n": int(n), "estimate": estimate, "low": low, "high": high,
            "verdict": verdict, "evidence_ids": ids, "finding": finding}
