"""The choice of k and the claim level (method.md §3.5 and §3.7): never the argmax of a mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.analyze.structure.families import FAMILIES, Model
from lib.analyze.structure.stability import Stability
from lib.analyze.structure.valley import ALPHA

STABLE_ARI, STABLE_SLSW, VALID_SLSW = 0.75, 0.60, 0.75  # method.md §3.5, §3.6 (Hennig)

CASES = {
    "stable and separated": "it is the largest number of segments that comes out the same again and has a valley "
                            "between all neighbours",
    "stable and distinct": "no number of segments is separated; it is the largest that comes out the same again and "
                           "whose segments differ on what did not make them",
    "stable, distinctness not tested": "no number of segments is separated; it is the largest that comes out the "
                                       "same again",
    "size asked for": "no number of segments comes out the same again with segments that differ; it is the number "
                      "the business can act on",
}


@dataclass
class Candidate:
    """One family with one k: the model and what is known about it so far."""

    model: Model
    smallest: int
    silhouette: float = np.nan
    eligible: bool = False
    valleys: dict | None = None
    bridged: set | None = None
    stability: Stability | None = None
    distinct: bool | None = None

    @property
    def family(self) -> str:
        return self.model.family

    @property
    def k(self) -> int:
        return self.model.k

    @property
    def valley_p(self) -> float:
        return max(self.valleys.values()) if self.valleys else np.nan

    @property
    def separated(self) -> bool:
        return bool(self.valleys) and self.valley_p < ALPHA and self.bridged is not None and not self.bridged

    @property
    def ari(self) -> float:
        return float(np.median(self.stability.ari)) if self.stability else np.nan

    @property
    def worst(self) -> float:
        return float(self.stability.slsw.min()) if self.stability else np.nan

    @property
    def stable(self) -> bool:
        return self.ari >= STABLE_ARI and self.worst >= STABLE_SLSW

    @property
    def natural(self) -> bool:
        return self.eligible and self.stable and self.separated

    @property
    def claim(self) -> str:
        if self.stable and self.separated:
            return "natural"
        return "reproducible" if self.ari >= STABLE_ARI and self.worst >= VALID_SLSW else "constructed"

    @property
    def preference(self) -> tuple:
        """Larger k first, then the steadier one, then the simpler family."""
        return -self.k, -self.ari, (*FAMILIES, "mixed").index(self.family)


def choose(candidates: list[Candidate], asked: int, distinct) -> tuple[Candidate, str]:
    """The chosen candidate and which case of the rule applied (a key of CASES).

    ``distinct`` tells of a candidate whether its segments differ on descriptors: True, False or None (not tested).
    """
    eligible = sorted((c for c in candidates if c.eligible and c.stability), key=lambda c: c.preference)
    for c in eligible:
        if c.natural:
            return c, "stable and separated"
    for c in (c for c in eligible if c.stable):
        c.distinct = distinct(c)
        if c.distinct is not False:
            return c, "stable and distinct" if c.distinct else "stable, distinctness not tested"
    return min(eligible, key=lambda c: (abs(c.k - asked), c.k > asked, c.preference)), "size asked for"


def runner_up(chosen: Candidate, candidates: list[Candidate]) -> dict | None:
    """The next best candidate as {family, k, why_not}; None when nothing else was eligible."""
    others = [c for c in candidates if c.eligible and c.stability and c is not chosen]
    if not others:
        return None
    best = min(others, key=lambda c: (not c.natural, not c.stable, not c.separated, *c.preference))
    return {"family": best.family, "k": best.k, "why_not": _why_not(best, chosen)}


def _why_not(c: Candidate, chosen: Candidate) -> str:
    if not c.stable:
        return "another sample would give other segments"
    if chosen.natural and not c.natural:
        return "a ridge joins neighbouring segments" if c.bridged else "no valley between all neighbouring segments"
    if c.distinct is False:
        return "some of its segments differ on nothing but what made them"
    if c.k < chosen.k:
        return "fewer segments than the data carry" if chosen.natural else "fewer segments, no firmer"
    if c.k == chosen.k:
        return "another method for the same number of segments, less steady over resamples"
    return "more segments than the business asked for"
