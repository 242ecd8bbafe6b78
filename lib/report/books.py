"""Counts of rows that are counts of people: what of the ledger of step 2 would tell of few customers (method.md §7).

A row of orders or events is no person, and bookkeeping needs it to the last one: such counts stay, and so do rows that
were repaired or set aside, which are facts about data. A row of customers, answers or interviews that is left out is a
person who is, and reasons for which people may not be analysed are facts about people in whatever source they occur: of
these, few are not counted, nor what would give them away.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.protect import Sum, protect

PEOPLE = ("customers", "survey", "interviews")  # sources of which a row is a person, or what one said
STATES = ("kept", "repaired", "quarantined", "excluded")
TELLING = ("kept", "excluded")  # of people: who is in, and who is not


def told_apart(counts: dict[str, int], smallest: int) -> tuple[dict[str, int], int]:
    """(reasons that may be told apart, customers who left for all others): no small number follows by subtraction."""
    left = {k: n for k, n in sorted(counts.items(), key=lambda kn: -kn[1]) if n}
    told = {k: n for k, n in left.items() if n >= smallest}
    rest = sum(left.values()) - sum(told.values())
    if 0 < rest < smallest and told:
        rest += told.pop(list(told)[-1])
    return told, rest


def hidden_reasons(rows: pd.DataFrame, protection: dict[str, int], smallest: int) -> np.ndarray:
    """Which rows (source, state, reason, rows) are not counted. ``protection``: customers who left, by reason."""
    told, _ = told_apart(protection, smallest)
    out = (rows["reason"].isin(protection) & ~rows["reason"].isin(told)).to_numpy(copy=True)
    placed = rows.assign(_place=np.arange(len(rows)))
    for _, own in placed[placed["source"].isin(PEOPLE) & placed["state"].isin(TELLING)].groupby("source"):
        places, counts = own["_place"].to_numpy(), own["rows"].to_numpy("int64")
        sums = [Sum(tuple(range(len(own)))), *(Sum(tuple(i)) for i in own.groupby("state").indices.values())]
        out[places] = protect(counts, sums, smallest, always=out[places])
    return out


def hidden_states(counts: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Which states of rows are not counted: a mask of the columns `STATES`, one row for each file of ``counts``, whose
    column `source` names the source. What is hidden of a file is to be hidden of its source, too."""
    out = pd.DataFrame(False, counts.index, list(STATES))
    for i in counts.index[counts["source"].isin(PEOPLE)]:
        told = counts.loc[i, list(TELLING)].astype("int64")
        out.loc[i, list(TELLING)] = protect(told, [Sum(tuple(range(len(TELLING))))], smallest)
    return out
