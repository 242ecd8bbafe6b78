"""Sentences about where each segment went: up, down, or nowhere."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.inside import untold
from lib.report.moves import OTHERS, beyond
from lib.report.numbers import Format
from lib.report.suppress import directions
from lib.report.tables.monitor import WENT, names_of

HALF = 0.5  # of those who fell asleep: from here on the move is mostly time that passed


@shows
def by_segment(migration: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Which segments moved more than chance moves them, which way, and how many cannot be told apart."""
    told = directions(migration, fmt, untold(segments, fmt))
    if told.empty:
        return Sentence("Where each segment went is not said: in each of them few moved, or few stayed.",
                        {"smallest": fmt.smallest}, tone="caveat")
    real = beyond(told)
    names = names_of(segments, told["before"])
    said = [f"{names.get(r.before, r.before)}: {fmt.people(r.n)} of {fmt.people(r.n_before)} {WENT[r.went]}, "
            f"{fmt.estimate(r.share, r.low, r.high, lambda v: fmt.share(v, 1))} where chance moves "
            f"{fmt.share(r.noise, 1)}" for r in real.itertuples()]
    text = f"Beyond chance: {'; '.join(said)}." if said else "In no segment did more move than chance moves."
    values = {f"{r.before}.{r.went}.{k}": getattr(r, k) for r in real.itertuples()
              for k in ("n", "n_before", "share", "low", "high", "noise")}
    groups, seen = set(migration.loc[migration["before"] != "New", "before"]), set(told["before"])
    silent = len(groups - seen)
    if silent:
        text += (f" Of {fmt.counted(len(groups), 'group')} {fmt.count(silent)} {'is' if silent == 1 else 'are'} told "
                 f"{'together' if OTHERS in seen else 'nowhere'}: apart they would tell of few.")
    return Sentence(text, values | {"not told apart": silent, "groups": len(groups)})


def counted_in(window: int, usual: int, fmt: Format) -> Sentence | None:
    """In how many days the behaviour of both days is counted, where that is less than the usual window; else None."""
    if window >= usual:
        return None
    return Sentence(f"What customers did is counted over {fmt.counted(window, 'day')} on both days, not the usual "
                    f"{fmt.count(usual)}: the data held no more by the earlier one, and a longer window on one side "
                    "would let everybody seem to do more.", {"window_days": window, "usual_days": usual}, tone="method")


@shows
def aged(found: dict, fmt: Format) -> Sentence | None:
    """How many of those who fell asleep had been active on one day only: what they did has not changed. To the ten:
    the exact number would be one more sum of moves of which some are hidden. None where few fell asleep."""
    n, once = found["n"], found["once"]
    if n < fmt.smallest or n == 0:
        return None
    about = max(10 * round(n / 10), fmt.smallest)
    text = f"Of about {fmt.people(about)} who fell asleep, "
    meaning = "they did not change: their one day came to lie further back"
    if fmt.is_few(once) or once == 0:
        return Sentence(f"{text}none or few had been active on one day only, so that time alone does not explain it.",
                        {"n": about})
    if fmt.is_few(n - once) or once == n:
        return Sentence(f"{text}nearly all had been active on one day only, ever: {meaning}.", {"n": about},
                        tone="caveat")
    share = fmt.estimate(found["share"], found["low"], found["high"], fmt.share)
    return Sentence(f"{text}{share} had been active on one day only, ever: {meaning}. The others had come back before, "
                    "and then stopped.", {"n": about} | {k: found[k] for k in ("share", "low", "high")},
                    tone="caveat" if found["share"] >= HALF else "finding")
