"""Where each segment went, as finely as it may be said: up, down or stayed; else two of these together; else with the
other segments.

Most cells of a migration count few customers, and so most are hidden. What became of a whole segment rests on more.
Both are published, so both are protected together, by the programs of `lib.report.protect`.
"""

from __future__ import annotations

import functools
from statistics import NormalDist

import numpy as np
import pandas as pd

from lib.report.protect import Sum, narrow
from lib.stats import wilson

STAYED, UP, DOWN, NEW = "stayed", "up", "down", "new"
# ways to tell a segment apart, the most telling first
SPLITS = (((STAYED,), (UP,), (DOWN,)), ((STAYED, UP), (DOWN,)), ((STAYED, DOWN), (UP,)), ((STAYED,), (UP, DOWN)))
WAYS = ((UP,), (DOWN,), (STAYED,), (UP, DOWN), (UP, DOWN, STAYED))  # of all customers known then, as sentences tell
SMALLEST_ROW = 30  # [ours] as of the moves: below this the shares of a segment say too little
OTHERS, ASIDE = "(others)", ("Dormant", "outside")  # readers come for the segments first


def solved(migration: pd.DataFrame, always: np.ndarray, smallest: int) -> tuple[np.ndarray, pd.DataFrame]:
    """(which cells of the matrix to hide, what may be said of the segments beside them).

    ``always``: cells that are hidden in any case. The second has a row a class of a segment: `before` (`(others)`:
    those, `segments` of them, that are not told apart), `went` (the directions put together: `up`, `down`, `up+down`,
    `stayed` ...), n, n_before, share with interval, noise (the share expected by chance).
    """
    cells = tuple(zip(migration["before"], migration["now"], migration["direction"], map(int, migration["n"]),
                      map(bool, always), strict=True))
    out, told = _solved(cells, smallest)
    return np.array(out, bool), _table(migration, told)


@functools.lru_cache(maxsize=64)  # a page asks for the same migration in its sentences, pictures and tables
def _solved(cells: tuple, smallest: int) -> tuple[tuple, tuple]:
    """(mask of the cells, the classes told: (name, segments, directions)). Segments are added, the largest first, each
    if nothing can be computed with it; who is left is told together, if that may be."""
    n = np.array([cell[3] for cell in cells], int)
    hidden = np.ones(len(n), bool)
    sizes = {b: sum(c[3] for c in cells if c[0] == b) for b in dict.fromkeys(c[0] for c in cells if c[2] != NEW)}
    first = ((n > 0) & (n < smallest)) | np.array([cell[4] for cell in cells], bool)
    # what can be told from sums that others publish, whatever is hidden here: it is kept out of what the page adds
    lost = narrow(n, first, hidden, _sums(cells, ()), smallest)
    first = first.astype(int) + lost
    told: tuple = ()
    for before in sorted(sizes, key=lambda b: (b in ASIDE, -sizes[b], b)):
        more = (*told, *_classes(cells, before, (before,), smallest))
        if len(more) > len(told) and _safe(cells, n, first, more, smallest):
            told = more
    rest = tuple(b for b in sizes if b not in {name for name, _, _ in told})
    more = (*told, *_classes(cells, OTHERS, rest, smallest))
    if len(rest) > 1 and len(more) > len(told) and _safe(cells, n, first, more, smallest):
        told = more
    return tuple(_cells_too(cells, n, first, told, smallest)), told


def _cells_too(cells: tuple, n: np.ndarray, first: np.ndarray, told: tuple, smallest: int) -> np.ndarray:
    """Which cells stay hidden when those of the segments told apart, and of new customers, are shown: moves and the
    largest first, each if nothing can be computed with it."""
    names, hidden = {name for name, _, _ in told}, np.ones(len(n), bool)
    free = [i for i, c in enumerate(cells)
            if (c[0] in names or c[2] == NEW) and n[i] >= smallest and not cells[i][4]]
    for i in sorted(free, key=lambda i: (cells[i][0] == cells[i][1], -n[i], i)):
        hidden[i] = False
        hidden[i] = not _safe(cells, n, first, told, smallest, hidden)
    return hidden


def _safe(cells: tuple, n: np.ndarray, first: np.ndarray, told: tuple, smallest: int,
          hidden: np.ndarray | None = None) -> bool:
    """Whether none of the cells ``first`` can be told when these classes are, and the cells that are not hidden.

    1 in ``first``: given also how many are in each segment now; 2: where that tells the cell already, given the rest.
    """
    zeros, out = np.zeros(len(told), bool), np.ones(len(n), bool) if hidden is None else hidden
    for lost in (False, True):
        sums, counts = _with(cells, n, told, columns=not lost)
        mine = np.r_[first == 1 + lost, zeros]
        if mine.any() and narrow(counts, mine, np.r_[out, zeros], sums, smallest).any():
            return False
    return True


def _with(cells: tuple, n: np.ndarray, told: tuple, columns: bool) -> tuple[list[Sum], np.ndarray]:
    """The sums, and the counts followed by those of the classes told."""
    parts = [_places(cells, segments, kinds) for _, segments, kinds in told]
    own = [Sum(p, len(n) + i) for i, p in enumerate(parts)]
    counts = np.r_[n, [n[list(p)].sum() for p in parts]].astype(int)
    return [*_sums(cells, {name for name, _, _ in told}, columns), *own], counts


def _sums(cells: tuple, shown, columns: bool = True) -> list[Sum]:
    """What a reader knows besides: how many are in each segment now, were in those told apart, are new, went each way,
    and were known then at all."""
    rows = [[i for i, c in enumerate(cells) if c[0] == b] for b in dict.fromkeys(c[0] for c in cells) if b in shown]
    rows += [[i for i, c in enumerate(cells) if c[2] == NEW]]
    now = [[i for i, c in enumerate(cells) if c[1] == b] for b in dict.fromkeys(c[1] for c in cells) if columns]
    ways = [[i for i, c in enumerate(cells) if c[2] in kinds] for kinds in WAYS]
    return [Sum(tuple(places)) for places in (*rows, *now, *ways) if places]


def _classes(cells: tuple, name: str, segments: tuple, smallest: int) -> tuple:
    """The first split in which every class holds nobody, or enough; empty where there is none."""
    for split in SPLITS:
        n = [sum(cells[i][3] for i in _places(cells, segments, kinds)) for kinds in split]
        apart = sum(k > 0 for k in n) > 1 or split is SPLITS[0]  # of one class that is two together nothing is learnt
        if apart and max(n) >= smallest and all(k == 0 or k >= smallest for k in n):
            return tuple((name, segments, kinds) for k, kinds in zip(n, split, strict=True) if k)
    return ()


def _places(cells: tuple, segments: tuple, kinds: tuple) -> tuple[int, ...]:
    return tuple(i for i, c in enumerate(cells) if c[0] in segments and c[2] in kinds)


def _table(migration: pd.DataFrame, told: tuple) -> pd.DataFrame:
    rows = []
    for name, segments, kinds in told:
        mine = migration[migration["before"].isin(segments)]
        n = int(mine.loc[mine["direction"].isin(kinds), "n"].sum())
        rows.append((name, "+".join(kinds), n, int(mine["n"].sum()), _chance(mine, kinds), len(segments)))
    table = pd.DataFrame(rows, columns=["before", "went", "n", "n_before", "noise", "segments"])
    low, high = wilson(table["n"], table["n_before"])
    return table.assign(share=table["n"] / table["n_before"], low=low, high=high)


def beyond(told: pd.DataFrame) -> pd.DataFrame:
    """Rows of `solved` in which more went up or down than chance moves, the largest share first: the lower bound of the
    share is above it, all rows together at 95 %."""
    moved = told[~told["went"].str.contains(STAYED) & told["noise"].notna() & (told["n_before"] >= SMALLEST_ROW)]
    point = NormalDist().inv_cdf(1 - 0.025 / max(len(moved), 1))
    least, _ = wilson(moved["n"], moved["n_before"], point)
    return moved[least > moved["noise"].clip(0, 1)].sort_values("share", ascending=False)


def chance_of(migration: pd.DataFrame) -> float:
    """The share of all customers known then that would go up or down although nobody changed; NaN when not known."""
    return _chance(migration[migration["direction"] != NEW], (UP, DOWN))


def _chance(rows: pd.DataFrame, kinds: tuple[str, ...]) -> float:
    """The share of these customers that would go these ways although nobody changed."""
    per = rows.groupby("before").agg(n=("n", "sum"), up=("noise_up", "first"), down=("noise_down", "first"))
    ways = {UP: per["up"], DOWN: per["down"], STAYED: 1 - per["up"] - per["down"]}
    return float((sum(ways[kind] for kind in kinds) * per["n"]).sum(skipna=False) / per["n"].sum())
