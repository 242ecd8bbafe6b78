"""Candidate bases scored on evidence: coverage, variety, stability, signal, redundancy (method.md §1)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.basis.sensitivity import basis_kind, sensitivity
from lib.contracts import NotMeasured
from lib.stats import cramers_v

LEAST_COVERAGE = 0.7    # method.md §3.10: a basis missing for more than 30 % is insufficient
LEAST_STABLE = 0.5      # method.md §3.3: Spearman between two successive periods
REPEATS = 0.9           # |association| from which a candidate only repeats a stronger one [ours]
MOST_LEVELS = 50        # categories beyond this are an identifier, not a basis [ours]
RARE = 20               # customers of a level; rarer ones are read as "other" [ours]
BINS = 10               # numeric candidates are read in deciles [ours]
DRAWS = 300
FEWEST = 50             # customers needed to say anything about signal [ours]
BEHAVIOUR = ("recency_days", "n_occasions", "n_orders", "revenue", "mean_occasion_value", "refund_share",
             "n_categories", "mean_gap_days", "active_days", "breadth", "depth", "frequency")
BILLED = ("recency_days", "n_occasions", "n_orders", "mean_gap_days")  # the rhythm of payments
NO_CANDIDATE = ("customer_key", "tenure_days", "next_active", "next_revenue")


def candidate_bases(before, earlier, *, attributes: tuple[str, ...] = (), offer: tuple[str, ...] = (),
                    never: tuple[str, ...] = (),
                    grounds: dict[str, str] | None = None, kinds: dict[str, str] | None = None, survey=None,
                    billing: str = "", seed: int = 7) -> pd.DataFrame | NotMeasured:
    """One row per candidate column, best first by signal; columns as the contract `basis`.

    ``before`` holds customers as known one period before the as-of date with `next_active` (and `next_revenue`);
    ``earlier`` the same one more period back: signal is learned there and judged on ``before``, so that no
    candidate is praised for what it was fitted on. ``survey`` adds items by customer. ``attributes`` that
    customers bring are candidates beside the behaviour that every product has; only what ``offer`` names may be used
    of them (empty: all), and nothing that ``never`` names. Under ``billing`` by subscription
    the rhythm of payments describes the calendar, not the customer (method.md §1), and is no basis.
    """
    if isinstance(before, NotMeasured) or isinstance(earlier, NotMeasured):
        return before if isinstance(before, NotMeasured) else earlier
    columns = [c for c in (*attributes, *BEHAVIOUR) if c in before and c not in NO_CANDIDATE]
    now, then = (_with_survey(f, survey).set_index("customer_key").sort_index() for f in (before, earlier))
    columns += [c for c in now if c not in before and c not in columns]
    source = {c: "customers" if c in attributes else "behaviour" if c in before else "survey" for c in columns}
    rows = [_score(c, now, then, source[c], kinds or {}, seed) for c in columns]
    table = pd.DataFrame(rows).sort_values(["signal", "column"], ascending=[False, True], na_position="last")
    table = _redundancy(table.reset_index(drop=True), now)
    verdicts = [_verdict(row, offer, never, grounds or {}, billing) for row in table.to_dict("records")]
    return table.drop(columns="text").assign(verdict=[v for v, _ in verdicts], reason=[r for _, r in verdicts])


def _with_survey(frame: pd.DataFrame, survey) -> pd.DataFrame:
    if survey is None or isinstance(survey, NotMeasured):
        return frame
    facts = ("wave", "answered_on", "in_base", "stated_frequency", "weight")
    items = survey.drop(columns=[c for c in facts if c in survey])
    numeric = items.groupby("customer_key").mean(numeric_only=True)
    numeric = numeric.drop(columns=[c for c in numeric if c in frame])
    return frame.merge(numeric, left_on="customer_key", right_index=True, how="left")


def _score(column: str, now: pd.DataFrame, then: pd.DataFrame, source: str, kinds: dict, seed: int) -> dict:
    values = now[column]
    known = values.dropna()
    surveyed = source == "survey"
    signal, low, high = _signal(column, now, then, seed)
    return {
        "column": column, "source": source,
        "kind": "psychographic" if surveyed else basis_kind(column, kinds),
        "n": len(known), "coverage": len(known) / max(len(values), 1), "levels": int(known.nunique()),
        "variety": _variety(known), "stability": np.nan if source != "behaviour" else _stability(column, now, then),
        "signal": signal, "signal_low": low, "signal_high": high, "reachable": not surveyed,
        "sensitivity": sensitivity(column), "text": not pd.api.types.is_numeric_dtype(values),
    }


def _variety(known: pd.Series) -> float:
    """Entropy of the values (numbers in deciles) over the largest it could be."""
    groups = _groups(known, known)[0]
    share = pd.Series(groups).value_counts(normalize=True).to_numpy()
    return float(sps.entropy(share) / np.log(len(share))) if len(share) > 1 else 0.0


def _stability(column: str, now: pd.DataFrame, then: pd.DataFrame) -> float:
    both = pd.concat([now[column], then[column]], axis=1, keys=["now", "then"], join="inner").dropna()
    if len(both) < FEWEST or both["now"].nunique() < 2 or both["then"].nunique() < 2:
        return np.nan
    return float(sps.spearmanr(both["now"], both["then"]).statistic)


def _groups(learn: pd.Series, judge: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Group numbers of both: deciles of the learned numbers, or levels, rare ones as `other`; 0 = missing."""
    if pd.api.types.is_numeric_dtype(learn) and learn.nunique() > BINS:
        edges = np.unique(np.nanquantile(learn, np.linspace(0, 1, BINS + 1)[1:-1]))
        return tuple(np.where(v.isna(), 0, 1 + np.searchsorted(edges, v.fillna(0.0), side="right"))
                     for v in (learn, judge))
    counts = learn.value_counts()
    level = {v: i + 2 for i, v in enumerate(sorted(counts[counts >= RARE].index, key=str))}
    return tuple(np.where(v.isna(), 0, v.map(level).astype("float64").fillna(1.0).to_numpy()).astype(int)
                 for v in (learn, judge))


def _signal(column: str, now: pd.DataFrame, then: pd.DataFrame, seed: int) -> tuple[float, float, float]:
    """Share of the next period's variation explained by group means learned one period earlier, with interval.

    A shift of the overall level between the two periods is allowed for: only the pattern between groups counts.
    Customers are drawn again 300 times on the judged side; group means stay as learned.
    """
    outcome = _outcome(now, then)
    if len(now) < FEWEST or len(then) < FEWEST or then[column].nunique() < 2 or now[outcome].nunique() < 2:
        return np.nan, np.nan, np.nan
    learned, judged = _groups(then[column], now[column])
    y = now[outcome].to_numpy(float)
    means = _group_means(learned, then[outcome].to_numpy(float))
    guess = means.reindex(judged).fillna(then[outcome].mean()).to_numpy()
    pairs = np.column_stack([y, guess])
    rng = np.random.default_rng(seed)
    drawn = [_explained(pairs[rng.integers(0, len(y), len(y))]) for _ in range(DRAWS)]
    return _explained(pairs), *np.nanquantile(drawn, [0.025, 0.975])


def _outcome(now: pd.DataFrame, then: pd.DataFrame) -> str:
    """Activity in the next period where it varies, else revenue."""
    varies = 0.05 <= now["next_active"].mean() <= 0.95
    return "next_active" if varies or "next_revenue" not in now or "next_revenue" not in then else "next_revenue"


def _group_means(groups: np.ndarray, y: np.ndarray) -> pd.Series:
    """Mean outcome per group, drawn towards the overall mean by ten customers' weight."""
    grouped = pd.Series(y).groupby(groups)
    return (grouped.sum() + 10 * y.mean()) / (grouped.count() + 10)


def _explained(pairs: np.ndarray) -> float:
    y, guess = pairs[:, 0], pairs[:, 1]
    residual = (y - y.mean()) - (guess - guess.mean())
    total = ((y - y.mean()) ** 2).sum()
    return float(1 - (residual**2).sum() / total) if total > 0 else np.nan


def _redundancy(table: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Each candidate's strongest association with one of larger signal; rows come strongest first."""
    partner, strength = [""], [np.nan]
    for i in range(1, len(table)):
        known = {c: _association(now[table["column"][i]], now[c]) for c in table["column"][:i]}
        best = max(known, key=lambda c: -1.0 if np.isnan(known[c]) else known[c])
        strength.append(known[best])
        partner.append(best if known[best] >= REPEATS else "")
    return table.assign(redundant_with=partner[:len(table)], redundancy=strength[:len(table)])


def _association(a: pd.Series, b: pd.Series) -> float:
    """|Spearman| of two numbers, Cramér's V of groups otherwise; NaN when either does not vary."""
    both = pd.concat([a, b], axis=1, keys=["a", "b"]).dropna()
    if len(both) < FEWEST or both["a"].nunique() < 2 or both["b"].nunique() < 2:
        return np.nan
    if all(pd.api.types.is_numeric_dtype(both[c]) for c in both):
        return float(abs(sps.spearmanr(both["a"], both["b"]).statistic))
    return cramers_v(pd.crosstab(_groups(both["a"], both["a"])[0], _groups(both["b"], both["b"])[0]))


def _verdict(row: dict, offer: tuple[str, ...], never: tuple[str, ...], grounds: dict[str, str],
             billing: str) -> tuple[str, str]:
    """The verdict and its one reason; data protection first, then data quality, then use."""
    column = row["column"]
    if column in never:
        return "do not use", "the product file rules it out"
    if row["sensitivity"] != "none" and column not in grounds:
        return "do not use", f"{row['sensitivity']} attribute without a recorded ground"
    if row["source"] == "customers" and offer and column not in offer:
        return "do not use", "not offered in the product file"
    if row["levels"] < 2:
        return "do not use", "it has one value only"
    if row["coverage"] < LEAST_COVERAGE:
        return "do not use", f"missing for {1 - row['coverage']:.0%} of customers"
    if row["text"] and row["levels"] > MOST_LEVELS and row["levels"] > 0.2 * row["n"]:
        return "do not use", "nearly every customer has a value of its own: an identifier"
    if billing == "subscription" and column in BILLED:
        return "describe only", "payments follow the billing calendar, not the customer"
    if row["redundant_with"]:
        return "describe only", f"repeats {row['redundant_with']}"
    if row["stability"] < LEAST_STABLE:
        return "describe only", "changes too much from one period to the next"
    if not row["signal_low"] > 0:
        return "describe only", "its signal about the next period is not clear of zero"
    return "use", f"tells about the next period{'; ground: ' + grounds[column] if column in grounds else ''}"
