"""Do 95 % intervals hold the truth 95 times in 100? Customers who follow the models to the letter, and what they do.

The customers are drawn from the stories of the models, not from our formulas; forecast and intervals are the product's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analyze.value import bgnbd, gamma_gamma
from lib.analyze.value.forecast import hold_out
from lib.stats import wilson

PERIOD = 60.0  # days foretold
MONEY = {"p": 6.0, "q": 4.0, "v": 1500.0}
SETTINGS = (  # name, customers, parameters of the orders
    ("the base of the tests", 2_000, {"r": 0.5, "alpha": 20.0, "a": 0.8, "b": 2.5}),
    ("as published for CDNOW, in days", 2_000, {"r": 0.2426, "alpha": 30.9, "a": 0.793, "b": 2.426}),
    ("loyal and frequent", 800, {"r": 1.2, "alpha": 15.0, "a": 0.6, "b": 6.0}),
)


def coverage(sets: int, *, seed: int) -> list[dict]:
    """One row per setting and quantity: in how many of ``sets`` bases the 95 % interval held the truth."""
    rows = []
    for number, (name, n, truth) in enumerate(SETTINGS):
        held = pd.DataFrame([_held(truth, n, np.random.default_rng([seed, number, s])) for s in range(sets)])
        for quantity in held:
            judged = held[quantity].dropna()
            low, high = wilson(judged.sum(), len(judged))
            rows.append({"customers": f"{n:,}, {name}", "interval of": quantity, "bases": len(judged),
                         "held": int(judged.sum()), "share": float(judged.mean()), "low": float(low),
                         "high": float(high)})
    return rows


def _held(truth: dict, n: int, rng: np.random.Generator) -> dict:
    """Whether each interval of one base held the truth; NaN where a model did not converge."""
    x, t_x, T, later = customers(truth, n, rng)
    fitted, money = bgnbd.fit(x, t_x, T), gamma_gamma.fit(*values(x, rng))
    held = {}
    for fit, known in ((fitted, truth), (money, MONEY)):
        held |= {name: i["low"] < known[name] < i["high"] if fit.converged else np.nan
                 for name, i in fit.intervals().items()}
    if fitted.converged:
        before = pd.DataFrame({"x": x, "t_x": t_x, "T": T})
        hold = hold_out(fitted, before, later, int(PERIOD), int(rng.integers(2**31)))["holdout"]
        held["orders of the hold-out"] = hold["low"] <= hold["actual"] <= hold["high"]
    return held


def customers(truth: dict, n: int, rng: np.random.Generator):
    """(x, t_x, T) and the orders of the ``PERIOD`` days after T, from the story of BG/NBD: order after order."""
    rate, leave = rng.gamma(truth["r"], size=n) / truth["alpha"], rng.beta(truth["a"], truth["b"], n)
    T = rng.uniform(100, 500, n)
    now, x, t_x, later = (np.zeros(n) for _ in range(4))
    there = np.ones(n, bool)
    while there.any():
        now = np.where(there, now + rng.exponential(1, n) / np.maximum(rate, 1e-12), np.inf)
        known, next_one = there & (now <= T), there & (now > T) & (now <= T + PERIOD)
        x, t_x, later = x + known, np.where(known, now, t_x), later + next_one
        there = (known | next_one) & (rng.random(n) >= leave)
    return x, t_x, T, later


def values(x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(x, mean value) of the customers with a repeat order: gamma values on a scale of the customer's own."""
    x = x[x > 0]
    return x, rng.gamma(MONEY["p"] * x) / x / (rng.gamma(MONEY["q"], size=len(x)) / MONEY["v"])
