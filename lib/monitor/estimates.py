"""Differences between two arms with their intervals: rates, money, and means of accounts (method.md §6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats as sps

from lib.stats import Z95, wilson

UNEQUAL = 1.5  # method.md §6: pooled variance when the larger arm is more than 1.5 times the smaller
POWER_Z = 1.959963984540054 + 0.8416212335729143  # two-sided 5 %, power 80 %


@dataclass(frozen=True)
class Difference:
    """Treated minus control, with its 95 % interval, two-sided p, and the smallest difference it could have seen; of a
    difference of means also its standard error (`spread`) and degrees of freedom."""

    value: float
    low: float
    high: float
    p: float
    detectable: float
    spread: float = np.nan
    df: float = np.nan

    @property
    def se(self) -> float:
        return (self.high - self.low) / (2 * Z95)


def newcombe(treated: float, n_treated: int, control: float, n_control: int) -> Difference:
    """Difference of two rates by Newcombe's hybrid score interval (Newcombe 1998, method 10); p by the pooled z test.

    ``treated`` and ``control`` are counts of successes.
    """
    p1, p2 = treated / n_treated, control / n_control
    (l1, u1), (l2, u2) = wilson(treated, n_treated), wilson(control, n_control)
    value = p1 - p2
    low = value - np.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = value + np.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    pooled = (treated + control) / (n_treated + n_control)
    se = np.sqrt(pooled * (1 - pooled) * (1 / n_treated + 1 / n_control))
    p = float(2 * sps.norm.sf(abs(value) / se)) if se > 0 else 1.0
    return Difference(float(value), float(low), float(high), p, float(POWER_Z * se))


def means(treated: np.ndarray, control: np.ndarray, *, pooled: bool | None = None) -> Difference:
    """Difference of two means by t: pooled variance when the arms are unequal in size, Welch otherwise.

    With a small holdout Welch's interval covers too little (method.md §6). ``pooled`` overrides the choice.
    """
    treated, control = np.asarray(treated, float), np.asarray(control, float)
    n, m = len(treated), len(control)
    if pooled is None:
        pooled = max(n, m) > UNEQUAL * min(n, m)
    v, w = treated.var(ddof=1), control.var(ddof=1)
    if pooled:
        df = n + m - 2
        se = np.sqrt(((n - 1) * v + (m - 1) * w) / df * (1 / n + 1 / m))
    else:
        a, b = v / n, w / m
        se = np.sqrt(a + b)
        df = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1)) if se > 0 else n + m - 2
    return _from_t(treated.mean() - control.mean(), se, df)


def adjusted(treated: np.ndarray, control: np.ndarray, treated_before: np.ndarray, control_before: np.ndarray, *,
             pooled: bool | None = None, strata: tuple[np.ndarray, np.ndarray] | None = None) -> Difference:
    """The same, within strata where there are any, adjusted for a value known before: y - θ (x - mean x).

    CUPED (Deng et al. 2013). θ comes from the within-arm covariance, so the effect itself never enters it.
    """
    x = np.concatenate([treated_before, control_before]).astype(float)
    xt, xc = treated_before - np.mean(treated_before), control_before - np.mean(control_before)
    spread = (xt**2).sum() + (xc**2).sum()
    if spread == 0:
        return difference(treated, control, strata, pooled=pooled)
    theta = ((xt * treated).sum() + (xc * control).sum()) / spread
    centre = x.mean()
    return difference(treated - theta * (treated_before - centre), control - theta * (control_before - centre), strata,
                      pooled=pooled)


def difference(treated: np.ndarray, control: np.ndarray, strata: tuple[np.ndarray, np.ndarray] | None, *,
               pooled: bool | None = None) -> Difference:
    """Of two means: within the strata of the draw, or plainly where it had none."""
    return means(treated, control, pooled=pooled) if strata is None else stratified(
        treated, control, strata, pooled=pooled)


def stratified(treated: np.ndarray, control: np.ndarray, strata: tuple[np.ndarray, np.ndarray], *,
               pooled: bool | None = None) -> Difference:
    """Difference of two means within the strata of the draw, weighted by their sizes (Cochran 1977, ch. 5).

    ``strata``: a label for every value of the two arms, each stratum with two units or more in both. Within a stratum
    the variance is that of `means`; degrees of freedom by Satterthwaite.
    """
    values, of = (np.asarray(treated, float), np.asarray(control, float)), tuple(map(np.asarray, strata))
    total, value, parts, df = len(values[0]) + len(values[1]), 0.0, [], []
    for one in np.unique(np.concatenate(of)):
        arms = [v[s == one] for v, s in zip(values, of, strict=True)]
        within = means(*arms, pooled=pooled)
        weight = sum(map(len, arms)) / total
        value += weight * within.value
        parts.append((weight * within.spread) ** 2)
        df.append(within.df)
    together = sum(parts)
    exact = together**2 / sum(p**2 / d for p, d in zip(parts, df, strict=True)) if together else total - 2
    return _from_t(value, np.sqrt(together), exact)


def stratified_rates(treated: np.ndarray, control: np.ndarray, strata: tuple[np.ndarray, np.ndarray]) -> Difference:
    """Difference of two rates within strata by the stratified Newcombe interval (Yan & Su 2010); of 0 and 1 a unit.

    Each arm's rate is the sum over strata, weighted by their sizes, of its rates there; its bounds those of Wilson at a
    point that makes the strata together one 95 % interval. With one stratum it is `newcombe`. p from the variance
    under equal rates within each stratum.
    """
    values, of = (np.asarray(treated, float), np.asarray(control, float)), tuple(map(np.asarray, strata))
    labels = np.unique(np.concatenate(of))
    n = np.array([[(s == one).sum() for one in labels] for s in of], float)
    x = np.array([[v[s == one].sum() for one in labels] for v, s in zip(values, of, strict=True)])
    weight = n.sum(axis=0) / n.sum()
    bounds = [_stratified_wilson(x[i], n[i], weight) for i in (0, 1)]
    (p1, l1, u1), (p2, l2, u2) = bounds
    value, pooled = p1 - p2, x.sum(axis=0) / n.sum(axis=0)
    se = np.sqrt((weight**2 * pooled * (1 - pooled) * (1 / n).sum(axis=0)).sum())
    p = float(2 * sps.norm.sf(abs(value) / se)) if se > 0 else 1.0
    return Difference(float(value), float(value - np.hypot(p1 - l1, u2 - p2)),
                      float(value + np.hypot(u1 - p1, p2 - l2)), p, float(POWER_Z * se))


def _stratified_wilson(x: np.ndarray, n: np.ndarray, weight: np.ndarray) -> tuple[float, float, float]:
    """(rate, low, high) of one arm over its strata; the variances that set the point are never 0 (Agresti-Coull)."""
    near = (x + Z95**2 / 2) / (n + Z95**2)
    variance = near * (1 - near) / n
    point = Z95 * np.sqrt((weight**2 * variance).sum()) / (weight * np.sqrt(variance)).sum()
    low, high = wilson(x, n, point)
    return tuple(float((weight * part).sum()) for part in (x / n, low, high))


def heterogeneity(differences: list[Difference]) -> float:
    """p that the effect is the same in every segment (Cochran's Q, an interaction test); NaN below two."""
    known = [d for d in differences if d.se > 0]
    if len(known) < 2:
        return np.nan
    values, weights = np.array([d.value for d in known]), np.array([d.se**-2 for d in known])
    centre = (weights * values).sum() / weights.sum()
    return float(sps.chi2.sf((weights * (values - centre) ** 2).sum(), len(known) - 1))


def _from_t(value: float, se: float, df: float) -> Difference:
    if se == 0:
        return Difference(float(value), float(value), float(value), 1.0 if value == 0 else 0.0, 0.0, 0.0, float(df))
    half = sps.t.ppf(0.975, df) * se
    p = float(2 * sps.t.sf(abs(value) / se, df))
    return Difference(float(value), float(value - half), float(value + half), p, float(POWER_Z * se), float(se),
                      float(df))
