"""Seeded draws that the two sample products share: one stream per table, clockwork with jitter, exact group sizes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

SEED = 20260630
AS_OF = pd.Timestamp("2026-06-30")
DRIFT = pd.Timestamp("2025-07-01")  # the day the old segments go stale
LATE = pd.Timestamp("2026-01-01")  # a second, small change of segment
SNAPSHOTS = ("2025-06-30", "2025-12-31", "2026-06-30")
SIZES = ("ci", "demo", "stress")


@dataclass(frozen=True)
class Plan:
    """What is drawn: how many, with which variant, from which seed."""

    customers: int
    seed: int = SEED
    variant: str = ""

    def stream(self, table: str) -> np.random.Generator:
        """A generator of its own for each table, so that a change to one leaves the others alone."""
        return np.random.default_rng([self.seed, zlib.crc32(table.encode())])


def exact_groups(rng, n: int, shares: dict[str, float]) -> np.ndarray:
    """n labels in random order whose counts are the shares, rounded; the first label takes the rest."""
    counts = {label: round(n * share) for label, share in shares.items()}
    first = next(iter(counts))
    counts[first] += n - sum(counts.values())
    return rng.permutation(np.repeat(list(counts), list(counts.values())))


def move(rng, labels: np.ndarray, matrix: dict[str, dict[str, float]]) -> np.ndarray:
    """Each label moved by its row of the matrix, in exact counts; labels without a row stay."""
    moved = labels.copy()
    for before, row in matrix.items():
        where = np.flatnonzero(labels == before)
        moved[where] = exact_groups(rng, len(where), row)
    return moved


def by_label(rng, labels: np.ndarray, odds: dict[str, dict[str, float]]) -> np.ndarray:
    """One level for each label, by the odds of that label (`*` for any other label)."""
    drawn = np.empty(len(labels), dtype=object)
    for label in pd.unique(labels):
        row = odds.get(label, odds.get("*"))
        where = np.flatnonzero(labels == label)
        share = np.array(list(row.values()), float)
        drawn[where] = rng.choice(list(row), len(where), p=share / share.sum())
    return drawn


def jittered(rng, start: np.ndarray, end: np.ndarray, rate: np.ndarray):
    """Points of time, one in each cell of 1/rate days: (row of the stint, day as float).

    Steadier than a Poisson process, so that a year of behaviour shows the rate behind it.
    """
    length = np.maximum(end - start, 0.0)
    count = np.floor(length * rate + rng.random(len(rate))).astype(int)
    owner = np.repeat(np.arange(len(rate)), count)
    position = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    within = (position + rng.random(len(owner))) / np.repeat(np.maximum(count, 1), count)
    return owner, start[owner] + within * length[owner]


def evenly(rng, owner: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Which of a stint's days are picked: that share of them, evenly spaced. `owner` is sorted."""
    first = np.searchsorted(owner, np.arange(owner.max() + 1))
    turn = np.arange(len(owner)) - first[owner]
    phase = rng.random(owner.max() + 1)[owner]
    return np.floor((turn + 1) * share + phase) > np.floor(turn * share + phase)


def day_number(dates) -> np.ndarray:
    """Days since 1970 as float."""
    return pd.to_datetime(pd.Series(dates)).to_numpy().astype("datetime64[s]").astype("int64") / 86400.0


def moments(days: np.ndarray) -> pd.DatetimeIndex:
    """The opposite of day_number, to the second."""
    return pd.to_datetime(np.round(days * 86400).astype("int64"), unit="s")


def at_daytime(rng, days: np.ndarray) -> np.ndarray:
    """The same days, at an hour between 7 and 22 at which people are awake."""
    return np.floor(days) + rng.beta(2.2, 1.8, len(days)) * (15 / 24) + 7 / 24


def numbered(prefix: str, width: int, n: int, rng=None) -> np.ndarray:
    """Opaque ids; in random order when a generator is given, so that the id says nothing."""
    numbers = np.arange(1, n + 1) if rng is None else rng.permutation(np.arange(1, n + 1))
    return np.array([f"{prefix}{i:0{width}d}" for i in numbers])


def short_ids(prefix: str, n: int) -> np.ndarray:
    """Ids in base 36, as short as they can be."""
    return np.array([prefix + np.base_repr(i, 36).lower() for i in range(n)])
