"""Mixed data and answers with and without planted groups: what tests and `make evidence` draw from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from lib.analyze.structure import assign, search
from lib.contracts import NotMeasured
from tests.side_by_side import side_by_side

KEYS = "c{:04d}"
MIXED = {
    "3 groups, 3 sd apart": {"k": 3, "n": 900}, "3 groups, 2 sd apart": {"k": 3, "n": 900, "apart": 2.0},
    "2 groups, 3 sd apart": {"k": 2, "n": 900}, "no groups": {"k": 1, "n": 900},
    "no groups, n = 3,000": {"k": 1, "n": 3000},
}
ANSWERS = {
    "3 classes, answers 85 % sure": {"k": 3, "n": 900}, "3 classes, 75 % sure": {"k": 3, "n": 900, "sure": 0.75},
    "2 classes, 85 % sure": {"k": 2, "n": 900}, "no classes": {"k": 1, "n": 900},
}


def mixed_of(k: int, n: int, seed: int, *, apart: float = 3.0, said: float = 0.85) -> tuple[pd.DataFrame, np.ndarray]:
    """Three amounts and two categories of k groups: centres ``apart`` standard deviations from one another, and
    ``said`` of a group giving its own answer. One group: all variables independent."""
    rng = np.random.default_rng([seed, k])
    truth = rng.integers(0, k, n)
    centres = apart * np.eye(max(k, 3), 3)[:k] if k > 1 else np.zeros((1, 3))
    amounts = centres[truth] + rng.normal(size=(n, 3))
    table = pd.DataFrame({"a": amounts[:, 0], "b": np.exp(amounts[:, 1] / 2), "c": amounts[:, 2]})
    for column, levels in (("plan", ["basic", "plus", "pro"]), ("device", ["phone", "desk", "both"])):
        own = np.array(levels)[truth % 3] if k > 1 else rng.choice(levels, n)
        table[column] = np.where(rng.random(n) < said, own, rng.choice(levels, n))
    return table.set_axis([KEYS.format(i) for i in range(n)]), truth


def answers_of(k: int, n: int, seed: int, *, p: int = 10, sure: float = 0.85) -> tuple[pd.DataFrame, np.ndarray]:
    """Yes-or-no answers drawn from k latent classes, each with a pattern of its own."""
    rng = np.random.default_rng([seed, k])
    pattern = np.array([[(j * (i + 1) // 2 + i) % 2 if k > 1 else 0 for j in range(p)] for i in range(k)])
    likely = np.where(pattern == 1, sure, 1 - sure) if k > 1 else rng.uniform(0.2, 0.8, (1, p))
    truth = rng.choice(k, n, p=np.linspace(3, 2, k) / np.linspace(3, 2, k).sum())
    yes = rng.random((n, p)) < likely[truth]
    table = pd.DataFrame(np.where(yes, "yes", "no"), columns=[f"item {chr(97 + j)}" for j in range(p)])
    return table.set_axis([KEYS.format(i) for i in range(n)]), truth


DRAWN = {draw.__name__: draw for draw in (mixed_of, answers_of)}  # by name: jobs of other processes are plain values


def of_type(draw, settings: dict, sets: int, *, seed: int, pairs: int = 20) -> list[dict]:
    """One row per setting (words -> arguments of ``draw``): how often k was found, called what, and the agreement."""
    rows = []
    for said, given in settings.items():
        found = side_by_side(_one, [(draw.__name__, given, seed + i, pairs) for i in range(sets)])
        agreement = [f["ari"] for f in found if not np.isnan(f["ari"])]
        rows.append({"data": said, "n": given["n"], "sets": sets, "right k": sum(f["k"] == given["k"] for f in found),
                     "natural": sum(f["claim"] == "natural" for f in found),
                     "reproducible": sum(f["claim"] == "reproducible" for f in found),
                     "no division": sum(f["claim"] == "none" for f in found),
                     "only a category again": sum(f["restates"] for f in found),
                     "agreement with the truth": float(np.median(agreement)) if agreement else ""})
    return rows


def _one(draw: str, given: dict, seed: int, pairs: int) -> dict:
    table, truth = DRAWN[draw](seed=seed, **given)
    _, choice = search(table, largest_k=5, smallest=50, seed=seed, pairs=pairs)
    if isinstance(choice, NotMeasured):
        return {"k": 1, "claim": "none", "restates": False, "ari": np.nan}
    labels = assign(table, choice["solution"]).set_index("customer_key")["cluster"].reindex(table.index)
    agreement = adjusted_rand_score(truth, labels) if given["k"] > 1 else np.nan
    return {"k": choice["k"], "claim": choice["claim"], "restates": bool(choice.get("restates")), "ari": agreement}
