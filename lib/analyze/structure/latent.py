"""Latent classes: groups in answers that are categories, not amounts (method.md §3.7, last paragraph).

A class gives each answer with its own probability, and within a class the items are independent (Lazarsfeld & Henry
1968; Goodman 1974). The number of classes by BIC, held up by a bootstrap likelihood-ratio test against one class fewer
(McLachlan 1987; Nylund, Asparouhov & Muthén 2007).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lib.analyze.structure.stability import Stability, divided_again, of_pairs

STARTS, SHORT, LONG = 12, 25, 500  # random starts, steps of each, steps of the best
BOOTSTRAPS, TEST_STARTS = 99, 5  # method.md §3.5: fewer than five starts give a wrong stability
KEY = 4  # keeps the draws of this method apart from those of others
ALPHA = 0.05
FLOOR = 1e-4  # probabilities stay off 0 and 1: a rare answer must not rule a class out
TOLERANCE = 1e-7  # of the log-likelihood, relative


@dataclass(frozen=True)
class Answers:
    """Distinct patterns of answers as 0/1 columns (all 0 for an item without an answer), and how often each occurs."""

    patterns: np.ndarray
    counts: np.ndarray
    row_of: np.ndarray
    levels: tuple[tuple[str, tuple], ...]

    @property
    def spans(self) -> list[slice]:
        """The columns of each item."""
        ends = np.cumsum([len(values) for _, values in self.levels])
        return [slice(int(e) - len(v), int(e)) for e, (_, v) in zip(ends, self.levels, strict=True)]


@dataclass(frozen=True)
class Classes:
    """A fitted model: shares of the classes, probability of every answer in every class, log-likelihood."""

    shares: np.ndarray
    probabilities: np.ndarray
    log_likelihood: float

    @property
    def k(self) -> int:
        return len(self.shares)

    def posterior(self, patterns: np.ndarray) -> np.ndarray:
        """Probability of each class for every pattern."""
        return _posterior(self.shares[None], self.probabilities[None], patterns)[0][0]


def coded(items: pd.DataFrame) -> Answers:
    """The answers of respondents (rows) to items (columns of categories; missing allowed)."""
    levels = tuple((c, _by_count(items[c])) for c in sorted(items.columns))
    table = np.column_stack([(items[c].to_numpy() == v) for c, values in levels for v in values]).astype(float)
    patterns, row_of, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    return Answers(patterns, counts.astype(float), row_of.ravel(), levels)


def _by_count(values: pd.Series) -> tuple:
    """The answers to an item, the most frequent first: what they are called does not reach any draw."""
    counts = values.value_counts()
    return tuple(sorted(counts.index, key=lambda level: (-counts[level], str(level))))


def fit(answers: Answers, k: int, *, seed: int, starts: int = STARTS) -> Classes:
    """The most likely k classes found from several random starts."""
    rng = np.random.default_rng([seed, k])
    begun = np.stack([_random(answers, k, rng) for _ in range(starts if k > 1 else 1)])
    best = max(_run(answers, begun, SHORT), key=lambda m: m.log_likelihood)
    model = _run(answers, best.posterior(answers.patterns)[None], LONG)[0]
    order = np.argsort(-model.shares, kind="stable")
    return Classes(model.shares[order], model.probabilities[order], model.log_likelihood)


def bic(model: Classes, answers: Answers) -> float:
    """Bayesian information criterion: smaller is better."""
    free = model.k - 1 + model.k * sum(len(values) - 1 for _, values in answers.levels)
    return -2 * model.log_likelihood + free * np.log(answers.counts.sum())


def likelihood_ratio_p(small: Classes, large: Classes, answers: Answers, *, seed: int,
                       draws: int = BOOTSTRAPS) -> float:
    """Bootstrap p of `no more classes than small has`: data drawn from it, both sizes fitted to each draw."""
    found = 2 * (large.log_likelihood - small.log_likelihood)
    larger = 0
    for draw in range(draws):
        drawn = _drawn(small, answers, np.random.default_rng([seed, large.k, draw]))
        few, more = (fit(drawn, k, seed=seed, starts=TEST_STARTS) for k in (small.k, large.k))
        larger += 2 * (more.log_likelihood - few.log_likelihood) >= found
    return (1 + larger) / (1 + draws)


def entropy_r2(model: Classes, answers: Answers) -> float:
    """How clearly respondents belong to one class: 1 when no doubt is left, 0 when nothing is known."""
    if model.k == 1:
        return 1.0
    p = model.posterior(answers.patterns)
    doubt = -(answers.counts[:, None] * p * np.log(np.maximum(p, 1e-300))).sum()
    return float(1 - doubt / (answers.counts.sum() * np.log(model.k)))


def choose(answers: Answers, largest: int, *, seed: int, draws: int = BOOTSTRAPS) -> tuple[list[dict], Classes]:
    """Every number of classes tried ({k, log_likelihood, bic, p, entropy_r2, smallest}) and the model chosen.

    The smallest BIC, and from there down while one class fewer explains the answers as well (p >= .05).
    """
    models = {k: fit(answers, k, seed=seed) for k in range(1, largest + 1)}
    tried = {k: {"k": k, "log_likelihood": m.log_likelihood, "bic": bic(m, answers), "p": np.nan,
                 "entropy_r2": entropy_r2(m, answers),
                 "smallest": int(np.bincount(labels(m, answers), minlength=k).min())} for k, m in models.items()}
    k = min(tried, key=lambda n: tried[n]["bic"])
    while k > 1:
        tried[k]["p"] = likelihood_ratio_p(models[k - 1], models[k], answers, seed=seed, draws=draws)
        if tried[k]["p"] < ALPHA:
            break
        k -= 1
    return list(tried.values()), models[k]


def labels(model: Classes, answers: Answers) -> np.ndarray:
    """The likeliest class of every respondent."""
    return model.posterior(answers.patterns).argmax(1)[answers.row_of]


def stability(model: Classes, answers: Answers, *, seed: int, pairs: int, m: int) -> Stability:
    """Stability over pairs of resamples of m respondents, as of every other method (method.md §3.5, §3.6)."""
    row_of = np.sort(answers.row_of)  # by what was answered: the order of respondents reaches no draw

    def again(rows, counts, draw: int, fixed):
        drawn = np.bincount(row_of[rows], weights=counts, minlength=len(answers.counts))
        fitted = fit(replace(answers, counts=drawn), model.k, seed=draw, starts=TEST_STARTS)
        return fitted.posterior(answers.patterns).argmax(1)[row_of[fixed]]

    reference = model.posterior(answers.patterns).argmax(1)
    drawn = divided_again(again, lambda fixed: reference[row_of[fixed]], n=len(row_of), k=model.k, key=(KEY, model.k),
                          m=m, seed=seed)
    return of_pairs(drawn, pairs)


def _random(answers: Answers, k: int, rng) -> np.ndarray:
    """Each pattern mostly in one class: from even shares the first steps would lead nowhere."""
    return rng.dirichlet(np.full(k, 0.2), len(answers.counts))


def _run(answers: Answers, posterior: np.ndarray, steps: int) -> list[Classes]:
    """Expectation and maximisation by turns, from several posteriors (starts × patterns × classes) side by side."""
    before = np.full(len(posterior), -np.inf)
    for _ in range(steps):
        weights = posterior * answers.counts[:, None]
        shares = np.maximum(weights.sum(1) / answers.counts.sum(), 1e-12)
        probabilities = _probabilities(weights.swapaxes(1, 2) @ answers.patterns, answers.spans)
        posterior, each = _posterior(shares, probabilities, answers.patterns)
        now = each @ answers.counts
        if steps == LONG and (now - before < TOLERANCE * np.abs(now)).all():
            break
        before = now
    return [Classes(s / s.sum(), p, float(log)) for s, p, log in zip(shares, probabilities, now, strict=True)]


def _posterior(shares: np.ndarray, probabilities: np.ndarray, patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each class for every pattern, and the log-likelihood of the pattern, for each start."""
    joint = np.log(shares)[:, None] + patterns @ np.log(probabilities).swapaxes(1, 2)
    top = joint.max(2, keepdims=True)
    likely = np.exp(joint - top)
    total = likely.sum(2, keepdims=True)
    return likely / total, (top + np.log(total))[..., 0]


def _probabilities(given: np.ndarray, spans: list[slice]) -> np.ndarray:
    """Share of each answer among the answers to its item, a row a class."""
    starts, levels = [s.start for s in spans], [s.stop - s.start for s in spans]

    def shares(values: np.ndarray) -> np.ndarray:
        return values / np.repeat(np.add.reduceat(values, starts, axis=-1), levels, axis=-1)

    return shares(np.maximum(shares(given + 1e-12), FLOOR))


def _drawn(model: Classes, answers: Answers, rng) -> Answers:
    """As many respondents drawn from a model, with the same answers missing."""
    repeated = answers.patterns[np.sort(answers.row_of)]  # the order of respondents reaches no draw
    classes = rng.choice(model.k, len(repeated), p=model.shares)
    drawn = np.zeros_like(repeated)
    for span in answers.spans:
        edges = np.cumsum(model.probabilities[:, span], axis=1)[classes]
        pick = (rng.uniform(size=(len(repeated), 1)) > edges).sum(1).clip(max=edges.shape[1] - 1)
        drawn[np.arange(len(repeated)), span.start + pick] = 1
        drawn[:, span] *= repeated[:, span].sum(1, keepdims=True)
    patterns, row_of, counts = np.unique(drawn, axis=0, return_inverse=True, return_counts=True)
    return Answers(patterns, counts.astype(float), row_of.ravel(), answers.levels)
