"""Sentences about where each segment went: up, down, or nowhere."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.inside import untold
from lib.report.moves import OTHERS, beyond
from lib.report.numbers import Format
from lib.report.suppress import directions
from lib.report.tables.monitor import WAYS_OF, WENT


@shows
def by_segment(migration: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Which segments moved more than chance moves them, which way, and how many cannot be told apart."""
    told = directions(migration, fmt, untold(segments, fmt))
    if told.empty:
        return Sentence("Where each segment went is not said: in each of them few moved, or few stayed.",
                        {"smallest": fmt.smallest}, tone="caveat")
    real = beyond(told)
    names = {**segments.set_index("segment")["name"].to_dict(), **WAYS_OF}
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
