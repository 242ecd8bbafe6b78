"""The engagement framework: which of breadth, depth and frequency leads, chosen from data (method.md §3.3).

Association, not cause: a metric that leads is the one that tells most about the next period.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import NotMeasured

DIMENSIONS = ("breadth", "depth", "frequency")
DRAWS = 500            # method.md §3.3: bootstrap draws of users, refitted in each
FIRST_SHARE = 0.95     # method.md §3.3: first in at least this share of draws
LEAST_STABLE = 0.5     # method.md §3.3: Spearman between two successive periods
SATURATED = 0.9        # a metric that has one value for this share of users cannot lead [ours]
VARIED = (0.05, 0.95)  # a yes/no outcome outside this range says too little; another is taken [ours]
FEWEST_USERS = 100     # fewer users carry no comparison [ours]
RIDGE = 1.0            # penalty on standardised metrics, in units of users: mild, only against collinearity


def next_outcome(critical: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The outcome judged, per customer and period, with its name: (customer_key, period, y).

    ``critical`` is engagement by period with `frequency` in days of the critical event. Whether the event was
    done; where nearly all or nearly nobody did it, revenue (log1p); without revenue, the days of it (log1p).
    """
    done = (critical["frequency"] > 0).astype(float)
    last = done[critical["period"] == 0]
    if VARIED[0] <= last.mean() <= VARIED[1]:
        y, name = done, "critical event done"
    elif "revenue" in critical and critical["revenue"].gt(0).any():
        y, name = np.log1p(critical["revenue"].clip(lower=0).fillna(0.0)), "revenue"
    else:
        y, name = np.log1p(critical["frequency"]), "days of the critical event"
    return critical[["customer_key", "period"]].assign(y=y), name


def engagement_framework(engagement, critical, *, metrics: dict[str, str], declared: str = "", reason: str = "",
                         seed: int = 7) -> pd.DataFrame | NotMeasured:
    """Three rows, one per dimension; columns as the contract `engagement_framework`.

    ``engagement`` has breadth, depth and frequency per customer and period (periods -2, -1 and 0 are used),
    ``critical`` the same with `frequency` in days of the critical event; ``metrics`` names the metric behind each
    dimension. A ridge model on standardised log1p metrics is fitted on periods -2 → -1 and judged on -1 → 0;
    importance is the loss of out-of-time R² when the metric is permuted, in its exact expectation.
    """
    if isinstance(engagement, NotMeasured) or isinstance(critical, NotMeasured):
        return engagement if isinstance(engagement, NotMeasured) else critical
    y, outcome = next_outcome(critical)
    learn, judge = _pairs(engagement, y, -2), _pairs(engagement, y, -1)
    users = learn.index.intersection(judge.index)
    if len(users) < FEWEST_USERS:
        return NotMeasured(f"only {len(users)} customers are known over three natural periods",
                           f"at least {FEWEST_USERS} customers over three periods")
    learn, judge = learn.loc[users], judge.loc[users]
    if judge["y"].nunique() < 2 or learn["y"].nunique() < 2:
        return NotMeasured("the next period's outcome is the same for every customer", "an outcome that varies")
    estimate, draws, r2 = _importances(learn, judge, seed)
    guards = {d: _guard(learn[d], judge[d], d, metrics, outcome) for d in DIMENSIONS}
    return _decide(estimate, draws, r2, guards, metrics, outcome, len(users), declared, reason)


def _pairs(engagement: pd.DataFrame, y: pd.DataFrame, period: int) -> pd.DataFrame:
    """Metrics of one period with the outcome of the next, by customer; log1p, no depth = 0."""
    now = engagement[engagement["period"] == period].set_index("customer_key")[list(DIMENSIONS)]
    then = y[y["period"] == period + 1].set_index("customer_key")["y"]
    return np.log1p(now.fillna(0.0).clip(lower=0)).join(then, how="inner").sort_index()


def _importances(learn: pd.DataFrame, judge: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Importance of each dimension: (estimate, one row per bootstrap draw of users, out-of-time R²)."""
    columns = list(DIMENSIONS)
    centre, spread = learn[columns].mean(), learn[columns].std(ddof=0).replace(0.0, 1.0)
    x1, x2 = (((f[columns] - centre) / spread).to_numpy() for f in (learn, judge))
    y1, y2 = learn["y"].to_numpy(), judge["y"].to_numpy()
    rng = np.random.default_rng(seed)
    n = len(y1)
    estimate, r2 = _importance(x1, y1, x2, y2, np.ones(n))
    draws = np.array([_importance(x1, y1, x2, y2, rng.multinomial(n, np.full(n, 1 / n)).astype(float))[0]
                      for _ in range(DRAWS)])
    return estimate, draws, r2


def _importance(x1, y1, x2, y2, w) -> tuple[np.ndarray, float]:
    """Loss of judged R² per permuted column, for weights ``w`` (times each user was drawn); and R² itself.

    Replacing column j by an independent draw of itself adds b_j² (squared distance from its mean, plus its
    variance) and a cross term with the residual: the expectation over all permutations, without drawing any.
    """
    design = np.column_stack([np.ones(len(x1)), x1])
    weighted = design * w[:, None]
    penalty = np.diag([0.0] + [RIDGE] * x1.shape[1])
    b = np.linalg.solve(weighted.T @ design + penalty, weighted.T @ y1)
    residual = y2 - b[0] - x2 @ b[1:]
    mean = (w @ y2) / w.sum()
    total = w @ (y2 - mean) ** 2
    residual = residual - (w @ residual) / w.sum()  # a shift of the level between periods is not the metrics' doing
    away = x2 - (w @ x2) / w.sum()
    variance = (w @ away**2) / w.sum()
    permuted = w @ (residual[:, None] + b[1:] * away) ** 2 + w.sum() * b[1:] ** 2 * variance
    error = w @ residual**2
    return (permuted - error) / total, 1 - error / total


def _guard(before: pd.Series, now: pd.Series, dimension: str, metrics: dict[str, str], outcome: str) -> dict:
    """Whether the dimension may lead: stable over time, not saturated, not the outcome itself."""
    stability = sps.spearmanr(before, now).statistic if before.nunique() > 1 and now.nunique() > 1 else np.nan
    why = ""
    if now.value_counts(normalize=True).iloc[0] > SATURATED:
        why = "nearly every customer has the same value"
    elif not stability >= LEAST_STABLE:
        why = "it is not stable from one period to the next"
    elif outcome == "revenue" and metrics.get(dimension) == "amount":
        why = "it is a component of the outcome"
    return {"stability": stability, "why_not": why}


def _decide(estimate, draws, r2, guards, metrics, outcome, n, declared, reason) -> pd.DataFrame:
    order = np.argsort(-estimate, kind="stable")
    primary = _leads(order[0], range(3), estimate, draws, guards)
    secondary = primary and _leads(order[1], [d for d in range(3) if d != order[0]], estimate, draws, guards)
    relevance = dict.fromkeys(range(3), "not separable")
    if primary:
        relevance[order[0]] = "Primary"
        relevance |= {order[1]: "Secondary", order[2]: "Tertiary"} if secondary else {}
    elif declared:
        relevance[DIMENSIONS.index(declared)] = "Primary"
    rows = []
    for i, dimension in enumerate(DIMENSIONS):
        by_data = primary or relevance[i] == "not separable"
        low, high = np.quantile(draws[:, i], [0.025, 0.975])
        first = float((draws.argmax(axis=1) == i).mean())
        rows.append({
            "dimension": dimension, "relevance": relevance[i], "metric": metrics.get(dimension) or dimension,
            "importance": estimate[i], "importance_low": low, "importance_high": high, "first_share": first,
            "stability": guards[dimension]["stability"], "chosen_by": "data" if by_data else "declared", "n": n,
            "r2": r2, "outcome": outcome,
            "rationale": _rationale(relevance[i], by_data, outcome, guards[dimension]["why_not"], reason)})
    return pd.DataFrame(rows)


def _leads(i: int, among, estimate, draws, guards) -> bool:
    """Whether dimension i comes first among the given ones: its interval above 0, and first in enough draws."""
    among = list(among)
    first = draws[:, among].argmax(axis=1) == among.index(i)
    free = not guards[DIMENSIONS[i]]["why_not"]
    return bool(free and np.quantile(draws[:, i], 0.025) > 0 and first.mean() >= FIRST_SHARE)


def _rationale(relevance: str, by_data: bool, outcome: str, why_not: str, reason: str) -> str:
    if not by_data:
        return f"declared, since the data cannot separate the dimensions: {reason or 'no reason given'}"
    if relevance == "not separable":
        return f"cannot lead: {why_not}" if why_not else f"what it tells about {outcome} is not clear of the others"
    much = "most" if relevance == "Primary" else "less"
    return f"it tells {much} about the next period: {outcome} (association, not cause)"
