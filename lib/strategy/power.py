"""How many units a test needs, and the smallest effect it would see: two-sided, 5 %, power 80 %."""

from __future__ import annotations

import numpy as np
from scipy import stats as sps
from scipy.optimize import brentq

POWER, LEVEL = 0.8, 0.05
SUM_OF_POINTS = sps.norm.ppf(1 - LEVEL / 2) + sps.norm.ppf(POWER)  # 2.80: of the level and of the power


def needed_per_arm(sd: float, effect: float) -> float:
    """Units per arm to see a difference of means: n ≈ 16 s² / d² (Lehr 1992). NaN without an effect or a spread."""
    return np.nan if not effect or np.isnan(effect) or np.isnan(sd) else 16 * sd**2 / effect**2


def smallest_effect(sd: float, treated: float, control: float) -> float:
    """The smallest difference of means that is seen; NaN when an arm is empty."""
    if min(treated, control) <= 0:
        return np.nan
    return SUM_OF_POINTS * sd * np.sqrt(1 / treated + 1 / control)


def rate_sd(baseline: float, aimed: float) -> float:
    """Spread of a yes or no over both arms: the mean of the variance at the baseline and at baseline + aimed.

    The variance of the baseline alone is far too small for a rare event: from 0.4 % to 3.4 % it asks for 67 units an
    arm, where 80 % power takes 320.
    """
    reached = min(max(baseline + aimed, 0.0), 1.0)
    return float(np.sqrt((_variance(baseline) + _variance(reached)) / 2))


def smallest_rise(baseline: float, treated: float, control: float, explained: float = 0.0) -> float:
    """The smallest rise of a rate that is seen; NaN when an arm is empty, or when not even a rise to 1 would be.

    ``explained``: the share of the variance that the strata of the draw take away.
    """
    if min(treated, control) <= 0 or np.isnan(baseline):
        return np.nan

    def missing(rise: float) -> float:
        spread = _variance(baseline) / control + _variance(baseline + rise) / treated
        error = np.sqrt((1 - explained) * spread)
        return rise - SUM_OF_POINTS * error

    room = 1 - baseline
    if room <= 0 or missing(room) < 0:
        return np.nan
    return float(brentq(missing, 0, room)) if missing(0.0) < 0 else 0.0


def _variance(rate: float) -> float:
    return rate * (1 - rate)
