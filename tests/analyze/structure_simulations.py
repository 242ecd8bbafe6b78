"""Data sets with and without groups, and how often the search calls what it finds natural (method.md §3.7)."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint
from threadpoolctl import threadpool_limits

from lib.analyze.structure import scan
from lib.analyze.structure.choice import STABLE_ARI, STABLE_SLSW
from lib.analyze.structure.families import FAMILIES
from lib.analyze.structure.stability import resampled_pairs
from lib.contracts import NotMeasured
from tests.side_by_side import side_by_side

LARGEST_K, SMALLEST = 8, 30
CODE = [Path(__file__), *sorted(Path(scan.__file__).parent.glob("*.py"))]  # what kept results depend on


def natural_k(points: np.ndarray, seed: int = 7, *, smallest: int = SMALLEST, pairs: int = 100) -> int:
    """The number of natural groups that the whole search reports: 0 when none.

    The search itself, without the resampling of cuts that no valley separates: they are never natural.
    """
    base = scan._base(pd.DataFrame(points, columns=[f"v{i:02d}" for i in range(points.shape[1])]), smallest)
    if isinstance(base, NotMeasured):
        return 0
    n, p = base.points.shape
    largest = min(LARGEST_K, n // (scan.PER_CELL * p), n // smallest)
    with threadpool_limits(1):
        candidates = scan._screened(base.points, range(2, largest + 1), FAMILIES, smallest, seed, to_decide=True)
        judged = [c for c in candidates if c.family == "kmeans" and c.separated and c.eligible]
        judged += scan._best_mixtures(candidates)
        natural = (c.k for c in sorted(judged, key=lambda c: -c.k) if _steady(c.model, base.points, pairs, seed))
        return next(natural, 0)


def _steady(model, points, pairs: int, seed: int) -> bool:
    """Whether so many pairs of resamples call the segments stable; ends when no further pair can change the answer."""
    ari, overlaps = [], np.zeros(model.k)
    for done, (agreement, overlap) in enumerate(islice(resampled_pairs(model, points, seed=seed), pairs), 1):
        ari.append(agreement)
        overlaps += overlap
        below = sum(a < STABLE_ARI for a in ari)
        if 2 * below > pairs or (overlaps + pairs - done).min() < STABLE_SLSW * pairs:
            return False
        if 2 * (done - below) > pairs and overlaps.min() >= STABLE_SLSW * pairs:
            return True
    return bool(np.median(ari) >= STABLE_ARI and overlaps.min() >= STABLE_SLSW * pairs)


def centres(k: int, p: int, distance: float, rng) -> np.ndarray:
    """k points in p dimensions, the two nearest exactly ``distance`` apart."""
    while True:
        points = rng.normal(size=(k, p))
        gaps = np.linalg.norm(points[:, None] - points[None], axis=2)[np.triu_indices(k, 1)]
        if gaps.min() > 0.35 * gaps.max() or (p == 2 and gaps.min() > 0.25 * gaps.max()):
            return points * distance / gaps.min()


def groups(k: int, p: int, distance: float, rng, *, ratio: float = 1, smallest: int = 200, logs: bool = False):
    """Round groups of unit spread, sizes falling geometrically from ratio·smallest; ``logs``: in logarithms."""
    sizes = np.round(smallest * ratio ** np.linspace(1, 0, k)).astype(int)
    middle = centres(k, p, distance, rng)
    points = np.vstack([rng.normal(size=(n, p)) + c for n, c in zip(sizes, middle, strict=True)])
    return np.exp(points) if logs else points


# clouds without groups: (n, p, generator) -> points. The first eight are those of method.md §3.7, the rest fresh ones
def _gauss(n, p, rng):
    return rng.normal(size=(n, p)) @ np.linalg.cholesky(0.5 * np.eye(p) + 0.5).T


def _half_circle(n, p, rng):
    angle = rng.uniform(0, np.pi, n)
    flat = np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.15, (n, 2))
    return np.column_stack([flat, rng.normal(size=(n, p - 2)) * 0.3]) if p > 2 else flat


def _one_discrete(n, p, rng):
    points = rng.normal(size=(n, p))
    points[:, 0] = np.clip(np.round(points[:, 0] * 1.2), -2, 3)
    return points


def _shopping(n, p, rng):
    """Orders, recency and basket as a continuous population makes them (gamma rates, no groups)."""
    rate = rng.gamma(0.8, 2.0, n)
    orders = rng.poisson(rate * 3) + 1
    recency = np.minimum(rng.exponential(60 / (rate + 0.2)), 365).round()
    others = np.exp(rng.normal(3, 0.7, (n, max(p - 2, 1))) + 0.1 * np.log(orders)[:, None])
    return np.column_stack([orders, recency, others])[:, :max(p, 2)]


def _ball(n, p, rng):
    points = rng.normal(size=(n, p))
    return points / np.linalg.norm(points, axis=1, keepdims=True) * rng.uniform(size=(n, 1)) ** (1 / p)


def _two_spreads(n, p, rng):
    """One centre, half of the customers three times as spread out: heavy tails, one mode."""
    return rng.normal(size=(n, p)) * np.where(rng.uniform(size=(n, 1)) < 0.5, 1, 3)


def _ridge(n, p, rng):
    """A wave: a long curved ridge of even density."""
    along = rng.uniform(0, 4 * np.pi, n)
    flat = np.column_stack([along, 2 * np.sin(along / 2)]) + rng.normal(0, 0.5, (n, 2))
    return np.column_stack([flat, rng.normal(size=(n, p - 2))]) if p > 2 else flat


def _bent(curve, spread):
    """A cloud of even density around a curve in the plane, the other variables noise."""
    def draw(n, p, rng):
        flat = np.column_stack(curve(rng.uniform(size=n))) + rng.normal(0, spread, (n, 2))
        return np.column_stack([flat, rng.normal(size=(n, p - 2)) * 0.5]) if p > 2 else flat

    return draw


def _cross(n, p, rng):
    """Two bars that cross: customers differ in one thing or in the other."""
    points = rng.normal(0, 0.3, (n, p))
    bar = rng.integers(0, 2, n)
    points[np.arange(n), bar] += rng.uniform(-3, 3, n)
    return points


NULLS = {
    "one Gaussian cloud": _gauss,
    "one log-normal cloud": lambda n, p, rng: np.exp(_gauss(n, p, rng)),
    "uniform box": lambda n, p, rng: rng.uniform(size=(n, p)),
    "half-circle": _half_circle,
    "counts": lambda n, p, rng: rng.poisson(rng.gamma(2, 2, (n, 1)) * rng.uniform(0.5, 2, p)).astype(float),
    "five-point scales": lambda n, p, rng: np.clip(np.round(3 + 1.1 * _gauss(n, p, rng)), 1, 5),
    "one discrete variable": _one_discrete,
    "orders, recency, basket": _shopping,
    "uniform ball": _ball,
    "heavy tails (t with 3 degrees)": lambda n, p, rng: rng.standard_t(3, (n, p)),
    "two spreads, one centre": _two_spreads,
    "elongated 10:1": lambda n, p, rng: rng.normal(size=(n, p)) * np.linspace(10, 1, p),
    "curved ridge": _ridge,
    "simplex of shares": lambda n, p, rng: rng.dirichlet(np.full(p + 1, 2.0), n)[:, :p],
    "skewed gamma": lambda n, p, rng: rng.gamma(1.5, 1, (n, p)) + rng.gamma(1.5, 1, (n, 1)),
    "rounded money": lambda n, p, rng: np.round(np.exp(rng.normal(3, 0.8, (n, p))) / 5) * 5,
    "beta, piled at both sides of one": lambda n, p, rng: rng.beta(2, 5, (n, p)) * rng.beta(5, 1, (n, 1)),
    "ring": _bent(lambda t: (np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)), 0.2),
    "spiral": _bent(lambda t: (np.sqrt(t) * 4 * np.cos(7 * np.sqrt(t)), np.sqrt(t) * 4 * np.sin(7 * np.sqrt(t))), 0.25),
    "horseshoe": _bent(lambda t: (np.cos(5 * t), 2 * np.sin(5 * t)), 0.25),
    "two bars that cross": _cross,
}


# what is promised of them (method.md §3.7), and how often it held
SIZES = (500, 1_000, 2_000, 5_000, 20_000)
LARGEST, LARGEST_EVERY = 200_000, 61  # one set in so many is of this size: it costs as much as ten others; a prime
                                      # number, so that every kind has its turn
VARIABLES = (2, 3, 5, 8, 12)
PER_VARIABLE = 60  # customers that a variable needs before anything is searched (method.md §3.10)


def without_groups(sets: int, *, seed: int, sizes=SIZES, largest: int | None = LARGEST, workers: int = 2,
                   kept: Path | None = None) -> list[dict]:
    """Rows of {kind, sets, natural, upper}: clouds without groups that the search called natural; the last row is all.

    ``upper``: one-sided 95 % bound of the rate (Clopper & Pearson). Kinds, sizes and numbers of variables take turns.
    ``kept``: a folder where results are kept, so that a run that was stopped goes on from there.
    """
    drawn = _turns(sets, sizes, largest)
    found = side_by_side(_null_set, [(*d, seed, i) for i, d in enumerate(drawn)], workers=workers, kept=kept,
                         code=CODE)
    table = pd.DataFrame(drawn, columns=["kind", "n", "p"]).assign(natural=[k > 0 for k in found])
    rows = [_rate(kind, of["natural"]) for kind, of in table.groupby("kind", sort=False)]
    return [*rows, _rate("all", table["natural"])]


def with_groups(sets: int, *, seed: int, workers: int = 2, kept: Path | None = None) -> list[dict]:
    """Rows of {groups, variables, sets, found, low, too_many}: planted groups 4.5 spreads apart, the smallest of 200.

    ``found``: as many natural groups as planted; ``low``: lower Wilson bound; ``too_many``: more than planted.
    """
    rows = []
    for name, given, k, p in PLANTED:
        found = side_by_side(_planted_set, [(given, k, p, seed, i) for i in range(sets)], workers=workers, kept=kept,
                             code=CODE)
        low, _ = proportion_confint(found.count(k), sets, method="wilson")
        rows.append({"groups": f"{k} {name}", "variables": p, "sets": sets, "found": found.count(k),
                     "low": round(float(low), 3), "too_many": sum(f > k for f in found)})
    return rows


PLANTED = [(name, given, k, p) for name, given, ps in (
    ("of equal size", {}, (2, 4, 8)), ("of equal size, log-normal", {"logs": True}, (2, 4, 8)),
    ("with sizes to 10:1", {"ratio": 10}, (2, 3, 8)), ("with sizes to 20:1", {"ratio": 20}, (3,)),
    ("of equal size, 4 spreads apart", {"distance": 4}, (3,)),
    ("of equal size, 3 spreads apart", {"distance": 3}, (3,)),
) for k in (3, 4, 5, 6) for p in ps]


def _turns(sets: int, sizes, largest: int | None) -> list[tuple[str, int, int]]:
    """(kind, n, p) of every set: each kind in turn, and within it each size that its variables allow."""
    shapes = [(n, p) for n in sizes for p in VARIABLES if n >= PER_VARIABLE * p]
    kinds = list(NULLS)
    drawn = [(kinds[i % len(kinds)], *shapes[(i // len(kinds) * 7 + i) % len(shapes)]) for i in range(sets)]
    return [(kind, largest if largest and i % LARGEST_EVERY == 0 else n, p) for i, (kind, n, p) in enumerate(drawn)]


def _null_set(kind: str, n: int, p: int, seed: int, i: int) -> int:
    return natural_k(NULLS[kind](n, p, np.random.default_rng([seed, i])))


def _planted_set(given: dict, k: int, p: int, seed: int, i: int) -> int:
    drawn = {"distance": 4.5, **given}
    return natural_k(groups(k, p, rng=np.random.default_rng([seed, i, k, p]), **drawn))


def _rate(kind: str, natural: pd.Series) -> dict:
    _, upper = proportion_confint(int(natural.sum()), len(natural), alpha=0.10, method="beta")
    return {"kind": kind, "sets": len(natural), "natural": int(natural.sum()), "upper": round(float(upper), 4)}
