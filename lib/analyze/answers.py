"""Groups in the answers of a survey: latent classes, the method for items that are categories (method.md §3.7).

K-means and mixtures measure distances, and between two words there is none. Classes are never called natural: there
is no density in which a valley could be looked for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analyze.scales import FACTS
from lib.analyze.structure import latent
from lib.contracts import NotMeasured
from lib.stats import wilson

FEWEST_ITEMS = 3  # with two items more than one class cannot be told from dependence between them
MOST_LEVELS = 10  # [ours] an item with more is a list or free text
MOST_CLASSES = 6  # [ours] as many as anybody can tell apart by their answers
PER_CELL = 10  # respondents per item and class, as in method.md §3.10
STABLE_ARI, CLEAR = 0.75, 0.80  # method.md §3.5; entropy R² from which classes count as told apart [ours]
PAIRS, MARKS = 20, 3
MISSING = 0.30  # method.md §3.10


def classes(survey, *, seed: int, draws: int = latent.BOOTSTRAPS, pairs: int = PAIRS) -> dict | NotMeasured:
    """The document `answer_classes`: how many latent classes the last answers of the respondents carry.

    Items are columns of words, or of two values; numbers on a longer scale are amounts and belong to the search among
    measures. The number of classes by BIC, held up by the bootstrap likelihood-ratio test against one class fewer.
    """
    items = _items(survey) if not isinstance(survey, NotMeasured) else survey
    if isinstance(items, NotMeasured):
        return items
    n, p = items.shape
    largest = min(MOST_CLASSES, n // (PER_CELL * p))
    if largest < 2:
        return NotMeasured("too few respondents for classes of answers", f"{2 * PER_CELL * p} who answered")
    answers = latent.coded(items)
    tried, model = latent.choose(answers, largest, seed=seed, draws=draws)
    k, entropy = model.k, latent.entropy_r2(model, answers)
    ari = latent.stability(model, answers, seed=seed, pairs=pairs) if k > 1 else np.ones(1)
    labels = model.posterior(answers.patterns).argmax(1)[answers.row_of]
    return {"k": k, "n": n, "items": list(items), "claim": _claim(k, ari, entropy), "entropy_r2": entropy,
            "stability": float(np.median(ari)), "stability_low": float(np.quantile(ari, 0.025)),
            "stability_high": float(np.quantile(ari, 0.975)), "pairs": pairs,
            "tried": [{key: None if isinstance(v, float) and np.isnan(v) else v for key, v in t.items()}
                      for t in tried],
            "classes": _described(model, answers, np.bincount(labels, minlength=k)),
            "solution": {"family": "latent classes", "levels": [[name, list(v)] for name, v in answers.levels],
                         "shares": model.shares.tolist(), "probabilities": model.probabilities.tolist()}}


def assign(survey: pd.DataFrame, solution: dict) -> pd.DataFrame:
    """Classes of respondents by a saved solution: customer_key, cluster (-1: answered none of the items), probability.

    An answer that the solution does not know counts as none.
    """
    last = _last(survey)
    table = np.column_stack([last[item].to_numpy() == level for item, levels in solution["levels"] for level in levels])
    model = latent.Classes(np.array(solution["shares"]), np.array(solution["probabilities"]), np.nan)
    posterior = model.posterior(table.astype(float))
    answered = table.any(axis=1)
    return pd.DataFrame({"customer_key": last["customer_key"], "cluster": np.where(answered, posterior.argmax(1), -1),
                         "probability": np.where(answered, posterior.max(1), np.nan)})


def _last(survey: pd.DataFrame) -> pd.DataFrame:
    last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    return last.sort_values("customer_key", ignore_index=True)


def _items(survey: pd.DataFrame) -> pd.DataFrame | NotMeasured:
    """Items that are categories, one row per respondent who answered any of them."""
    last = _last(survey)
    kept = [c for c in sorted(last) if c not in FACTS and _categories(last[c])]
    if len(kept) < FEWEST_ITEMS:
        return NotMeasured("the survey has fewer than three items that are categories",
                           "three items answered by a word, or by yes or no")
    return last[kept].dropna(how="all").astype(object)


def _categories(values: pd.Series) -> bool:
    levels = values.nunique()
    longer = pd.api.types.is_numeric_dtype(values) and levels > 2
    return 2 <= levels <= MOST_LEVELS and not longer and values.isna().mean() <= MISSING


def _claim(k: int, ari: np.ndarray, entropy: float) -> str:
    if k == 1:
        return "none"
    return "reproducible" if np.median(ari) >= STABLE_ARI and entropy >= CLEAR else "constructed"


def _described(model: latent.Classes, answers: latent.Answers, sizes: np.ndarray) -> list[dict]:
    """Share of each class with its interval, and the answers that set it most apart from everybody's."""
    n = len(answers.row_of)
    overall = model.shares @ model.probabilities
    names = [(item, level) for item, levels in answers.levels for level in levels]
    out = []
    for j, size in enumerate(sizes):
        low, high = wilson(size, n)
        apart = np.argsort(-(model.probabilities[j] - overall), kind="stable")[:MARKS]
        out.append({"n": int(size), "share": float(size / n), "low": float(low), "high": float(high),
                    "marks": [{"item": names[i][0], "answer": str(names[i][1]), "overall": float(overall[i]),
                               "share": float(model.probabilities[j, i])} for i in apart]})
    return out
