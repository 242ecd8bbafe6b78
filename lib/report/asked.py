"""Which checks by people must not be published: how many were asked in a segment is a count of people like others.

Checks that rest on the same answers hide the same groups, since each would tell what the others hide. Of what the
checks of one source count, those in no group are a cell of their own that is never published.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.numbers import Format
from lib.report.protect import Sum, protect

ALL, RATE = "all", "response rate"
SOURCES = (("coders and model",), ("stated and observed frequency", RATE))  # checks by whose answers they rest on


def hidden_checks(table: pd.DataFrame, always: np.ndarray, fmt: Format) -> np.ndarray:
    """Rows of the contract `validation` to hide. ``always``: rows of too few people, or hidden in the report before.

    Claims count statements, which are evidence, and overlap: of them only those of too few are hidden.
    """
    out = always.copy()
    for checks in SOURCES:
        rows = np.flatnonzero(table["check"].isin(checks))
        own = table.iloc[rows].assign(always=always[rows])
        for groups in _partitions(own):
            gone = _groups_hidden(own[own["group"].isin(groups)], _whole(own), fmt)
            out[rows] |= own["group"].isin(gone).to_numpy()
    return out


def _partitions(own: pd.DataFrame) -> list[set]:
    """The groups that divide the same people: user types, and segments."""
    types = {g for g in own["group"] if g != ALL and g[:1].isupper()}  # keys of segments are in lower case
    return [groups for groups in (types, set(own["group"]) - types - {ALL}) if groups]


def _whole(own: pd.DataFrame) -> int:
    return int(own.loc[own["group"] == ALL, "n"].max()) if (own["group"] == ALL).any() else 0


def _groups_hidden(rows: pd.DataFrame, whole: int, fmt: Format) -> set:
    """Groups to hide in every check; of a rate, also who answered and who did not are counted."""
    rates = rows[rows["check"] == RATE]
    yes = (rates["n"] * rates["estimate"].astype(float)).round().fillna(0).astype(int)
    counted = pd.concat([rows[["group", "n"]], *(rates[["group"]].assign(n=n) for n in (yes, rates["n"] - yes))])
    least = counted[counted["n"] > 0].groupby("group")["n"].min().reindex(sorted(set(rows["group"])), fill_value=0)
    marked = rows.groupby("group")["always"].any().reindex(least.index).to_numpy(bool)
    if len(rates):  # a size that the table of segments hides is not told here
        size = rates.set_index("group")["n"].reindex(least.index)
        before = {group for group, in fmt.before.get("segments", ())}
        marked = marked | protect(size, [_everybody(size)], fmt.smallest, always=size.index.isin(before))
    rest = max(whole - int(rows.loc[rows["check"] != RATE, "n"].sum()), 0)
    counts = [*least, rest]  # how many of those asked are in any group is also known, from the questionnaire
    return set(least.index[protect(counts, [_everybody(counts), _everybody(least)], fmt.smallest,
                                   always=[*marked, rest > 0])[:-1]])


def _everybody(counts) -> Sum:
    return Sum(tuple(range(len(counts))))
