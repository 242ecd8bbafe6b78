"""Small cells: what is too few people to be published is taken out, with what would give it away (method.md §7)."""

from __future__ import annotations

import pandas as pd

# Tables of counts of people, and the columns within which their counts add up to a total that is also shown.
PARTITIONS: dict[str, tuple[str, ...] | None] = {
    "icps": None, "retention": None, "profile": None, "themes": None, "segments": (), "outside": (),
    "lifecycle": ("period",), "crosstab": ("segment", "scheme"), "migration": ("before",),
    "audiences": ("segment", "channel"), "user_type_cuts": (), "rfm_groups": (),
}


def suppress(frame: pd.DataFrame, name: str, key: tuple[str, ...], smallest: int) -> list[dict]:
    """The rows as records; in rows of fewer than ``smallest`` people every figure is None and `suppressed` is true.

    Where the counts of a group add up to a total, and one row alone was taken out, the next smallest goes too.
    """
    hidden = _hidden(frame, PARTITIONS[name], smallest) if name in PARTITIONS else pd.Series(False, frame.index)
    records = frame.to_dict("records")
    for record, out in zip(records, hidden, strict=True):
        if out:
            record.update({k: None for k, v in record.items() if k not in key and _is_figure(k, v)})
        record["suppressed"] = bool(out)
    return records


def _is_figure(name: str, value) -> bool:
    return isinstance(value, float) or name == "n" or name.startswith("n_")


def _hidden(frame: pd.DataFrame, within: tuple[str, ...] | None, smallest: int) -> pd.Series:
    few = (frame["n"] > 0) & (frame["n"] < smallest)
    if within is None or not few.any():
        return few
    for _, group in frame.groupby(list(within)) if within else [("", frame)]:
        rows = group.index
        others = frame.loc[rows, "n"][~few[rows] & (frame.loc[rows, "n"] > 0)]
        if few[rows].sum() == 1 and len(others):
            few[others.idxmin()] = True
    return few
