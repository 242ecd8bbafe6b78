"""Groups in mixed data: k-means on the dimensions of a factor analysis of amounts and categories (method.md §3.7, §4).

Two-valued and categorical variables do not enter the valley test: every dimension holds some of them, and gaps between
categories would pass for valleys. So no cut of mixed data is ever called natural; at most it is *reproducible*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lib.analyze.structure import atoms, families, scan
from lib.analyze.structure.choice import Candidate, choose
from lib.analyze.structure.famd import Famd, of_columns
from lib.analyze.structure.kinds import divided, plain_levels
from lib.analyze.structure.scaling import prepare
from lib.analyze.structure.silhouette import silhouettes
from lib.analyze.structure.stability import PAIRS, RESAMPLE, adjusted_rand, divided_again, of_pairs
from lib.contracts import NotMeasured

FAMILY, KEY = "mixed", 3  # the key keeps the draws of this method apart from those of others
RARE = 0.05  # levels below this share are known but do not count: one rare answer would make a dimension of its own
SAME = 0.80  # [ours] adjusted Rand index from which a cut only restates one category


@dataclass(frozen=True)
class Mixed:
    """A division into k segments: the dimensions and the centres in them."""

    space: Famd
    kmeans: families.Model

    family = FAMILY

    @property
    def k(self) -> int:
        return self.kmeans.k

    def labels(self, raw: np.ndarray) -> np.ndarray:
        """The segment of rows coded as in the search."""
        return self.kmeans.labels(self.space.place(raw))


def search(values: pd.DataFrame, *, largest_k: int, smallest: int, seed: int, descriptors=None, asked: int = scan.ASKED,
           pairs: int = PAIRS, m: int = RESAMPLE):
    """As `scan.search`, for amounts and categories together: (`structure`, `structure_choice`), or two NotMeasured."""
    base = _base(values, smallest)
    if isinstance(base, NotMeasured):
        return base, base
    categories, raw = _coded(base, values)
    columns = [(c, None) for c in base.columns] + [(c["column"], v) for c in categories for v in c["levels"]]
    n, p = len(raw), values.shape[1]
    largest = min(largest_k, scan.MOST_SEGMENTS, n // (scan.PER_CELL * p), n // max(smallest, 1))
    if largest < 2 or n < scan.PER_VARIABLE * p:
        short = scan.too_few(p, smallest)
        return short, short
    with threadpool_limits(1):
        candidates = [_candidate(raw, columns, k, smallest, seed) for k in range(2, largest + 1)]
        judged = [c for c in candidates if c.eligible]
        if not judged:
            return scan.TOO_SMALL, scan.TOO_SMALL
        for c in judged:
            c.stability = _stability(c.model, raw, pairs=pairs, m=m, seed=seed)
        chosen, case = choose(candidates, asked, lambda c: scan.distinct_on(c, base, raw, descriptors))
    known = scan.choice_of(chosen, case, candidates, base, raw, _portable(chosen.model, base, categories))
    return scan.scan_table(candidates, chosen), {
        **known, "variables": [*base.columns, *(c["column"] for c in categories)], "n": n, "m": min(m, n),
        "pairs": pairs, "dimensions": len(chosen.model.space.variances),
        "carried": float(chosen.model.space.variances.sum() / chosen.model.space.total),
        "restates": _restated(chosen.model.labels(raw), base.categories)}


def _base(values: pd.DataFrame, smallest: int) -> scan.Base | NotMeasured:
    """Complete rows off every atom, in an order that neither names of customers nor of levels can change."""
    amounts, categories = divided(values)
    complete = values[np.isfinite(values[amounts].astype(float)).all(axis=1) & values[categories].notna().all(axis=1)]
    numbers = complete[amounts].astype(float)
    conditions = atoms.conditions(numbers)
    groups = atoms.groups(numbers, conditions, smallest)
    rest = complete[[not p for p in atoms.patterns(numbers, conditions)]]
    constant = {c: "does not vary" for c in rest if rest[c].nunique() < 2}
    amounts, categories = ([c for c in own if c not in constant] for own in (amounts, categories))
    if len(amounts) < 1 or len(categories) < 1:
        return NotMeasured("fewer than two usable variables to look for groups in", "two variables that vary")
    left_out = {"missing": len(values) - len(complete), "columns": constant, "not_drawn": 0}
    codes = pd.DataFrame({c: _rank(rest[c]) for c in categories}, index=rest.index)
    order = np.lexsort([codes[c] for c in categories[::-1]] + [rest[c].astype(float) for c in amounts[::-1]])
    rest = rest.iloc[order]
    if len(rest) > scan.SEARCHED:
        left_out["not_drawn"] = len(rest) - scan.SEARCHED
        drawn = np.random.default_rng(0).choice(len(rest), scan.SEARCHED, replace=False)
        rest = rest.iloc[np.sort(drawn)]
    points, scaling = prepare(rest[amounts].to_numpy(float))
    return scan.Base(points, rest.index, amounts, scaling, conditions, groups, left_out, rest[categories])


def _rank(values: pd.Series) -> np.ndarray:
    """Levels by how often they occur: renaming them changes no order of rows."""
    counts = values.value_counts()
    ranked = {level: i for i, level in enumerate(sorted(counts.index, key=lambda v: (-counts[v], str(v))))}
    return values.map(ranked).to_numpy(int)


def _coded(base: scan.Base, values: pd.DataFrame) -> tuple[list[dict], np.ndarray]:
    """The categories as the solution lists them, and points beside a 0/1 column a level that counts."""
    categories, columns = [], [base.points]
    for column in base.categories:
        own = base.categories[column]
        share = own.value_counts(normalize=True)
        ordered = sorted(share.index, key=lambda v: (-share[v], str(v)))
        levels = [v for v in ordered if share[v] >= RARE] or ordered[:1]
        rare = [*(v for v in ordered if v not in levels),
                *sorted(set(values[column].dropna().unique()) - set(ordered), key=str)]
        categories.append({"column": column, "levels": plain_levels(levels), "rare": plain_levels(rare)})
        columns += [(own == v).to_numpy(float)[:, None] for v in levels]
    return categories, np.hstack(columns)


def _fit(raw: np.ndarray, columns: list, k: int, seed: int) -> Mixed:
    space = of_columns(raw, columns)
    return Mixed(space, families.fit("kmeans", space.scores, k, seed=seed))


def _candidate(raw: np.ndarray, columns: list, k: int, smallest: int, seed: int) -> Candidate:
    model = _fit(raw, columns, k, seed)
    model = Mixed(model.space, model.kmeans.ordered(model.space.scores))
    labels = model.labels(raw)
    least = int(np.bincount(labels, minlength=k).min())
    return Candidate(model, least, silhouettes(model.space.scores, [model.kmeans])[0], least >= smallest)


def _stability(model: Mixed, raw: np.ndarray, *, pairs: int, m: int, seed: int):
    """Each resample gets dimensions of its own: their drawing is part of what another sample would change."""
    def again(rows, counts, draw: int, fixed):
        return _fit(np.repeat(raw[rows], counts, axis=0), model.space.columns, model.k, draw).labels(raw[fixed])

    drawn = divided_again(again, lambda fixed: model.labels(raw[fixed]), n=len(raw), k=model.k, key=(KEY, model.k),
                          m=m, seed=seed)
    return of_pairs(drawn, pairs)


def _portable(model: Mixed, base: scan.Base, categories: list[dict]) -> dict:
    """The solution as `portable` describes it."""
    fitted, scaling = model.kmeans, base.scaling
    return {
        "columns": base.columns, "atom_columns": sorted({a["column"] for a in base.conditions}),
        "atoms": base.conditions, "atom_groups": base.groups, "family": FAMILY, "k": model.k, "categories": categories,
        "logged": scaling.logged.tolist(), "lowest": scaling.lowest.tolist(),
        "log_shift": np.where(scaling.logged, scaling.log_shift, 0.0).tolist(), "shift": scaling.shift.tolist(),
        "scale": scaling.scale.tolist(), "axes": model.space.axes.tolist(), "axis_scale": model.space.scale.tolist(),
        "axis_centre": model.space.centre.tolist(), "centres": fitted.centres.tolist(),
        "weights": fitted.weights.tolist(), "offsets": [0.0] * model.k, "precisions": float(fitted.precisions),
        "covariances": float(1 / fitted.precisions),
    }


def _restated(labels: np.ndarray, categories: pd.DataFrame) -> str:
    """The category that the cut only says again, or nothing."""
    found = {c: adjusted_rand(labels, _rank(categories[c])) for c in categories}
    best = max(found, key=found.get)
    return best if found[best] >= SAME else ""
