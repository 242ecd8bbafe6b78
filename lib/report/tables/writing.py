"""Table of notebook 04: what customers of each segment write about."""

from __future__ import annotations

import pandas as pd

from lib.contracts.labels import OTHERS, OUTSIDE
from lib.report.blocks import TableBlock, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.words.analyze import rate

ALPHA = 0.05
NONE = "(none)"
AMONG = {OTHERS: "all other segments", OUTSIDE: "in no segment"}


@shows
def segment_themes(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> TableBlock:
    """Share of each segment's writers on each theme; small cells, and what would give them away, are left out."""
    names = dict(zip(segments["segment"], segments["name"], strict=True)) | AMONG
    order = [*segments.sort_values("rank")["segment"], *AMONG]
    writers = table.drop_duplicates("segment").set_index("segment")["n_writers"]
    shown = [s for s in order if s in writers]
    guarded = table.assign(out=hidden(table, "segment_themes", fmt)).set_index(["theme", "segment"])
    totals = guarded.groupby("theme")["n"].sum().sort_index()
    themes = totals.sort_values(ascending=False, kind="stable").index
    rows = [[theme, *[_cell(guarded.loc[(theme, s)], fmt) for s in shown]]
            for theme in sorted(themes, key=lambda t: t == NONE)]
    heads = [f"{names.get(s, s)} ({fmt.n(writers[s])})" for s in shown]
    return TableBlock("What each segment writes about", ["theme", *heads], rows, numeric=heads,
                      note="Share of the segment's writers with its 95 % interval; each writer counts once, by the "
                           "text that carries a theme most. More, less: than among the other writers, beyond chance "
                           f"(Fisher, Holm). {fmt.few}: fewer writers, or what would give such a number away. Segments "
                           "in which so few wrote are left out, or told together.")


def _cell(row, fmt: Format) -> str:
    if row["out"] or fmt.is_few(row["n"]):
        return fmt.few
    share, _ = rate("theme", row["n"], row["n_writers"], fmt)
    return f"{share}, {'more' if row['share'] > row['others'] else 'less'}" if row["p"] < ALPHA else share
