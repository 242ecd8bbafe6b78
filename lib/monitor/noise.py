"""The noise floor of migration: the same customers, their own days drawn again (method.md §6, [ours])."""

from __future__ import annotations

import datetime as dt
import hashlib

import ibis
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, UserError, requires
from lib.contracts.counts import number_of
from lib.monitor.breadth import Uses
from lib.monitor.migration import DORMANT

DRAWS, LARGEST = 20, 2000  # resamples, and customers resampled (those with the smallest hash of their key)
TYPE_PERIODS = 4  # method.md §3.4: user types count the last four natural periods
BOUGHT, USED = ("n_occasions", "n_orders"), ("active_days", "frequency")  # features that grow with such days


@requires("days", "customers")
def own_days(days, transactions, *, as_of: dt.date, window_days: int, customers: pd.Index) -> pd.DataFrame:
    """Days of a sample of customers in the window: customer_key, day, active, bought, value (net money of the day).

    ``days``: Ibis table (customer_key, day) of active days; ``transactions``: Ibis table or NotMeasured.
    At most 2,000 customers.
    """
    chosen = sorted(customers, key=lambda k: hashlib.sha256(k.encode()).hexdigest())[:LARGEST]
    first = as_of - dt.timedelta(days=window_days)
    rows = _inside(days, first, as_of, chosen).distinct().to_pandas().assign(active=True, bought=False, value=0.0)
    if not isinstance(transactions, NotMeasured):
        lines = _inside(transactions.mutate(day=transactions.ordered_on.cast("date")), first, as_of, chosen)
        money = lines.amount.sum().cast("float64") if "amount" in lines.columns else ibis.literal(0.0)
        paid = lines.group_by(["customer_key", "day"]).aggregate(value=money).to_pandas()
        rows = pd.concat([rows, paid.assign(active=False, bought=True)])
    kinds = {"active": "max", "bought": "max", "value": "sum"}
    rows = rows.assign(day=pd.to_datetime(rows["day"])).groupby(["customer_key", "day"], as_index=False).agg(kinds)
    return rows.sort_values(["customer_key", "day"], ignore_index=True)


@requires("features", "own")
def label_draws(features: pd.DataFrame, own: pd.DataFrame, assign, *, since: dt.date, as_of: dt.date, seed: int,
                draws: int = DRAWS, cuts: dict | NotMeasured | None = None, dormant_days: float = np.inf,
                uses: pd.DataFrame | None = None) -> pd.DataFrame | NotMeasured:
    """Labels of the sampled customers, one column a resample. ``assign``: features → Series of labels by key.

    Without an active day drawn in the last ``dormant_days`` the label is Dormant, as in `migration.with_dormant`.
    Raises UserError for fewer than two ``draws``: copies are held against one another.
    """
    if draws < 2:
        raise UserError(f"{number_of(draws, 'draw')} cannot tell chance", where="the parameter `draws` of 06_monitor",
                        fix="2 or more; 20 unless time is short")
    if own.empty:
        return NotMeasured("nobody was active", "active days in the window")
    labels = {}
    for i, copy in enumerate(resampled(features, own, since=since, as_of=as_of, seed=seed, draws=draws, cuts=cuts,
                                       uses=uses)):
        away = copy.set_index("customer_key")["days_away"]
        given = assign(copy.drop(columns="days_away"))
        labels[i] = given.where(away.reindex(given.index) < dormant_days, DORMANT)
    return pd.DataFrame(labels)


def resampled(features: pd.DataFrame, own: pd.DataFrame, *, since: dt.date, as_of: dt.date, seed: int,
              draws: int = DRAWS, cuts: dict | NotMeasured | None = None, uses: pd.DataFrame | None = None):
    """Yield ``draws`` copies of the features of the sampled customers, as their own days drawn again would give them.

    Only days after ``since`` are drawn: two windows that overlap share the others. Copies come in pairs, as two
    periods of a customer whose rate did not change. That rate is drawn from its gamma posterior (prior by moments
    over the customers), given the days after ``since`` and as many before, so that nobody is bound to what he did in
    one period; each such day, moved into the period, then counts Poisson times. At least one day stays. Counts,
    revenue, recency and, with ``cuts``, the user type follow; ``days_away`` is new: days since the last active day.
    With ``uses`` (`breadth.own_uses`) so do breadth, depth and categories. Attributes and answers stay.
    """
    table = features.set_index("customer_key")
    table = table.loc[table.index.intersection(own["customer_key"].unique())].sort_index()
    own = own[own["customer_key"].isin(table.index)].assign(
        place=lambda rows: table.index.get_indexer(rows["customer_key"]))
    kept, pool, span = own[own["day"] <= pd.Timestamp(since)], *_pool(own, since, as_of)
    rng, left = np.random.default_rng(seed), _uses(uses, table, own, since, as_of)
    for draw in range(draws):
        if draw % 2 == 0:
            pace = _pace(pool["place"].to_numpy(), len(table), span, rng)
        drawn = _drawn(kept, pool, pace, len(table), rng)
        yield _rebuilt(table if left is None else left.copy(table, rng), own, drawn, as_of, cuts).reset_index()


def _uses(uses: pd.DataFrame | None, table: pd.DataFrame, own: pd.DataFrame, since: dt.date, as_of: dt.date):
    if uses is None or uses.empty:
        return None
    tenure = table["tenure_days"].to_numpy(float) if "tenure_days" in table else np.full(len(table), np.nan)
    window = (pd.Timestamp(as_of) - own["day"].min()).days + 1
    return Uses.of(uses, table.index, tenure, (as_of - since).days, window)


def _inside(rows, first: dt.date, last: dt.date, customers: list[str]):
    return rows.filter((rows.day > ibis.date(first)) & (rows.day <= ibis.date(last))
                       & rows.customer_key.isin(customers))


def _pool(own: pd.DataFrame, since: dt.date, as_of: dt.date) -> tuple[pd.DataFrame, float]:
    """Days that may be drawn, dated inside the period, and how many periods they come from (1 to 2)."""
    length = pd.Timestamp(as_of) - pd.Timestamp(since)
    pool = own[own["day"] > pd.Timestamp(since) - length]
    early = pool["day"] <= pd.Timestamp(since)
    seen = max((pd.Timestamp(as_of) - own["day"].min()) / length, 1e-9)
    span = max(1.0, min(seen, 2.0))
    return pool.assign(day=pool["day"].where(~early, pool["day"] + length)), span


def _pace(place: np.ndarray, n: int, span: float, rng) -> np.ndarray:
    """How often each pooled day of a customer counts in one period, on average: a drawn rate over the days seen."""
    seen = np.bincount(place, minlength=n)
    excess = seen.var() - seen.mean()  # spread of the rates beyond that of counting
    if excess <= 0:
        rate = np.full(n, seen.mean())
    else:
        rate = rng.gamma(seen + seen.mean() ** 2 / excess, 1 / (1 + seen.mean() / excess))
    return np.divide(rate / span, seen, out=np.zeros(n), where=seen > 0)


def _drawn(kept: pd.DataFrame, pool: pd.DataFrame, pace: np.ndarray, n: int, rng) -> pd.DataFrame:
    """The days of one copy, with how often each counts."""
    weights = rng.poisson(pace[pool["place"].to_numpy()])
    found = np.bincount(kept["place"], minlength=n) + np.bincount(pool["place"], weights, minlength=n)
    order = rng.permutation(len(pool))
    lucky = np.full(n, -1)
    lucky[pool["place"].to_numpy()[order]] = order  # one random day of every customer
    weights[lucky[(found == 0) & (lucky >= 0)]] = 1
    both = pd.concat([kept.assign(weight=1), pool.assign(weight=weights)], ignore_index=True)
    return both[both["weight"] > 0]


def _rebuilt(table: pd.DataFrame, own: pd.DataFrame, drawn: pd.DataFrame, as_of: dt.date, cuts) -> pd.DataFrame:
    """The features of every customer, scaled from the days that were to the days drawn."""
    n, out = len(table), table.copy()
    for columns, kind in ((BOUGHT, "bought"), (USED, "active")):
        ratio = _ratio(own, drawn, own[kind], drawn[kind], n)
        for column in (c for c in columns if c in table):
            out[column] = table[column] * ratio
    if "revenue" in table:
        out["revenue"] = table["revenue"] * _ratio(own, drawn, own["value"], drawn["value"], n)
        if {"mean_occasion_value", "n_occasions"} <= set(table):
            out["mean_occasion_value"] = (out["revenue"] / out["n_occasions"]).where(out["n_occasions"] > 0)
    if "recency_days" in table:
        kind = "bought" if own["bought"].any() else "active"
        shift = _latest(own[own[kind]], n) - _latest(drawn[drawn[kind]], n)
        out["recency_days"] = (table["recency_days"] + np.nan_to_num(shift)).clip(lower=0)
    out["days_away"] = np.datetime64(as_of, "D").astype("int64") - _latest(drawn[drawn["active"]], n)
    out["days_away"] = out["days_away"].fillna(np.inf)
    if cuts and "user_type" in table:
        out["user_type"] = _retyped(table["user_type"], drawn, cuts, as_of)
    return out


def _ratio(own: pd.DataFrame, drawn: pd.DataFrame, was: pd.Series, is_now: pd.Series, n: int) -> np.ndarray:
    before = np.bincount(own["place"], was.astype(float), minlength=n)
    after = np.bincount(drawn["place"], is_now * drawn["weight"], minlength=n)
    return np.divide(after, before, out=np.ones(n), where=before > 0)


def _latest(rows: pd.DataFrame, n: int) -> np.ndarray:
    """The latest day of every customer as a day number; NaN where there is none."""
    latest = np.full(n, -np.inf)
    np.maximum.at(latest, rows["place"].to_numpy(), rows["day"].to_numpy("datetime64[D]").astype("int64"))
    return np.where(np.isinf(latest), np.nan, latest)


def _retyped(kinds: pd.Series, drawn: pd.DataFrame, cuts: dict, as_of: dt.date) -> np.ndarray:
    """User types by the active days drawn in the last four periods and the frozen cuts; New and Prospect stay."""
    inside = ((pd.Timestamp(as_of) - drawn["day"]).dt.days < TYPE_PERIODS * cuts["period_days"]) & drawn["active"]
    rate = np.bincount(drawn["place"], drawn["weight"] * inside, minlength=len(kinds)) / TYPE_PERIODS
    levels = sorted(c["value"] for c in cuts["cuts"])
    found = np.select([rate == 0, rate < levels[0], rate < (levels[1] if len(levels) > 1 else np.inf)],
                      ["Dormant", "Casual", "Core"], "Power")
    return np.where(kinds.isin(["New", "Prospect"]), kinds, found)
