"""Expected orders and value of the next period, published only where the model earned it (method.md §3.9)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.analyze.orders import has
from lib.analyze.value import bgnbd, gamma_gamma, gates, pareto_nbd
from lib.analyze.value.history import histories, occasions_between, revenue_between
from lib.analyze.value.maximum import Fit
from lib.contracts import NotMeasured
from lib.stats import Z95, mean_interval

MOST_EARLIER, CELL = 7, 10  # [ours] earlier orders told apart; least customers of each of these groups
DRAWS = 200  # futures drawn per distinct history


def estimate(transactions, *, as_of: dt.date, period_days: float, billing: str, seed: int,
             smallest: int = CELL):
    """The documents of value: (`value`, `customer_value`), or two NotMeasured without transactions or amounts.

    ``billing``: as declared; only `transactional` is non-contractual. Status `estimated`: BG/NBD and Gamma-Gamma
    passed every gate; `realised`: they did not (reasons say why) and each customer's value is his net revenue in
    the last period. Orders are counted as occasions (days with an order); money in minor units. ``smallest``: customers
    that a group told apart by its earlier orders must hold.
    """
    absent = next((v for v in (transactions, period_days) if isinstance(v, NotMeasured)), None)
    if absent is None and not has(transactions, "amount"):
        absent = NotMeasured("transactions carry no amounts", "amounts, refunds negative")
    if absent is not None:
        return absent, absent
    period = max(1, round(period_days))
    cut = as_of - dt.timedelta(days=period)
    now, before = histories(transactions, as_of=as_of), histories(transactions, as_of=cut)
    tried = gates.before_the_fit(before, period, billing)
    document = {"status": "realised", "parameters": {}, "second": None, "holdout": None, "by_earlier": [],
                "n": len(now), "period_days": period, "gates": gates.listed(tried), "reasons": gates.reasons(tried)}
    values = None
    if not document["reasons"]:
        actual = before["customer_key"].map(occasions_between(transactions, cut, as_of)).fillna(0).to_numpy(float)
        document, values = _judged(document, tried, now, before, actual, seed, smallest)
    if values is None:
        values = _realised(now, revenue_between(transactions, cut, as_of))
    return document, values


def _judged(document: dict, tried: list[dict], now: pd.DataFrame, before: pd.DataFrame, actual: np.ndarray, seed: int,
            smallest: int):
    """The document with parameters, hold-out, gates and reasons; and the forecasts when nothing speaks against them."""
    period = document["period_days"]
    learned = bgnbd.fit(before["x"], before["t_x"], before["T"])
    orders, money = bgnbd.fit(now["x"], now["t_x"], now["T"]), gamma_gamma.fit(now["x"], now["repeat_value"])
    correlation = _correlation(now)
    if learned.converged:
        document |= hold_out(learned, before, actual, period, seed, smallest)
    tried = [*tried, *gates.of_the_models(learned, orders, money, correlation),
             *gates.of_the_forecast(document["holdout"])]
    document |= {"gates": gates.listed(tried), "reasons": gates.reasons(tried), "correlation": correlation,
                 "log_likelihood": orders.log_likelihood,
                 "parameters": {name: i for f in (orders, money) if f.converged for name, i in f.intervals().items()}}
    if document["reasons"]:
        return document, None
    document |= {"second": _second(now, before, period)}
    ahead = bgnbd.expected(orders.parameters, now["x"], now["t_x"], now["T"], period)
    worth = gamma_gamma.expected(money.parameters, now["x"], now["repeat_value"].clip(lower=0))
    return document | {"status": "estimated"}, pd.DataFrame({
        "customer_key": now["customer_key"], "expected_orders": ahead.round(6), "value": (ahead * worth).round(2),
        "estimated": True})


def hold_out(learned: Fit, before: pd.DataFrame, actual: np.ndarray, period: int, seed: int,
             smallest: int = CELL) -> dict:
    """Orders predicted and made in the last period by customers known before it, in total and by earlier orders."""
    rows, counts, inverse = bgnbd.group(before["x"], before["t_x"], before["T"])
    ahead = bgnbd.expected(learned.parameters, *rows.T, period)
    drawn = bgnbd.simulate(learned.parameters, *rows.T, period, draws=DRAWS, rng=np.random.default_rng([seed, 5]))
    half = float(Z95 * np.sqrt(counts @ drawn.var(1) + _parameter_variance(learned, rows, counts, period)))
    predicted = float(counts @ ahead)
    # a customer's own rate needs at least one period behind it, or one early repeat would count as daily use
    same_rate = float((before["x"] / before["T"].clip(lower=period)).sum() * period)
    hold = {"predicted": predicted, "actual": int(actual.sum()), "low": max(predicted - half, 0.0),
            "high": predicted + half, "same_rate": same_rate, "n": len(before)}
    return {"holdout": hold, "by_earlier": _by_earlier(before["x"].to_numpy() + 1, ahead[inverse], actual,
                                                       smallest)}


def _second(now: pd.DataFrame, before: pd.DataFrame, period: int) -> dict:
    """Pareto/NBD as a check of the total, never chosen: its parameters, and the hold-out orders that it foresaw."""
    orders, learned = (pareto_nbd.fit(table["x"], table["t_x"], table["T"]) for table in (now, before))
    ahead = pareto_nbd.expected(learned.parameters, before["x"], before["t_x"], before["T"], period)
    return {"model": "Pareto/NBD", "log_likelihood": orders.log_likelihood,
            "parameters": orders.intervals() if orders.converged else {},
            "predicted": float(ahead.sum()) if learned.converged else None}


def _parameter_variance(learned: Fit, rows, counts, period: int) -> float:
    """Variance of the predicted total that comes from the uncertainty of the parameters (delta method)."""
    def total(name: str, factor: float) -> float:
        moved = learned.parameters | {name: learned.parameters[name] * factor}
        return float(counts @ bgnbd.expected(moved, *rows.T, period))

    step = 1e-3
    slope = np.array([(total(name, np.exp(step)) - total(name, np.exp(-step))) / (2 * step) for name in bgnbd.NAMES])
    return float(slope @ learned.covariance @ slope)


def _by_earlier(earlier: np.ndarray, predicted: np.ndarray, actual: np.ndarray, smallest: int) -> list[dict]:
    """Mean orders per customer, predicted and made, by number of earlier occasions; the last group is open.

    It begins where a group would be too small, or earlier, so that no group is.
    """
    sizes = np.bincount(earlier.astype(int), minlength=MOST_EARLIER + 1)
    last = next((g for g in range(1, MOST_EARLIER) if sizes[g] < smallest), MOST_EARLIER)
    while last > 1 and (earlier >= last).sum() < smallest:
        last -= 1
    groups = np.minimum(earlier, last)
    return [{"earlier_orders": f"{g}+" if g == last else str(g), "n": int((groups == g).sum()),
             "predicted": float(predicted[groups == g].mean()),
             **dict(zip(("actual", "low", "high"), map(float, mean_interval(actual[groups == g])), strict=True))}
            for g in np.unique(groups)]


def _correlation(now: pd.DataFrame) -> float:
    """Spearman correlation of repeat occasions and their mean value, among customers who came back."""
    back = now.loc[now["repeat_value"] > 0, ["x", "repeat_value"]]
    return float(sps.spearmanr(back).statistic) if (back.nunique() > 1).all() else 0.0


def _realised(now: pd.DataFrame, revenue: pd.Series) -> pd.DataFrame:
    """Net revenue of the last period for every customer with an order: 0 where he bought nothing."""
    return pd.DataFrame({"customer_key": now["customer_key"], "expected_orders": np.nan,
                         "value": now["customer_key"].map(revenue).fillna(0).astype(float), "estimated": False})
