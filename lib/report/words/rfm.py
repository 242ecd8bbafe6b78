"""Sentences of notebook 03 about RFM: the groups, their value as an overlay, and how they were scored."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.suppress import hidden
from lib.report.words.analyze import RULE, rate

ASIDE = {"Prospect": "never ordered (prospects)", "Lapsed": "ordered before the window only (lapsed)"}
LATELY = {"Champions": "came lately and often", "At risk": "came often but not lately"}
DEAR = ("At risk", "Can't lose")  # groups in which the value at stake matters


@shows
def rfm_groups(rfm: pd.DataFrame, fmt: Format) -> Sentence:
    """The largest RFM group, those that deserve attention first, and who is kept apart."""
    n = len(rfm)
    sizes = _sizes(rfm, fmt)
    share, values = rate(sizes.index[0], int(sizes.iloc[0]), n, fmt)
    parts = [f"The largest RFM group of {fmt.people(n)} customers is {sizes.index[0]}: {fmt.people(sizes.iloc[0])}, "
             f"{share}."]
    for name, meaning in LATELY.items():
        if name in sizes and name != sizes.index[0]:
            share, numbers = rate(name, int(sizes[name]), n, fmt)
            parts.append(f"{fmt.people(sizes[name])}, {share}, {meaning} ({name}).")
            values |= numbers
    for name, meaning in ASIDE.items():
        if name in sizes:
            parts.append(f"{fmt.people(sizes[name])} {meaning}.")
            values[name] = fmt.rounded(int(sizes[name]))
    return Sentence(" ".join([*parts, RULE]), values)


@shows
def high_value(rfm: pd.DataFrame, fmt: Format) -> Sentence | None:
    """How many of those who came often but not lately pay more than most; nothing where too few could be told."""
    sizes, parts, values = _sizes(rfm, fmt), [], {}
    for name in DEAR:
        of, dear = int(sizes.get(name, 0)), int(rfm.loc[rfm["group"] == name, "high_value"].sum())
        if min(dear, of - dear) >= fmt.smallest:
            share, numbers = rate(name, dear, of, fmt)
            values |= numbers
            parts.append(f"{fmt.people(dear)} of the {fmt.people(of)} customers {name}, {share}, pay more than most")
    if not parts:
        return None
    return Sentence(f"{'; '.join(parts)} (a monetary score of four or five).", values)


@shows
def rfm_scoring(scoring: dict, fmt: Format) -> Sentence:
    """How the three dimensions were scored, and what M means here."""
    meaning = {"mean": "net value per occasion", "total": "total net value"}[scoring["monetary"]]
    how = "; ".join(f"{label} by {scoring[key]}" if scoring[key] != "not scored" else f"{label} not scored"
                    for key, label in (("r", "recency"), ("f", "frequency"), ("m", "monetary value")))
    text = (f"{fmt.people(scoring['n'])} buyers were compared: {how}. Monetary value is the {meaning}. "
            "Equal values always get equal scores.")
    return Sentence(text, {"buyers": scoring["n"]}, tone="method")


def _sizes(rfm: pd.DataFrame, fmt: Format) -> pd.Series:
    """Customers of each group that may be told, the largest first."""
    counts = rfm["group"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    out = hidden(counts.rename("n").rename_axis("group").reset_index(), "rfm_groups", fmt)
    return counts[~out]
