"""One model of every kind that can lead, and customers made to find where two ways of placing them would part.

A new kind of model is one more entry of KINDS.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.analyze.rfm import NAMES, rfm_table
from lib.contracts import NotMeasured
from lib.segments.model import build_model
from lib.segments.schemes import candidate_models
from lib.segments.solution import bounds

NONE = NotMeasured("not part of this test")
AMOUNTS = ("active_days", "breadth", "revenue", "depth")
LOGGED = (True, False, True, False)
ATOMS = [{"column": "active_days", "equals": 1.0}, {"column": "revenue", "equals": 0.0},
         {"column": "seen", "equals": 0.0}]
ODD = (0.0, -0.0, 1.0, -5.0, 1e12, 1e300, -1e300, 1e301, 1e308, -1e308, 5e-324, 1e-12, np.inf, -np.inf, np.nan)
ODD_NAME = 'Tarif "Größe" `x`; --'
ODD_WORDS = ("a\\b", "C:\\new\\", "two\nlines", "50 % of {x} :y ?", "O'Brien \"&\" `sons`", "/* é */ --", " pro ", "")
TEXTS = {"plan": ("basic", "pro", "Pro", "it's", "", "never seen", None),
         "user_type": ("New", "Casual", "Core", "Power", "Dormant", "Prospect", "Strange", "power", None),
         ODD_NAME: (*ODD_WORDS, "a\\\\b", "A\\B", "PRO", "never seen", None),
         "icp": ("Pros", "(none)", "several", "O'Brien & sons", "Strange", None)}
CATEGORIES = [{"column": "plan", "levels": ["basic", "pro", "it's"], "rare": ["Pro"]},
              {"column": "trial", "levels": [False, True], "rare": []},
              {"column": "seats", "levels": [1.0, 2.0], "rare": []}]
ODD_CATEGORIES = [{"column": ODD_NAME, "levels": list(ODD_WORDS[:6]), "rare": list(ODD_WORDS[6:])}, *CATEGORIES[1:]]


def scaling(p: int) -> dict:
    four = {"columns": list(AMOUNTS), "logged": list(LOGGED), "lowest": [0.5, 0.0, 0.0, 0.0],
            "log_shift": [0.0, 0.0, 2.5, 0.0], "shift": [1.7, 0.31, 6.2, 40.0], "scale": [0.9, 0.23, 1.3, 17.0]}
    return {name: values[:p] for name, values in four.items()}


def clusters(family: str, *, k: int = 4, p: int = 4, atoms: bool = True) -> dict:
    """A division by centres: k-means, or a mixture."""
    rng = np.random.default_rng(p * k)
    root = rng.normal(size=(p, p))
    precisions = {"kmeans": 1.0, "tied": (root @ root.T / p + np.eye(p)).tolist(),
                  "diagonal": rng.uniform(0.3, 3, (k, p)).tolist()}[family]
    held = ATOMS if atoms else []
    groups = [{"patterns": [[0], [0, 1]]}, {"patterns": [[1]]}, {"patterns": [[2]]}] if atoms else []
    solution = scaling(p) | {
        "family": family, "k": k, "centres": rng.normal(0, 1, (k, p)).round(2).tolist(), "precisions": precisions,
        "offsets": [0.0] * k if family == "kmeans" else rng.normal(0, 0.5, k).tolist(),
        "atoms": held, "atom_groups": groups, "atom_columns": [a["column"] for a in held]}
    return of_solution(solution)


def mixed(categories: list[dict] = CATEGORIES) -> dict:
    """Amounts and categories: k-means on factors."""
    rng, p, d, k = np.random.default_rng(5), 2, 3, 3
    levels = sum(len(c["levels"]) for c in categories)
    solution = scaling(p) | {
        "family": "mixed", "k": k, "categories": categories, "centres": rng.normal(0, 1, (k, d)).tolist(),
        "precisions": 1.0, "offsets": [0.0] * k, "axes": rng.normal(0, 0.5, (p + levels, d)).tolist(),
        "axis_scale": rng.uniform(0.3, 1, p + levels).tolist(), "axis_centre": rng.uniform(0, 1, p + levels).tolist(),
        "atoms": ATOMS[2:], "atom_groups": [{"patterns": [[0]]}], "atom_columns": ["seen"]}
    return of_solution(solution)


def latent_classes() -> dict:
    """Categories alone."""
    rng, k = np.random.default_rng(6), 3
    probabilities = np.hstack([rng.dirichlet(np.ones(len(c["levels"])), k) for c in CATEGORIES])
    solution = scaling(0) | {"family": "latent classes", "k": k, "categories": CATEGORIES, "shares": [0.5, 0.3, 0.2],
                             "probabilities": probabilities.tolist(), "atoms": [], "atom_groups": [],
                             "atom_columns": []}
    return of_solution(solution)


def of_solution(solution: dict) -> dict:
    keys = [f"segment-{j}" for j in range(solution["k"] + len(solution["atom_groups"]))]
    return named(build_model(lead="clusters", claim="reproducible", segments=[], rules=[], solution=solution,
                             cluster_segments=keys, as_of="2026-06-30"), keys)


def named(model: dict, keys: list[str]) -> dict:
    return model | {"segments": [{"segment": k, "name": k.title(), "name_rule": "by hand", "claim": "constructed",
                                  "slsw": None} for k in keys]}


def by_rules(scheme: str) -> dict:
    """RFM names, user types or profiles, by the rules that step 4 makes of a small base."""
    rng, n = np.random.default_rng(4), 800
    base = pd.DataFrame({"customer_key": [f"{i:03d}" for i in range(n)], "recency_days": rng.integers(1, 400, n) * 1.0,
                         "n_occasions": rng.geometric(0.3, n) * 1.0, "mean_occasion_value": rng.lognormal(3, 1, n)})
    base["revenue"] = base["n_occasions"] * base["mean_occasion_value"]
    placed = base.assign(user_type=rng.choice(TEXTS["user_type"][:6], n), icp=rng.choice(TEXTS["icp"][:4], n))
    cuts = {"period_days": 7.0, "cuts": [{"value": 1.0}, {"value": 3.0}], "power": "declared", "sizes": []}
    return candidate_models(placed, choice=NONE, rfm=rfm_table(base), cuts=cuts, rfm_names=NAMES, as_of="2026-06-30",
                            icps=[{"name": n, "who": "plan = 'pro'"} for n in ("Pros", "O'Brien & sons")])[scheme]


KINDS = {"k-means": lambda: clusters("kmeans"), "tied mixture": lambda: clusters("tied"),
         "diagonal mixture": lambda: clusters("diagonal"), "two of one feature": lambda: clusters("kmeans", k=2, p=1),
         "one segment": lambda: clusters("kmeans", k=1, p=2, atoms=False), "mixed": mixed,
         "latent classes": latent_classes, "odd words": lambda: mixed(ODD_CATEGORIES),
         **{s: lambda s=s: by_rules(s) for s in ("rfm", "user_types", "icp")}}


def customers(n: int, model: dict, seed: int = 42) -> pa.Table:
    """Random customers with nulls, NaN, infinities, extremes, levels never seen, atoms, and ties: cut points and the
    doubles beside them, and points as far from one centre as from another."""
    rng = np.random.default_rng(seed)
    typical = {"active_days": rng.integers(1, 60, n) * 1.0, "breadth": rng.integers(0, 21, n) / 20,
               "revenue": np.where(rng.random(n) < 0.2, 0.0, rng.lognormal(6, 1.5, n)),
               "depth": rng.gamma(4, 10, n), "seen": (rng.random(n) < 0.9) * 1.0, "seats": rng.integers(1, 4, n) * 1.0,
               "recency_days": rng.integers(0, 420, n) * 1.0, "n_occasions": rng.integers(0, 15, n) * 1.0}
    between = halfway(model, n, rng)
    columns = {"customer_key": pa.array([f"x{i:07d}" for i in range(n)])}
    for name, values in typical.items():
        values = np.where(rng.random(n) < 0.05, rng.choice(ODD, n), values)
        if cuts := cut_points(model, name):
            at = rng.choice([*cuts, *np.nextafter(cuts, np.inf), *np.nextafter(cuts, -np.inf)], n)
            values = np.where(rng.random(n) < 0.2, at, values)
        tied = rng.random(n) < 0.1 if name not in between else np.arange(n) % 10 == 0
        values = np.where(tied, between.get(name, values), values)
        columns[name] = pa.array(values, mask=rng.random(n) < 0.01)
    for name, levels in TEXTS.items():
        columns[name] = pa.DictionaryArray.from_arrays(rng.integers(0, len(levels), n), list(levels)).cast(pa.string())
    columns["trial"] = pa.array(rng.random(n) < 0.5, mask=rng.random(n) < 0.1)
    return pa.table(columns)


def cut_points(model: dict, column: str) -> list[float]:
    """Every number that a rule, an atom or the least value of the model compares a column with."""
    solution = model["solution"] or {"atoms": [], "columns": []}
    compared = [c for rule in model["rules"] for conditions in rule["when"] for c in conditions]
    found = {c["value"] for c in compared if c["column"] == column}
    found |= {a["equals"] for a in solution["atoms"] if a["column"] == column}
    for i, name in enumerate(solution["columns"]):
        found |= {*bounds(solution, i)} if name == column else set()
    return sorted(float(v) for v in found if not isinstance(v, str))


def halfway(model: dict, n: int, rng) -> dict[str, np.ndarray]:
    """Original values of points halfway between two centres, by column."""
    solution = model["solution"]
    if not solution or solution["family"] not in ("kmeans", "tied", "diagonal"):
        return {}
    centres = np.array(solution["centres"])
    z = (centres[rng.integers(0, len(centres), n)] + centres[rng.integers(0, len(centres), n)]) / 2
    x = z * solution["scale"] + solution["shift"]
    x = np.where(solution["logged"], np.exp(x) - solution["log_shift"], x)
    return dict(zip(solution["columns"], x.T, strict=True))
