"""Drift between two periods, on one value per customer, with limits that do not cry wolf (method.md §6)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import NotMeasured, measured, requires
from lib.stats import benjamini_hochberg

BINS, SWAPS = 10, 999
ALARM_PSI, ALARM_P = 0.1, 0.05
SEGMENTS = "(segment shares)"
MEANS = ("depth", "mean_occasion_value", "refund_share")  # of who was active: others have no value
_CHUNK = 2_000_000  # random numbers held at once


@measured
def comparable(before: pd.DataFrame, now: pd.DataFrame, *, billing: str = "transactional") -> list[str]:
    """Variables of two periods to compare: what both hold, without what the calendar moves.

    Tenure and recency age by themselves, and gaps between days are cut by the ends of a period. Where billing is not
    transactional, a period holds one invoice more or less by its dates alone; the mean invoice stays. What has one
    value throughout cannot drift, and is left out beside others that can.
    """
    left_out = {"customer_key", "tenure_days", "away_days", "recency_days", "mean_gap_days"}
    if billing != "transactional":
        left_out |= {"n_occasions", "n_orders", "revenue"}
    both = sorted(c for c in now if c in before and c not in left_out)
    return [c for c in both if pd.concat([before[c], now[c]]).nunique(dropna=c in MEANS) > 1] or both


@requires("before", "now", "variables")
def drift(before: pd.DataFrame, now: pd.DataFrame, labels_before: pd.Series | NotMeasured,
          labels_now: pd.Series | NotMeasured, *, variables: list[str], seed: int) -> pd.DataFrame:
    """Population stability index of every variable and of the segment shares, where known (contract `drift`).

    ``before`` and ``now``: one row per customer (customer_key and variables); labels indexed by customer_key. Means
    (`MEANS`) compare those who have one.
    Customers in both periods: p from 999 swaps of their two values, customers of one period only being drawn again
    from both periods together; none in both: from (1/n + 1/m)·χ². p are adjusted over variables (Benjamini-Hochberg).
    """
    first, second = before.set_index("customer_key"), now.set_index("customer_key")
    pairs = {v: tuple(t[v].dropna() if v in MEANS else t[v] for t in (first, second))
             for v in sorted(variables) if v in first and v in second}
    if not isinstance(labels_before, NotMeasured) and not isinstance(labels_now, NotMeasured):
        pairs[SEGMENTS] = (labels_before, labels_now)
    rows = [{"variable": name, **index_of(*pair, seed=seed + i)} for i, (name, pair) in enumerate(pairs.items())]
    table = pd.DataFrame(rows, columns=["variable", "n_before", "n_now", "bins", "psi", "p"])
    table["p"] = benjamini_hochberg(table["p"])
    table["verdict"] = [verdict(r.psi, r.p, r.n_before, r.n_now, r.bins) for r in table.itertuples()]
    return table


def index_of(before: pd.Series, now: pd.Series, *, seed: int) -> dict:
    """n_before, n_now, bins, psi and p of one variable; both are indexed by customer."""
    before, now = before.sort_index(), now.sort_index()
    codes, n_bins = binned(before, now)
    b, w = codes[: len(before)], codes[len(before):]
    out = {"n_before": len(b), "n_now": len(w), "bins": n_bins, "psi": np.nan, "p": np.nan}
    if n_bins < 2 or not len(b) or not len(w):
        return {**out, "psi": 0.0 if len(b) and len(w) else np.nan}
    counts = np.bincount(b, minlength=n_bins), np.bincount(w, minlength=n_bins)
    value = float(psi(*counts))
    both = before.index.intersection(now.index)
    if len(both) == 0:
        p = sps.chi2.sf(value / (1 / len(b) + 1 / len(w)), n_bins - 1)
    else:
        p = _swap_p(b[before.index.get_indexer(both)], w[now.index.get_indexer(both)], *counts, value, seed)
    return {**out, "psi": value, "p": float(p)}


def psi(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Population stability index of counts per bin (last axis), with shares (c + .5) / (n + .5·B)."""
    shares = [(c + 0.5) / (c.sum(axis=-1, keepdims=True) + 0.5 * c.shape[-1]) for c in (before, now)]
    return ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum(axis=-1)


def binned(before: pd.Series, now: pd.Series) -> tuple[np.ndarray, int]:
    """Bin of every value of both periods, and how many bins are left after ties are joined.

    Text, and numbers of ten values at most: one bin a level, so that a rare one is seen. Other numbers: deciles of both
    periods together, so that a swap never moves a border, and a value that fills a tenth or more is a bin of its own:
    joined with what lies below it, that could never be seen. Missing is a bin of its own.
    """
    values = pd.concat([before, now], ignore_index=True)
    if not pd.api.types.is_numeric_dtype(values):
        codes, levels = pd.factorize(values.astype("object").where(values.notna(), "(missing)"), sort=True)
        return codes, len(levels)
    values = values.to_numpy(float)
    missing = np.isnan(values)
    if missing.all():
        return np.zeros(len(values), int), 1
    edges = np.unique(values[~missing])
    if len(edges) > BINS:
        edges, times = np.unique(np.quantile(values[~missing], np.arange(1, BINS) / BINS), return_counts=True)
        edges = np.union1d(edges, np.nextafter(edges[times > 1], -np.inf))
    codes = np.where(missing, len(edges) + 1, np.searchsorted(edges, values, side="left"))
    codes, used = pd.factorize(codes, sort=True)
    return codes, len(used)


def verdict(value: float, p: float, n: int, m: int, bins: int) -> str:
    """What may be said: alarm, too few to tell, significant but small, or none."""
    if p < ALARM_P and value >= ALARM_PSI:
        return "alarm"
    if too_few(n, m, bins):
        return "too few to tell"
    return "significant but small" if p < ALARM_P else "none"


def too_few(n: int, m: int, bins: int) -> bool:
    """Whether an index of .1 could come from chance alone: (1/n + 1/m)·χ²_{B-1; .95} > .1."""
    if not n or not m:
        return True
    return bool(bins > 1 and (1 / n + 1 / m) * sps.chi2.ppf(0.95, bins - 1) > ALARM_PSI)


def _swap_p(paired_before, paired_now, counts_before, counts_now, value: float, seed: int) -> float:
    """Share of draws with an index at least as large as if nothing had changed.

    Each draw exchanges the two values of a random half of the customers of both periods, and gives those of one
    period only a value from both periods together: kept as they are, newcomers of another kind would raise every
    drawn index as much as the one that was found, and could never be seen.
    """
    n_bins = len(counts_before)
    moves = np.eye(n_bins, dtype=np.float32)
    moved = moves[paired_now] - moves[paired_before]
    changed = moved[paired_before != paired_now]
    rng = np.random.default_rng(seed)
    shift = np.zeros((SWAPS, n_bins))
    step = max(1, _CHUNK // SWAPS)
    for start in range(0, len(changed), step):
        part = changed[start: start + step]
        shift += rng.integers(0, 2, (SWAPS, len(part)), dtype=np.int8).astype(np.float32) @ part
    both = [np.bincount(paired, minlength=n_bins) for paired in (paired_before, paired_now)]
    shares = (counts_before + counts_now) / (counts_before + counts_now).sum()
    lone = [rng.multinomial(int(c.sum() - b.sum()), shares, SWAPS) for c, b in
            zip((counts_before, counts_now), both, strict=True)]
    drawn = psi(both[0] + shift + lone[0], both[1] - shift + lone[1])
    return float((1 + (drawn >= value - 1e-12).sum()) / (SWAPS + 1))
