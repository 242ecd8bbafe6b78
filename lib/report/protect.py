"""Which cells of a table of counts must not be published, so that no small one can be computed from the others.

Cells below the smallest one are hidden first. Then a linear program computes, for each of them, the least and the most
it can be, given every published cell, total and rounding: as long as that range is narrower than the smallest cell,
another cell is hidden. What is returned is thus proved for a reader who knows all that is published; who knows
single customers, too, may know more. Fischetti and Salazar (2001) give the programs; cells are chosen greedily here,
so that somewhat more may be hidden than necessary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

TOLERANCE = 1e-6  # of the solver


@dataclass(frozen=True)
class Sum:
    """Cells that add up: to the cell ``total``, or, where that is None, to a number that is published elsewhere.

    Such a number is taken as known when it is not small itself: else it would not be published.
    """

    parts: tuple[int, ...]
    total: int | None = None


def protect(counts: Sequence[int], sums: Sequence[Sum] = (), smallest: int = 10, *,
            always: Sequence[bool] | None = None, rounding: int = 1, last: Sequence[bool] | None = None) -> np.ndarray:
    """Which cells to hide: a mask over ``counts``.

    ``always`` marks cells that are hidden whatever they count: those hidden in the report before, or dominated by one
    customer. ``rounding``: published counts are multiples of it. ``last``: cells that readers came for, hidden to cover
    others only where no other cell of the sum can be. Cells of 0 are published. The feasible range of every
    cell that is small or always hidden is at least ``smallest`` wide afterwards, unless all that could be hidden is.
    """
    counts = np.asarray(counts, dtype="int64")
    first = (counts > 0) & (counts < smallest)
    first |= np.zeros(len(counts), bool) if always is None else np.asarray(always, bool)
    last = np.zeros(len(counts), bool) if last is None else np.asarray(last, bool)
    hidden, table = first.copy(), _Table(counts, [s for s in sums if _is_known(s, counts, smallest)], rounding, last)
    for cell in sorted(np.flatnonzero(first), key=lambda i: (counts[i], i)):
        while table.width(cell, hidden) < smallest:
            more = table.next_to_hide(cell, hidden)
            if more is None:
                break
            hidden[more] = True
    return hidden


def narrow(counts: np.ndarray, cells: np.ndarray, hidden: np.ndarray, sums: Sequence[Sum], smallest: int) -> np.ndarray:
    """Which of ``cells`` (a mask) a reader can tell to less than ``smallest`` when ``hidden`` are not published."""
    table = _Table(counts, [s for s in sums if _is_known(s, counts, smallest)], 1, np.zeros(len(counts), bool))
    return np.array([bool(c) and table.width(i, hidden) < smallest for i, c in enumerate(cells)], bool)


def _is_known(one: Sum, counts: np.ndarray, smallest: int) -> bool:
    added = int(counts[list(one.parts)].sum())
    return added >= smallest if one.total is None else added == counts[one.total]


class _Table:
    """Counts and the sums among them, as rows of equations."""

    def __init__(self, counts: np.ndarray, sums: list[Sum], rounding: int, last: np.ndarray):
        self.counts, self.slack, self.last = counts, (rounding - 1) / 2, last
        self.printed = rounding * np.rint(counts / rounding)
        self.cells = [(*s.parts, *(() if s.total is None else (s.total,))) for s in sums]
        entries = [(row, i, -1.0 if i == s.total else 1.0) for row, s in enumerate(sums) for i in self.cells[row]]
        rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
        self.matrix = csr_array((values, (rows, columns)), shape=(len(sums), len(counts)))
        self.elsewhere = np.array([s.total is None for s in sums], bool)
        whole = np.array([counts[list(s.parts)].sum() if s.total is None else 0 for s in sums], float)
        self.right = rounding * np.rint(whole / rounding)

    def width(self, cell: int, hidden: np.ndarray) -> float:
        """How far apart the least and the most are that the cell can be."""
        # sums of published cells say nothing more, but where they are rounded: then they narrow one another
        rows = [r for r, cells in enumerate(self.cells) if self.slack or hidden[list(cells)].any()]
        if not any(cell in self.cells[r] for r in rows):
            return np.inf
        bounds = [(0, None) if out else (max(0, n - self.slack), n + self.slack)
                  for n, out in zip(self.printed, hidden, strict=True)]
        target = np.zeros(len(self.counts))
        target[cell] = 1
        ends = [self._least(sign * target, rows, bounds) for sign in (1, -1)]
        return -ends[1] - ends[0] + TOLERANCE

    def _least(self, target: np.ndarray, rows: list[int], bounds: list) -> float:
        """The smallest value of ``target`` that fits what is published; minus infinity when nothing holds it."""
        equal = [r for r in rows if not (self.slack and self.elsewhere[r])]
        near = [r for r in rows if r not in equal]
        matrix, right = self.matrix[near], self.right[near]
        found = linprog(target, A_eq=self.matrix[equal] if equal else None, b_eq=self.right[equal] if equal else None,
                        A_ub=np.vstack([matrix.toarray(), -matrix.toarray()]) if near else None,
                        b_ub=np.concatenate([right + self.slack, self.slack - right]) if near else None,
                        bounds=bounds, method="highs")
        return found.fun if found.status == 0 else -np.inf

    def next_to_hide(self, cell: int, hidden: np.ndarray) -> int | None:
        """The smallest published cell that loosens the tightest sum around the cell; None when there is none."""
        near, best = self._connected(cell, hidden), None
        for row in near:
            open_ = [i for i in self.cells[row] if not hidden[i]]
            if open_:
                out = [i for i in self.cells[row] if hidden[i]]
                loose = (len(out) > 1, sum(self.counts[i] for i in out if i != cell), row)
                choice = min(open_, key=lambda i: (self.counts[i] == 0, *self._dear(i, row, hidden), self.counts[i], i))
                best = min(best or (loose, choice), (loose, choice))
        return best and best[1]

    def _dear(self, cell: int, row: int, hidden: np.ndarray) -> tuple[bool, bool]:
        """Whether readers came for the cell, and if so whether it covers nothing in another sum as well."""
        if not self.last[cell]:
            return False, False
        return True, not any(cell in cells and hidden[list(cells)].any()
                             for r, cells in enumerate(self.cells) if r != row)

    def _connected(self, cell: int, hidden: np.ndarray) -> list[int]:
        """Sums that the cell's range depends on: those it is in, and those of the hidden cells beside it."""
        reached, rows, before = {cell}, [], -1
        while len(reached) > before:
            before = len(reached)
            rows = [r for r, cells in enumerate(self.cells) if reached & set(cells)]
            reached |= {i for r in rows for i in self.cells[r] if hidden[i]}
        return rows
