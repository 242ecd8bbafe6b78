"""Gamma-Gamma: the mean value of an order, differing between customers, not with their number of orders
(Fader & Hardie 2013). Learned from the mean *repeat* order of customers who came back."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from lib.analyze.value.maximum import Fit, maximise

NAMES = ("p", "q", "v")


def fit(x, mean_value) -> Fit:
    """Maximum likelihood from repeat occasions and their mean value; rows without either are left out.

    ``v`` comes in the unit of the values.
    """
    x, z = np.asarray(x, float), np.asarray(mean_value, float)
    used = (x > 0) & (z > 0)
    x, z = x[used], z[used]
    counts, unit = np.ones(len(x)), float(z.mean())

    def cost(*parameters):
        return log_likelihood(parameters, x, z, counts)

    return maximise(cost, NAMES, [[5.0, 3.0, 1.0], [1.0, 2.0, 1.0]], len(x), units=[1.0, 1.0, unit])


def log_likelihood(parameters, x, z, counts) -> tuple[float, np.ndarray]:
    """Log-likelihood and its gradient by (p, q, v), summed over rows with counts."""
    p, q, v = parameters
    whole, spent = p * x + q, v + x * z
    total = gammaln(whole) - gammaln(p * x) - gammaln(q) + q * np.log(v) + (p * x - 1) * np.log(z) \
        + p * x * np.log(x) - whole * np.log(spent)
    d_p = x * (digamma(whole) - digamma(p * x) + np.log(z) + np.log(x) - np.log(spent))
    d_q = digamma(whole) - digamma(q) + np.log(v) - np.log(spent)
    d_v = q / v - whole / spent
    return float(counts @ total), np.array([counts @ d_p, counts @ d_q, counts @ d_v])


def expected(parameters: dict, x, mean_value) -> np.ndarray:
    """Expected mean order value per customer: his own, drawn to everyone's the fewer repeat orders he made."""
    p, q, v = (parameters[name] for name in NAMES)
    x, z = np.asarray(x, float), np.nan_to_num(np.asarray(mean_value, float))
    return p * (v + x * z) / (p * x + q - 1)
