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
    """Groups to hide in every check, whichever count would tell: who was asked, who answered, who did not, the size."""
    groups, rates = sorted(set(rows["group"])), rows[rows["check"] == RATE].set_index("group")
    yes = (rates["n"] * rates["estimate"].astype(float)).round()
    asked = rows[rows["check"] != RATE].groupby("group")["n"].max()
    counted = [n.reindex(groups).fillna(0).astype(int).to_numpy() for n in (asked, yes, rates["n"] - yes)]
    out = rows.groupby("group")["always"].any().reindex(groups).to_numpy(bool)
    if len(rates):  # a size that the table of segments hides is not told here
        before = {group for group, in fmt.before.get("segments", ())}
        out = out | _covered(rates["n"].reindex(groups).fillna(0), [g in before for g in groups], 0, fmt)
    for n in counted:
        out = out | ((n > 0) & (n < fmt.smallest))
    rest = max(whole - int(asked.sum()), 0)
    for n in counted:
        out = out | _covered(n, out, rest if n is counted[0] else 0, fmt)
    return {group for group, gone in zip(groups, out, strict=True) if gone}


def _covered(counts, always, rest: int, fmt: Format) -> np.ndarray:
    """What to hide of counts that add up, with those in no group as one more cell, to a number that is known."""
    cells = [*np.asarray(counts, int), rest]
    return protect(cells, [Sum(tuple(range(len(cells))))], fmt.smallest, always=[*always, rest > 0])[:-1]
