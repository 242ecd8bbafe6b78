"""How many themes a set of texts holds: as many as come out again when some of the texts are left out.

Stability is the agreement of the strongest terms (Greene, O'Callaghan, Cunningham 2014, "How many topics?"): each
model of four fifths of the texts is matched to that of all, and the mean Jaccard overlap of matched themes counts.
Coherence is the mean normalised pointwise mutual information of a theme's terms (Bouma 2009): do they occur together?
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

NUMBERS = (2, 3, 4, 5, 6, 8, 10, 12, 15)  # of themes that are tried; a reader keeps no more apart
TEXTS_PER_THEME = 25  # [ours] at least
STABLE, LEAST = 0.75, 0.5  # [ours] from STABLE on themes come out again; below LEAST there are none
SLACK = 0.1  # [ours] more themes are worth this loss of stability
PARTS, PART = 5, 0.8  # subsets of the texts, and the share of texts in each
MOST_TEXTS = 2000  # texts that the number is chosen on; the model itself learns from all
STRONGEST = 8  # terms compared


@dataclass(frozen=True)
class Topics:
    """The model: ``terms`` (theme × word) and ``strength`` (text × theme), and how well it would come out again."""

    terms: np.ndarray
    strength: np.ndarray
    stability: float
    coherence: float


def topics(weights: csr_matrix, *, seed: int, number: int | None = None) -> Topics | None:
    """Themes of texts (rows) from the weights of their words; None where no number of themes comes out again."""
    rng = np.random.default_rng(seed)
    part = weights if weights.shape[0] <= MOST_TEXTS else weights[
        np.sort(rng.choice(weights.shape[0], MOST_TEXTS, replace=False))]
    tried = [number] if number else [k for k in NUMBERS if k <= min(part.shape[0] // TEXTS_PER_THEME,
                                                                    part.shape[1] - 1)]
    found = {}
    for k in sorted(tried, reverse=True):
        found[k] = _judged(part, k, seed + k)
        if found[k][0] >= 1 - SLACK and found[k][1] > 0:
            break  # no smaller number can be so much more stable that it would be taken
    k = number or _chosen(found)
    if k is None:
        return None
    terms, strength = _model(weights, k)
    return Topics(terms, strength, *found[k])


def _chosen(found: dict[int, tuple[float, float]]) -> int | None:
    """The largest number that is nearly as stable as the most stable one, with coherent themes; None if none is."""
    stable = {k: s for k, (s, coherence) in found.items() if s >= STABLE and coherence > 0}
    if stable:
        return max(k for k, s in stable.items() if s >= max(stable.values()) - SLACK)
    enough = [k for k, (stability, _) in found.items() if stability >= LEAST]
    return max(enough, key=lambda k: (found[k][0], -k), default=None)


def _judged(weights: csr_matrix, k: int, seed: int) -> tuple[float, float]:
    """(stability, coherence) of k themes."""
    rng, (terms, _) = np.random.default_rng(seed), _model(weights, k)
    whole, n = _strongest(terms), weights.shape[0]
    parts = [np.sort(rng.choice(n, int(PART * n), replace=False)) for _ in range(PARTS)]
    overlaps = [_overlap(whole, _strongest(_model(weights[rows], k)[0])) for rows in parts]
    return float(np.mean(overlaps)), _coherence(whole, weights)


def _model(weights: csr_matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Non-negative factors of the weights; the start is computed from the weights, so nothing is drawn."""
    model = NMF(k, init="nndsvda", max_iter=200, tol=1e-3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stability judges the result, converged or not
        strength = model.fit_transform(weights)
    return model.components_, strength


def _strongest(terms: np.ndarray) -> list[set[int]]:
    return [{int(i) for i in row.argsort(kind="stable")[::-1][:STRONGEST] if row[i] > 0} for row in terms]


def _overlap(first: list[set[int]], second: list[set[int]]) -> float:
    jaccard = np.array([[len(a & b) / max(len(a | b), 1) for b in second] for a in first])
    return float(jaccard[linear_sum_assignment(-jaccard)].mean())


def _coherence(themes: list[set[int]], weights: csr_matrix) -> float:
    held = (weights > 0).astype(float)
    together = (held.T @ held).toarray() / held.shape[0]
    return float(np.mean([np.mean(_npmi(together, sorted(t))) for t in themes if len(t) > 1] or [0.0]))


def _npmi(together: np.ndarray, terms: list[int]) -> list[float]:
    pairs = [(a, b) for i, a in enumerate(terms) for b in terms[:i]]
    return [-1.0 if (p := together[a, b]) == 0 else 1.0 if p == 1
            else float(np.log(p / (together[a, a] * together[b, b])) / -np.log(p)) for a, b in pairs]
