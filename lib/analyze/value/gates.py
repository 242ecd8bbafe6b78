"""The gates between a fitted model and a published forecast (method.md §3.9): one row each, in the order tried.

A gate is {gate, held, figure, limit, reason}: ``held`` is None where an earlier refusal left nothing to judge,
``figure`` what was found and ``limit`` what is allowed (None where the gate asks no number of the data, or where the
number would count few people), ``reason`` why it refused, empty when it did not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analyze.value.maximum import Fit

BUYERS, HISTORY_DAYS, REPEATERS = 500, 180, 100  # method.md §1 and §3.10; repeaters [ours]
CORRELATION = 0.30  # [ours] method.md §3.9: order values must not go with the number of orders
MISS, WIDE_MISS = 0.20, 0.30  # method.md §3.9: of the hold-out total; where the model itself is less sure
FREE = "transactional"  # billing under which customers may leave without saying so
NAMES = ("free to leave", "enough customers", "enough who came back", "enough history", "orders converged",
         "order values converged", "values apart from orders", "hold-out total", "better than the same rate")


def before_the_fit(before: pd.DataFrame, period: int, billing: str) -> list[dict]:
    """Whether to try at all: no contract, and enough to learn from."""
    if billing != FREE:
        return [_gate("free to leave", False, f"billing by {billing} is a contract, and these models are for customers "
                                              "who leave without saying so")]
    # two periods in all: one to learn from at least, and the last one to be judged on
    history, needed = (int(before["T"].max()) + 1 if len(before) else 0), max(HISTORY_DAYS, period)
    return [
        _gate("free to leave", True, ""),
        _gate("enough customers", len(before) >= BUYERS, "too few customers to fit the model", limit=BUYERS),
        _gate("enough who came back", int((before["repeat_value"] > 0).sum()) >= REPEATERS,
              "too few customers who came back to fit the model", limit=REPEATERS),
        _gate("enough history", history >= needed, "the history before the hold-out is too short", history, needed),
    ]


def of_the_models(learned: Fit, orders: Fit, money: Fit, correlation: float) -> list[dict]:
    """Whether the models fit these customers."""
    return [
        _gate("orders converged", learned.converged and orders.converged,
              "the model of orders did not converge inside its bounds"),
        _gate("order values converged", money.converged and money.parameters["q"] > 1,
              "the model of order values did not converge to a finite mean"),
        _gate("values apart from orders", abs(correlation) <= CORRELATION,
              "the value of an order goes with the number of orders, which the model rules out", correlation,
              CORRELATION),
    ]


def of_the_forecast(hold: dict | None) -> list[dict]:
    """Whether the total of the hold-out was foreseen, and better than by assuming the same rate as before."""
    if hold is None:
        return []
    if not hold["actual"]:
        return [_gate("hold-out total", False, "nobody ordered in the hold-out")]
    miss, naive = (abs(hold[key] - hold["actual"]) / hold["actual"] for key in ("predicted", "same_rate"))
    limit = WIDE_MISS if (hold["high"] - hold["low"]) / 2 > MISS * hold["actual"] else MISS
    return [
        _gate("hold-out total", miss <= limit, "the forecast of the hold-out total missed by too much", miss, limit),
        _gate("better than the same rate", miss < naive,
              "the forecast was no better than assuming the same rate as before", miss, naive),
    ]


def listed(passed: list[dict]) -> list[dict]:
    """All gates in order; those that were not reached are open."""
    known = {g["gate"]: g for g in passed}
    return [known.get(name, _gate(name, None, "")) for name in NAMES]


def reasons(gates: list[dict]) -> list[str]:
    """Why the forecast is not published: the reasons of the gates that refused."""
    return [g["reason"] for g in gates if g["held"] is False]


def _gate(name: str, held: bool | None, reason: str, figure=None, limit=None) -> dict:
    return {"gate": name, "held": None if held is None else bool(held), "limit": limit,
            "reason": "" if held else reason, "figure": None if figure is None or not np.isfinite(figure) else figure}
