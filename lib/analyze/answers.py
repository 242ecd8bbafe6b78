"""Groups in the answers of a survey: latent classes, the method for items that are categories (method.md §3.7).

K-means and mixtures measure distances, and between two words there is none. Classes are never called natural: there
is no density in which a valley could be looked for.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.analyze.scales import FACTS
from lib.analyze.structure import assign as placed_by, classes as latent_classes, latent
from lib.analyze.structure.classes import FEWEST_ITEMS, MOST_CLASSES
from lib.analyze.structure.kinds import MOST_LEVELS
from lib.analyze.structure.stability import PAIRS, RESAMPLE
from lib.contracts import NotMeasured
from lib.stats import wilson

PER_CELL = 10  # respondents per item in the smallest class, as in method.md §3.10
MARKS = 3
MISSING = 0.30  # method.md §3.10


def classes(survey, *, seed: int, draws: int = latent.BOOTSTRAPS, pairs: int = PAIRS,
            m: int = RESAMPLE) -> dict | NotMeasured:
    """The document `answer_classes`: how many latent classes the last answers of the respondents carry.

    Items are columns of words, or of two values; numbers on a longer scale are amounts and belong to the search among
    measures. The number of classes by BIC, held up by the bootstrap likelihood-ratio test against one class fewer.
    """
    items = _items(survey) if not isinstance(survey, NotMeasured) else survey
    if isinstance(items, NotMeasured):
        return items
    n, p = items.shape
    found = latent_classes.fitted(items, largest_k=MOST_CLASSES, smallest=PER_CELL * p, seed=seed, draws=draws,
                                  pairs=pairs, m=m)
    if isinstance(found, NotMeasured):
        return found
    answers, model, steady = found["answers"], found["model"], found["stability"]
    low, middle, high = np.quantile(steady.ari, [0.025, 0.5, 0.975])
    sizes = np.bincount(latent.labels(model, answers), minlength=model.k)
    return {"k": model.k, "n": n, "items": list(items), "claim": latent_classes.claim(found),
            "entropy_r2": latent.entropy_r2(model, answers), "stability": float(middle), "stability_low": float(low),
            "stability_high": float(high), "pairs": pairs, "m": min(m, n), "slsw": steady.slsw.round(4).tolist(),
            "tried": latent_classes.plain(found["tried"]), "classes": _described(model, answers, sizes),
            "solution": latent_classes.portable(found)}


def assign(survey: pd.DataFrame, solution: dict) -> pd.DataFrame:
    """Classes of respondents by a saved solution: customer_key, cluster (-1: answered none of the items), probability.

    An answer that the solution does not know counts as none.
    """
    return placed_by(_last(survey).set_index("customer_key"), solution)


def dividing(survey, transactions, events, columns: tuple[str, ...] = ()) -> pd.DataFrame | NotMeasured:
    """The survey with the items that customers are divided by: those of ``columns`` (`bases.divide_by`).

    Before there is any behaviour, as at a launch, all items that most answered: nothing else can divide yet.
    """
    if isinstance(survey, NotMeasured):
        return survey
    facts = [c for c in survey if c in FACTS]
    items = [c for c in survey if c in columns]
    if not items and isinstance(transactions, NotMeasured) and isinstance(events, NotMeasured):
        last = _last(survey)
        items = [c for c in survey if c not in FACTS and last[c].isna().mean() <= MISSING
                 and (pd.api.types.is_numeric_dtype(last[c]) or last[c].nunique() <= MOST_LEVELS)]
    return survey[[*facts, *items]] if items else NotMeasured(
        "no answer divides the customers", "answers to divide by (bases.divide_by in the product file)")


def newest(survey, *, as_of: dt.date | None = None) -> pd.DataFrame | NotMeasured:
    """One row per respondent: customer_key and the answers of the last wave given up to ``as_of``, sorted by key.

    An answer without a day counts for no day in particular: only where ``as_of`` is not given.
    """
    if isinstance(survey, NotMeasured):
        return survey
    given = survey
    if as_of is not None:
        known = survey["answered_on"] if "answered_on" in survey else pd.Series(pd.NaT, survey.index)
        given = survey[pd.to_datetime(known) <= pd.Timestamp(as_of)]
    last = _last(given)
    return last[["customer_key", *[c for c in last if c not in FACTS and c != "customer_key"]]]


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
