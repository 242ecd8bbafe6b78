"""Validation by people: coders with coders, with the model, stated with observed frequency, declared claims."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.agreement import alpha_interval, kappa_interval
from lib.segments.claims import declared_claims, response
from lib.segments.model import OUTSIDE
from lib.segments.verdicts import (
    FEW_AGREE,
    GOOD_KAPPA,
    MOST_AGREE,
    POOR_KAPPA,
    agreement_verdict,
    alpha_verdict,
    check_row,
)
from lib.stats import wilson

COLUMNS = ["check", "group", "n", "estimate", "low", "high", "verdict", "evidence_ids", "finding"]
KAPPA = (GOOD_KAPPA, POOR_KAPPA)
TYPES = ("Casual", "Core", "Power")
# how often, in words, as days between uses; the nearest on a log scale is what is observed
WORDS = {"several times a day": 0.5, "daily": 1, "every day": 1, "several times a week": 2.5, "weekly": 7,
         "every week": 7, "every two weeks": 14, "fortnightly": 14, "monthly": 30, "every month": 30,
         "quarterly": 90, "rarely": 90, "less often": 90, "yearly": 365, "never": 3650}
NEAR = 3.0  # [ours] factor between stated and observed days that still agree: neighbouring words lie 2 to 4.3 apart
PENDING = "nobody was asked: there is no survey and no interview that says anything about users"


def validate(assignments: pd.DataFrame, features: pd.DataFrame, *, voice, survey, icps: list[dict], icp,
             period_days: float, seed: int, window_days: float = 365.0) -> pd.DataFrame:
    """One row per check and group; columns as the contract `validation`.

    `assignments` hold customer_key, segment and user_type; `voice` and `survey` may be NotMeasured; `icps` are
    declared profiles (name, jobs, pains, found_in), `icp` the profile matched by customer_key (or NotMeasured);
    `period_days` is the natural period of `frequency`, `window_days` the days that `active_days` count. Without any
    answer: one row, `validation pending`.
    """
    absent = next((v for v in (assignments, features) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    rows = _coders(voice, seed) + _coders_and_model(voice, assignments, seed)
    rows += _stated_and_observed(survey, voice, assignments, features, (period_days, window_days), seed)
    rows += declared_claims(voice, icps, icp) + response(survey, assignments)
    if not rows:
        rows = [check_row("people", "all", 0, verdict="validation pending", finding=PENDING)]
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
    coded = coded[coded["code"].fillna("") != ""]
    coded = coded.assign(unit=_units(coded))
    wide = coded.pivot_table(index="unit", columns="speaker", values="code", aggfunc="first", observed=True)
    wide = wide.reindex(columns=["coder_1", "coder_2"]).astype(object)
    extra = coded.groupby("unit").agg(customer_key=("customer_key", "first"), ids=("evidence_id", ",".join))
    return wide.join(extra).reset_index()


def _units(coded: pd.DataFrame) -> pd.Series:
    """What two coders rated alike: one person heard on one day; else the evidence by itself."""
    day = coded["said_on"].astype("str").fillna("")
    return (coded["customer_key"] + " " + day).fillna(coded["evidence_id"])


def _coders(voice, seed: int) -> list[dict]:
    rated = ratings(voice)
    both = rated.dropna(subset=["coder_1", "coder_2"]) if len(rated) else rated
    if both.empty:
        return []
    order = [t for t in TYPES if t in {*both["coder_1"], *both["coder_2"]}]
    extra = sorted({*both["coder_1"], *both["coder_2"]} - set(order))
    alpha, low, high = alpha_interval(both[["coder_1", "coder_2"]], seed=seed, level="nominal", order=order + extra)
    verdict = alpha_verdict(len(both), low, high, alpha)
    said = {"validated": "two coders agree firmly", "too few": "too few were coded twice",
            "tentative": "two coders agree well enough for tentative conclusions",
            "untested": "two coders do not agree enough to judge anything by them"}
    return [check_row("coders agree", "all", len(both), alpha, low, high, verdict=verdict, ids=",".join(both["ids"]),
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
    rows = [check_row("coders and model", "all", len(rated), kappa, low, high, verdict=verdict,
                      ids=",".join(rated["ids"]),
                      finding=_agreement_said(verdict, "what coders heard", "the model's user type", (low, high),
                                              KAPPA))]
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
    finding = _agreement_said(verdict, "what people say", "what the data show", (low, high), (MOST_AGREE, FEW_AGREE))
    return check_row(check, group, n, agree / n if n else np.nan, low, high, verdict=verdict,
                     ids=",".join(i for i in ids[inside] if i), finding=finding)


def _agreement_said(verdict: str, first: str, second: str, bounds: tuple, limits: tuple) -> str:
    (low, high), (good, poor) = bounds, limits
    if verdict == "tentative" and low >= good:
        return f"{first} agrees with {second}, on too few people to be sure"
    if verdict == "tentative" and high < poor:
        return f"{first} contradicts {second}, on too few people to be sure"
    return {"validated": f"{first} agrees with {second}", "contradicted": f"{first} contradicts {second}",
            "tentative": f"{first} and {second} neither agree nor disagree firmly",
            "too few": "too few people to tell"}[verdict]


def _stated_and_observed(survey, voice, assignments: pd.DataFrame, features: pd.DataFrame, spans: tuple,
                         seed: int) -> list[dict]:
    both = stated_and_observed(survey, assignments, features, *spans)
    if isinstance(both, NotMeasured) or both.empty:
        return []
    cited = _frequency_ids(voice)
    both["ids"] = [cited.get(key, "") for key in both["customer_key"]]
    order = sorted({*both["stated"], *both["observed"]}, key=WORDS.get)
    kappa, low, high = kappa_interval(both["stated"], both["observed"], seed=seed, weights="quadratic", order=order)
    verdict = agreement_verdict(len(both), low, high, good=GOOD_KAPPA, poor=POOR_KAPPA)
    check = "stated and observed frequency"
    rows = [check_row(check, "all", len(both), kappa, low, high, verdict=verdict,
                      ids=",".join(both["ids"][both["ids"] != ""]),
                      finding=_agreement_said(verdict, "stated frequency", "observed frequency", (low, high), KAPPA))]
    same, ids = both["near"], both["ids"]
    segments = sorted(s for s in assignments["segment"].unique() if s != OUTSIDE)
    return rows + [_share_row(check, g, both["segment"] == g, same, ids) for g in segments]


def _frequency_ids(voice) -> dict:
    """Per customer, the evidence that says how often."""
    if isinstance(voice, NotMeasured):
        return {}
    said = voice[(voice["topic"] == "frequency") & voice["customer_key"].notna()].sort_values("evidence_id")
    return said.drop_duplicates("customer_key", keep="last").set_index("customer_key")["evidence_id"].to_dict()


def stated_and_observed(survey, assignments: pd.DataFrame, features: pd.DataFrame, period_days: float,
                        window_days: float = 365.0):
    """One row per respondent who said how often: customer_key, segment, stated, observed (both words used), near.

    Observed is the word nearest, on a log scale, to the mean days between active days: those of any use where use is
    recorded, since that is what people are asked, else those of the critical event. `near`: the stated word is that
    one, or within a factor of three of those days: who comes every 13 days may say weekly or monthly. NotMeasured
    without both.
    """
    if isinstance(survey, NotMeasured) or "stated_frequency" not in survey or "frequency" not in features:
        return NotMeasured("nobody was asked how often, or use is not recorded", "a survey with stated frequency")
    last = survey.sort_values(["customer_key", "wave"]).drop_duplicates("customer_key", keep="last")
    gaps = pd.DataFrame({"customer_key": features["customer_key"], "gap": _gap(features, period_days, window_days)})
    both = last[["customer_key", "stated_frequency"]].merge(gaps, on="customer_key", validate="one_to_one")
    both = both.merge(assignments[["customer_key", "segment"]], on="customer_key", validate="one_to_one")
    both["stated"] = both["stated_frequency"].str.strip().str.lower()
    both = both[both["stated"].isin(WORDS)].reset_index(drop=True)
    words = sorted(both["stated"].unique(), key=WORDS.get)
    if len(words) < 2:
        return NotMeasured("the words for how often are not understood", "answers such as daily, weekly, monthly")
    apart = np.abs(np.log(both["gap"].to_numpy())[:, None] - np.log([WORDS[w] for w in words])[None])
    both = both.assign(observed=np.array(words)[apart.argmin(axis=1)])
    said = apart[np.arange(len(both)), both["stated"].map({w: i for i, w in enumerate(words)})]
    return both.assign(near=(both["stated"] == both["observed"]) | (said <= np.log(NEAR)))


def _gap(features: pd.DataFrame, period_days: float, window_days: float) -> pd.Series:
    """Mean days between days of use; a newcomer's over his own time, but not over less than one period."""
    if "active_days" not in features or "tenure_days" not in features:
        return period_days / features["frequency"].clip(lower=1e-6)
    exposure = (features["tenure_days"] + 1).clip(lower=period_days, upper=window_days).fillna(window_days)
    return exposure / features["active_days"].fillna(0).clip(lower=1e-6)
