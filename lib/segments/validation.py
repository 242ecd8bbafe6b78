"""Validation by people: coders with coders, with the model, stated with observed frequency, declared claims."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.agreement import alpha_interval, kappa_interval
from lib.segments.model import OUTSIDE
from lib.segments.verdicts import (
    FEW_AGREE,
    GOOD_KAPPA,
    MOST_AGREE,
    POOR_KAPPA,
    agreement_verdict,
    alpha_verdict,
    claim_verdict,
)
from lib.stats import wilson

COLUMNS = ["check", "group", "n", "estimate", "low", "high", "verdict", "evidence_ids", "finding"]
TYPES = ("Casual", "Core", "Power")
# how often, in words, as days between uses; the nearest on a log scale is what is observed
WORDS = {"several times a day": 0.5, "daily": 1, "every day": 1, "several times a week": 2.5, "weekly": 7,
         "every week": 7, "every two weeks": 14, "fortnightly": 14, "monthly": 30, "every month": 30,
         "quarterly": 90, "rarely": 90, "less often": 90, "yearly": 365, "never": 3650}
PENDING = "nobody was asked: there is no survey and no interview that says anything about users"


def validate(assignments: pd.DataFrame, features: pd.DataFrame, *, voice, survey, icps: list[dict], icp,
             period_days: float, seed: int) -> pd.DataFrame:
    """One row per check and group; columns as the contract `validation`.

    `assignments` hold customer_key, segment and user_type; `voice` and `survey` may be NotMeasured; `icps` are
    declared profiles (name, jobs, pains, found_in), `icp` the profile matched by customer_key (or NotMeasured);
    `period_days` is the natural period of `frequency`. Without any answer: one row, `validation pending`.
    """
    rows = _coders(voice, seed) + _coders_and_model(voice, assignments, seed)
    rows += _stated_and_observed(survey, assignments, features, period_days, seed)
    rows += _claims(voice, icps, icp) + _response(survey, assignments)
    if not rows:
        rows = [_row("people", "all", 0, verdict="validation pending", finding=PENDING)]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n": "int64"})


def confusion_table(voice, assignments: pd.DataFrame) -> pd.DataFrame | NotMeasured:
    """Rated people by what the coders said and what the model says: coder, model, n."""
    rated = _rated(voice, assignments)
    if rated.empty:
        return NotMeasured("no customer was rated by people", "interviews coded by user type")
    return rated.groupby(["said", "user_type"]).size().reset_index(name="n").rename(
        columns={"said": "coder", "user_type": "model"})


def ratings(voice) -> pd.DataFrame:
    """One row per rated unit: unit, customer_key, coder_1, coder_2 (missing where not rated), evidence ids."""
    if isinstance(voice, NotMeasured):
        return pd.DataFrame(columns=["unit", "customer_key", "coder_1", "coder_2", "ids"])
    coded = voice[(voice["topic"] == "user_type") & voice["speaker"].isin(["coder_1", "coder_2"])]
    coded = coded[coded["code"].fillna("") != ""].assign(unit=lambda t: t["evidence_id"].map(unit_of))
    wide = coded.pivot_table(index="unit", columns="speaker", values="code", aggfunc="first", observed=True)
    wide = wide.reindex(columns=["coder_1", "coder_2"]).astype(object)
    extra = coded.groupby("unit").agg(customer_key=("customer_key", "first"), ids=("evidence_id", ",".join))
    return wide.join(extra).reset_index()


def unit_of(evidence_id: str) -> str:
    """What two coders rated alike: the id of the evidence before its last part."""
    for mark in (":", "/", "#"):
        if mark in evidence_id:
            return evidence_id.split(mark)[0] if mark != ":" else evidence_id.rsplit(mark, 2)[0]
    return evidence_id


def _row(check: str, group: str, n: int, estimate=np.nan, low=np.nan, high=np.nan, *, verdict: str, ids="",
         finding: str) -> dict:
    return {"check": check, "group": group, "n": int(n), "estimate": estimate, "low": low, "high": high,
            "verdict": verdict, "evidence_ids": ids, "finding": finding}


def _coders(voice, seed: int) -> list[dict]:
    rated = ratings(voice)
    both = rated.dropna(subset=["coder_1", "coder_2"]) if len(rated) else rated
    if both.empty:
        return []
    order = [t for t in TYPES if t in {*both["coder_1"], *both["coder_2"]}]
    extra = sorted({*both["coder_1"], *both["coder_2"]} - set(order))
    alpha, low, high = alpha_interval(both[["coder_1", "coder_2"]], seed=seed, level="nominal", order=order + extra)
    verdict = alpha_verdict(len(both), low, high, alpha)
    said = {"validated": "two coders agree firmly", "tentative": "two coders agree well enough for tentative conclusions",
            "too few": "too few were coded twice", "untested": "two coders do not agree enough to judge anything by them"}
    return [_row("coders agree", "all", len(both), alpha, low, high, verdict=verdict, ids=",".join(both["ids"]),
                 finding=said[verdict])]


def _rated(voice, assignments: pd.DataFrame) -> pd.DataFrame:
    """Customers with a rating on which the coders agree (or the only one), and what the model says."""
    rated = ratings(voice)
    if rated.empty or "user_type" not in assignments:
        return pd.DataFrame(columns=["customer_key", "said", "segment", "user_type", "ids"])
    first, second = rated["coder_1"], rated["coder_2"]
    rated["said"] = first.where((first == second) | second.isna(), second.where(first.isna()))
    known = rated.dropna(subset=["said", "customer_key"]).drop_duplicates("customer_key")
    known = known.merge(assignments[["customer_key", "segment", "user_type"]], on="customer_key", validate="one_to_one")
    return known.dropna(subset=["user_type"])


def _coders_and_model(voice, assignments: pd.DataFrame, seed: int) -> list[dict]:
    rated = _rated(voice, assignments)
    if rated.empty:
        return []
    kappa, low, high = kappa_interval(rated["said"], rated["user_type"], seed=seed)
    verdict = agreement_verdict(len(rated), low, high, good=GOOD_KAPPA, poor=POOR_KAPPA)
    rows = [_row("coders and model", "all", len(rated), kappa, low, high, verdict=verdict, ids=",".join(rated["ids"]),
                 finding=_agreement_said(verdict, "what coders heard", "the model's user type"))]
    same = rated["said"] == rated["user_type"]
    sizes = assignments.loc[assignments["segment"] != OUTSIDE, "segment"].unique()
    for column, groups in (("user_type", TYPES), ("segment", sorted(sizes))):
        rows += [_share_row("coders and model", g, rated[column] == g, same, rated["ids"]) for g in groups]
    return rows


def _share_row(check: str, group: str, inside: pd.Series, same: pd.Series, ids: pd.Series) -> dict:
    """Agreement within one group as a share: within a group κ would judge the lack of variation, not the model."""
    n, agree = int(inside.sum()), int((inside & same).sum())
    low, high = (float(v) for v in wilson(agree, n))
    verdict = agreement_verdict(n, low, high, good=MOST_AGREE, poor=FEW_AGREE)
    finding = _agreement_said(verdict, "what people say", "what the data show")
    if verdict == "tentative" and high < FEW_AGREE:
        finding = "points against the model, on too few people to be sure"
    return _row(check, group, n, agree / n if n else np.nan, low, high, verdict=verdict, ids=",".join(ids[inside]),
                finding=finding)


def _agreement_said(verdict: str, first: str, second: str) -> str:
    return {"validated": f"{first} agrees with {second}", "contradicted": f"{first} contradicts {second}",
            "tentative": f"{first} and {second} neither agree nor disagree firmly",
            "too few": "too few people to tell"}[verdict]


def _stated_and_observed(survey, assignments: pd.DataFrame, features: pd.DataFrame, period_days: float,
                         seed: int) -> list[dict]:
    both = stated_and_observed(survey, assignments, features, period_days)
    if isinstance(both, NotMeasured) or both.empty:
        return []
    order = sorted({*both["stated"], *both["observed"]}, key=WORDS.get)
    kappa, low, high = kappa_interval(both["stated"], both["observed"], seed=seed, weights="quadratic", order=order)
    verdict = agreement_verdict(len(both), low, high, good=GOOD_KAPPA, poor=POOR_KAPPA)
    check = "stated and observed frequency"
    rows = [_row(check, "all", len(both), kappa, low, high, verdict=verdict,
                 finding=_agreement_said(verdict, "stated frequency", "observed frequency"))]
    same, ids = both["stated"] == both["observed"], pd.Series("", index=both.index)
    segments = sorted(s for s in assignments["segment"].unique() if s != OUTSIDE)
    return rows + [_share_row(check, g, both["segment"] == g, same, ids) | {"evidence_ids": ""} for g in segments]


def stated_and_observed(survey, assignments: pd.DataFrame, features: pd.DataFrame, period_days: float):
    """One row per respondent who said how often: customer_key, segment, stated, observed (both among the words used).

    Observed is the word nearest, on a log scale, to the mean days between active days. NotMeasured without both.
    """
    if isinstance(survey, NotMeasured) or "stated_frequency" not in survey or "frequency" not in features:
        return NotMeasured("nobody was asked how often, or use is not recorded", "a survey with stated frequency")
    last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    both = last[["customer_key", "stated_frequency"]].merge(features[["customer_key", "frequency"]], on="customer_key")
    both = both.merge(assignments[["customer_key", "segment"]], on="customer_key", validate="one_to_one")
    both["stated"] = both["stated_frequency"].str.strip().str.lower()
    both = both[both["stated"].isin(WORDS)].reset_index(drop=True)
    words = sorted(both["stated"].unique(), key=WORDS.get)
    if len(words) < 2:
        return NotMeasured("the words for how often are not understood", f"answers such as {', '.join(list(WORDS)[1:6])}")
    gap = period_days / both["frequency"].clip(lower=1e-6)
    apart = np.abs(np.log(gap.to_numpy())[:, None] - np.log([WORDS[w] for w in words])[None])
    return both.assign(observed=np.array(words)[apart.argmin(axis=1)])


def _claims(voice, icps: list[dict], icp) -> list[dict]:
    """Each declared job, pain and place of discovery of a profile against what its members and the others name."""
    if isinstance(voice, NotMeasured) or isinstance(icp, NotMeasured) or icp is None:
        return []
    said = voice[voice["customer_key"].notna() & (voice["code"].fillna("") != "")]
    said = said.assign(icp=said["customer_key"].map(icp)).dropna(subset=["icp"])
    kinds = (("pains", "pain_point"), ("jobs", "jtbd"), ("found_in", "discovery"))
    return [_claim(said[said["topic"] == topic], profile["name"], topic, statement)
            for profile in icps for key, topic in kinds for statement in profile.get(key, [])]


def _claim(said: pd.DataFrame, name: str, topic: str, statement: str) -> dict:
    named = said["code"].str.strip().str.lower() == statement.strip().lower()
    own = said["icp"] == name
    n, hits = int(own.sum()), int((own & named).sum())
    low, high = (float(v) for v in wilson(hits, n))
    elsewhere = float(named[~own].mean()) if (~own).any() else 0.0
    verdict = claim_verdict(n, low, high, elsewhere)
    finding = {"supported": "its members name it more often than others", "too few": "too few of its members were heard",
               "contradicted": "its members name it less often than others",
               "tentative": "heard from its members, too few to be sure",
               "untested": "its members name it about as often as others"}[verdict]
    return _row(f"claim: {topic.replace('_', ' ')} “{statement}”", name, n, hits / n if n else np.nan, low, high,
                verdict=verdict, ids=",".join(said.loc[own & named, "evidence_id"]), finding=finding)


def _response(survey, assignments: pd.DataFrame) -> list[dict]:
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
        rows.append(_row("response rate", segment, len(yes), float(yes.mean()), low, high, verdict="described",
                         finding=f"share who answered the survey; {weight}"))
    return rows
