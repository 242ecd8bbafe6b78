"""Sums among the rows of selection rates, so that no small cell of a group can be computed from the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.protect import Sum

WITHIN = ["attribute", "kind", "selection"]
ANY = "(any)"


def sums(frame: pd.DataFrame) -> list[Sum]:
    """What adds up: groups to a selection, segments to a group, a file and its rest to a segment, files to all."""
    rows = frame.assign(_place=np.arange(len(frame)))
    found = [Sum(_places(part)) for _, part in rows.groupby(WITHIN)]
    for (_, _), part in rows.groupby(["attribute", "group"]):
        kinds = {kind: part[part["kind"] == kind] for kind in ("segment", "audience", "rest")}
        found.append(Sum(_places(kinds["segment"])))  # to the group, whose size is published
        whole = kinds["segment"].set_index("selection")["_place"]
        for selection, place in whole.items():
            parts = part[(part["selection"] == selection) & (part["kind"] != "segment")]
            if len(parts) == 2:
                found.append(Sum(_places(parts), int(place)))
        files = kinds["audience"]
        total = files.loc[files["selection"] == ANY, "_place"]
        if len(total):
            found.append(Sum(_places(files[files["selection"] != ANY]), int(total.iloc[0])))
    return found


def whole(frame: pd.DataFrame, hidden: np.ndarray) -> np.ndarray:
    """A selection of which one group is hidden shows none of its figures: ratio and p would tell."""
    return pd.Series(hidden, index=frame.index).groupby([frame[c] for c in WITHIN]).transform("any").to_numpy(bool)


def _places(rows: pd.DataFrame) -> tuple[int, ...]:
    return tuple(int(p) for p in rows["_place"])
