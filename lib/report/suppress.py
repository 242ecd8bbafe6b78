"""Small cells of our tables: what is too few people to be published is taken out, with what would give it away
(method.md §7). Which cells, `lib.report.protect` proves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report import selections
from lib.report.asked import hidden_checks
from lib.report.earlier import PARTITIONS, key_of
from lib.report.numbers import Format
from lib.report.protect import Sum, protect
from lib.report.rounding import COUNTS

__all__ = ["Sum", "hidden", "protect", "suppress", "without_few"]

COUNTED = {  # the counts of a row, where it is not `n`
    **dict.fromkeys(("uplift", "targeting"), ("n_treated", "n_control")), "segment_rhythm": ("n_users", "n")}
BESIDE = ("ambiguous", "noise", "potential")  # states outside the segments that are counted beside the total
THROUGHOUT = {"sizes": "segment"}  # what is hidden on one day is hidden on all: its growth would tell
CITED = ("evidence_ids",)  # of whom a hidden row rests on: their number tells as much
ALL = "all"  # group of themes that holds the others


def suppress(frame: pd.DataFrame, name: str, fmt: Format) -> list[dict]:
    """The rows as records; in hidden rows every figure is None and `suppressed` is true."""
    out = hidden(frame, name, fmt) if name in PARTITIONS else np.zeros(len(frame), bool)
    records = frame.to_dict("records")
    for record, gone in zip(records, out, strict=True):
        if gone:
            record.update({k: None for k, v in record.items() if k not in key_of(name) and _is_figure(k, v)})
            record.update({k: "" for k in CITED if k in record})
        record["suppressed"] = bool(gone)
    return records


def without_few(value, fmt: Format):
    """A copy of a document (or of a part) in which whatever rests on too few people has None for its figures.

    Rows of a list that count people (`n`) are taken as the parts of one sum.
    """
    if isinstance(value, list):
        rows = [without_few(row, fmt) for row in value]
        counted = [i for i, row in enumerate(value) if isinstance(row, dict) and isinstance(row.get("n"), int)]
        out = protect([value[i]["n"] for i in counted], [Sum(tuple(range(len(counted))))], fmt.smallest)
        return rows if not out.any() else [
            _emptied(row) if i in np.array(counted)[out] else row for i, row in enumerate(rows)]
    if not isinstance(value, dict):
        return value
    few = any(k in COUNTS and isinstance(n, int | float) and fmt.is_few(n) for k, n in value.items())
    return {k: without_few(v, fmt) for k, v in (_emptied(value) if few else value).items()}


def _emptied(row: dict) -> dict:
    return {k: None if _is_figure(k, v) or k in COUNTS and not isinstance(v, str | list) else v for k, v in row.items()}


def hidden(frame: pd.DataFrame, name: str, fmt: Format) -> np.ndarray:
    """Which rows of the table must not show their counts, nor anything computed from them.

    Rows of too few people, those that the report before hid, and what would give either away.
    """
    counts = _counts(frame, name)
    first = ((counts > 0) & (counts < fmt.smallest)).any(axis=1).to_numpy()
    before = set(map(tuple, fmt.before.get(name, ())))
    always = first | np.array([row in before for row in _rows(frame, key_of(name))], bool)
    if name == "validation":
        return hidden_checks(frame, always, fmt)
    if name == "fairness":
        return selections.whole(frame, protect(counts.min(axis=1).to_numpy(), selections.sums(frame), fmt.smallest,
                                               always=always))
    if name in THROUGHOUT:
        return _throughout(frame[THROUGHOUT[name]], counts.min(axis=1), always, fmt)
    wanted = frame["before"].ne(frame["now"]).to_numpy() if name == "migration" else None  # who stayed covers who moved
    return protect(counts.min(axis=1).to_numpy(), _sums(frame, name), fmt.smallest, always=always, last=wanted)


def _throughout(segment: pd.Series, counts: pd.Series, always: np.ndarray, fmt: Format) -> np.ndarray:
    """Segments hidden on every day, because of the day on which they were fewest: one choice, which serves all days."""
    least = counts.groupby(segment.to_numpy()).min()
    marked = pd.Series(always).groupby(segment.to_numpy()).any().reindex(least.index)
    out = protect(least.to_numpy(), [Sum(tuple(range(len(least))))], fmt.smallest, always=marked.to_numpy(bool))
    return segment.isin(least.index[out]).to_numpy()


def _counts(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """How many people stand behind the figures of each row, one column for each such count."""
    counts = frame[list(COUNTED.get(name, ("n",)))]
    if name == "kpis":  # figures of then and of now, and `n` counts who is there now
        then = frame[frame["measure"] == "customers"].set_index("segment")["before"]
        counts = counts.assign(before=frame["segment"].map(then).where(frame["before"].notna()))
        counts["before"] = counts["before"].mask(counts["before"].fillna(0) == 0, counts["n"])
    return counts.fillna(0).astype("int64")


def _is_figure(name: str, value) -> bool:
    return isinstance(value, float) or name == "n" or name.startswith("n_")


def _rows(frame: pd.DataFrame, key: tuple[str, ...]) -> list[tuple]:
    known = [k for k in key if k in frame]
    return [tuple(map(str, row)) for row in frame[known].itertuples(index=False)]


def _sums(frame: pd.DataFrame, name: str) -> list[Sum]:
    """The sums among the rows of a table, by position."""
    placed = frame.assign(_place=np.arange(len(frame)))
    if name == "outside":
        placed = placed[~placed["state"].isin(BESIDE)]
    if name == "icps" and len(frame) and not (frame["overlap"].astype("float64").fillna(0) > 0).any():
        return [_sum(placed)]  # profiles that exclude one another: with `(none)` they are everybody
    groups = [g for within in PARTITIONS[name] for g in _groups(placed, within)]
    sums = [_sum(g) for g in groups]
    if name == "lifecycle":  # how many are active is said, too
        sums += [_sum(g[g["state"] != "dormant"]) for g in groups]
    return sums + _over_groups(placed) if name == "themes" else sums


def _groups(rows: pd.DataFrame, within: tuple[str, ...]) -> list[pd.DataFrame]:
    return [group for _, group in rows.groupby(list(within))] if within else [rows]


def _sum(rows: pd.DataFrame, total: int | None = None) -> Sum:
    return Sum(tuple(int(p) for p in rows["_place"]), total)


def _over_groups(placed: pd.DataFrame) -> list[Sum]:
    """Each theme over the groups of writers, which add up to its row of all."""
    whole = placed[placed["group"] == ALL].set_index("theme")["_place"]
    return [_sum(rows[rows["group"] != ALL], int(whole[theme])) for theme, rows in placed.groupby("theme")
            if theme in whole.index and len(rows) > 1]
