"""Picture of where each segment went."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Picture, shows
from lib.report.inside import untold
from lib.report.moves import beyond
from lib.report.numbers import Format
from lib.report.style import BASE, INK, PALETTE, RULE, canvas, label
from lib.report.suppress import directions
from lib.report.tables.monitor import WAYS_OF, WENT, names_of

ORDER = ("down", "up+down", "stayed+down", "stayed", "stayed+up", "up")
PAINT = {"down": PALETTE[1], "up": PALETTE[5], "up+down": PALETTE[7], "stayed": BASE, "stayed+up": RULE,
         "stayed+down": RULE}
WIDE = 0.06  # a narrower part of a bar holds no text


@shows
def ways(migration: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Picture | None:
    """One bar a segment: the share that went down, stayed, went up, as far as it may be said; None where nothing is."""
    told = directions(migration, fmt, untold(segments, fmt))
    if told.empty:
        return None
    names = names_of(segments, told["before"])
    places = [*segments.sort_values("rank")["segment"], *WAYS_OF]
    rows = [b for b in places if b in set(told["before"])][::-1]
    fig, ax = canvas(7.2, 1.2 + 0.42 * len(rows))
    for y, before in enumerate(rows):
        left, mine = 0.0, told[told["before"] == before].set_index("went")
        for went in (w for w in ORDER if w in mine.index):
            share = float(mine.loc[went, "share"])
            ax.barh(y, share, left=left, height=0.62, color=PAINT[went], edgecolor="white")
            text = fmt.share(share) if share >= WIDE else ""
            ax.text(left + share / 2, y, text, ha="center", va="center", fontsize=8, color=INK)
            left += share
    for went in (w for w in ORDER if w in set(told["went"])):
        ax.barh(0, 0, color=PAINT[went], label=WENT[went])
    n = told.drop_duplicates("before").set_index("before")["n_before"]
    ax.set(yticks=range(len(rows)), yticklabels=[f"{label(names.get(b, b), 36)} ({fmt.people(n[b])})" for b in rows],
           xlim=(0, 1), xlabel="share of those in the segment then")
    ax.xaxis.set_major_formatter(lambda v, _: fmt.share(v))
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncol=3, fontsize=8, frameon=False)
    top = next(beyond(told).itertuples(), None)
    title = "Where each segment went: nowhere beyond chance" if top is None else \
        f"{names.get(top.before, top.before)}: {fmt.share(top.share)} {WENT[top.went]}, beyond chance"
    return Picture(ax, title=label(title, 110), alt=f"Bars of what became of each segment. {title}.",
                   caption=f"{fmt.people(n.sum())} customers known then; frozen model. Up: a segment of higher value; "
                           "down: of lower value, or in none, asleep or gone. Where one of these counts fewer than "
                           f"{fmt.smallest}, or would give such a number away, it is told together with another.")
