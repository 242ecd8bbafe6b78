"""Sentence of notebook 04: on what the segments differ in what they write."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.tables.writing import ALPHA
from lib.report.words.analyze import rate

TOLD = 3  # differences that a sentence can hold


@shows
def segment_themes(table: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """The clearest differences between segments in what they write about, or that there are none."""
    names = dict(zip(segments["segment"], segments["name"], strict=True))
    out = hidden(table, "segment_themes", fmt)
    told = table[~out & (table["p"] < ALPHA) & table["segment"].isin(names) & (table["n"] >= fmt.smallest)
                 & (table["share"] > table["others"])]
    writers = int(table.drop_duplicates("segment")["n_writers"].sum())
    if told.empty:
        return Sentence(f"{fmt.people(writers)} customers wrote something. No segment writes about a theme more than "
                        "the others beyond chance.", {"n": writers}, tone="caveat")
    parts, values = [], {"n": writers}
    for i, row in enumerate(told.sort_values(["p", "theme", "segment"]).head(TOLD).itertuples()):
        share, found = rate("theme", row.n, row.n_writers, fmt)
        parts.append(f"{names[row.segment]} write about “{row.theme}” more than others do: {share} of "
                     f"{fmt.people(row.n_writers)} writers, against {fmt.share(row.others)}")
        values[str(i)] = found | {"others": row.others}
    return Sentence(f"{'. '.join(parts)}. Themes are words that occur together, no verdicts.", values)
