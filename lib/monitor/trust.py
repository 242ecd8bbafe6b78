"""Whether a campaign may be read as an experiment at all: over, held out, randomised, and not lopsided."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import measured
from lib.monitor.strata import family

UNFINISHED = "not measured: the outcome window is not over"
VOID_P = 0.001  # method.md §6: sample-ratio check; used for balance before the campaign too
# Splits that people plan. Where the plan is not declared, the counts are held against the nearest of these.
SPLITS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 1 / 3, 0.4, 0.5, 0.6, 2 / 3, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
VOID_Z = 3.2905267314919255 + 0.8416212335729143  # two-sided .001, power 80 %


@dataclass(frozen=True)
class Trust:
    """The answer for one campaign. ``problem`` is empty when its difference may be read as an effect."""

    problem: str
    note: str
    n_treated: int
    n_control: int
    ratio_p: float
    balance_p: float


@measured
def planned(campaigns: pd.DataFrame, plans: list[dict]) -> pd.DataFrame:
    """The campaigns with `treated_share` as their plan registered it, else as declared, else NaN.

    ``plans`` of earlier runs: the arms of a campaign are held against those that were drawn for it.
    """
    shares = {}
    for plan in plans:
        arms = [(e["n_treated"] or 0, e["n_control"] or 0) for e in plan.get("experiments", [])]
        treated, control = (sum(a) for a in zip(*arms, strict=True)) if arms else (0, 0)
        if treated and control:
            shares[plan["campaign"]] = treated / (treated + control)
    told = campaigns.get("treated_share", pd.Series(np.nan, index=campaigns.index)).astype("float64")
    return campaigns.assign(treated_share=campaigns["campaign"].map(shares).astype("float64").fillna(told))


def judge(campaign: pd.Series, rows: pd.DataFrame, *, as_of: dt.date) -> Trust:
    """Judge one campaign by its row of `campaigns` and its rows of `treatments`.

    In order: its window is over, it has a control arm, it was declared random, its arms have the planned sizes
    (χ², p < .001 → void), and the arms did not differ in spend before it (Welch and rank test, p < .001):
    assignment that depends on earlier spend is targeting, and its difference is never an effect.
    """
    treated, control = (int((rows["arm"] == a).sum()) for a in ("treated", "control"))
    ratio, balance = ratio_p(rows, _declared(campaign)), balance_p(rows)
    problem = _problem(campaign, treated, control, ratio, balance, as_of)
    note = "" if problem else _note(treated, control, balance) + _source(rows)
    return Trust(problem, note, treated, control, ratio, balance)


def ratio_p(rows: pd.DataFrame, planned: float | None = None) -> float:
    """p of the sample-ratio check, the smallest of: the sizes of the arms, and their ratio over strata; in our own
    draws over the quarters of each segment, since segments may have shares of their own.

    Bonferroni over these. ``planned`` share of treated; when None the nearest usual split. NaN without two arms.
    """
    arms = (rows["arm"] == "treated").to_numpy()
    n, k = len(arms), int(arms.sum())
    if not 0 < k < n:
        return np.nan
    share = planned or min(SPLITS, key=lambda s: abs(s - k / n))
    found = [sps.chisquare([k, n - k], [share * n, (1 - share) * n]).pvalue]
    if "stratum" in rows:
        told = rows.dropna(subset="stratum")
        found += [_even(part) for _, part in told.groupby(family(told["stratum"])) if part["stratum"].nunique() > 1]
    return float(min(1.0, min(found) * len(found)))


def _even(rows: pd.DataFrame) -> float:
    """p that the arms have one ratio in all strata of ten and more."""
    counts = pd.crosstab(rows["stratum"], rows["arm"])
    counts = counts[counts.sum(axis=1) >= 10]
    return float(sps.chi2_contingency(counts).pvalue) if min(counts.shape) > 1 and counts.any().all() else 1.0


def balance_p(rows: pd.DataFrame) -> float:
    """p that the arms spent alike before the campaign: the smaller of Welch's and the rank test, × 2.

    NaN where earlier spend is not known.
    """
    if "spend_before" not in rows or rows["spend_before"].isna().all():
        return np.nan
    arms = [rows.loc[rows["arm"] == a, "spend_before"].dropna().to_numpy(float) for a in ("treated", "control")]
    if min(map(len, arms)) < 2 or np.ptp(np.concatenate(arms)) == 0:
        return np.nan
    welch = sps.ttest_ind(*arms, equal_var=False).pvalue
    ranks = sps.mannwhitneyu(*arms).pvalue
    return float(min(1.0, 2 * min(welch, ranks)))


def visible_loss(treated: int, control: int) -> float:
    """The share of one arm that could be missing before the sample-ratio check would see it (80 % power)."""
    n = treated + control
    return float(VOID_Z / np.sqrt(n * (treated / n) * (control / n)))


def _declared(campaign: pd.Series) -> float | None:
    planned = campaign.get("treated_share")
    return None if planned is None or pd.isna(planned) else float(planned)


def _problem(campaign, treated: int, control: int, ratio: float, balance: float, as_of: dt.date) -> str:
    if pd.Timestamp(campaign["ends_on"]) > pd.Timestamp(as_of):
        return f"{UNFINISHED} (it ends on {pd.Timestamp(campaign['ends_on']).date().isoformat()})"
    if not treated or not control:
        return "not measured: nobody was held out"
    declared = campaign.get("randomised")
    if declared is not None and not pd.isna(declared) and not bool(declared):
        return "not read as an effect: declared as not randomised"
    if balance < VOID_P:
        return "not read as an effect: who was treated depends on earlier spend"
    if ratio < VOID_P:
        return "void: the arms do not have the planned sizes (sample-ratio check)"
    return ""


def _note(treated: int, control: int, balance: float) -> str:
    said = f"sample ratio passed, a loss above {100 * visible_loss(treated, control):.0f} % of an arm would have shown"
    return said + ("; balance before the campaign could not be checked" if np.isnan(balance) else "; balanced before")


def _source(rows: pd.DataFrame) -> str:
    return "; outcomes counted from the orders" if rows.get("from_orders", pd.Series(False)).any() else ""
