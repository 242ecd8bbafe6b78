"""Simulations of campaigns drawn in strata: how often the intervals taken within them hold the planted effect.

Each trial gives the difference found, the planted one, and the difference found where nothing was planted.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from lib.monitor.estimates import adjusted, stratified, stratified_rates
from lib.monitor.strata import strata_of
from lib.stats import tie_safe_score
from lib.strategy.experiment import draw

RATES, LEVELS = np.array([0.05, 0.2, 0.35, 0.6]), np.array([2.0, 2.5, 3.0, 3.5])
DRAWS = 300  # campaigns drawn by the keyed hash, each with outcomes of its own in every trial


def trials() -> dict:
    """The kinds of stratified trial, by name."""
    return {
        "strata, rate, 200 and 100 in each of four": _rates([200] * 4, [100] * 4, 0.08),
        "strata, rate, 120 and 30 in each of four": _rates([120] * 4, [30] * 4, 0.08),
        "strata, rate, negative effect": _rates([200] * 4, [100] * 4, -0.04),
        "strata, rate, shares held out differ": _rates([300, 250, 200, 100], [60, 80, 120, 100], 0.06),
        "strata, rate, drawn by step 5": _drawn(400, 100, 0.08),
        "strata, money by earlier spend, equal arms (Welch)": _money(400, 400, 0.5, 10.0),
        "strata, money by earlier spend, a tenth held out (pooled)": _money(1080, 120, 0.5, 10.0),
        "strata, money by earlier spend, negative effect": _money(600, 300, 0.5, -10.0),
        "strata, money, heavy tail, a tenth held out (pooled)": _money(1080, 120, 1.3, 0.0),
        "strata, money, shares held out differ": _levels([360, 250, 200, 100], [40, 50, 100, 100], 5.0),
        "strata, money, adjusted for earlier spend too": _money(600, 200, 0.5, 10.0, better=True),
        "strata, accounts, 10 and 10 in each of two": _accounts(10, 10, 2.0)}


def _labels(sizes: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


def _rates(n: list[int], m: list[int], effect: float):
    """Rates of .05 to .6 by stratum; every treated rate is higher by the effect."""
    both = _labels(n), _labels(m)

    def trial(rng):
        drawn = [(rng.random(len(of)) < RATES[of] + gained).astype(float)
                 for of, gained in zip((*both, both[0]), (effect, 0, 0), strict=True)]
        return (stratified_rates(drawn[0], drawn[1], both), effect, stratified_rates(drawn[2], drawn[1], both))
    return trial


def _levels(n: list[int], m: list[int], effect: float):
    """Log-normal spend whose level rises by stratum, more of the small spenders held out."""
    both = _labels(n), _labels(m)

    def trial(rng):
        treated, control = (np.exp(rng.normal(LEVELS[of], 0.6)) for of in both)
        return stratified(treated + effect, control, both), effect, stratified(treated, control, both)
    return trial


def _money(n: int, m: int, sigma: float, effect: float, *, better: bool = False):
    """Spend follows earlier spend; the draw takes its share of every quarter of earlier spend."""
    def trial(rng):
        before = rng.lognormal(3, 0.6, n + m)
        spend = 0.8 * before + (rng.random(n + m) < 0.6) * rng.lognormal(2.5, sigma, n + m)
        quarter, held = tie_safe_score(before, 4), np.zeros(n + m, bool)
        for one in np.unique(quarter):
            mine = rng.permutation(np.flatnonzero(quarter == one))
            held[mine[:round(len(mine) * m / (n + m))]] = True
        arms, strata = [~held, held], (quarter[~held], quarter[held])
        treated, control = (spend[arm] for arm in arms)
        if better:
            earlier = [before[arm] for arm in arms]
            return (adjusted(treated + effect, control, *earlier, strata=strata), effect,
                    adjusted(treated, control, *earlier, strata=strata))
        return stratified(treated + effect, control, strata), effect, stratified(treated, control, strata)
    return trial


def _accounts(n: int, m: int, effect: float):
    """Means of accounts, small ones and large ones."""
    both = _labels([n, n]), _labels([m, m])

    def trial(rng):
        treated, control = (rng.gamma(4, 5 + 5 * of) for of in both)
        return (stratified(treated + effect, control, both, pooled=True), effect,
                stratified(treated, control, both, pooled=True))
    return trial


def _drawn(treated: int, control: int, effect: float):
    """Arms drawn by the keyed hash of step 5 within quarters, judged in the strata that its files hand back."""
    def trial(rng):
        parts = _draws(treated, control)[rng.integers(DRAWS)]
        strata = strata_of(parts)
        rates = [RATES[part["stratum"].str[-1].astype(int).to_numpy() - 1] for part in parts]
        done = [(rng.random(len(r)) < r + gained).astype(float)
                for r, gained in zip((rates[0], rates[1], rates[0]), (effect, 0, 0), strict=True)]
        return stratified_rates(done[0], done[1], strata), effect, stratified_rates(done[2], done[1], strata)
    return trial


@functools.cache
def _draws(treated: int, control: int) -> list[list[pd.DataFrame]]:
    """The arms of campaigns of their own, all drawn by one call: each campaign has its customers."""
    n = treated + control
    units = pd.DataFrame({"customer_key": [f"{i:032x}" for i in range(DRAWS * n)],
                          "segment": np.repeat([f"s{i}" for i in range(DRAWS)], n)})
    quarter = pd.Series(np.tile(np.repeat(list("1234"), n // 4), DRAWS), index=units["customer_key"])
    plan = pd.DataFrame({"segment": units["segment"].unique(), "n_control": control, "n_treated": treated})
    arm = draw(units, plan.assign(campaign="c" + plan["segment"]), quarter, key=b"sample")
    rows = units.assign(arm=arm, stratum=units["segment"] + "/" + quarter.to_numpy())
    return [[part[part["arm"] == a] for a in ("treated", "control")] for _, part in rows.groupby("segment")]
