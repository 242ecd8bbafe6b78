"""Validation by people: coders with coders, with the model, stated with observed frequency, declared claims."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured
from lib.segments.agreement import alpha_interval, kappa_interval
from lib.segments.claims import declared_claims, response
from lib.segments.model import OUTSIDE
from lib.segments.stated import stated_frequency
from lib.segments.verdicts import alpha_verdict, check_row, kappa_row, share_row

COLUMNS = ["check", "group", "n", "effective_n", "estimate", "low", "high", "verdict", "evidence_ids", "finding"]
TYPES = ("Casual", "Core", "Power")
PENDING = "nobody was asked: there is no survey and no interview that says anything about users"


def validate(assignments: pd.DataFrame, features: pd.DataFrame, *, voice, survey, icps: list[dict], icp,
             period_days: float, seed: int, window_days: float = 365.0) -> pd.DataFrame:
    """One row per check and group; columns as the contract `validation`.

    `assignments` hold customer_key, segment and user_type; `voice` and `survey` may be NotMeasured; `icps` are
    declared profiles (name, jobs, pains, found_in), `icp` the profile matched by customer_key (or NotMeasured);
    `period_days` is the natural period of `frequency`, `window_days` the days that `active_days` count. Answers of a
    survey count with its weights, where it brings any. Without any answer: one row, `validation pending`.
    """
    absent = next((v for v in (assignments, features) if isinstance(v, NotMeasured)), None)
    if absent is not None:
        return absent
    rows = _coders(voice, seed) + _coders_and_model(voice, assignments, seed)
    rows += stated_frequency(survey, voice, assignments, features, (period_days, window_days), seed)
    rows += declared_claims(voice, icps, icp, survey) + response(survey, assignments)
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
    rows = [kappa_row("coders and model", rated["ids"], kappa_interval(rated["said"], rated["user_type"], seed=seed),
                      "what coders heard", "the model's user type")]
    same = rated["said"] == rated["user_type"]
    sizes = assignments.loc[assignments["segment"] != OUTSIDE, "segment"].unique()
    for column, groups in (("user_type", TYPES), ("segment", sorted(sizes))):
        rows += [share_row("coders and model", g, rated[column] == g, same, rated["ids"]) for g in groups]
    return rows
