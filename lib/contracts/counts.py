"""Counts in sentences, and how exactly a product says counts of people (method.md §7)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def number_of(n, one: str, many: str = "") -> str:
    """A count with what it counts, and the verb where there is one.

    ``one`` and ``many`` are what follows a count of one and any other; ``many`` is ``one`` with an s where it is left
    out: `number_of(1, "row is", "rows are")` is `1 row is`, and `number_of(1200, "row")` is `1,200 rows`.
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def few_of(n: int, noun: str) -> str:
    """How many there are of what is too few, with the verb: `no column is`, `only 1 column is`, `2 columns are`."""
    return f"{'no' if n == 0 else 'only 1' if n == 1 else f'{n:,}'} {noun}{' is' if n < 2 else 's are'}"


def nearly_all(n: int, everyone: int, smallest: int) -> int:
    """How many people are told: ``everyone``, where fewer than ``smallest`` of these are missing among the ``n``.

    How many everybody is stands on every page, so that the difference would count those few.
    """
    return everyone if 0 < everyone - n < smallest else n


def too_small_to_divide(sizes: Mapping[str, int], cells: int, smallest: int) -> set[str]:
    """The groups to be told as one, since they are too small to be told in so many cells.

    With fewer than half of ``smallest`` a cell on average, most cells of a group would be too few ([ours]); where no
    group has more, those with fewer than ``smallest`` in all. Together they are no few: the sizes of the other groups
    tell how many they are. One such group of enough people stays as it is.
    """
    enough = smallest * cells / 2
    limit = enough if any(n >= enough for n in sizes.values()) else smallest
    order = sorted(sizes, key=lambda group: (sizes[group], group))
    small = [group for group in order if sizes[group] < limit]
    while small and len(small) < len(order) and sum(sizes[g] for g in small) < smallest:
        small.append(order[len(small)])
    return set(small) if len(small) > 1 else set()


def in_lines(lines) -> str:
    """Line numbers (a list, or one text with commas) as a place: `line 7`, `lines 7, 9`."""
    text = lines if isinstance(lines, str) else ", ".join(str(line) for line in lines)
    return f"line{'s' if ',' in text else ''} {text}"


class People:
    """How exactly counts of people are said: none below ``smallest``, and the others as multiples of ``rounding``."""

    smallest: int = 10
    rounding: int = 1

    def is_few(self, n) -> bool:
        """Whether so few people are not published; nobody is no few."""
        return bool(0 < n < self.smallest)

    def rounded(self, n):
        """A count of people, or a series of them, as exactly as it is published: the nearest multiple, a half goes up.

        What is not too few stays so.
        """
        if self.rounding == 1:
            return n
        least = np.where(np.asarray(n) >= self.smallest, -(-self.smallest // self.rounding) * self.rounding, 0)
        near = np.maximum(np.floor(n / self.rounding + 0.5) * self.rounding, least)
        return near if np.ndim(near) else int(near)

    def part(self, n, of) -> float:
        """The share that ``n`` are of ``of`` people, from the counts as they are published."""
        whole = self.rounded(of)
        return float(self.rounded(n) / whole) if whole else float("nan")

    def published(self, n) -> int | None:
        """The count as it may be published; None for few."""
        return None if self.is_few(n) else int(self.rounded(n))

    def said(self, n, one: str = "customer", many: str = "customers", *, below: int = 0) -> str:
        """A count of people in a reason, and what follows it: `fewer than 10 customers` for few.

        ``below`` is a number that they do not reach: where the rounded count would, that number is said instead.
        """
        if self.is_few(n) or 0 < below <= self.rounded(n):
            return f"fewer than {self.smallest if self.is_few(n) else below:,} {many}"
        return number_of(self.rounded(n), one, many) if n else f"no {many}"

    def part_of(self, n, of, one: str = "customer") -> str:
        """A part of some people in a reason: `37 % of customers`, and `fewer than 10 customers` for few."""
        if not n or self.is_few(n):
            return self.said(n, one, f"{one}s")
        return f"{100 * self.part(n, of):.0f} % of {one}s"

    def lacking(self, n, enough: int) -> int:
        """How many people are missing to ``enough``, from the count as it is published; 0 where that would tell it."""
        return 0 if self.is_few(n) else max(enough - int(self.rounded(n)), 0)
