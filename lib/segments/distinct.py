"""Are segments distinct on what did not make them: descriptors and the next period (method.md §3.8)."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import NotMeasured, measured
from lib.segments.model import OUTSIDE
from lib.segments.profile import BEHAVIOUR
from lib.stats import cohens_d, cramers_v, holm

LARGE_D, LARGE_V, ALPHA = 0.5, 0.3, 0.05  # [ours] method.md §3.8
MOST_LEVELS = 30  # [ours] a text with more levels describes nobody
FEWEST = 10  # method.md §7: nothing is said about fewer customers
COPY = 0.9  # [ours] absolute Spearman correlation at which a variable repeats one that made the segments
DRAWS, SEED = 200, 7


def held_out(placed: pd.DataFrame, made: list[str], survey=None) -> pd.DataFrame:
    """Descriptors that had no part in the segments: attributes, tenure and survey answers, by customer_key.

    Of the columns that the contract `features` names only tenure describes. Columns of `made`, and near copies of
    them, are left out.
    """
    absent = next((v for v in (placed, made) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    skip = {*BEHAVIOUR, *made, "customer_key", "user_type", "icp"}
    table = placed[["customer_key", *[c for c in placed if c not in skip]]]
    if survey is not None and not isinstance(survey, NotMeasured):
        facts = ("customer_key", "wave", "answered_on", "in_base", "weight")
        items = [c for c in survey if c not in (*facts, *table.columns, *made)]
        last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
        table = table.merge(last[["customer_key", *items]], on="customer_key", how="left", validate="one_to_one")
    copies = [c for c in table if c != "customer_key" and _copies(table[c], placed, made)]
    return table.drop(columns=copies)


@measured
def overall(assignments: pd.DataFrame, descriptors: pd.DataFrame) -> pd.DataFrame:
    """One row per held-out variable: n, test, effect (ε² or Cramér's V), p, Holm-adjusted p; strongest first.

    Kruskal-Wallis over all segments for numbers, χ² for categories. `descriptors` by customer_key.
    """
    segment, columns = _joined(assignments, descriptors)
    rows = [_overall_row(name, x, segment) for name, x in columns.items()]
    table = pd.DataFrame(rows, columns=["variable", "n", "test", "effect", "p"])
    return table.assign(p_adjusted=holm(table["p"])).sort_values(["effect", "variable"], ascending=[False, True],
                                                                 ignore_index=True)


def distinct(assignments: pd.DataFrame, descriptors: pd.DataFrame, outcomes=None) -> pd.DataFrame:
    """One row per pair of segments; columns as the contract `distinct`.

    A pair is distinct when it differs on at least one variable with |d| >= .5 or V >= .3, the interval clear of 0
    and the p value, Holm-adjusted over all pairs and variables, below .05. The variable shown is that with the
    largest effect relative to its limit. `outcomes` (customer_key, segment, next_...) are judged with the segment
    of one period earlier; where few were in one then, `n` of these is not said.
    """
    absent = next((v for v in (assignments, descriptors) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    tests = _pair_tests(*_joined(assignments, descriptors))
    if outcomes is not None and not isinstance(outcomes, NotMeasured):
        then = outcomes.loc[outcomes["segment"] != OUTSIDE, "segment"]
        tests += _pair_tests(*_joined(outcomes, outcomes.drop(columns="segment")),
                             counted=bool((then.value_counts() >= FEWEST).all()))
    names = sorted(s for s in assignments["segment"].unique() if s != OUTSIDE)
    table = pd.DataFrame(tests, columns=["first", "second", "variable", "n", "effect", "low", "high", "p", "limit"])
    table["p"] = holm(table["p"])
    table["passes"] = (table["effect"] >= table["limit"]) & (table["low"] > 0) & (table["p"] < ALPHA)
    table["relative"] = table["effect"] / table["limit"]
    table = table.sort_values(["passes", "relative", "variable"], ascending=[False, False, True])
    best = table.drop_duplicates(["first", "second"]).set_index(["first", "second"])
    rows = pd.DataFrame(list(itertools.combinations(names, 2)), columns=["first", "second"])
    rows = rows.merge(best.reset_index(), on=["first", "second"], how="left", validate="one_to_one")
    rows["verdict"] = np.where(rows["passes"].fillna(False).astype(bool), "distinct", "merge candidate")
    return rows[["first", "second", "variable", "n", "effect", "low", "high", "p", "verdict"]]


def _copies(x: pd.Series, placed: pd.DataFrame, made: list[str]) -> bool:
    if not pd.api.types.is_numeric_dtype(x) or x.nunique() < 3:
        return False
    return any(abs(x.reset_index(drop=True).corr(placed[m].reset_index(drop=True), method="spearman")) > COPY
               for m in made if m in placed and pd.api.types.is_numeric_dtype(placed[m]) and placed[m].nunique() > 2)


def _joined(assignments: pd.DataFrame, descriptors: pd.DataFrame) -> tuple[np.ndarray, dict]:
    """The segments of customers inside one, and the usable variables: floats, or texts of few levels."""
    table = assignments.loc[assignments["segment"] != OUTSIDE, ["customer_key", "segment"]].merge(
        descriptors, on="customer_key", how="left", validate="one_to_one")
    columns = {c: usable for c in table.columns[2:] if (usable := _usable(table[c])) is not None}
    return table["segment"].to_numpy(str), columns


def _usable(x: pd.Series) -> pd.Series | None:
    if pd.api.types.is_datetime64_any_dtype(x) or x.nunique() < 2:
        return None
    if pd.api.types.is_numeric_dtype(x) and not pd.api.types.is_bool_dtype(x) and x.nunique() > 2:
        return x.astype(float)
    return x.astype("str").where(x.notna()) if x.nunique() <= MOST_LEVELS else None


def _overall_row(name: str, x: pd.Series, segment: np.ndarray) -> dict:
    known = x.notna().to_numpy()
    row = {"variable": name, "n": int(known.sum()), "test": "Kruskal-Wallis", "effect": np.nan, "p": np.nan}
    if pd.api.types.is_float_dtype(x):
        groups = [x[known & (segment == s)] for s in np.unique(segment)]
        groups = [g for g in groups if len(g)]
        if len(groups) > 1:
            h, row["p"] = sps.kruskal(*groups)
            row["effect"] = float(h / max(row["n"] - 1, 1))  # ε² (Tomczak & Tomczak 2014): H / (n - 1)
        return row
    table = pd.crosstab(segment[known], x[known].to_numpy())
    if min(table.shape) > 1:
        row |= {"effect": cramers_v(table), "p": sps.chi2_contingency(table).pvalue}
    return row | {"test": "chi-squared"}


def _pair_tests(segment: np.ndarray, columns: dict, *, counted: bool = True) -> list[tuple]:
    found = []
    for first, second in itertools.combinations(np.unique(segment), 2):
        a, b = segment == first, segment == second
        for name, x in columns.items():
            known = x.notna().to_numpy()
            if min((a & known).sum(), (b & known).sum()) < FEWEST:
                continue
            numeric = pd.api.types.is_float_dtype(x)
            both = (a | b) & known
            effect = _numeric(x[a & known], x[b & known]) if numeric else _categories(x[both], a[both])
            n = float(both.sum()) if counted else np.nan
            found.append((first, second, name, n, *effect, LARGE_D if numeric else LARGE_V))
    return found


def _numeric(first: pd.Series, second: pd.Series) -> tuple:
    d, low, high = cohens_d(first, second)
    if np.isnan(d):
        return np.nan, np.nan, np.nan, np.nan
    low, high = (low, high) if d >= 0 else (-high, -low)
    return abs(d), low, high, float(sps.ttest_ind(first, second, equal_var=False).pvalue)


def _categories(x: pd.Series, first: np.ndarray) -> tuple:
    """V with a bootstrap interval, drawn only where V could matter; the interval of a smaller V is left empty."""
    table = pd.crosstab(first, x.to_numpy()).to_numpy()
    if min(table.shape) < 2:
        return np.nan, np.nan, np.nan, np.nan
    v, p = cramers_v(table), float(sps.chi2_contingency(table).pvalue)
    if not v >= LARGE_V:
        return v, np.nan, np.nan, p
    drawn = np.random.default_rng(SEED).multinomial(table.sum(), (table / table.sum()).ravel(), DRAWS)
    low, high = np.nanquantile([cramers_v(d.reshape(table.shape)) for d in drawn], [0.025, 0.975])
    return v, float(low), float(high), p
