"""Groups in categories alone: latent classes, as a division that step 4 can use (method.md §3.7, last paragraph).

There is no density in which a valley could be looked for, so such a division is at most *reproducible* [ours].
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lib.analyze.structure import latent
from lib.analyze.structure.choice import STABLE_ARI, VALID_SLSW
from lib.analyze.structure.kinds import plain_levels
from lib.analyze.structure.scan import PER_CELL, PER_VARIABLE
from lib.analyze.structure.stability import PAIRS, RESAMPLE, Stability
from lib.contracts import NotMeasured

FAMILY = "latent classes"
CLEAR = 0.80  # [ours] entropy R² from which classes count as told apart
MOST_CLASSES = 6  # [ours] as many as anybody can tell apart by their answers
FEWEST_ITEMS = 3  # with two items more than one class cannot be told from dependence between them
REASONS = {
    "held": "it is the number with the smallest BIC, and one class fewer explains the answers clearly worse",
    "small": "it is the largest number whose classes are all large enough to act on",
}


def fitted(items: pd.DataFrame, *, largest_k: int, smallest: int, seed: int, draws: int = latent.BOOTSTRAPS,
           pairs: int = PAIRS, m: int = RESAMPLE):
    """{answers, model, tried, stability, case} of the answers (rows: people; columns: categories, missing allowed).

    k by BIC, held up by the bootstrap likelihood-ratio test against k - 1, and lowered while a class is smaller than
    ``smallest``. NotMeasured with too few people or items.
    """
    asked = items.dropna(how="all").astype(object)
    n, p = asked.shape
    if p < FEWEST_ITEMS:
        return NotMeasured(f"classes of answers need {FEWEST_ITEMS} categories", "three items answered by a word, or "
                                                                                 "by yes or no")
    largest = min(largest_k, MOST_CLASSES, n // (PER_CELL * p))
    if largest < 2 or n < PER_VARIABLE * p:
        return NotMeasured("too few respondents for classes of answers",
                           f"{max(2 * PER_CELL, PER_VARIABLE) * p} who answered")
    with threadpool_limits(1):
        answers = latent.coded(asked)
        tried, model = latent.choose(answers, largest, seed=seed, draws=draws)
        case = "held"
        while model.k > 1 and np.bincount(latent.labels(model, answers), minlength=model.k).min() < smallest:
            model, case = latent.fit(answers, model.k - 1, seed=seed), "small"
        steady = (latent.stability(model, answers, seed=seed, pairs=pairs, m=m) if model.k > 1
                  else Stability(np.ones(1), np.ones(1)))
    return {"answers": answers, "model": model, "tried": tried, "stability": steady, "case": case}


def claim(found: dict) -> str:
    """`none` for one class; never natural."""
    if found["model"].k == 1:
        return "none"
    firm = (np.median(found["stability"].ari) >= STABLE_ARI and found["stability"].slsw.min() >= VALID_SLSW
            and latent.entropy_r2(found["model"], found["answers"]) >= CLEAR)
    return "reproducible" if firm else "constructed"


def portable(found: dict) -> dict:
    """The solution as `portable` describes it."""
    model = found["model"]
    return {
        "columns": [], "atom_columns": [], "atoms": [], "atom_groups": [], "family": FAMILY, "k": model.k,
        "categories": [{"column": name, "levels": plain_levels(levels), "rare": []}
                       for name, levels in found["answers"].levels],
        "logged": [], "lowest": [], "log_shift": [], "shift": [], "scale": [],
        "shares": model.shares.tolist(), "probabilities": model.probabilities.tolist(),
    }


def plain(tried: list[dict]) -> list[dict]:
    """The numbers of classes tried, as JSON holds them."""
    return [{key: None if isinstance(v, float) and np.isnan(v) else v for key, v in t.items()} for t in tried]


def search(values: pd.DataFrame, *, largest_k: int, smallest: int, seed: int, pairs: int = PAIRS, m: int = RESAMPLE,
           draws: int = latent.BOOTSTRAPS):
    """As `scan.search`, for categories alone: (`structure`, `structure_choice`), or two NotMeasured."""
    found = fitted(values, largest_k=largest_k, smallest=smallest, seed=seed, draws=draws, pairs=pairs, m=m)
    if not isinstance(found, NotMeasured) and found["model"].k == 1:
        found = NotMeasured("one class explains the answers as well as several: they do not divide these customers",
                            "items that some customers answer differently together, or more customers")
    if isinstance(found, NotMeasured):
        return found, found
    steady, k, n = found["stability"], found["model"].k, len(found["answers"].row_of)
    choice = {
        "claim": claim(found), "k": k, "family": FAMILY, "case": found["case"], "reason": REASONS[found["case"]],
        "runner_up": _runner_up(found), "variables": sorted(values), "logged": [], "atoms": [], "distinct": None,
        "left_out": {"missing": len(values) - n, "columns": {}, "not_drawn": 0}, "n": n, "m": min(m, n), "pairs": pairs,
        "slsw": steady.slsw.round(4).tolist(), "slsa": [], "flows": [], "valleys": [], "solution": portable(found),
        "entropy_r2": latent.entropy_r2(found["model"], found["answers"]),
        "tried": plain(found["tried"]),
        "resampled": [{"family": FAMILY, "k": k, "ari": steady.ari.round(4).tolist()}],
    }
    return _scan(found), choice


def _runner_up(found: dict) -> dict | None:
    others = [t for t in found["tried"] if t["k"] > 1 and t["k"] != found["model"].k]
    if not others:
        return None
    best = min(others, key=lambda t: t["bic"])
    more = best["k"] > found["model"].k
    return {"family": FAMILY, "k": best["k"], "why_not": "more classes explain the answers no better" if more
            else "one class more explains the answers better"}


def _scan(found: dict) -> pd.DataFrame:
    steady, rows = found["stability"], []
    for t in (t for t in found["tried"] if t["k"] > 1):
        chosen = t["k"] == found["model"].k
        low, middle, high = np.quantile(steady.ari, [0.025, 0.5, 0.975]) if chosen else (np.nan,) * 3
        rows.append({"family": FAMILY, "k": t["k"], "smallest": t["smallest"], "stability": middle,
                     "stability_low": low, "stability_high": high,
                     "worst_slsw": steady.slsw.min() if chosen else np.nan, "valley_p": np.nan, "bridged": False,
                     "separated": False, "silhouette": np.nan, "chosen": chosen})
    return pd.DataFrame(rows)
