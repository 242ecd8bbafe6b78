"""The search for structure: every family and number of segments judged alike, and the choice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lib.analyze.structure import atoms, valley
from lib.analyze.structure.bridge import bridges
from lib.analyze.structure.choice import CASES, Candidate, choose, runner_up
from lib.analyze.structure.distinct import all_distinct
from lib.analyze.structure.families import FAMILIES, fit
from lib.analyze.structure.portable import portable
from lib.analyze.structure.scaling import Scaling, prepare
from lib.analyze.structure.silhouette import silhouettes
from lib.analyze.structure.stability import PAIRS, RESAMPLE, bootstrap_pairs, contingency
from lib.contracts import NotMeasured

MOST_SEGMENTS = 10  # [ours] beyond this nobody acts on segments one by one
MISSING = 0.30  # method.md §3.10: a basis missing more is not used
PER_CELL, PER_VARIABLE = 10, 60  # method.md §3.10: n >= max(10·p·k, 60·p)
SEARCHED = 50_000  # [ours] rows searched; more add time, not power, at resamples of 20,000
MIXTURES = 3  # method.md §3.5: (family, k) candidates beside k-means that get bootstrap pairs
ASKED = 4  # [ours] segments when nothing stable speaks and nobody asked for a number
TOO_SMALL = NotMeasured("every cut leaves a segment below the smallest useful size", "a larger base")


@dataclass(frozen=True)
class Base:
    """What is searched: points in a canonical order, their keys, and how they came from the original table.

    ``categories``: columns beside the points, in mixed data.
    """

    points: np.ndarray
    keys: pd.Index
    columns: list[str]
    scaling: Scaling
    conditions: list[dict]
    groups: list[dict]
    left_out: dict
    categories: pd.DataFrame | None = None


def search(values, *, largest_k: int, smallest: int, seed: int, descriptors=None, asked: int = ASKED,
           pairs: int = PAIRS, m: int = RESAMPLE, families: tuple[str, ...] = FAMILIES):
    """Whether groups exist among the customers, and the cut to use: (`structure` scan, `structure_choice`).

    ``values``: one row per customer, indexed by customer_key; numeric columns of more than two values are used.
    ``largest_k``: most segments to try (also capped at 10 and at n/(10·p)); ``smallest``: customers that a segment
    needs; ``asked``: number of segments when no stable cut exists; ``descriptors``: columns that did not make the
    segments, indexed alike, on which they must differ (None: distinctness is not tested).
    Two NotMeasured when the base cannot be searched. Order of rows, names of customers and units change nothing.
    """
    absent = next((v for v in (values, largest_k, smallest) if isinstance(v, NotMeasured)), None)
    base = _base(values, smallest) if absent is None else absent
    if isinstance(base, NotMeasured):
        return base, base
    n, p = base.points.shape
    largest = min(largest_k, MOST_SEGMENTS, n // (PER_CELL * p), n // max(smallest, 1))
    if largest < 2 or n < PER_VARIABLE * p:
        short = too_few(p, smallest)
        return short, short
    with threadpool_limits(1):
        candidates = _screened(base.points, range(2, largest + 1), families, smallest, seed)
        judged = [c for c in candidates if c.eligible and c.family == "kmeans"] + _best_mixtures(candidates)
        if not judged:
            return TOO_SMALL, TOO_SMALL
        for c in judged:
            c.stability = bootstrap_pairs(c.model, base.points, pairs=pairs, m=m, seed=seed)
        chosen, case = choose(candidates, asked, lambda c: distinct_on(c, base, base.points, descriptors))
        if not chosen.separated:  # the picture shows every pair that is joined, the screen needed one
            chosen.bridged = bridges(chosen.model, base.points, seed=seed)
        for c, value in zip(candidates, silhouettes(base.points, [c.model for c in candidates]), strict=True):
            c.silhouette = value
        solution = portable(base.columns, base.scaling, chosen.model, base.conditions, base.groups)
        return scan_table(candidates, chosen), {
            **choice_of(chosen, case, candidates, base, base.points, solution), "n": n, "m": min(m, n), "pairs": pairs}


def too_few(p: int, smallest: int) -> NotMeasured:
    """Why a base cannot be searched for its size, and how many it takes."""
    least = max(2 * PER_CELL * p, PER_VARIABLE * p, 2 * smallest)
    return NotMeasured("too few customers to search for groups",
                       f"at least {least} customers with all values, and a limit of two segments or more")


def _base(values: pd.DataFrame, smallest: int) -> Base | NotMeasured:
    columns, unused = _usable(values)
    if len(columns) < 2:
        return NotMeasured("fewer than two usable variables to look for groups in", "two numeric variables that vary")
    table = values[columns].astype(float)
    complete = table[np.isfinite(table).all(axis=1)]
    conditions = atoms.conditions(complete)
    groups = atoms.groups(complete, conditions, smallest)
    rest = complete[[not p for p in atoms.patterns(complete, conditions)]]
    columns, constant = _usable(rest)
    left_out = {"missing": len(table) - len(complete), "columns": {**unused, **constant}, "not_drawn": 0}
    if len(columns) < 2 or len(rest) < PER_VARIABLE * len(columns):
        return NotMeasured("too few customers, or too little variation among them, to look for groups",
                           "more customers who differ in at least two variables")
    rest = _canonical(rest[columns])
    if len(rest) > SEARCHED:
        left_out["not_drawn"] = len(rest) - SEARCHED
        rest = rest.iloc[np.sort(np.random.default_rng(0).choice(len(rest), SEARCHED, replace=False))]
    points, scaling = prepare(rest.to_numpy())
    return Base(points, rest.index, columns, scaling, conditions, groups, left_out)


def _usable(values: pd.DataFrame) -> tuple[list[str], dict[str, str]]:
    """Columns to search in, by name, and why the others are not used."""
    unused = {}
    for column in values:
        x = values[column]
        if not pd.api.types.is_numeric_dtype(x) or pd.api.types.is_bool_dtype(x):
            unused[column] = "not a number"
        elif len(x) and x.isna().mean() > MISSING:
            unused[column] = "missing for too many customers"
        elif x.nunique() <= 2:
            unused[column] = "does not vary enough"
    return sorted(c for c in values if c not in unused), unused


def _canonical(table: pd.DataFrame) -> pd.DataFrame:
    """Rows sorted by their values: order and names of customers cannot reach any random draw."""
    return table.iloc[np.lexsort(table.to_numpy().T[::-1])]


def _screened(points, ks, families, smallest: int, seed: int, *, to_decide: bool = False) -> list[Candidate]:
    """One fit of every family and k; the valley test (``to_decide``: as there) where all segments are large enough."""
    return [_candidate(points, family, k, smallest, seed, to_decide) for k in ks for family in families]


def _candidate(points, family: str, k: int, smallest: int, seed: int, to_decide: bool) -> Candidate:
    model = fit(family, points, k, seed=seed).ordered(points)
    sizes = np.bincount(model.labels(points), minlength=k)
    c = Candidate(model, int(sizes.min()), eligible=bool(sizes.min() >= smallest))
    if c.eligible:
        c.valleys = valley.valley_test(model, points, seed=seed, to_decide=to_decide)
        if c.valley_p < valley.ALPHA:
            c.bridged = bridges(model, points, seed=seed, one_is_enough=True)
    return c




def _best_mixtures(candidates: list[Candidate]) -> list[Candidate]:
    """Mixtures worth the cost of resampling: separated ones, more segments first."""
    separated = [c for c in candidates if c.family != "kmeans" and c.eligible and c.separated]
    return sorted(separated, key=lambda c: (-c.k, c.valley_p, c.family))[:MIXTURES]


def distinct_on(c: Candidate, base: Base, points: np.ndarray, descriptors: pd.DataFrame | None) -> bool | None:
    """Whether the segments differ on what did not make them; None when that cannot be tested."""
    if descriptors is None or isinstance(descriptors, NotMeasured):
        return None
    made = [*base.columns, *(base.categories if base.categories is not None else ())]
    held_out = descriptors.drop(columns=[x for x in made if x in descriptors]).reindex(base.keys)
    return all_distinct(c.model.labels(points), held_out) if len(held_out.columns) else None


def scan_table(candidates: list[Candidate], chosen: Candidate) -> pd.DataFrame:
    """Every cut tried, as the contract `structure`."""
    def row(c: Candidate) -> dict:
        low, high = np.quantile(c.stability.ari, [0.025, 0.975]) if c.stability else (np.nan, np.nan)
        return {"family": c.family, "k": c.k, "smallest": c.smallest, "stability": c.ari, "stability_low": low,
                "stability_high": high, "worst_slsw": c.worst, "valley_p": c.valley_p, "bridged": bool(c.bridged),
                "separated": c.separated, "silhouette": c.silhouette, "chosen": c is chosen}

    return pd.DataFrame([row(c) for c in candidates]).sort_values(["family", "k"], ignore_index=True)


def choice_of(chosen: Candidate, case: str, candidates: list[Candidate], base: Base, points: np.ndarray,
              solution: dict) -> dict:
    """The document `structure_choice`, without the sizes of the search."""
    return {
        "claim": chosen.claim, "k": chosen.k, "family": chosen.family, "case": case, "reason": CASES[case],
        "runner_up": runner_up(chosen, candidates), "variables": base.columns,
        "logged": [c for c, logged in zip(base.columns, base.scaling.logged, strict=True) if logged],
        "atoms": [{key: g[key] for key in ("rule", "name", "n")} for g in base.groups],
        "left_out": base.left_out, "distinct": chosen.distinct,
        "slsw": chosen.stability.slsw.round(4).tolist(), **_across(chosen.family, candidates, points),
        "solution": solution,
        "valleys": [{"pair": list(pair), "p": p, "bridged": pair in chosen.bridged,
                     "density": valley.density(chosen.model, base.points, pair)}
                    for pair, p in (chosen.valleys or {}).items()],
        "resampled": [{"family": c.family, "k": c.k, "ari": c.stability.ari.round(4).tolist()}
                      for c in candidates if c.stability],
    }


def _across(family: str, candidates: list[Candidate], points: np.ndarray) -> dict:
    """SLSA of every segment at k >= 3, and where its members were at k - 1 (method.md §3.6)."""
    labels = {c.k: c.model.labels(points) for c in candidates if c.family == family}
    slsa, flows = [], []
    for k in sorted(labels)[1:]:
        came = contingency(labels[k], labels[k - 1], k)
        for segment, counts in enumerate(came):
            p = counts / max(counts.sum(), 1)
            entropy = -np.sum(p[p > 0] * np.log(p[p > 0]))
            slsa.append({"k": k, "segment": segment, "value": float(1 - entropy / np.log(k - 1)) if k > 2 else 1.0})
            flows += [{"k": k, "segment": segment, "before": j, "n": int(c)} for j, c in enumerate(counts) if c]
    return {"slsa": slsa, "flows": flows}
