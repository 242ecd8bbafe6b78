"""Whether a segmentation stands in for a protected attribute: how far segments and groups go together, and how well the
columns that divide customers would tell the group (method.md §7).

A screen beside the selection rates. The attribute is looked at here and nowhere else.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats as sps

from lib.contracts import NotMeasured, requires
from lib.contracts.labels import OUTSIDE
from lib.stats import bootstrap_interval, cramers_v, holm, permutation_p, tie_safe_score
from lib.strategy.fairness import NOBODY, UNKNOWN, groups

FOLDS, MOST = 5, 20_000  # MOST: customers whom the columns are judged on, those of the smallest pseudonyms
STANDS_IN = 0.7  # [ours] an AUC that is above this with its whole interval: two of three times the group would be told
TOO_WIDE = 0.2  # [ours] an interval this wide around chance tells nothing


@requires("assignments", "attributes", "bases", "model")
def proxies(assignments: pd.DataFrame, attributes: pd.DataFrame, bases: pd.DataFrame, model: dict, *, seed: int
            ) -> pd.DataFrame | NotMeasured:
    """Contract `proxies`: one row per protected attribute with two groups or more; groups as in `selection_rates`.

    ``bases``: customer_key and the columns that the ``model`` divides customers by. Cramér's V of segment and group,
    bias-corrected, its interval from the noncentral χ² (Smithson 2003); p: 999 random tables with the same margins
    (Patefield 1981), Holm over the attributes. AUC: the chance that the columns rank a customer of the group above
    another one, from scores of customers that the fit had not seen (5 folds, logistic regression on fifths of each
    column), weighted over the groups when there are more than two; its interval from 200 draws of customers.
    """
    base = assignments[["customer_key", "segment"]].merge(attributes, on="customer_key", validate="one_to_one")
    base = base.sort_values("customer_key", ignore_index=True)
    divide = bases.set_index("customer_key")[sorted(set(model["columns"]) & set(bases))]
    divide = divide.reindex(base["customer_key"]).set_axis(base.index)
    rows = [row for name in attributes.columns if name != "customer_key"
            if (row := _attribute(base.assign(group=groups(base[name], name)), name, divide, seed))]
    if not rows:
        return NotMeasured("all customers are of one group of every protected attribute that was compared",
                           "attributes with groups of at least 30 customers")
    table = pd.DataFrame(rows)
    return table.assign(p=holm(table["p"].to_numpy()))


def association_interval(table: np.ndarray) -> tuple[float, float, float]:
    """Bias-corrected Cramér's V of a contingency table with its 95 % interval."""
    found = sps.contingency.expected_freq(table)
    chi2, df = ((table - found) ** 2 / found).sum(), (table.shape[0] - 1) * (table.shape[1] - 1)
    scale = table.sum() * (min(table.shape) - 1)
    low, high = (np.sqrt(_ncp(chi2, df, level) / scale) for level in (0.975, 0.025))
    return cramers_v(table), low, high


def told_by(bases: pd.DataFrame, group: pd.Series, *, seed: int) -> tuple[float, float, float]:
    """AUC of the columns for the group, out of sample: (auc, low, high). All NaN without a column that varies."""
    design = _fifths(bases)
    names, of = np.unique(group.to_numpy(), return_inverse=True)
    if not design.shape[1]:
        return np.nan, np.nan, np.nan
    scores = _out_of_fold(design, of, len(names))
    rows = np.column_stack([of, scores])
    return bootstrap_interval(rows, lambda drawn: _auc(drawn[:, 0], drawn[:, 1:]), draws=200, seed=seed)


def _attribute(base: pd.DataFrame, name: str, divide: pd.DataFrame, seed: int) -> dict | None:
    known = base[base["group"] != UNKNOWN]
    if known["group"].nunique() < 2:
        return None
    table = pd.crosstab(known["segment"].where(known["segment"] != OUTSIDE, NOBODY), known["group"]).to_numpy()
    v, v_low, v_high = association_interval(table) if table.shape[0] > 1 else (np.nan,) * 3
    judged = known.head(MOST)
    auc, low, high = told_by(divide.loc[judged.index], judged["group"], seed=seed)
    return {"attribute": name, "n": len(known), "groups": known["group"].nunique(), "association": v,
            "association_low": v_low, "association_high": v_high,
            "p": permutation_p(table, seed) if table.shape[0] > 1 else np.nan,
            "columns": ", ".join(divide), "auc": auc, "auc_low": low, "auc_high": high,
            "verdict": _verdict(auc, low, high)}


def _verdict(auc: float, low: float, high: float) -> str:
    if np.isnan(auc):
        return "nothing to tell by"
    if low > STANDS_IN:
        return "stands in for it"
    if low > 0.5:
        return "tells something of it"
    return "too few to tell" if high - low > TOO_WIDE else "no better than chance"


def _ncp(chi2: float, df: int, level: float) -> float:
    """The noncentrality under which the χ² found lies at that level; 0 where even independence is too far."""
    if sps.chi2.cdf(chi2, df) < level:
        return 0.0
    return optimize.brentq(lambda ncp: sps.ncx2.cdf(chi2, df, ncp) - level, 1e-9, 4 * chi2 + 100)


def _fifths(bases: pd.DataFrame) -> np.ndarray:
    """One column of 0 and 1 per fifth of a number or level of a text; missing is a level of its own."""
    parts = []
    for column in bases:
        values = bases[column]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            fifth = pd.Series("missing", index=values.index, dtype="object")
            known = values.notna()
            fifth[known] = [str(s) for s in tie_safe_score(values[known].to_numpy(float))] if known.any() else []
            values = fifth
        dummies = pd.get_dummies(values.astype("object").where(values.notna(), "missing"))
        parts.append(dummies.to_numpy(float) if dummies.shape[1] > 1 else np.empty((len(bases), 0)))
    return np.hstack(parts) if parts else np.empty((len(bases), 0))


def _out_of_fold(design: np.ndarray, of: np.ndarray, k: int) -> np.ndarray:
    """Chances of every group by fits that had not seen the customer. Each group is spread evenly over the folds."""
    from sklearn.linear_model import LogisticRegression  # takes its time to import

    fold = pd.Series(of).groupby(of).cumcount().to_numpy() % FOLDS
    scores = np.empty((len(of), k))
    for one in range(FOLDS):
        fit = LogisticRegression(max_iter=1000).fit(design[fold != one], of[fold != one])
        scores[fold == one] = fit.predict_proba(design[fold == one])
    return scores


def _auc(of: np.ndarray, scores: np.ndarray) -> float:
    """Area under the curve by ranks (Mann-Whitney), each group against the rest, weighted by size."""
    found, sizes = [], []
    for i in range(scores.shape[1]) if scores.shape[1] > 2 else (1,):
        inside = of == i
        n, m = int(inside.sum()), int((~inside).sum())
        if n and m:
            found.append((sps.rankdata(scores[:, i])[inside].sum() - n * (n + 1) / 2) / (n * m))
            sizes.append(n)
    return float(np.average(found, weights=sizes)) if found else np.nan
