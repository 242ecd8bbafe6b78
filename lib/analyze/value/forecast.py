"""Expected orders and value of the next period, published only where the model earned it (method.md §3.9)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.analyze.orders import has
from lib.analyze.value import bgnbd, gamma_gamma, pareto_nbd
from lib.analyze.value.history import histories, occasions_between, revenue_between
from lib.analyze.value.maximum import Fit
from lib.contracts import NotMeasured
from lib.stats import Z95, mean_interval

BUYERS, HISTORY_DAYS, REPEATERS = 500, 180, 100  # method.md §1 and §3.10; repeaters [ours]
CORRELATION = 0.30  # [ours] method.md §3.9: order values must not go with the number of orders
MISS, WIDE_MISS = 0.20, 0.30  # method.md §3.9: of the hold-out total; where the model itself is less sure
MOST_EARLIER, CELL = 7, 10  # [ours] earlier orders told apart; customers in the last of these groups
DRAWS = 200  # futures drawn per distinct history


def estimate(transactions, *, as_of: dt.date, period_days: float, billing: str, seed: int):
    """The documents of value: (`value`, `customer_value`), or two NotMeasured without transactions or amounts.

    ``billing``: as declared; only `transactional` is non-contractual. Status `estimated`: BG/NBD and Gamma-Gamma
    passed every gate; `realised`: they did not (reasons say why) and each customer's value is his net revenue in
    the last period. Orders are counted as occasions (days with an order); money in minor units.
    """
    absent = next((v for v in (transactions, period_days) if isinstance(v, NotMeasured)), None)
    if absent is None and not has(transactions, "amount"):
        absent = NotMeasured("transactions carry no amounts", "amounts, refunds negative")
    if absent is not None:
        return absent, absent
    period = max(1, round(period_days))
    cut = as_of - dt.timedelta(days=period)
    now, before = histories(transactions, as_of=as_of), histories(transactions, as_of=cut)
    document = {"status": "realised", "reasons": _too_little(before, period, billing), "parameters": {},
                "second": None, "holdout": None, "by_earlier": [], "n": len(now), "period_days": period}
    values = None
    if not document["reasons"]:
        actual = before["customer_key"].map(occasions_between(transactions, cut, as_of)).fillna(0).to_numpy(float)
        document, values = _judged(document, now, before, actual, seed)
    if values is None:
        values = _realised(now, revenue_between(transactions, cut, as_of))
    return document, values


def _too_little(before: pd.DataFrame, period: int, billing: str) -> list[str]:
    """Reasons not even to try: a contract, or too little to learn from."""
    if billing != "transactional":
        return [f"billing by {billing} is a contract, and these models are for customers who leave without saying so"]
    reasons = []
    if len(before) < BUYERS or (before["repeat_value"] > 0).sum() < REPEATERS:
        reasons.append("too few customers, or too few who came back, to fit the model")
    # two periods in all: one to learn from at least, and the last one to be judged on
    if len(before) and before["T"].max() + 1 < max(HISTORY_DAYS, period):
        reasons.append("the history before the hold-out is too short")
    return reasons


def _judged(document: dict, now: pd.DataFrame, before: pd.DataFrame, actual: np.ndarray, seed: int):
    """The document with parameters, hold-out and reasons; and the forecasts when nothing speaks against them."""
    period = document["period_days"]
    learned = bgnbd.fit(before["x"], before["t_x"], before["T"])
    orders, money = bgnbd.fit(now["x"], now["t_x"], now["T"]), gamma_gamma.fit(now["x"], now["repeat_value"])
    correlation = _correlation(now)
    reasons = _model_faults(learned, orders, money, correlation)
    if learned.converged:
        document |= _hold_out(learned, before, actual, period, seed)
        reasons += _forecast_faults(document["holdout"])
    document |= {"reasons": reasons, "correlation": correlation, "log_likelihood": orders.log_likelihood,
                 "parameters": {name: i for f in (orders, money) if f.converged for name, i in f.intervals().items()}}
    if reasons:
        return document, None
    document |= {"second": _second(now, before, period)}
    ahead = bgnbd.expected(orders.parameters, now["x"], now["t_x"], now["T"], period)
    worth = gamma_gamma.expected(money.parameters, now["x"], now["repeat_value"].clip(lower=0))
    return document | {"status": "estimated"}, pd.DataFrame({
        "customer_key": now["customer_key"], "expected_orders": ahead.round(6), "value": (ahead * worth).round(2),
        "estimated": True})


def _model_faults(learned: Fit, orders: Fit, money: Fit, correlation: float) -> list[str]:
    reasons = []
    if not (learned.converged and orders.converged):
        reasons.append("the model of orders did not converge inside its bounds")
    if not money.converged or money.parameters["q"] <= 1:
        reasons.append("the model of order values did not converge to a finite mean")
    if not abs(correlation) <= CORRELATION:
        reasons.append("the value of an order goes with the number of orders, which the model rules out")
    return reasons


def _forecast_faults(hold: dict) -> list[str]:
    """Why the hold-out total speaks against the model."""
    if not hold["actual"]:
        return ["nobody ordered in the hold-out"]
    miss = abs(hold["predicted"] - hold["actual"]) / hold["actual"]
    wide = (hold["high"] - hold["low"]) / 2 > MISS * hold["actual"]
    reasons = []
    if miss > (WIDE_MISS if wide else MISS):
        reasons.append("the forecast of the hold-out total missed by too much")
    if miss >= abs(hold["same_rate"] - hold["actual"]) / hold["actual"]:
        reasons.append("the forecast was no better than assuming the same rate as before")
    return reasons


def _hold_out(learned: Fit, before: pd.DataFrame, actual: np.ndarray, period: int, seed: int) -> dict:
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
    return {"holdout": hold, "by_earlier": _by_earlier(before["x"].to_numpy() + 1, ahead[inverse], actual)}


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


def _by_earlier(earlier: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> list[dict]:
    """Mean orders per customer, predicted and made, by number of earlier occasions; the last group is open."""
    last = MOST_EARLIER
    while last > 1 and (earlier >= last).sum() < CELL:
        last -= 1
    groups = np.minimum(earlier, last)
    return [{"earlier_orders": f"{g}+" if g == last else str(g), "n": int((groups == g).sum()),
             "predicted": float(predicted[groups == g].mean()),
             **dict(zip(("actual", "low", "high"), map(float, mean_interval(actual[groups == g])), strict=True))}
            for g in np.unique(groups)]


def _correlation(now: pd.DataFrame) -> float:
    """Spearman correlation of repeat occasions and their mean value, among customers who came back."""
    back = now[now["repeat_value"] > 0]
    return float(sps.spearmanr(back["x"], back["repeat_value"]).statistic) if back["x"].nunique() > 1 else 0.0


def _realised(now: pd.DataFrame, revenue: pd.Series) -> pd.DataFrame:
    """Net revenue of the last period for every customer with an order: 0 where he bought nothing."""
    return pd.DataFrame({"customer_key": now["customer_key"], "expected_orders": np.nan,
                         "value": now["customer_key"].map(revenue).fillna(0).astype(float), "estimated": False})
