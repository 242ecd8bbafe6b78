"""Simulations behind step 6: how often its limits cry wolf, and how often its intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.monitor.drift import ALARM_P, SEGMENTS, drift
from lib.monitor.estimates import Difference, adjusted, heterogeneity, means, newcombe


def keys(n: int, start: int = 0) -> list[str]:
    return [f"{i:032x}" for i in range(start, start + n)]


def two_periods(kind: str, n: int, rng: np.random.Generator, *, shift: float = 0.0, variables: int = 1):
    """Features of two periods in which nothing changes but by ``shift`` standard deviations."""
    def values(size: int) -> np.ndarray:
        drawn = rng.poisson(1.5, (size, variables)) if kind == "counts" else rng.normal(size=(size, variables))
        return drawn.astype(float)

    before = values(n)
    if kind in ("the same customers", "a third of them new", "newcomers of another kind"):
        now = 0.8 * before + 0.6 * values(n)  # the same spread, and every customer near his own value
    else:
        now = values(n)
    fresh = np.empty((0, variables))
    if "new" in kind:
        fresh = values(n // 2) + (1.5 if kind == "newcomers of another kind" else 0.0)
    start = 0 if len(fresh) or kind == "the same customers" else 10 * n
    names = [f"v{i}" for i in range(variables)]
    first = pd.DataFrame(before, columns=names).assign(customer_key=keys(n))
    second = pd.DataFrame(np.vstack([now, fresh]) + shift, columns=names)
    second = second.assign(customer_key=keys(n, start) + keys(len(fresh), 50 * n))
    return first, second, names


def judged(first: pd.DataFrame, second: pd.DataFrame, names: list[str], seed: int) -> pd.DataFrame:
    labels = [pd.Series(np.where(t[names[0]] > 0, "high", "low"), index=t["customer_key"]) for t in (first, second)]
    return drift(first, second, *labels, variables=names, seed=seed)


def drift_promise(sets: int, seed: int = 1) -> list[dict]:
    """Alarms among bases without a change, and among bases with a planted one; one variable and the segment shares."""
    cases = [("other customers", 1000, 0.0, 1), ("counts", 1000, 0.0, 1), ("the same customers", 1000, 0.0, 1),
             ("a third of them new", 1000, 0.0, 1), ("the same customers", 2000, 0.0, 20),
             ("other customers", 300, 0.0, 1), ("the same customers", 1000, 0.3, 1),
             ("the same customers", 1000, 0.8, 1), ("other customers", 1000, 0.8, 1),
             ("newcomers of another kind", 1000, 0.0, 1)]
    rows = []
    for case, (kind, n, shift, variables) in enumerate(cases):
        verdicts, small = [], []
        for i in range(sets):
            first, second, names = two_periods(kind, n, np.random.default_rng([seed, case, i]), shift=shift,
                                               variables=variables)
            table = judged(first, second, names, seed=i).set_index("variable").drop(SEGMENTS)
            verdicts += table["verdict"].tolist()
            small.append((table["p"] < ALARM_P).any())
        share = pd.Series(verdicts).value_counts(normalize=True)
        rows.append({"customers": kind, "n": n, "variables": variables, "planted shift in sd": shift, "bases": sets,
                     "any p < .05": float(np.mean(small)), "alarm": float(share.get("alarm", 0.0)),
                     "significant but small": float(share.get("significant but small", 0.0)),
                     "too few to tell": float(share.get("too few to tell", 0.0))})
    return rows


def spending(rng: np.random.Generator, n: int, buyers: float, sigma: float) -> np.ndarray:
    """Spend of n customers: a share buys, amounts are log-normal."""
    return (rng.random(n) < buyers) * rng.lognormal(3, sigma, n)


def uplift_promise(seeds: int, seed: int = 1) -> list[dict]:
    """Coverage of the 95 % intervals by kind of trial, and how often an effect is seen where there is none."""
    trials = {
        "rate, arms of 600 and 600, 10 %": _rates(600, 600, 0.10, 0.06),
        "rate, holdout of 150, 10 %": _rates(600, 150, 0.10, 0.06),
        "rate, arms of 100, 5 %": _rates(100, 100, 0.05, 0.03),
        "rate, negative effect": _rates(600, 300, 0.12, -0.05),
        "money, equal arms (Welch)": _money(600, 600, 0.5, 0.8, 3.0),
        "money, holdout of a tenth (pooled)": _money(1800, 200, 0.5, 0.8, 3.0),
        "money, holdout of a tenth, heavy tail (pooled)": _money(1800, 200, 0.4, 1.3, 0.0),
        "money, negative effect": _money(800, 400, 0.5, 0.8, -4.0),
        "money, a fifth less in proportion, holdout of a third (pooled)": _proportion(800, 400, 0.8),
        "money, adjusted for earlier spend": _better(600, 600, 3.0),
        "money, adjusted, holdout of a fifth": _better(800, 200, -3.0),
        "accounts, 40 in all": _accounts(20, 20, 2.0),
        "accounts, 24 in all, 6 held out": _accounts(18, 6, 0.0)}
    rows = [_coverage(name, make, seeds, [seed, i]) for i, (name, make) in enumerate(trials.items())]
    return [*rows, _interactions(seeds, [seed, 99])]


def _coverage(name: str, make, seeds: int, key: list[int]) -> dict:
    hits = wrong = 0
    for i in range(seeds):
        found, truth, null = make(np.random.default_rng([*key, i]))
        hits += found.low <= truth <= found.high
        wrong += null.p < 0.05
    return {"trial": name, "seeds": seeds, "coverage": hits / seeds, "seen where there is none": wrong / seeds}


def _rates(n: int, m: int, base: float, effect: float):
    def trial(rng):
        control = rng.binomial(m, base)
        return newcombe(rng.binomial(n, base + effect), n, control, m), effect, newcombe(
            rng.binomial(n, base), n, control, m)
    return trial


def _money(n: int, m: int, buyers: float, sigma: float, effect: float):
    def trial(rng):
        treated, control = (spending(rng, size, buyers, sigma) for size in (n, m))
        return means(treated + effect, control), effect, means(treated, control)
    return trial


def _proportion(n: int, m: int, factor: float):
    """Treated spend multiplied: the truth is a share of the mean."""
    def trial(rng):
        treated, control = (spending(rng, size, 0.5, 0.8) for size in (n, m))
        return means(factor * treated, control), (factor - 1) * 0.5 * np.exp(3 + 0.32), means(treated, control)
    return trial


def _better(n: int, m: int, effect: float):
    def trial(rng):
        before = [spending(rng, size, 0.7, 0.8) for size in (n, m)]
        spend = [0.7 * b + spending(rng, len(b), 0.5, 0.6) for b in before]
        return adjusted(spend[0] + effect, spend[1], *before), effect, adjusted(*spend, *before)
    return trial


def _accounts(n: int, m: int, effect: float):
    def trial(rng):
        treated, control = (rng.gamma(4, 5, size) for size in (n, m))
        return means(treated + effect, control, pooled=True), effect, means(treated, control, pooled=True)
    return trial


def _interactions(seeds: int, key: list[int]) -> dict:
    """How often effects are said to differ between four segments: where they do not, and where one is another."""
    same = other = 0
    for i in range(seeds):
        rng = np.random.default_rng([*key, i])
        parts = [means(spending(rng, 300, 0.5, 0.8) + 3, spending(rng, 200, 0.5, 0.8)) for _ in range(4)]
        same += heterogeneity(parts) < 0.05
        first = parts[0]
        other += heterogeneity([Difference(first.value + 12, first.low + 12, first.high + 12, 0, 0), *parts[1:]]) < 0.05
    return {"trial": "the effect differs between four segments", "seeds": seeds, "planted and seen": other / seeds,
            "seen where there is none": same / seeds}
