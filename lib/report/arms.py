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
        gone = np.zeros(len(by), bool)
        for arm in ARMS:
            gone |= _arm(by, arm, int(whole[arm].iloc[0]), gone, smallest)
        out |= (frame["campaign"].isin(part["campaign"]) & frame["segment"].isin(by.index[gone])).to_numpy()
    return out


def _arm(by: pd.DataFrame, arm: str, whole: int, gone: np.ndarray, smallest: int) -> np.ndarray:
    """The segments to hide because of one arm, where it can be those that are ``gone`` already."""
    cells = [*by[arm], max(whole - int(by[arm].sum()), 0)]
    dear = ~gone if gone.any() else (by["p"] < CLEAR).to_numpy()
    hidden = protect(cells, [Sum(tuple(range(len(cells))))], smallest, always=[*by["out"], False], last=[*dear, True])
    return hidden[:-1]
