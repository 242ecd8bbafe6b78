"""Small cells of our tables: what is too few people to be published is taken out, with what would give it away
(method.md §7). Which cells, `lib.report.protect` proves."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from lib.report import levels, moves, selections
from lib.report.arms import hidden_arms
from lib.report.asked import hidden_checks
from lib.report.earlier import PARTITIONS, key_of
from lib.report.numbers import Format
from lib.report.protect import Sum, protect
from lib.report.rounding import COUNTS

__all__ = ["Sum", "directions", "hidden", "protect", "suppress", "without_few", "without_few_next"]

COUNTED = {  # the counts of a row, where it is not `n`
    **dict.fromkeys(("uplift", "targeting"), ("n_treated", "n_control")), "segment_rhythm": ("n_users", "n")}
BESIDE = ("ambiguous", "noise", "potential")  # states outside the segments that are counted beside the total
ANALYSED = ("in segments", "unassigned")  # states of those whom steps 1 to 3 count
ABOUT = {"groups": "group", "validation": "group", "fairness": "selection"}  # the column that names a segment
LEVELS = {"profile": "segment", "outside_profile": "state"}  # tables of means and of shares of levels, by group
THROUGHOUT = {"sizes": "segment"}  # what is hidden on one day is hidden on all: its growth would tell
CITED = ("evidence_ids",)  # of whom a hidden row rests on: their number tells as much
NEXT = ("next_active", "next_low", "next_high", "n_next")  # what members of a period earlier did
ALL = "all"  # group of themes that holds the others


def suppress(frame: pd.DataFrame, name: str, fmt: Format, gone: Collection[str] = ()) -> list[dict]:
    """The rows as records; in hidden rows every figure is None and `suppressed` is true. ``gone`` as for `hidden`."""
    out = hidden(frame, name, fmt, gone) if name in PARTITIONS else np.zeros(len(frame), bool)
    frame = without_few_next(frame, fmt) if name == "segments" else frame
    records = frame.to_dict("records")
    for record, off in zip(records, out, strict=True):
        if off:
            record.update({k: None for k, v in record.items() if k not in key_of(name) and _is_figure(k, v)})
            record.update({k: "" for k in CITED if k in record})
        record["suppressed"] = bool(off)
    return _without_whole(records, frame, fmt) if name == "outside" else records


def without_few_next(segments: pd.DataFrame, fmt: Format) -> pd.DataFrame:
    """The segments without what their members of a period earlier did next, where those were few or would tell of few:
    how many were known then is said. Without the rate alone, where few of many were active, or few were not."""
    if "n_next" not in segments:
        return segments
    n = segments["n_next"].astype("int64").to_numpy()
    out = protect(n, [Sum(tuple(range(len(n))))], fmt.smallest, always=(n > 0) & hidden(segments, "segments", fmt))
    rate = out | levels.few_were_active(
        segments["next_active"].astype(float).to_numpy(), n, out, fmt.smallest)
    columns = [c for c in NEXT if c in segments]
    return segments.astype({"n_next": "Int64"}).assign(
        **{c: segments[c].mask(out if c == "n_next" else rate) for c in columns})


def inside_told(ledger: pd.DataFrame, fmt: Format) -> bool:
    """Whether it may be said how many are in segments: all customers less those tell how many could not be placed."""
    lost = ledger[ledger["state"] == "unassigned"]
    before = {key[0] for key in fmt.before.get("outside", ())}
    return not fmt.is_few(int(lost["n"].sum())) and not (len(lost) and "unassigned" in before)


def _without_whole(records: list[dict], ledger: pd.DataFrame, fmt: Format) -> list[dict]:
    """The ledger without shares of all customers of the sources, where those tell how few left before the analysis."""
    left = int(ledger.loc[~ledger["state"].isin((*ANALYSED, *BESIDE)), "n"].sum())
    return [r | {"share": None} for r in records] if fmt.is_few(left) else records


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


def hidden(frame: pd.DataFrame, name: str, fmt: Format, gone: Collection[str] = ()) -> np.ndarray:
    """Which rows of the table must not show their counts, nor anything computed from them.

    Rows of too few people, those that the report before hid, and what would give either away. ``gone``: segments whose
    size must not be said (`lib.report.inside`): no row tells it, in whatever table.
    """
    counts, always = _counts(frame, name), _always(frame, name, fmt, gone)
    if name == "segments":
        return segments_and_rest(frame, counts.min(axis=1).to_numpy(), always, fmt)[:-1]
    if name == "validation":
        return hidden_checks(frame, always, fmt)
    if name == "fairness":
        return selections.whole(frame, protect(counts.min(axis=1).to_numpy(), selections.sums(frame), fmt.smallest,
                                               always=always))
    if name == "migration":
        return moves.solved(frame, always, fmt.smallest)[0]
    if name == "uplift":
        return hidden_arms(frame, always, fmt.smallest)
    if name in LEVELS:
        return levels.hidden_rows(frame, always, fmt.smallest, groups=LEVELS[name])
    if name in THROUGHOUT:
        return _throughout(frame, frame[THROUGHOUT[name]], counts.min(axis=1), always, fmt)
    return protect(counts.min(axis=1).to_numpy(), _sums(frame, name, fmt, gone), fmt.smallest, always=always,
                   last=frame["state"].isin(ANALYSED) if name == "outside" else None)  # their number is said, too


def directions(migration: pd.DataFrame, fmt: Format, gone: Collection[str] = ()) -> pd.DataFrame:
    """What may be said of where each segment went, as of `lib.report.moves`: with what `hidden` leaves of the moves
    no small cell can be computed."""
    always = _always(migration, "migration", fmt, gone)
    return moves.solved(migration, always, fmt.smallest)[1]


def _always(frame: pd.DataFrame, name: str, fmt: Format, gone: Collection[str]) -> np.ndarray:
    """Rows of too few people, those that the report before hid, and those about segments that are gone."""
    counts, before = _counts(frame, name), set(map(tuple, fmt.before.get(name, ())))
    few = ((counts > 0) & (counts < fmt.smallest)).any(axis=1).to_numpy()
    few = few | levels.few_of_many(frame, counts, fmt.smallest) if name == "kpis" else few
    few = few | levels.of_untold_groups(frame, fmt) if name == "crosstab" else few
    hid = np.array([row in before for row in _rows(frame, key_of(name))], bool)
    return few | hid | _of_segments(frame, name, gone)


def segments_and_rest(frame: pd.DataFrame, counts: np.ndarray, always: np.ndarray, fmt: Format) -> np.ndarray:
    """Which segments to hide, and, as one more cell, whether how many are in none of them must not be told.

    Shares of the base tell how many customers there are, so that sizes tell how many could not be placed. What covers
    such a number is a segment whose size step 3 does not tell: one that holds people who lack a value, else one of
    the clusters, of which step 3 tells only how many were searched.
    """
    rest = unplaced(frame)
    cells = [*counts, rest]
    open_ = frame["size_open"].astype(bool).to_numpy() if "size_open" in frame else np.zeros(len(frame), bool)
    made = frame["claim"].ne("constructed").to_numpy() if "claim" in frame else np.zeros(len(frame), bool)
    covers = open_ if open_.any() else made if made.any() else ~made
    return protect(cells, [Sum(tuple(range(len(cells))))], fmt.smallest, always=[*always, fmt.is_few(rest)],
                   last=[*~covers, True])


def unplaced(frame: pd.DataFrame) -> int:
    """How many customers are in none of the groups, which say how many they are and which share of all (0: unknown)."""
    known = frame[(frame["n"] > 0) & (frame["share"] > 0)] if {"n", "share"} <= set(frame) else frame.iloc[:0]
    whole = (known["n"] / known["share"]).round().median() if len(known) else 0
    return max(int(whole) - int(known["n"].sum()), 0)


def _of_segments(frame: pd.DataFrame, name: str, gone: Collection[str]) -> np.ndarray:
    """Rows about one of the segments that are gone; of moves, who stayed, without whom no column has a sum."""
    if name == "distinct":
        return (frame["first"].isin(gone) | frame["second"].isin(gone)).to_numpy()
    if name == "migration":
        return (frame["before"].eq(frame["now"]) & frame["now"].isin(gone)).to_numpy()
    column = ABOUT.get(name, "segment")
    return frame[column].isin(gone).to_numpy() if gone and column in frame else np.zeros(len(frame), bool)


def _throughout(frame: pd.DataFrame, segment: pd.Series, counts: pd.Series, always: np.ndarray,
                fmt: Format) -> np.ndarray:
    """Segments hidden on every day, because of the day on which they were fewest: one choice, which serves all days."""
    least = counts.groupby(segment.to_numpy()).min()
    marked = pd.Series(always).groupby(segment.to_numpy()).any().reindex(least.index)
    rest = min((r for _, day in frame.groupby("as_of") if (r := unplaced(day))), default=0)
    cells = [*least, rest]
    out = protect(cells, [Sum(tuple(range(len(cells))))], fmt.smallest, always=[*marked, fmt.is_few(rest)],
                  last=[*[False] * len(least), True])[:-1]
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


def _sums(frame: pd.DataFrame, name: str, fmt: Format, gone: Collection[str] = ()) -> list[Sum]:
    """The sums among the rows of a table, by position. How many are in a segment that is gone is told nowhere."""
    placed = frame.assign(_place=np.arange(len(frame)))
    if name == "outside":
        placed = placed[~placed["state"].isin(BESIDE)]
        analysed = placed[placed["state"].isin(ANALYSED)]  # their number is said, too: all that steps 1 to 3 count
        return [_sum(placed), *([_sum(analysed)] if len(analysed) < len(placed) else [])]
    if name == "icps" and len(frame) and not (frame["overlap"].astype("float64").fillna(0) > 0).any():
        return [_sum(placed)]  # profiles that exclude one another: with `(none)` they are everybody
    if name == "crosstab":  # a size that is told nowhere is no sum
        placed = placed.assign(_untold=levels.of_untold_groups(frame, fmt))
    groups = [g for within in PARTITIONS[name]
              for g in _groups(placed[~placed["segment"].isin(gone)] if "segment" in within else placed, within)
              if "_untold" not in g or "group" not in within or not g["_untold"].any()]
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
