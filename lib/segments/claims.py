"""Declared statements held against what people said, and who answered at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.contracts.labels import readable
from lib.segments.model import OUTSIDE
from lib.segments.verdicts import check_row, claim_verdict, worth
from lib.segments.weighting import declared_weights
from lib.stats import weighted_share, wilson


def declared_claims(voice, icps: list[dict], icp, survey=None) -> list[dict]:
    """Each declared job, pain and place of discovery of a profile against what its members name.

    Statements of a `survey` that declares weights count with the weight of who made them, all others once.
    """
    if isinstance(voice, NotMeasured) or isinstance(icp, NotMeasured) or icp is None:
        return []
    said = voice[voice["customer_key"].notna() & (voice["code"].fillna("") != "")]
    said = said.assign(icp=said["customer_key"].map(icp)).dropna(subset=["icp"])
    declared = None if survey is None else declared_weights(survey)
    if declared is not None:
        said["weight"] = said["customer_key"].map(declared).where(said["kind"] == "survey").fillna(1.0)
    kinds = (("pains", "pain_point"), ("jobs", "jtbd"), ("found_in", "discovery"))
    return [_claim(said[said["topic"] == topic], profile["name"], topic, statement)
            for profile in icps for key, topic in kinds for statement in profile.get(key, [])]


def _claim(said: pd.DataFrame, name: str, topic: str, statement: str) -> dict:
    """One statement; chance is one over the number of different statements heard on its topic."""
    code = said["code"].str.strip().str.lower()
    own, named = said["icp"] == name, code == statement.strip().lower()
    n, weighted = int(own.sum()), "weight" in said
    share, low, high, size = weighted_share(named[own], said.loc[own, "weight"] if weighted else np.ones(n))
    chance = 1 / max(code.nunique() + (not named.any()), 1)
    verdict = claim_verdict(worth(n, size), low, high, chance)
    finding = {"supported": "its members name it more often than chance would", "too few": "too few members were heard",
               "contradicted": "its members name it less often than chance would",
               "tentative": f"its members name it {'more' if low > chance else 'less'} often than chance would, on few",
               "untested": "its members name it about as often as chance would"}[verdict]
    return check_row(f"claim: {readable(topic)} “{statement}”", name, n, share, low, high, verdict=verdict,
                     ids=",".join(said.loc[own & named, "evidence_id"]), finding=finding,
                     effective_n=size if weighted else np.nan)


def response(survey, assignments: pd.DataFrame) -> list[dict]:
    """Share of each segment who answered, and the weight that brings its answers back to its size."""
    if isinstance(survey, NotMeasured):
        return []
    inside = assignments[assignments["segment"] != OUTSIDE]
    answered = inside["customer_key"].isin(survey["customer_key"])
    overall = answered.mean()
    rows = []
    for segment, yes in answered.groupby(inside["segment"]):
        low, high = (float(v) for v in wilson(yes.sum(), len(yes)))
        weight = f"weight {overall / yes.mean():.2f}" if yes.any() else "no answer to weight"
        rows.append(check_row("response rate", segment, len(yes), float(yes.mean()), low, high, verdict="described",
                              finding=f"share who answered the survey; {weight}"))
    return rows
