"""Maximum likelihood of positive parameters: searched as logarithms, with intervals from the observed information."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from lib.stats import Z95

BOUNDS = (-9.0, 12.0)  # [ours] of the logarithms, in units of the data's own mean: beyond lies a limiting model
AT_BOUND, STEP = 0.01, 1e-4


@dataclass(frozen=True)
class Fit:
    """Estimated parameters, the covariance of their logarithms, the log-likelihood, and whether to trust them."""

    parameters: dict[str, float]
    covariance: np.ndarray
    log_likelihood: float
    converged: bool
    n: int

    def intervals(self) -> dict[str, dict[str, float]]:
        """Per parameter {value, low, high}: 95 %, symmetric on the log scale."""
        half = Z95 * np.sqrt(np.diag(self.covariance))
        return {name: {"value": value, "low": float(value * np.exp(-h)), "high": float(value * np.exp(h))}
                for (name, value), h in zip(self.parameters.items(), half, strict=True)}


def maximise(likelihood: Callable, names: tuple[str, ...], starts: list[list[float]], n: int,
             units: list[float]) -> Fit:
    """The best of several ascents of a log-likelihood with its gradient.

    ``likelihood`` maps parameters (in the data's units) to (log-likelihood, gradient by parameter); ``units`` are
    the scales on which a parameter near 1 is ordinary; ``starts`` are given on those scales.
    """
    units = np.asarray(units, float)

    def cost(theta):
        values = np.exp(theta) * units
        total, gradient = likelihood(*values)
        return -total / n, -np.asarray(gradient) * values / n

    options = {"maxiter": 500, "ftol": 1e-14, "gtol": 1e-8}
    with threadpool_limits(1):  # four numbers: threads would only wait for one another
        runs = [minimize(cost, np.log(s), jac=True, method="L-BFGS-B", bounds=[BOUNDS] * len(names), options=options)
                for s in starts]
    best = min(runs, key=lambda run: run.fun)
    covariance, definite = _covariance(cost, best.x, n)
    inside = bool(np.all((best.x > BOUNDS[0] + AT_BOUND) & (best.x < BOUNDS[1] - AT_BOUND)))
    flat = bool(np.abs(cost(best.x)[1]).max() < 1e-4)
    parameters = dict(zip(names, (np.exp(best.x) * units).tolist(), strict=True))
    return Fit(parameters, covariance, float(-best.fun * n), inside and flat and definite, n)


def _covariance(cost, theta, n) -> tuple[np.ndarray, bool]:
    """Inverse of the observed information by central differences of the gradient; NaN when it is not definite."""
    shifts = np.eye(len(theta)) * STEP
    information = np.array([(cost(theta + s)[1] - cost(theta - s)[1]) / (2 * STEP) for s in shifts]) * n
    information = (information + information.T) / 2
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information).min() <= 0:
        return np.full_like(information, np.nan), False
    return np.linalg.inv(information), True
