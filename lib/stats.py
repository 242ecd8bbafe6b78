"""Small statistics that several steps share: intervals, resampling, multiple testing, tie-safe scores."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

Z95 = 1.959963984540054
DOMINANT, P_RULE = 0.85, 0.10  # method.md §7: share of the largest, and how near the second may come to it


def wilson(successes, n, z: float = Z95):
    """Wilson score interval of a share (Wilson 1927): (low, high), NaN where n = 0. Vectorised."""
    successes, n = np.asarray(successes, float), np.asarray(n, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = successes / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    return np.minimum(low, p), np.maximum(high, p)  # at 0 and 1 the last bit would leave the share outside


def rate_ratio(n, size, top, top_size) -> tuple[float, float, float]:
    """Ratio of two rates with Katz's log interval (Katz et al. 1978): (ratio, low, high).

    All NaN where the second rate is 0; no interval where the first is 0, or where both are the same group.
    """
    if not top or not size or not top_size:
        return np.nan, np.nan, np.nan
    ratio = (n / size) / (top / top_size)
    if not n or (n, size) == (top, top_size):
        return ratio, np.nan, np.nan
    half = Z95 * np.sqrt(1 / n - 1 / size + 1 / top - 1 / top_size)
    return ratio, ratio * np.exp(-half), ratio * np.exp(half)


def effective_n(weights) -> float:
    """How many equally weighted people tell as much: (sum w)² / sum w² (Kish 1965). Missing weights do not count."""
    weights = np.asarray(weights, float)
    weights = weights[~np.isnan(weights)]
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def weighted_share(holds, weights) -> tuple[float, float, float, float]:
    """Weighted share of the rows that hold, its Wilson interval at the effective n, and that n; NaN without rows."""
    holds, weights = np.asarray(holds, float), np.asarray(weights, float)
    holds, weights = holds[~np.isnan(weights)], weights[~np.isnan(weights)]
    n = effective_n(weights)
    if not n:
        return np.nan, np.nan, np.nan, 0.0
    share = float((holds * weights).sum() / weights.sum())
    low, high = wilson(share * n, n)
    return share, float(low), float(high), n


def mean_interval(values, level: float = 0.95) -> tuple[float, float, float]:
    """Mean with its t interval: (mean, low, high). NaN bounds below two values; NaNs are left out."""
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    mean = values.mean()
    if len(values) == 1:
        return mean, np.nan, np.nan
    half = stdtrit(len(values) - 1, (1 + level) / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return mean, mean - half, mean + half


def ratio_interval(part, whole) -> tuple[float, float, float]:
    """Ratio of two totals over the same units with its 95 % interval: (ratio, low, high); NaN where the whole is none.

    The ratio estimator, linearised (Cochran 1977, ch. 6).
    """
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    total, n = whole.sum(), len(whole)
    if n < 2 or total <= 0:
        return np.nan, np.nan, np.nan
    ratio = part.sum() / total
    half = Z95 * np.sqrt(n * (part - ratio * whole).var(ddof=1)) / total
    return ratio, ratio - half, ratio + half


def bootstrap_interval(values, statistic, *, draws: int = 500, seed: int, level: float = 0.95):
    """Percentile interval of a statistic of rows: (estimate, low, high).

    ``values`` is one row per unit (1-D or 2-D); ``statistic`` maps such an array to a number.
    """
    values = np.asarray(values)
    rng = np.random.default_rng(seed)
    drawn = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(draws)]
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return statistic(values), low, high


def holm(p) -> np.ndarray:
    """Holm-adjusted p values in the order given; NaN stays NaN and does not count as a test."""
    p = np.asarray(p, float)
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p) -> np.ndarray:
    """Benjamini-Hochberg adjusted p values in the order given; NaN stays NaN and does not count as a test."""
    p = np.asarray(p, float)
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted


def permutation_p(table, seed: int, *, draws: int = 999, of=None) -> float:
    """Share of random tables with these margins that go as far from independence, the table itself among them.

    ``table`` counts units, of which some may stand for several things: ``of`` then holds how often each (column of the
    table × thing), and it is the things by row that are compared. Random tables: Patefield (1981); distance: χ².
    """
    from scipy.stats import random_table  # takes its time to import

    table = np.asarray(table, "int64")
    of = np.eye(table.shape[1]) if of is None else np.asarray(of, float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum() @ of
    drawn = random_table(table.sum(axis=1), table.sum(axis=0)).rvs(draws, random_state=seed) @ of
    far = ((drawn - expected) ** 2 / expected).sum(axis=(1, 2))
    return float((1 + (far >= ((table @ of - expected) ** 2 / expected).sum() - 1e-9).sum()) / (1 + draws))


def tie_safe_score(values, q: int = 5) -> np.ndarray:
    """Scores 1..q with s = min(q, 1 + floor(q · #{x_j < x_i} / n)): equal values get equal scores.

    Monotone, and independent of the order of rows. ``values`` must hold no NaN.
    """
    values = np.asarray(values)
    below = np.searchsorted(np.sort(values), values, side="left")
    return np.minimum(q, 1 + (q * below) // len(values)).astype("int64")


def cramers_v(table) -> float:
    """Bias-corrected Cramér's V of a contingency table (Bergsma 2013); NaN when a margin has one level."""
    table = np.asarray(table, float)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    n, (rows, cols) = table.sum(), table.shape
    if min(rows, cols) < 2 or n < 2:
        return np.nan
    expected = np.outer(table.sum(1), table.sum(0)) / n
    phi2 = max(0.0, ((table - expected) ** 2 / expected).sum() / n - (cols - 1) * (rows - 1) / (n - 1))
    rows_c, cols_c = rows - (rows - 1) ** 2 / (n - 1), cols - (cols - 1) ** 2 / (n - 1)
    smaller = min(rows_c, cols_c) - 1
    return float(np.sqrt(phi2 / smaller)) if smaller > 0 else np.nan


def cohens_d(first, second) -> tuple[float, float, float]:
    """Standardised mean difference with its large-sample 95 % interval: (d, low, high)."""
    first, second = (np.asarray(v, float)[~np.isnan(np.asarray(v, float))] for v in (first, second))
    n1, n2 = len(first), len(second)
    if min(n1, n2) < 2:
        return np.nan, np.nan, np.nan
    pooled = np.sqrt(((n1 - 1) * first.var(ddof=1) + (n2 - 1) * second.var(ddof=1)) / (n1 + n2 - 2))
    if pooled == 0:
        return np.nan, np.nan, np.nan
    d = (first.mean() - second.mean()) / pooled
    half = Z95 * np.sqrt((n1 + n2) / (n1 * n2) + d**2 / (2 * (n1 + n2)))
    return d, d - half, d + half


def dominated(values) -> bool:
    """Whether the sum of these amounts, one per person, would tell what the largest person brought.

    True when the largest is more than 85 % of the sum, or when the second largest could work the largest out to within
    10 % (the p % rule; Hundepool et al. 2012, Statistical Disclosure Control, ch. 4). Signs do not count.
    """
    amounts = np.abs(np.asarray(values, float))
    ordered = np.sort(amounts[~np.isnan(amounts)])[::-1]
    total, largest, second = ordered.sum(), ordered[:1].sum(), ordered[1:2].sum()
    return bool(total > 0 and (largest > DOMINANT * total or total - largest - second < P_RULE * largest))


def hidden_money(values, groups, never=()) -> dict:
    """{group: whether its sum and mean of money stay unsaid}, for groups that add up to a total which is known.

    Unsaid are groups that one person dominates, and then the smallest others (but those in `never`, whose sums are said
    elsewhere) until all that is unsaid together is no longer dominated, so that a subtraction tells nothing either.
    """
    amounts, groups = np.nan_to_num(np.asarray(values, float)), np.asarray(groups, object)
    names = sorted(set(groups.tolist()), key=str)
    unsaid = {name for name in names if dominated(amounts[groups == name])}
    others = sorted((n for n in names if n not in unsaid and n not in never),
                    key=lambda n: (np.abs(amounts[groups == n]).sum(), str(n)))
    for name in others:
        together = np.isin(groups, list(unsaid))
        if not unsaid or not dominated(amounts[together]):
            break
        if amounts[groups == name].any():
            unsaid.add(name)
    return {name: name in unsaid for name in names}
