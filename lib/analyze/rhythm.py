"""The natural frequency of use, and the time to a second active day (method.md §3.2)."""

from __future__ import annotations

import datetime as dt
from functools import partial

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured, requires
from lib.contracts.counts import nearly_all
from lib.stats import Z95, wilson

BUCKETS = (1, 7, 14, 30, 90, 365)  # days, method.md §3.2
MIN_ACTIVE_DAYS = 4  # three gaps
FLIPS = 0.10  # more draws than this in another bucket: uncertain
COVERED = 0.80  # share of inner windows the median user must be active in
LEAST_PERIOD = 7  # days: rates are never counted over less, as in method.md §3.4
ASSUMED_PERIOD = 30  # [ours] days, when nobody has come often enough to measure a rhythm
DRAWS = 1000
CURVE_POINTS = 60


@requires("days")
def natural_frequency(days: ir.Table, *, seed: int, as_of: dt.date | None = None, by_use=None,
                      declared: float = 0, everyone: int = 0, smallest: int = 0) -> dict | NotMeasured:
    """The document `rhythm`: natural period, its bucket, and how sure both are.

    `days` is an Ibis table (customer_key, day) of active days, `by_use` one of (customer_key, use, day); it may be
    missing.
    `as_of` ends the observation of those who came once (default: the last active day of anyone).
    `period_days` is the one ``declared``, else the bucket, at least 7 days; 30 [ours] and verdict `not measured`
    when no user has three gaps. Where all but fewer than ``smallest`` of ``everyone`` were ever active, these few count
    among the users: who was never active is few people, too.
    """
    users = user_gaps(days)
    if users.empty:
        return NotMeasured("no active day in the data", "rows with a date on or before the as-of date")
    gaps = np.sort(users["median_gap"].dropna().to_numpy())
    as_of = as_of or users["last"].max().date()
    told = partial(nearly_all, everyone=everyone, smallest=smallest)
    found = {"n": len(gaps), "n_users": told(len(users)), **_one_day(users, told(len(users))),
             "second_day": second_day(users, as_of=as_of)}
    if not len(gaps):
        unknown = ("bucket_days", "median_gap", "low", "high", "bucket_certainty", "window_bucket")
        period = {"period_days": declared or ASSUMED_PERIOD, "verdict": "not measured", "spread": []}
        return found | dict.fromkeys(unknown) | period | {
            "by_use": _by_use(by_use, as_of, period["period_days"], seed, told)}
    median = float(np.median(gaps))
    draws = quantile_draws(gaps, 0.5, seed=seed)
    chosen, certainty = nearest_bucket(median), float(np.mean(nearest_bucket(draws) == nearest_bucket(median)))
    window = window_bucket(days)
    low, high = np.quantile(draws, [0.025, 0.975])
    period = declared or max(int(chosen), LEAST_PERIOD)
    return found | {
        "by_use": _by_use(by_use, as_of, period, seed, told), "period_days": period, "bucket_days": int(chosen),
        "median_gap": median,
        "low": float(low), "high": float(high), "bucket_certainty": certainty, "window_bucket": window,
        "verdict": _verdict(gaps, int(chosen), certainty, window),
        "spread": [float(v) for v in np.quantile(gaps, [0.2, 0.8])],
    }


def _one_day(users: pd.DataFrame, n_users: int) -> dict:
    """The share of users active on one day only, with its interval."""
    once = int((users["n_days"] == 1).sum())
    low, high = map(float, wilson(once, n_users))
    return {"one_day_share": once / n_users, "one_day_low": low, "one_day_high": high}


def period_of(rhythm) -> float:
    """The natural period in days that every rate is counted in; the assumed one when no rhythm was measured."""
    return float(ASSUMED_PERIOD if isinstance(rhythm, NotMeasured) else rhythm["period_days"])


@measured
def user_gaps(days: ir.Table) -> pd.DataFrame | NotMeasured:
    """One row per user, sorted: customer_key, n_days, first, second, last, `median_gap` in days, `gap_variation`.

    The variation is the standard deviation of the gaps over their mean. Both are empty below three gaps.
    """
    order = ibis.window(group_by="customer_key", order_by="day")
    steps = days.mutate(before=days.day.lag().over(order), place=ibis.row_number().over(order))
    steps = steps.mutate(gap=steps.day.delta(steps.before, unit="day"))
    table = steps.group_by("customer_key").aggregate(
        n_days=steps.count(), first=steps.day.min(), second=steps.day.min(where=steps.place == 1),
        last=steps.day.max(), median_gap=steps.gap.median(),
        _gaps=steps.gap.sum(), _squares=(steps.gap * steps.gap).sum(),
    ).to_pandas().sort_values("customer_key", ignore_index=True)
    table["gap_variation"] = _variation(table.pop("_gaps"), table.pop("_squares"), table["n_days"] - 1)
    for column in ("median_gap", "gap_variation"):
        table[column] = table[column].astype(float).where(table["n_days"] >= MIN_ACTIVE_DAYS)
    dates = ["first", "second", "last"]
    return table.astype(dict.fromkeys(dates, "datetime64[us]"))


def _variation(total: pd.Series, squares: pd.Series, n: pd.Series) -> pd.Series:
    """Sample standard deviation over the mean, from sums of whole days: the same bits in any order, on any engine."""
    n, total, squares = n.astype(float), total.astype(float), squares.astype(float)  # exact below 2**53
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt((n * squares - total**2) / (n * (n - 1))) * n / total


def nearest_bucket(gap):
    """The bucket nearest to a gap on a log scale; of arrays, one each."""
    distance = np.abs(np.log(np.asarray(gap, float))[..., None] - np.log(BUCKETS))
    return np.asarray(BUCKETS)[distance.argmin(axis=-1)]


def quantile_draws(ordered: np.ndarray, q: float, *, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Bootstrap draws of a quantile of sorted values, drawn directly.

    The j-th smallest of n draws with replacement is the value at rank ceil(n·U), U ~ Beta(j, n + 1 - j): the
    same law as resampling every user, at no cost in n.
    """
    n = len(ordered)
    j = min(max(int(np.ceil(q * n)), 1), n)
    u = np.random.default_rng(seed).beta(j, n + 1 - j, draws)
    return ordered[np.minimum((u * n).astype(int), n - 1)]


def window_bucket(days: ir.Table) -> int | None:
    """The smallest bucket in which the median user was active in >= 80 % of his inner windows; None when none is.

    Windows of a bucket start at the user's first active day; the first and last are not counted, since they
    hold an active day by construction. Users with fewer than three gaps or no inner window are left out.
    """
    span = ibis.window(group_by="customer_key")
    dated = days.mutate(first=days.day.min().over(span), last=days.day.max().over(span),
                        n_days=days.day.count().over(span))
    dated = dated.filter(dated.n_days >= MIN_ACTIVE_DAYS)
    dated = dated.mutate(age=dated.day.delta(dated["first"], unit="day"),
                         life=dated["last"].delta(dated["first"], unit="day"))
    hits = {f"w{b}": (dated.age // b).nunique(where=(dated.age >= b) & (dated.age // b < dated.life // b))
            for b in BUCKETS}
    users = dated.group_by("customer_key").aggregate(life=dated.life.max(), **hits).to_pandas()
    for bucket in BUCKETS:
        inner = users["life"] // bucket - 1
        share = (users[f"w{bucket}"] / inner)[inner > 0]
        if len(share) and share.median() >= COVERED:
            return bucket
    return None


def second_day(users: pd.DataFrame, *, as_of: dt.date) -> list[dict]:
    """Kaplan-Meier share of users who have had a second active day, by days since the first.

    `users` as from `user_gaps`; who has not come back is censored at `as_of`. List of {day, share, low, high,
    at_risk}; bounds by Greenwood's formula on the log-log scale; thinned to some 60 points.
    """
    curve = _came_back(users, as_of)
    keep = np.unique(np.linspace(0, len(curve) - 1, min(CURVE_POINTS, len(curve))).round().astype(int))
    return curve.iloc[keep].to_dict("records")


def _came_back(users: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The whole curve of `second_day`: a row per day on which somebody came back; columns as its points."""
    came = users["second"].notna()
    waited = (users["second"].fillna(pd.Timestamp(as_of)) - users["first"]).dt.days
    events = waited[came].value_counts().sort_index()
    ordered = np.sort(waited.to_numpy())
    at_risk = len(ordered) - np.searchsorted(ordered, events.index.to_numpy(), side="left")
    returned = events.to_numpy()
    stayed = np.cumprod(1 - returned / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(returned / (at_risk * (at_risk - returned)))) / np.abs(np.log(stayed))
        low, high = 1 - stayed ** np.exp(-Z95 * spread), 1 - stayed ** np.exp(Z95 * spread)
    gone = stayed == 0  # everyone left came back: Greenwood has no bound there, so the last one stands
    low, high = pd.Series(low).mask(gone).ffill().fillna(0.0), np.where(gone, 1.0, high)
    return pd.DataFrame({"day": events.index.astype("int64"), "share": 1 - stayed, "low": np.asarray(low, float),
                         "high": high, "at_risk": at_risk.astype("int64")})


def _verdict(gaps: np.ndarray, bucket: int, certainty: float, window: int | None) -> str:
    place = {b: i for i, b in enumerate(BUCKETS)}
    low, high = (place[int(b)] for b in nearest_bucket(np.quantile(gaps, [0.2, 0.8])))
    if high - low > 2:
        return "mixed rhythms"
    if window is not None and abs(place[window] - place[bucket]) > 1:
        return "bursts"
    return "uncertain" if 1 - certainty > FLIPS else "clear"


def _by_use(by_use, as_of: dt.date, period: float, seed: int, told=int) -> list[dict]:
    """The rhythm within each use, most used first: the median gap among its users with three gaps, and the share of all
    its users who used it on a second day within the period (Kaplan-Meier). ``told``: how many users are said to be."""
    if by_use is None or isinstance(by_use, NotMeasured):
        return []
    order = ibis.window(group_by=["customer_key", "use"], order_by="day")
    steps = by_use.mutate(gap=by_use.day.delta(by_use.day.lag().over(order), unit="day"),
                          place=ibis.row_number().over(order))
    users = steps.group_by(["use", "customer_key"]).aggregate(
        n=steps.count(), gap=steps.gap.median(), first=steps.day.min(),
        second=steps.day.min(where=steps.place == 1)).to_pandas()
    users = users.astype({"first": "datetime64[us]", "second": "datetime64[us]"})
    rows = [{"use": use, **_gap_of_use(own, seed), "n_users": told(len(own)), **_returned(own, as_of, period)}
            for use, own in users.groupby("use", sort=True)]
    return sorted(rows, key=lambda row: (-row["n_users"], row["use"]))


@measured
def by_group(users: pd.DataFrame, groups: pd.DataFrame, *, as_of: dt.date, period: float, seed: int,
             smallest: int = 0) -> pd.DataFrame:
    """One row per segment of ``groups`` (customer_key, segment); columns as the contract `segment_rhythm`.

    `users` as from `user_gaps`, of everyone ever active: the median gap among those with three gaps, and the share who
    had a second active day within ``period`` days of the first (Kaplan-Meier), each with its 95 % interval. Fewer than
    ``smallest`` of a segment who never were active count among its users.
    """
    sizes = groups["segment"].value_counts()
    own = users.rename(columns={"n_days": "n", "median_gap": "gap"}).merge(
        groups[["customer_key", "segment"]], on="customer_key", validate="one_to_one")
    rows = [{"segment": segment, **_gap_of_use(part, seed), **_returned(part, as_of, period),
             "n_users": nearly_all(len(part), sizes[segment], smallest)}
            for segment, part in own.groupby("segment", sort=True)]
    table = pd.DataFrame(rows, columns=["segment", "n", "median_gap", "low", "high", "n_users", "returned",
                                        "returned_low", "returned_high"])
    return table.astype({c: "float64" for c in table if c not in ("segment", "n", "n_users")})


def _gap_of_use(users: pd.DataFrame, seed: int) -> dict:
    gaps = np.sort(users.loc[users["n"] >= MIN_ACTIVE_DAYS, "gap"].to_numpy(float))
    if not len(gaps):
        return {"n": 0, "median_gap": None, "low": None, "high": None}
    low, high = np.quantile(quantile_draws(gaps, 0.5, seed=seed), [0.025, 0.975])
    return {"n": len(gaps), "median_gap": float(np.median(gaps)), "low": float(low), "high": float(high)}


def _returned(users: pd.DataFrame, as_of: dt.date, period: float) -> dict:
    """The curve of the second day at the end of the period; nobody came back until then: 0, without bounds."""
    curve = _came_back(users, as_of)
    until = curve[curve["day"] <= period].tail(1)
    share, low, high = until[["share", "low", "high"]].to_numpy()[0].tolist() if len(until) else (0.0, None, None)
    return {"returned": share, "returned_low": low, "returned_high": high}
