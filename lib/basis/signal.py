"""What each candidate tells about the next period: out of time, with an interval and a permutation p (method.md §1).

Group means of the outcome are learned one period earlier and judged on the last one. Everything is reckoned from sums
per group, for all candidates at once, so that a thousand permutations cost a few sparse matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

RARE = 20           # customers of a level; rarer ones are read as "other" [ours]
BINS = 10           # numeric candidates are read in deciles [ours]
FEWEST = 50         # customers needed to say anything about signal [ours]
DRAWS = 300         # bootstrap draws of the judged customers
PERMUTATIONS = 999
CHUNK = 100         # permutations held in memory at once
SHRINK = 10         # customers' weight by which a group's mean is drawn towards the overall mean [ours]


@dataclass(frozen=True)
class Codes:
    """Group numbers of one candidate per customer, learned and judged; -1 where the value is not known."""

    learned: np.ndarray
    judged: np.ndarray

    @property
    def groups(self) -> int:
        return int(max(self.learned.max(initial=-1), self.judged.max(initial=-1))) + 1


def signals(now: pd.DataFrame, then: pd.DataFrame, columns: list[str], seed: int) -> pd.DataFrame:
    """One row per column: signal, signal_low, signal_high and p, all NaN where nothing can be said.

    ``now`` and ``then`` hold customers (index) one and two periods before the as-of date, with what came next in
    `next_active` (and `next_revenue`). Signal is the share of the outcome's variation among customers with a value
    that the groups tell; a shift of its overall level between the periods is allowed for. The interval draws the
    judged customers again. p comes from permutations in which customers, each with both outcomes, change places, so
    that lasting habits stay together; it is corrected for all candidates (Westfall & Young 1993, largest statistic).
    """
    table = pd.DataFrame(np.nan, index=columns, columns=["signal", "signal_low", "signal_high", "p"])
    if "next_active" not in now:
        return table
    outcome = next_outcome(now, then)
    y1, y2 = then[outcome].to_numpy(float), now[outcome].to_numpy(float)
    codes = {c: coded(then[c], now[c]) for c in columns if _testable(now[c], then[c], now[outcome])}
    if not codes:
        return table
    rng = np.random.default_rng(seed)
    judge = _Judge(list(codes.values()))
    found = judge.explained(y1[:, None], y2[:, None])[:, 0]
    drawn = judge.redrawn(y1, y2, rng)
    low, high = np.nanquantile(drawn, [0.025, 0.975], axis=1)
    p = _permutation_p(judge, found, y1, y2, Pairing(then.index, now.index), rng)
    table.loc[list(codes)] = np.column_stack([found, low, high, p])
    return table


def next_outcome(now: pd.DataFrame, then: pd.DataFrame) -> str:
    """Activity in the next period where it varies, else revenue."""
    varies = 0.05 <= now["next_active"].mean() <= 0.95
    return "next_active" if varies or "next_revenue" not in now or "next_revenue" not in then else "next_revenue"


def coded(learn: pd.Series, judge: pd.Series) -> Codes:
    """Deciles of the learned numbers, or levels with the rare ones as one group."""
    if pd.api.types.is_numeric_dtype(learn) and learn.nunique() > BINS:
        edges = np.unique(np.nanquantile(learn, np.linspace(0, 1, BINS + 1)[1:-1]))
        return Codes(*(np.where(v.isna(), -1, np.searchsorted(edges, v.fillna(0.0), side="right"))
                       for v in (learn, judge)))
    counts = learn.value_counts()
    level = {v: i + 1 for i, v in enumerate(sorted(counts[counts >= RARE].index, key=str))}
    return Codes(*(np.where(v.isna(), -1, v.map(level).astype("float64").fillna(0.0).to_numpy()).astype(int)
                   for v in (learn, judge)))


def _testable(now: pd.Series, then: pd.Series, outcome: pd.Series) -> bool:
    known = now.notna()
    return min(known.sum(), then.notna().sum()) >= FEWEST and then.nunique() > 1 and outcome[known].nunique() > 1


class _Judge:
    """Sums per group of every candidate, stacked: one row per candidate and group."""

    def __init__(self, codes: list[Codes]):
        sizes = np.array([c.groups for c in codes])
        self.first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.owner = np.repeat(np.arange(len(codes)), sizes)
        self.learn = self._members([c.learned for c in codes], sizes.sum())
        self.judge = self._members([c.judged for c in codes], sizes.sum())

    def _members(self, codes: list[np.ndarray], height: int) -> sparse.csr_matrix:
        """Which customers (columns) are in which group (rows)."""
        rows, places = [], []
        for start, code in zip(self.first, codes, strict=True):
            known = np.flatnonzero(code >= 0)
            rows.append(start + code[known])
            places.append(known)
        rows, places = np.concatenate(rows), np.concatenate(places)
        return sparse.csr_matrix((np.ones(len(rows)), (rows, places)), shape=(height, len(codes[0])))

    def _per_candidate(self, sums: np.ndarray) -> np.ndarray:
        return np.add.reduceat(sums, self.first, axis=0)

    def _guesses(self, y1: np.ndarray) -> np.ndarray:
        """Mean outcome per group as learned, drawn towards the candidate's overall mean."""
        n = np.asarray(self.learn.sum(axis=1))
        total = self.learn @ y1
        overall = (self._per_candidate(total) / self._per_candidate(n))[self.owner]
        return (total + SHRINK * overall) / (n + SHRINK)

    def explained(self, y1: np.ndarray, y2: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Share explained, candidates × columns of ``y1``, ``y2`` (customers × columns); judged with ``weights``."""
        guess = self._guesses(y1)
        w = np.ones((len(y2), 1)) if weights is None else weights
        n, sums, squares = (self.judge @ v for v in (w, w * y2, w * y2**2))
        return self._share(guess, n, sums, squares)

    def _share(self, guess, n, sums, squares) -> np.ndarray:
        each = self._per_candidate
        count = each(n + np.zeros_like(sums))
        mean_y, mean_guess = each(sums) / count, each(n * guess) / count
        across = each(guess * sums) / count - mean_y * mean_guess
        own = each(n * guess**2) / count - mean_guess**2
        total = each(squares) / count - mean_y**2
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 1e-12, (2 * across - own) / total, np.nan)

    def redrawn(self, y1: np.ndarray, y2: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Candidates × draws of the judged customers; group means stay as learned."""
        parts = []
        for first in range(0, DRAWS, CHUNK):
            size = min(CHUNK, DRAWS - first)
            weights = rng.multinomial(len(y2), np.full(len(y2), 1 / len(y2)), size).T.astype(float)
            parts.append(self.explained(y1[:, None], y2[:, None], weights))
        return np.concatenate(parts, axis=1)


class Pairing:
    """Customers seen at both times keep their two outcomes together when they change places."""

    def __init__(self, then: pd.Index, now: pd.Index):
        both = then.intersection(now)
        self.both = then.get_indexer(both), now.get_indexer(both)
        self.alone = np.flatnonzero(~then.isin(both)), np.flatnonzero(~now.isin(both))

    def shuffled(self, y1: np.ndarray, y2: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Both outcomes after customers have changed places."""
        order = rng.permutation(len(self.both[0]))
        moved = []
        for y, both, alone in zip((y1, y2), self.both, self.alone, strict=True):
            out = y.copy()
            out[both] = y[both][order]
            out[alone] = y[alone][rng.permutation(len(alone))]
            moved.append(out)
        return tuple(moved)


def _permutation_p(judge: _Judge, found: np.ndarray, y1, y2, pairing: Pairing, rng) -> np.ndarray:
    """Share of permutations whose largest standardised signal reaches that found; the found one counts as one.

    Each candidate is standardised by its own permutations, so that those known for few customers do not drown others.
    """
    parts = []
    for first in range(0, PERMUTATIONS, CHUNK):
        mixed = [pairing.shuffled(y1, y2, rng) for _ in range(min(CHUNK, PERMUTATIONS - first))]
        parts.append(judge.explained(np.column_stack([a for a, _ in mixed]), np.column_stack([b for _, b in mixed])))
    drawn = np.column_stack([*parts, found])
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = (drawn - drawn.mean(axis=1, keepdims=True)) / drawn.std(axis=1, keepdims=True)
    largest = np.nanmax(np.where(np.isfinite(scores), scores, -np.inf), axis=0)[:-1]
    reached = (largest >= scores[:, -1:] - 1e-12).sum(axis=1)
    return np.where(np.isfinite(scores[:, -1]), (1 + reached) / (1 + PERMUTATIONS), np.nan)
