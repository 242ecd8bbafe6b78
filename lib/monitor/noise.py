"""The noise floor of migration: the same customers, their own active days drawn again (method.md §6, [ours])."""

from __future__ import annotations

import datetime as dt
import hashlib

import ibis
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, requires
from lib.monitor.migration import DORMANT

DRAWS, LARGEST = 20, 2000  # resamples, and customers resampled (drawn by hash of their key)
TYPE_PERIODS = 4  # method.md §3.4: user types count the last four natural periods
COUNTS = ("n_occasions", "n_orders", "active_days", "frequency")  # features that grow with the days drawn


@requires("days", "customers")
def own_days(days, transactions, *, as_of: dt.date, window_days: int, customers: pd.Index) -> pd.DataFrame:
    """Active days of a sample of customers in the window: customer_key, day, value (net money of that day).

    ``days``: Ibis table (customer_key, day); ``transactions``: Ibis table or NotMeasured.
    At most 2,000 customers, those with the smallest hash of their key.
    """
    chosen = sorted(customers, key=lambda k: hashlib.sha256(k.encode()).hexdigest())[:LARGEST]
    first = as_of - dt.timedelta(days=window_days)
    rows = _inside(days, first, as_of, chosen).distinct().to_pandas().assign(value=0.0)
    if not isinstance(transactions, NotMeasured) and "amount" in transactions.columns:
        lines = transactions.mutate(day=transactions.ordered_on.cast("date"))
        paid = _inside(lines, first, as_of, chosen)
        paid = paid.group_by(["customer_key", "day"]).aggregate(value=paid.amount.sum().cast("float64")).to_pandas()
        rows = pd.concat([rows, paid]).groupby(["customer_key", "day"], as_index=False)["value"].sum()
    rows["day"] = pd.to_datetime(rows["day"])
    return rows.sort_values(["customer_key", "day"], ignore_index=True)


def resampled(features: pd.DataFrame, own: pd.DataFrame, *, since: dt.date, seed: int, draws: int = DRAWS,
              cuts: dict | NotMeasured | None = None, as_of: dt.date | None = None):
    """Yield ``draws`` copies of the features of the sampled customers, as their own days drawn again would give them.

    Days after ``since`` are drawn again, earlier ones stay: two windows that overlap share those, and only what
    lies between the two as-of dates is chance. Copies come in pairs, as two periods of a customer whose rate did
    not change: that rate is drawn from its gamma posterior (prior by moments over the customers), then each day
    counts Poisson(rate / days seen) times. Without the prior the floor misses the regression to the mean. At
    least one day stays. Counts and revenue scale with what was drawn; recency is that of the latest day drawn.
    With ``cuts`` (document `user_type_cuts`) the user type is given anew too. Features that days do not determine
    (breadth, depth, attributes) stay: the floor is a lower bound.
    """
    table = features.set_index("customer_key")
    table = table.loc[table.index.intersection(own["customer_key"].unique())].sort_index()
    own = own[own["customer_key"].isin(table.index)]
    position = table.index.get_indexer(own["customer_key"])
    free = (own["day"] > pd.Timestamp(since)).to_numpy()
    rng = np.random.default_rng(seed)
    for draw in range(draws):
        if draw % 2 == 0:
            pace = _pace(position, len(table), free, rng)
        weights = _weights(position, len(table), free, pace, rng)
        copy = _scaled(table, own, position, weights)
        if cuts and "user_type" in table:
            copy["user_type"] = _retyped(table["user_type"], own, position, weights, cuts, as_of)
        last = _latest_drawn(own, position, weights, len(table))
        copy["days_since_drawn"] = (np.datetime64(as_of or own["day"].max(), "D").astype("int64") - last).astype(float)
        yield copy.reset_index()


@requires("features", "own")
def label_draws(features: pd.DataFrame, own: pd.DataFrame, assign, *, since: dt.date, seed: int, draws: int = DRAWS,
                cuts: dict | NotMeasured | None = None, as_of: dt.date | None = None,
                dormant_days: float = np.inf) -> pd.DataFrame | NotMeasured:
    """Labels of the sampled customers, one column a resample. ``assign``: features → Series of labels by key.

    Without a day drawn in the last ``dormant_days`` the label is Dormant, as in `migration.with_dormant`.
    """
    if own.empty:
        return NotMeasured("nobody was active", "active days in the window")
    labels = {}
    for i, copy in enumerate(resampled(features, own, since=since, seed=seed, draws=draws, cuts=cuts, as_of=as_of)):
        away = copy.set_index("customer_key").pop("days_since_drawn")
        given = assign(copy.drop(columns="days_since_drawn"))
        labels[i] = given.where(away.reindex(given.index) < dormant_days, DORMANT)
    return pd.DataFrame(labels)


def _inside(rows, first: dt.date, last: dt.date, customers: list[str]):
    return rows.filter((rows.day > ibis.date(first)) & (rows.day <= ibis.date(last))
                       & rows.customer_key.isin(customers))


def _pace(position: np.ndarray, n: int, free: np.ndarray, rng) -> np.ndarray:
    """How often each day of a customer counts on average: a drawn rate of days over the days seen."""
    seen = np.bincount(position, free, minlength=n)
    excess = seen.var() - seen.mean()  # spread of the rates beyond that of counting
    if excess <= 0:
        return np.divide(seen.mean(), seen, out=np.ones(n), where=seen > 0)
    rate = rng.gamma(seen + seen.mean() ** 2 / excess, 1 / (1 + seen.mean() / excess))
    return np.divide(rate, seen, out=np.ones(n), where=seen > 0)


def _weights(position: np.ndarray, n: int, free: np.ndarray, pace: np.ndarray, rng) -> np.ndarray:
    weights = np.where(free, rng.poisson(pace[position]), 1)
    empty = np.bincount(position, weights, minlength=n) == 0
    order = rng.permutation(len(position))
    keep = np.full(n, -1)
    keep[position[order]] = order  # one random own day of every customer
    weights[keep[empty & (keep >= 0)]] = 1
    return weights


def _scaled(table: pd.DataFrame, own: pd.DataFrame, position: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    n = len(table)
    days = np.bincount(position, minlength=n)
    ratio = np.bincount(position, weights, minlength=n) / days
    out = table.copy()
    for column in (c for c in COUNTS if c in table):
        out[column] = table[column] * ratio
    if "revenue" in table:
        out["revenue"] = table["revenue"] * _money_ratio(own, position, weights, n)
        if {"mean_occasion_value", "n_occasions"} <= set(table):
            out["mean_occasion_value"] = (out["revenue"] / out["n_occasions"]).where(out["n_occasions"] > 0)
    if "recency_days" in table:
        out["recency_days"] = table["recency_days"] + _later(own, position, weights, n)
    return out


def _money_ratio(own: pd.DataFrame, position: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    value = own["value"].to_numpy(float)
    total = np.bincount(position, value, minlength=n)
    drawn = np.bincount(position, value * weights, minlength=n)
    return np.divide(drawn, total, out=np.ones(n), where=total > 0)


def _retyped(kinds: pd.Series, own: pd.DataFrame, position: np.ndarray, weights: np.ndarray, cuts: dict,
             as_of: dt.date) -> np.ndarray:
    """User types by the days drawn in the last four periods and the frozen cuts; New and Prospect stay."""
    inside = (pd.Timestamp(as_of) - own["day"]).dt.days.to_numpy() < TYPE_PERIODS * cuts["period_days"]
    rate = np.bincount(position, weights * inside, minlength=len(kinds)) / TYPE_PERIODS
    levels = sorted(c["value"] for c in cuts["cuts"])
    drawn = np.select([rate == 0, rate < levels[0], rate < (levels[1] if len(levels) > 1 else np.inf)],
                      ["Dormant", "Casual", "Core"], "Power")
    return np.where(kinds.isin(["New", "Prospect"]), kinds, drawn)


def _later(own: pd.DataFrame, position: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    """Days between the latest own day and the latest day drawn."""
    return _latest_drawn(own, position, np.ones_like(weights), n) - _latest_drawn(own, position, weights, n)


def _latest_drawn(own: pd.DataFrame, position: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    """The latest day drawn of every customer, as a day number; at least one day is always drawn."""
    day = own["day"].to_numpy("datetime64[D]").astype("int64")
    latest = np.full(n, np.iinfo("int32").min, dtype="int64")
    np.maximum.at(latest, position[weights > 0], day[weights > 0])
    return latest
