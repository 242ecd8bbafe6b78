"""Pareto/NBD: orders of customers who may silently leave at any moment (Schmittlein, Morrison & Colombo 1987).

The second check beside BG/NBD, in which they leave after an order only: it is never chosen. Likelihood and
expectations as Fader & Hardie (2005) write them, 2F1 after Euler's transformation, which keeps it finite.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, hyp2f1

from lib.analyze.value.bgnbd import distinct
from lib.analyze.value.maximum import Fit, maximise

NAMES = ("r", "alpha", "s", "beta")
MOST = 20_000  # [ours] customers that a check of the total needs; of more, so many are drawn
STEP = 1e-5  # of the logarithm of a parameter, for the gradient


def fit(x, t_x, T) -> Fit:
    """Maximum likelihood on distinct (x, t_x, T) with their counts."""
    rows, counts = distinct(x, t_x, T)
    if counts.sum() > MOST:  # drawn among distinct customers: neither order nor names of rows reach the draw
        counts = np.random.default_rng(0).multinomial(MOST, counts / counts.sum()).astype(float)
        rows, counts = rows[counts > 0], counts[counts > 0]
    age = float(counts @ rows[:, 2] / counts.sum()) or 1.0

    def cost(*parameters):
        return _with_gradient(np.asarray(parameters), rows, counts)

    starts = [[0.5, 0.5, 0.5, 0.5], [1.0, 1.0, 1.0, 2.0]]
    return maximise(cost, NAMES, starts, int(counts.sum()), units=[1.0, age, 1.0, age])


def log_likelihood(parameters, x, t_x, T) -> np.ndarray:
    """Log-likelihood of every customer."""
    r, alpha, s, beta = parameters
    stays = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return shared + np.logaddexp(stays, _gone(parameters, x, t_x, T))


def alive(parameters: dict, x, t_x, T) -> np.ndarray:
    """P(alive) at age T."""
    values = tuple(parameters[name] for name in NAMES)
    r, alpha, s, beta = values
    x, t_x, T = (np.asarray(v, float) for v in (x, t_x, T))
    stays = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    return np.exp(stays - np.logaddexp(stays, _gone(values, x, t_x, T)))


def expected(parameters: dict, x, t_x, T, t: float) -> np.ndarray:
    """Occasions expected in the next ``t`` days of every customer, given his history."""
    r, alpha, s, beta = (parameters[name] for name in NAMES)
    s = s if abs(s - 1) > 1e-5 else 1 + 1e-5  # the formula has a removable pole at s = 1
    x, T = np.asarray(x, float), np.asarray(T, float)
    lasting = 1 - ((beta + T) / (beta + T + t)) ** (s - 1)
    return (r + x) * (beta + T) / ((alpha + T) * (s - 1)) * lasting * alive(parameters, x, t_x, T)


def _gone(parameters, x, t_x, T) -> np.ndarray:
    """Log of the part of the likelihood in which the customer left between t_x and T; -inf where they are one."""
    r, _, s, _ = parameters
    at_last, at_end = _tail(parameters, x, t_x), _tail(parameters, x, T)
    with np.errstate(divide="ignore"):
        return np.log(s / (r + s + x)) + at_last + np.log(np.maximum(-np.expm1(at_end - at_last), 0))


def _tail(parameters, x, time) -> np.ndarray:
    """Log of 2F1(...) / (larger of alpha and beta, plus time)^(r+s+x); falls with time."""
    r, alpha, s, beta = parameters
    larger, power = (alpha, r + x) if alpha >= beta else (beta, s + 1)
    z = abs(alpha - beta) / (larger + time)
    shift = -s if alpha >= beta else 1 - r - x
    return np.log(hyp2f1(1.0, power, r + s + x + 1, z)) + shift * np.log1p(-z) - (r + s + x) * np.log(larger + time)


def _with_gradient(parameters: np.ndarray, rows: np.ndarray, counts: np.ndarray) -> tuple[float, np.ndarray]:
    """Log-likelihood and its gradient by central differences: a check need not be as quick as BG/NBD."""
    def total(moved) -> float:
        return float(counts @ log_likelihood(moved, *rows.T))

    steps = np.diag(parameters * STEP)
    slopes = [(total(parameters + step) - total(parameters - step)) / (2 * step.sum()) for step in steps]
    return total(parameters), np.array(slopes)
