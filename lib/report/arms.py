"""Segments of a campaign that must not be told apart: of few in an arm, or telling of few by what is left of all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.protect import Sum, protect

ALL = "all"
ARMS = ("n_treated", "n_control")
CLEAR = 0.05  # Holm p of an effect that readers came for: another row covers a small one, where there is one


def hidden_arms(frame: pd.DataFrame, always: np.ndarray, smallest: int) -> np.ndarray:
    """Which rows of the uplift to hide, of all outcomes of a segment alike: these count the same customers.

    In each arm the segments and those in none add up to all who were assigned, whose number is told.
    """
    out, n = always.copy(), frame[list(ARMS)]
    few = ((n > 0) & (n < smallest)).any(axis=1)  # of few in one arm; the other arm of such a row may be told
    for _, part in frame.assign(_out=always & ~few).groupby("campaign"):
        parts = part[part["segment"] != ALL]
        by = parts.groupby("segment").agg(**{arm: (arm, "first") for arm in ARMS}, out=("_out", "any"), p=("p", "min"))
        whole = part[part["segment"] == ALL]
        if by.empty or whole.empty:
            continue
        gone = set(by.index[np.any([_arm(by, arm, int(whole[arm].iloc[0]), smallest) for arm in ARMS], axis=0)])
        out |= (frame["campaign"].isin(part["campaign"]) & frame["segment"].isin(gone)).to_numpy()
    return out


def _arm(by: pd.DataFrame, arm: str, whole: int, smallest: int) -> np.ndarray:
    """The segments to hide because of one arm."""
    cells = [*by[arm], max(whole - int(by[arm].sum()), 0)]
    clear = (by["p"] < CLEAR).to_numpy()
    return protect(cells, [Sum(tuple(range(len(cells))))], smallest, always=[*by["out"], False],
                   last=[*clear, True])[:-1]
