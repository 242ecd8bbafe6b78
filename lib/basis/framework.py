"""The engagement framework: which of breadth, depth and frequency leads, chosen from data (method.md §3.3).

Association, not cause: a metric that leads is the one that tells most about the next period.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.basis.importance import Importance, importance
from lib.contracts import NotMeasured

DIMENSIONS = ("breadth", "depth", "frequency")
FIRST_SHARE = 0.95     # method.md §3.3: first in at least this share of draws
LEAST_STABLE = 0.5     # method.md §3.3: Spearman between two successive periods
SATURATED = 0.9        # a metric that is practically the same for this share of users cannot lead [ours]
SAME = 0.05            # practically the same: within this share of the middle value [ours]
VARIED = (0.05, 0.95)  # a yes/no outcome outside this range says too little; another is taken [ours]
FEWEST_USERS = 100     # fewer users carry no comparison [ours]
DONE, REVENUE, DAYS = "critical event done", "revenue", "days of the critical event"


def next_outcome(critical: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The outcome judged, per customer and period, with its name: (customer_key, period, y).

    ``critical`` is engagement by period with `frequency` in days of the critical event. Whether the event was
    done; where nearly all or nearly nobody did it, revenue (log1p); without revenue, the days of it (log1p).
    """
    done = (critical["frequency"] > 0).astype(float)
    last = done[critical["period"] == 0]
    if VARIED[0] <= last.mean() <= VARIED[1]:
        y, name = done, DONE
    elif "revenue" in critical and critical["revenue"].gt(0).any():
        y, name = np.log1p(critical["revenue"].clip(lower=0).fillna(0.0)), REVENUE
    else:
        y, name = np.log1p(critical["frequency"]), DAYS
    return critical[["customer_key", "period"]].assign(y=y), name


def engagement_framework(engagement, critical, *, metrics: dict[str, str], critical_event: str = "",
                         declared: str = "", reason: str = "", seed: int = 7) -> pd.DataFrame | NotMeasured:
    """Three rows, one per dimension; columns as the contract `engagement_framework`.

    ``engagement`` has breadth, depth and frequency per customer and period (periods -2, -1 and 0 are used),
    ``critical`` the same with `frequency` in days of the ``critical_event``; ``metrics`` names what each dimension
    is measured by. A ridge model on standardised log1p metrics is fitted on periods -2 → -1 and judged on -1 → 0;
    importance is the loss of out-of-time R² when the metric is permuted, in its exact expectation. Where the
    data cannot tell, the ``declared`` dimension stands with its ``reason``.
    """
    if isinstance(engagement, NotMeasured) or isinstance(critical, NotMeasured):
        return engagement if isinstance(engagement, NotMeasured) else critical
    y, outcome = next_outcome(critical)
    learn, judge = _pairs(engagement, y, -2), _pairs(engagement, y, -1)
    users = learn.index.intersection(judge.index)
    if len(users) < FEWEST_USERS:
        return NotMeasured("too few customers are known over three natural periods",
                           f"at least {FEWEST_USERS} customers over three periods")
    learn, judge = learn.loc[users], judge.loc[users]
    if judge["y"].nunique() < 2 or learn["y"].nunique() < 2:
        return NotMeasured("the next period's outcome is the same for every customer", "an outcome that varies")
    names = list(DIMENSIONS)
    found = importance(learn[names].to_numpy(), learn["y"].to_numpy(), judge[names].to_numpy(), judge["y"].to_numpy(),
                       seed=seed)
    guards = [_guard(learn[d], judge[d], _component(d, metrics, outcome, critical_event)) for d in DIMENSIONS]
    table = _decided(found, guards, declared, reason, outcome)
    metric = [metrics.get(d) or d for d in DIMENSIONS]
    return table.assign(metric=metric, n=len(users), r2=found.r2, outcome=outcome, **_correlations(judge))


def _pairs(engagement: pd.DataFrame, y: pd.DataFrame, period: int) -> pd.DataFrame:
    """Metrics of one period with the outcome of the next, by customer; log1p, no depth = 0."""
    now = engagement[engagement["period"] == period].set_index("customer_key")[list(DIMENSIONS)]
    then = y[y["period"] == period + 1].set_index("customer_key")["y"]
    return np.log1p(now.fillna(0.0).clip(lower=0)).join(then, how="inner").sort_index()


def _component(dimension: str, metrics: dict[str, str], outcome: str, critical_event: str) -> bool:
    """Whether the metric is what the outcome is made of: spend of revenue, days of an event of the same days."""
    metric = metrics.get(dimension, "")
    spend = outcome == REVENUE and metric == "amount"
    return spend or (outcome == DAYS and dimension == "frequency" and metric in ("", critical_event))


def _guard(before: pd.Series, now: pd.Series, component: bool) -> dict:
    """Whether the dimension may lead: not saturated, stable over time, not the outcome itself; {stability, why_not}."""
    varies = before.nunique() > 1 and now.nunique() > 1
    stability = float(sps.spearmanr(before, now).statistic) if varies else np.nan
    why = ""
    if max(_sameness(before), _sameness(now)) > SATURATED:
        why = "nearly every customer has the same value"
    elif not stability >= LEAST_STABLE:
        why = "it is not stable from one period to the next"
    elif component:
        why = "it is a component of the outcome"
    return {"stability": stability, "why_not": why}


def _sameness(logged: pd.Series) -> float:
    """Share of users whose value is practically the commonest or the middle one."""
    values = np.expm1(logged.to_numpy())
    middle = np.median(values)
    near = np.abs(values - middle) <= SAME * abs(middle)
    return max(float(near.mean()), float(logged.value_counts(normalize=True).iloc[0]))


def _correlations(judge: pd.DataFrame) -> dict[str, np.ndarray]:
    """Spearman correlation of each dimension with each, as columns `with_<dimension>`."""
    matrix = judge[list(DIMENSIONS)].corr(method="spearman").to_numpy()
    return {f"with_{d}": matrix[:, i] for i, d in enumerate(DIMENSIONS)}


def _decided(found: Importance, guards: list[dict], declared: str, reason: str, outcome: str) -> pd.DataFrame:
    """The relevance of each dimension, by data or as declared, with its rationale."""
    low, high = np.quantile(found.draws, [0.025, 0.975], axis=0)
    first = np.bincount(found.draws.argmax(axis=1), minlength=3) / len(found.draws)
    ranks = ranked(found, [bool(g["why_not"]) for g in guards])
    by_data = {i: name for name, i in zip(("Primary", "Secondary"), ranks, strict=False)}
    if len(ranks) == 2:
        by_data[3 - sum(ranks)] = "Tertiary"
    rows = []
    for i, dimension in enumerate(DIMENSIONS):
        stands = not ranks and dimension == declared
        relevance = "Primary" if stands else by_data.get(i, "not separable")
        why = _rationale(relevance, outcome, guards[i]["why_not"], low[i] > 0, first, ranks)
        rows.append({
            "dimension": dimension, "relevance": relevance, "importance": found.estimate[i],
            "importance_low": low[i], "importance_high": high[i], "first_share": first[i],
            "stability": guards[i]["stability"], "chosen_by": "declared" if stands else "data",
            "rationale": _as_declared(reason) if stands else why})
    return pd.DataFrame(rows)


def ranked(found: Importance, barred: list[bool]) -> list[int]:
    """Places that the data can tell, of all dimensions: [], [Primary] or [Primary, Secondary].

    The largest importance leads when its 2.5 % point is above 0 and it comes first in 95 % of draws; likewise the
    second among the rest. A barred dimension never leads, and nothing leads in its stead.
    """
    rest, places = list(range(len(barred))), []
    for _ in ("Primary", "Secondary"):
        i = max(rest, key=lambda j: found.estimate[j])
        first = found.draws[:, rest].argmax(axis=1) == rest.index(i)
        if barred[i] or np.quantile(found.draws[:, i], 0.025) <= 0 or first.mean() < FIRST_SHARE:
            break
        places.append(i)
        rest.remove(i)
    return places


def _as_declared(reason: str) -> str:
    return f"declared, since the data cannot separate the dimensions: {reason or 'no reason given'}"


def _rationale(relevance: str, outcome: str, why_not: str, clear: bool, first: np.ndarray, ranks: list[int]) -> str:
    if relevance in ("Primary", "Secondary"):
        much = "most" if relevance == "Primary" else "second most"
        return f"it tells {much} about the next period: {outcome} (association, not cause)"
    if relevance == "Tertiary":
        return f"it tells least about the next period: {outcome}"
    if why_not:
        return f"cannot lead: {why_not}"
    if not clear:
        return f"what it tells about the next period ({outcome}) is not clear of zero"
    close = [d for d, share in zip(DIMENSIONS, first, strict=True) if share > 1 - FIRST_SHARE]
    if ranks or len(close) < 2:
        return "it does not come before the others clearly enough"
    return f"{' and '.join(close)} change places between draws of customers"
