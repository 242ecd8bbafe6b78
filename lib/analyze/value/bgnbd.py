"""BG/NBD: orders of customers who may silently leave after any order (Fader, Hardie & Lee 2005).

A customer is (x, t_x, T): repeat occasions, time of the last one and age, both since the first occasion.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, digamma, gammaln, hyp2f1

from lib.analyze.value.maximum import Fit, maximise

NAMES = ("r", "alpha", "a", "b")
MANY = 20_000  # distinct customers from which on the ascent begins among a part of them
BLOCK = 8_192  # customers at once: their numbers stay in the processor's cache, which is seven times faster


def group(x, t_x, T) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct customers (rows × 3), how many there are of each, and which of them every customer is."""
    key, spans = _key(x, t_x, T)
    values, inverse, counts = np.unique(key, axis=None if spans else 0, return_inverse=True, return_counts=True)
    return _rows(values, spans), counts.astype(float), inverse.ravel()


def distinct(x, t_x, T) -> tuple[np.ndarray, np.ndarray]:
    """`group` without saying who is which: for many customers it takes half the time."""
    key, spans = _key(x, t_x, T)
    values, counts = np.unique(key, axis=None if spans else 0, return_counts=True)
    return _rows(values, spans), counts.astype(float)


def _key(x, t_x, T) -> tuple[np.ndarray, tuple[int, ...]]:
    """One integer per customer where all are whole days, with how many values each place holds; else (rows × 3, ())."""
    columns = [np.asarray(v, float) for v in (x, t_x, T)]
    whole = all(len(v) and v.min() >= 0 and np.all(v == np.floor(v)) for v in columns)
    spans = tuple(v.max() + 1 for v in columns) if whole else ()
    if not spans or np.prod(spans) >= 2**62:
        return np.column_stack(columns), ()
    occasions, last, age = (v.astype("int64") for v in columns)
    spans = tuple(int(s) for s in spans)
    return (occasions * spans[1] + last) * spans[2] + age, spans


def _rows(values: np.ndarray, spans: tuple[int, ...]) -> np.ndarray:
    """The rows that `_key` stands for."""
    if not spans:
        return values
    before, age = np.divmod(values, spans[2])
    return np.column_stack([*np.divmod(before, spans[1]), age]).astype(float)


def fit(x, t_x, T) -> Fit:
    """Maximum likelihood on distinct (x, t_x, T) with their counts."""
    rows, counts = distinct(x, t_x, T)
    age, n = float(counts @ rows[:, 2] / counts.sum()) or 1.0, int(counts.sum())
    units, starts = [1.0, age, 1.0, 1.0], [[0.5, 0.5, 0.8, 2.0], [1.0, 1.0, 0.2, 2.0]]
    if len(rows) > MANY:  # the way to the top is the same among a part of them; its end is not
        part = slice(None, None, len(rows) // (MANY // 2))
        rough = maximise(_cost(rows[part], counts[part]), NAMES, starts, int(counts[part].sum()), units=units)
        starts = [[rough.parameters[name] / unit for name, unit in zip(NAMES, units, strict=True)]]
    return maximise(_cost(rows, counts), NAMES, starts, n, units=units)


def log_likelihood(parameters, x, t_x, T, counts) -> tuple[float, np.ndarray]:
    """Log-likelihood and its gradient by (r, alpha, a, b), summed over rows with counts; analytic, no 2F1."""
    return _cost(np.column_stack([x, t_x, T]), counts)(*parameters)


def _cost(rows: np.ndarray, counts: np.ndarray):
    """`log_likelihood` of these rows, as a function of the parameters."""
    levels, at = np.unique(rows[:, 0], return_inverse=True)
    weight, first = np.bincount(at, weights=counts), rows[:, 0] == 0
    ages, age_of = np.unique(rows[first, 2], return_inverse=True)
    once = np.bincount(age_of, weights=counts[first], minlength=len(ages))  # one order only: the age tells all
    again = np.column_stack([rows[~first], counts[~first]]).T
    blocks = [np.ascontiguousarray(again[:, i:i + BLOCK]) for i in range(0, again.shape[1], BLOCK)]

    def cost(r, alpha, a, b):
        by_level = gammaln(r + levels) - gammaln(r) + r * np.log(alpha) + betaln(a, b + levels) - betaln(a, b)
        # betaln holds Γ(a) where the formula has none: it cancels between the two terms
        log_once, change = np.log(alpha + ages), digamma(a + b) - digamma(a + b + levels)
        total, by_r, by_alpha, by_a, by_b = sum((_again(block, r, alpha, a, b) for block in blocks), np.zeros(5))
        d_r = weight @ (digamma(r + levels) - digamma(r) + np.log(alpha)) - once @ log_once - by_r
        d_alpha = counts.sum() * r / alpha - r * (once @ (1 / (alpha + ages))) - by_alpha
        d_a = weight @ change + by_a / a
        d_b = weight @ (change + digamma(b + levels) - digamma(b)) - by_b
        return float(weight @ by_level - r * (once @ log_once) + total), np.array([d_r, d_alpha, d_a, d_b])

    return cost


def _again(block: np.ndarray, r: float, alpha: float, a: float, b: float) -> np.ndarray:
    """Of customers who came again (rows x, t_x, T, counts): their part of the log-likelihood and of its gradient."""
    x, t_x, T, often = block
    shape, later, until_now, until_last = r + x, b - 1 + x, alpha + T, alpha + t_x
    log_age, log_last = np.log(until_now), np.log(until_last)
    log_odds = np.log(a) - np.log(later) + shape * (log_age - log_last)  # gone to stayed
    small = np.exp(-np.abs(log_odds))  # the same terms as log(1 + odds) and odds / (1 + odds), without overflow
    left = np.where(log_odds > 0, 1.0, small) / (1 + small)
    stayed, gone = 1 - left, often * left
    either = np.maximum(log_odds, 0) + np.log1p(small)
    return np.array([often @ (either - shape * log_age), often @ (stayed * log_age + left * log_last),
                     often @ (shape * (stayed / until_now + left / until_last)), gone.sum(), gone @ (1 / later)])


def alive(parameters: dict, x, t_x, T) -> np.ndarray:
    """P(alive) at age T. It is 1 for every one-time buyer: never rank by it (method.md §3.9)."""
    r, alpha, a, b = (parameters[name] for name in NAMES)
    x, t_x, T = (np.asarray(v, float) for v in (x, t_x, T))
    repeated = x > 0
    log_odds = np.log(a) - np.log(np.where(repeated, b + x - 1, 1)) + (r + x) * np.log((alpha + T) / (alpha + t_x))
    return np.where(repeated, 1 / (1 + np.exp(np.minimum(log_odds, 700))), 1.0)


def expected(parameters: dict, x, t_x, T, t: float) -> np.ndarray:
    """Occasions expected in the next ``t`` days of every customer, given his history.

    Equation 10 of the paper after Euler's transformation of 2F1, which keeps it finite for frequent buyers.
    """
    r, alpha, a, b = (parameters[name] for name in NAMES)
    a = a if abs(a - 1) > 1e-5 else 1 + 1e-5  # the formula has a removable pole at a = 1
    x, T = np.asarray(x, float), np.asarray(T, float)
    z = t / (alpha + T + t)
    c = a + b + x - 1
    unseen = 1 - (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, c, z)
    return np.maximum(c / (a - 1) * unseen, 0) * alive(parameters, x, t_x, T)


def simulate(parameters: dict, x, t_x, T, t: float, *, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Occasions in the next ``t`` days drawn from the model given each history: rows × draws."""
    r, alpha, a, b = (parameters[name] for name in NAMES)
    x, T = (np.asarray(v, float)[:, None] for v in (x, T))
    shape = (len(x), draws)
    still = rng.random(shape) < alive(parameters, x[:, 0], t_x, T[:, 0])[:, None]
    placed = rng.poisson(np.minimum(rng.gamma(np.broadcast_to(r + x, shape)) / (alpha + T) * t, 1e9))
    leaves_after = rng.geometric(np.maximum(rng.beta(a, np.broadcast_to(b + x, shape)), 1e-12))
    return np.where(still, np.minimum(placed, leaves_after), 0)
