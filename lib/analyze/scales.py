"""Scales of a survey: whether its items measure one thing, and how reliably (Cronbach 1951; McDonald 1999).

Items belong together when their names differ only in a number at the end (`trust_1`, `trust_2`).
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy import stats as sps
from scipy.optimize import minimize

from lib.contracts import NotMeasured

FACTS = ("customer_key", "wave", "answered_on", "in_base", "weight", "nps", "stated_frequency", "seconds")
FEWEST_ITEMS, FEWEST_ANSWERS = 3, 100  # [ours] one factor needs three items; fewer answers leave alpha wide
LEVEL = 0.95
DRAWS = 200  # shuffles of the parallel analysis
SMALLEST_UNIQUENESS = 0.005  # of an item's variance: below it lies a solution that no data can have (Heywood)


def reliability(survey) -> pd.DataFrame | NotMeasured:
    """One row per item as the contract `scales`; reverse items have been turned before (step 2).

    Rests on the last answer of each respondent who answered every item of the scale. ``alpha`` with Feldt's interval
    (1965), ``omega`` of one factor by maximum likelihood, ``item_rest``: correlation of the item with the sum of the
    others; ``factors``: how many things the items measure (`factors`); all empty, with the reason in ``note``, where
    items or answers are too few.
    """
    if isinstance(survey, NotMeasured):
        return survey
    last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    items = [c for c in last if c not in FACTS and pd.api.types.is_numeric_dtype(last[c])
             and not pd.api.types.is_bool_dtype(last[c]) and last[c].notna().any()]
    if not items:
        return NotMeasured("the survey holds no items on a scale", "numbered items of a survey")
    rows = [row for name, members in _scales(items).items() for row in _rows(name, last[members])]
    return pd.DataFrame(rows).astype({"note": "str"})


def alpha(items: np.ndarray) -> tuple[float, float, float]:
    """Cronbach's alpha of complete answers (rows × items) with Feldt's 95 % interval."""
    n, k = items.shape
    value = k / (k - 1) * (1 - items.var(0, ddof=1).sum() / items.sum(1).var(ddof=1))
    tail = (1 - LEVEL) / 2
    low, high = (1 - (1 - value) * sps.f.ppf(q, n - 1, (n - 1) * (k - 1)) for q in (1 - tail, tail))
    return float(value), float(low), float(high)


def factors(items: np.ndarray, draws: int = DRAWS) -> int:
    """Dimensions beyond chance (Horn's parallel analysis, 1965): eigenvalues of the correlations above the 95 % points
    of those of independent columns, each a shuffle of the answers to its item."""
    def roots(table):
        return np.linalg.eigvalsh(np.corrcoef(table.T))[::-1]

    rng = np.random.default_rng(0)
    ordered = items[np.lexsort(items.T)]  # the order of respondents reaches no draw
    chance = np.quantile([roots(rng.permuted(ordered, axis=0)) for _ in range(draws)], LEVEL, axis=0)
    beyond = roots(items) > chance
    return int(np.argmin(beyond)) if not beyond.all() else len(beyond)


def omega(covariance: np.ndarray) -> float:
    """McDonald's omega of a covariance matrix: the part of the sum's variance that one common factor explains."""
    loadings, unique = one_factor(covariance)
    common = loadings.sum() ** 2
    return float(common / (common + unique.sum()))


def one_factor(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(loadings, unique variances) of one factor by maximum likelihood, as Jöreskog (1967) concentrates it."""
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)

    def misfit(unique):
        roots = np.linalg.eigvalsh(correlation / np.sqrt(np.outer(unique, unique)))[:-1]
        return float(np.sum(roots - np.log(np.maximum(roots, 1e-12)) - 1))

    start = np.clip(1 / np.diag(np.linalg.pinv(correlation)), 0.05, 0.95)
    unique = minimize(misfit, start, method="L-BFGS-B", bounds=[(SMALLEST_UNIQUENESS, 1.0)] * len(start)).x
    roots, vectors = np.linalg.eigh(correlation / np.sqrt(np.outer(unique, unique)))
    loadings = np.sqrt(unique) * vectors[:, -1] * np.sqrt(max(roots[-1] - 1, 0.0))
    return loadings * spread * (np.sign(loadings.sum()) or 1.0), unique * spread**2


def item_rest(items: np.ndarray) -> np.ndarray:
    """Correlation of each item with the sum of the others."""
    total = items.sum(1)
    return np.array([np.corrcoef(item, total - item)[0, 1] for item in items.T])


def _scales(items: list[str]) -> dict[str, list[str]]:
    """Items by the name they share before their number; an item without a number is a scale of its own."""
    found: dict[str, list[str]] = {}
    for item in sorted(items):
        found.setdefault(re.sub(r"[_ -]?\d+$", "", item), []).append(item)
    return found


def _rows(name: str, answers: pd.DataFrame) -> list[dict]:
    complete = answers.dropna().astype(float)
    complete = complete.loc[:, complete.nunique() > 1] if len(complete) else complete
    n, k = complete.shape
    note = (f"fewer than {FEWEST_ITEMS} items vary" if k < FEWEST_ITEMS else
            f"fewer than {FEWEST_ANSWERS} complete answers" if n < FEWEST_ANSWERS else "")
    figures = dict.fromkeys(("alpha", "low", "high", "omega", "factors"), np.nan)
    rest: dict[str, float] = {}
    if not note:
        table = complete.to_numpy()
        figures = dict(zip(("alpha", "low", "high"), alpha(table), strict=True)) | {
            "omega": omega(np.cov(table.T)), "factors": float(factors(table))}
        rest = dict(zip(complete, item_rest(table), strict=True))
    return [{"scale": name or "items", "item": item, "n": n, "items": k, **figures,
             "item_rest": rest.get(item, np.nan), "note": note} for item in answers]
