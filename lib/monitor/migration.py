"""Who moved between two periods under frozen rules, and how much of that is noise (method.md §6)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import NotMeasured, measured, requires
from lib.stats import hidden_money, holm, wilson

NEW, DORMANT, LEFT = "New", "Dormant", "Left"
DORMANT_PERIODS = 4  # method.md §3.4: no active day in the last four natural periods
SMALLEST_ROW = 30  # [ours] below this a row's shares say too little


def comparable(labels: pd.Series | NotMeasured, readiness: dict) -> pd.Series | NotMeasured:
    """The labels of the earlier day, unless step 1 closed the question: a product being launched has no earlier one."""
    closed = [q for q in readiness["not_measured"] if q["question"].startswith("migration")]
    return NotMeasured(closed[0]["reason"], closed[0]["needed"]) if closed else labels


@measured
def with_dormant(labels: pd.Series, away_days: pd.Series, *, period_days: float,
                 but: frozenset[str] = frozenset()) -> pd.Series:
    """Labels in which customers without an active day in the last four natural periods are Dormant.

    ``labels`` and ``away_days`` (since the last active day) are indexed by customer; a customer who was never
    active is Dormant. ``but``: customers who keep their label, as of `few_asleep`.
    """
    asleep = _asleep(labels, away_days, period_days) & ~labels.index.isin(but)
    return labels.where(~asleep, DORMANT).astype("str")


def few_asleep(labels: pd.Series | NotMeasured, away_days: pd.Series | NotMeasured, *, period_days: float,
               smallest: int) -> frozenset[str]:
    """Customers who were asleep when fewer than ``smallest`` of their segment were.

    How many they are would follow from the size of the segment, which is said elsewhere, and of its row in the matrix.
    So they count in their segment, on both days: none of them seems to fall asleep later.
    """
    if isinstance(labels, NotMeasured) or isinstance(away_days, NotMeasured):
        return frozenset()
    asleep = labels[_asleep(labels, away_days, period_days)]
    return frozenset(asleep.index[asleep.groupby(asleep).transform("size") < smallest])


@requires("before", "now")
def matrix(before: pd.Series | NotMeasured, now: pd.Series | NotMeasured, noise: pd.DataFrame | NotMeasured):
    """The migration matrix (contract `migration`), cells without a customer left out.

    Customers only in ``now`` come from New, customers only in ``before`` went to Left; rows sum to 1. ``noise``
    as of `noise_shares`; without it moves are not judged. A move is real when more of the row moved than noise
    moves (one-sided binomial, Holm). NotMeasured without both periods.
    """
    both = pd.DataFrame({"before": before, "now": now})
    both = both.fillna({"before": NEW, "now": LEFT})
    cells = both.groupby(["before", "now"]).size().rename("n").reset_index()
    cells["n_before"] = cells.groupby("before")["n"].transform("sum")
    cells["share"] = cells["n"] / cells["n_before"]
    cells["low"], cells["high"] = wilson(cells["n"], cells["n_before"])
    cells["noise"] = _noise_of(cells, noise)
    moves = (cells["before"] != cells["now"]) & (cells["before"] != NEW)
    p = [sps.binomtest(r.n, r.n_before, min(max(r.noise, 0.0), 1.0), alternative="greater").pvalue
         if m and not np.isnan(r.noise) else np.nan for r, m in zip(cells.itertuples(), moves, strict=True)]
    adjusted = holm(p)
    small = cells["n_before"] < SMALLEST_ROW
    unknown = moves & cells["noise"].isna()
    cells["verdict"] = np.select(
        [cells["before"] == cells["now"], small, unknown, moves & (adjusted < 0.05), moves],
        ["stayed", "too few", "not judged", "moved", "within noise"], "moved")
    return cells.sort_values(["before", "now"], ignore_index=True)


@requires("table")
def directed(table: pd.DataFrame | NotMeasured, rank: pd.Series, noise: pd.DataFrame | NotMeasured):
    """The matrix with the direction of every cell (`up`, `down`, `stayed`, `new`), and how much of its row goes up and
    down by chance (`noise_up`, `noise_down`), also to where nobody went.

    ``rank``: order of the segments by value, 1 best; what is below them, as of `_direction`. ``noise`` as of
    `noise_shares`.
    """
    way = _direction(table["before"], table["now"], rank)
    words = pd.Series(way, index=table.index).map({"upgraded": "up", "downgraded": "down", "stayed": "stayed"})
    words = words.where(table["before"] != NEW, "new").astype("str")
    chance = {"up": np.nan, "down": np.nan}
    if not isinstance(noise, NotMeasured):
        towards = _direction(noise["before"], noise["now"], rank)
        sums = {w: noise["noise"].where(towards == w, 0.0).groupby(noise["before"]).sum() for w in
                ("upgraded", "downgraded")}
        chance = {"up": table["before"].map(sums["upgraded"]), "down": table["before"].map(sums["downgraded"])}
    return table.assign(direction=words, noise_up=chance["up"], noise_down=chance["down"])


def noise_shares(draws: pd.DataFrame | NotMeasured) -> pd.DataFrame | NotMeasured:
    """Share of each segment that lands in each other one although nobody changed. Columns: before, now, noise.

    ``draws``: labels of customers by the frozen model, one column a resample of their own period (`noise`). They
    are held against one another, two by two, and not against the data: two real periods both carry the noise of
    counting, and a single resample gives about half of it (measured, without any change: .20 and .34 of two rows
    move; floors from one resample .10 and .16, plain pairs .19 and .27, pairs with a common rate within .02).
    """
    if isinstance(draws, NotMeasured):
        return draws
    columns = list(draws)
    pairs = [pair for a, b in zip(columns[::2], columns[1::2], strict=False) for pair in ((a, b), (b, a))]
    tables = [draws.groupby([draws[a], draws[b]]).size().rename_axis(["before", "now"]) for a, b in pairs]
    counts = pd.concat(tables).groupby(["before", "now"]).sum()
    shares = counts / counts.groupby("before").transform("sum")
    return shares.rename("noise").reset_index()


@requires("before", "now")
def summary(before: pd.Series | NotMeasured, now: pd.Series | NotMeasured, rank: pd.Series,
            value_before: pd.Series | NotMeasured, value_now: pd.Series | NotMeasured,
            draws: pd.DataFrame | NotMeasured | None = None):
    """Upgrades and downgrades among customers seen before, with their rates and the value that moved with them.

    ``rank``: order of the segments by value, 1 best; what is below them, as of `_direction`. ``value_*``: revenue in
    the window per customer; its change is missing where one customer makes most of it, and where it would tell such a
    change by what all customers' revenue changed. ``draws`` as of `noise_shares`.
    Rows: upgraded, downgraded, stayed; columns: move, n, n_base, share, low, high, noise (the share that would have
    moved so by chance alone), value.
    NotMeasured without both periods; without amounts only the value is missing.
    """
    seen = pd.DataFrame({"before": before, "now": now.reindex(before.index).fillna(LEFT)})
    moved = _direction(seen["before"], seen["now"], rank)
    chance = _by_chance(draws, rank)
    change = _change(seen.index, value_before, value_now)
    rows, unsaid = [], hidden_money(change, moved)
    for move in ("upgraded", "downgraded", "stayed"):
        mine = moved == move
        low, high = wilson(mine.sum(), len(seen))
        value = np.nan if unsaid.get(move) else change[mine].sum(min_count=1)
        rows.append({"move": move, "n": int(mine.sum()), "n_base": len(seen), "share": mine.mean(), "low": float(low),
                     "high": float(high), "noise": chance.get(move, np.nan), "value": value})
    return pd.DataFrame(rows)


def _asleep(labels: pd.Series, away_days: pd.Series, period_days: float) -> pd.Series:
    return ~(away_days.reindex(labels.index) < DORMANT_PERIODS * period_days)


def _direction(before: pd.Series, now: pd.Series, rank: pd.Series) -> np.ndarray:
    """Whether each customer went up, down or stayed. Below the segments stand those in none of them, who are still
    customers, then Dormant, then Left: who falls asleep went down from wherever he was, who wakes up went up."""
    none = int(rank.max()) + 1
    order = {**rank.to_dict(), DORMANT: none + 1, LEFT: none + 2}
    places = [side.map(order).fillna(none).to_numpy() for side in (before, now)]
    return np.select([places[1] < places[0], places[1] > places[0]], ["upgraded", "downgraded"], "stayed")


def _by_chance(draws: pd.DataFrame | NotMeasured | None, rank: pd.Series) -> dict[str, float]:
    """Share that goes each way between two resamples of customers who did not change."""
    if draws is None or isinstance(draws, NotMeasured):
        return {}
    columns = list(draws)
    pairs = [p for a, b in zip(columns[::2], columns[1::2], strict=False) for p in ((a, b), (b, a))]
    moved = pd.Series(np.concatenate([_direction(draws[a], draws[b], rank) for a, b in pairs]))
    return moved.value_counts(normalize=True).reindex(["upgraded", "downgraded", "stayed"], fill_value=0.0).to_dict()


def _change(index: pd.Index, before, now) -> pd.Series:
    if isinstance(before, NotMeasured) or isinstance(now, NotMeasured):
        return pd.Series(np.nan, index=index)
    return now.reindex(index).fillna(0) - before.reindex(index).fillna(0)


def _noise_of(cells: pd.DataFrame, noise: pd.DataFrame | NotMeasured) -> np.ndarray:
    """Noise of every cell; cells that no resample reached have none, Left has none by definition, New no row."""
    if isinstance(noise, NotMeasured):
        return np.full(len(cells), np.nan)
    found = cells.merge(noise, on=["before", "now"], how="left", validate="one_to_one")["noise"]
    known = cells["before"].isin(noise["before"])
    return found.fillna(0.0).where(known).to_numpy()
