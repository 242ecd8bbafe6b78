"""Casual, Core and Power users, with New, Dormant and Prospect kept apart (method.md §3.4)."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.analyze.rhythm import LEAST_PERIOD, quantile_draws
from lib.contracts import NotMeasured
from lib.contracts.s03_analyze import USER_TYPES
from lib.stats import wilson

WINDOW_PERIODS = 4  # r counts the last four periods, method.md §3.4
NEW_PERIODS = 2  # tenure below this: New
PERIOD_QUANTILE = 0.80  # of users' median gaps
POWER_QUANTILE = 0.80  # of users with r >= c1 [ours]
MIN_FOR_POWER = 50  # users with r >= c1, fewer: two types only [ours]
C1 = 1.0  # once per natural period
TYPES = ("Casual", "Core", "Power")
NO_PERIOD = NotMeasured("no user has three gaps between active days, so there is no period to rate use by",
                        "users who come back at least three times")


def user_types(days: ir.Table, features: pd.DataFrame, gaps: pd.DataFrame, *, as_of: dt.date, seed: int,
               power: float | None = None, period: float | None = None
               ) -> tuple[pd.DataFrame, dict] | tuple[NotMeasured, NotMeasured]:
    """The tables `user_types` (one row per customer of `features`) and `user_type_cuts`.

    `days` are active days (Ibis: customer_key, day), `gaps` the users of `rhythm.user_gaps`, `features` needs
    customer_key and tenure_days. `power` declares c2; otherwise it is the 80th percentile of users with r >= 1.
    `period` is that of frozen cuts; otherwise it comes from the gaps.
    A label that differs from the earlier one counts only when it has held in two consecutive windows; `type_now`
    is the label of the last window alone.
    """
    absent = next((a for a in (days, features, gaps) if isinstance(a, NotMeasured)), None)
    if absent is not None:
        return absent, absent
    medians = np.sort(gaps["median_gap"].dropna().to_numpy())
    if not len(medians):
        return NO_PERIOD, NO_PERIOD
    period = period or natural_period(medians)
    table = features[["customer_key", "tenure_days"]].sort_values("customer_key", ignore_index=True)
    table = table.merge(_counts(days, as_of, period), on="customer_key", how="left", validate="one_to_one")
    table[["d0", "d1", "d2", "age"]] = table[["d0", "d1", "d2", "age"]].astype(float)
    cuts = _cuts(table, medians, period, power, seed)
    labels = [_labels(table, window, period, cuts) for window in (0, 1, 2)]
    rate = table["d0"].fillna(0).to_numpy() / WINDOW_PERIODS
    result = pd.DataFrame({"customer_key": table["customer_key"], "rate": rate, "user_type": _settled(*labels),
                           "type_now": labels[0]})
    result["near_cut"] = result["user_type"].isin(TYPES) & _near(rate, cuts)
    return result, _document(result, cuts, period)


def natural_period(medians: np.ndarray) -> float:
    """The continuous natural period in days: the 80th percentile of users' median gaps, at least 7.

    The percentile is one of the observed values, so that stretching time stretches it exactly.
    """
    return float(max(np.quantile(medians, PERIOD_QUANTILE, method="inverted_cdf"), LEAST_PERIOD))


def _counts(days: ir.Table, as_of: dt.date, period: float) -> pd.DataFrame:
    """Active days in the windows that end at as_of (d0), one (d1) and two periods (d2) earlier; `age` of the first."""
    dated = days.mutate(ago=ibis.date(as_of).delta(days.day, unit="day"))
    dated = dated.filter(dated.ago >= 0)
    inside = {f"d{w}": dated.count(where=(dated.ago >= w * period) & (dated.ago < (w + WINDOW_PERIODS) * period))
              for w in (0, 1, 2)}
    return dated.group_by("customer_key").aggregate(age=dated.ago.max(), **inside).to_pandas()


def _cuts(table: pd.DataFrame, medians: np.ndarray, period: float, power: float | None, seed: int) -> list[dict]:
    """The cuts with intervals; c1 moves only because the period is an estimate, c2 with the users drawn."""
    periods = np.maximum(quantile_draws(medians, PERIOD_QUANTILE, seed=seed), LEAST_PERIOD)
    low, high = np.quantile(C1 * period / periods, [0.025, 0.975])
    cuts = [{"cut": "Casual / Core", "value": C1, "low": float(low), "high": float(high), "how": "declared"}]
    settled = table["tenure_days"].fillna(table["age"]) >= NEW_PERIODS * period
    rates = np.sort((table["d0"] / WINDOW_PERIODS)[settled & (table["d0"] / WINDOW_PERIODS >= C1)].to_numpy())
    if power is not None:
        return [*cuts, {"cut": "Core / Power", "value": power, "low": power, "high": power, "how": "declared"}]
    if len(rates) < MIN_FOR_POWER:
        return cuts
    value = float(np.quantile(rates, POWER_QUANTILE, method="inverted_cdf"))
    if value <= C1:
        return cuts
    low, high = np.quantile(quantile_draws(rates, POWER_QUANTILE, seed=seed), [0.025, 0.975])
    return [*cuts, {"cut": "Core / Power", "value": value, "low": float(low), "high": float(high), "how": "estimated"}]


def _labels(table: pd.DataFrame, window: int, period: float, cuts: list[dict]) -> np.ndarray:
    """The label of each customer in one window, by its own days alone."""
    rate = table[f"d{window}"].fillna(0).to_numpy() / WINDOW_PERIODS
    tenure = table["tenure_days"].fillna(table["age"]).to_numpy(float) - window * period
    never = ~(table["age"].to_numpy(float) >= window * period)
    core = rate >= C1
    top = rate >= cuts[1]["value"] if len(cuts) > 1 else np.zeros(len(rate), bool)
    return np.select([never, tenure < NEW_PERIODS * period, rate == 0, core & top, core],
                     ["Prospect", "New", "Dormant", "Power", "Core"], "Casual")


def _settled(now: np.ndarray, before: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """The last label, unless it differs from an earlier type and has not held twice.

    New, Dormant and Prospect are facts of the last window and take effect at once.
    """
    held = ~np.isin(now, TYPES) | ~np.isin(before, TYPES) | (now == before)
    return np.where(held, now, np.where(np.isin(earlier, TYPES), earlier, before))


def _near(rate: np.ndarray, cuts: list[dict]) -> np.ndarray:
    near = np.zeros(len(rate), bool)
    for cut in cuts:
        near |= (cut["low"] < cut["high"]) & (rate >= cut["low"]) & (rate <= cut["high"])
    return near


def _document(result: pd.DataFrame, cuts: list[dict], period: float) -> dict:
    rated = result[result["user_type"].isin(TYPES)]
    for cut in cuts:
        inside = int(_near(rated["rate"].to_numpy(), [cut]).sum())
        cut |= {"n_inside": inside, "share_inside": inside / len(rated) if len(rated) else None}
    counts = result["user_type"].value_counts()
    sizes = []
    for name in USER_TYPES:
        n = int(counts.get(name, 0))
        low, high = wilson(n, len(result))
        sizes.append({"user_type": name, "n": n, "share": n / len(result) if len(result) else None, "low": float(low),
                      "high": float(high)})
    return {"period_days": period, "cuts": cuts, "sizes": sizes, "n": len(result), "n_rated": len(rated),
            "power": cuts[1]["how"] if len(cuts) > 1 else "not separable"}
