"""The experiment before the launch: who is held out, how many are needed, and what could be seen at all."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pandas as pd
from scipy import stats as sps

from lib.contracts import NotMeasured, measured, requires

SMALLEST_ARM = {"customer": 100, "account": 20}  # method.md §6: what a result can still be read from
RATES = ("next_active",)


def unit_of(business: str) -> str:
    """What is drawn and judged: the account in B2B, where a row is an account; else the customer."""
    return "account" if business == "b2b" else "customer"


def needed_per_arm(sd: float, effect: float) -> float:
    """Units per arm to see an effect with 80 % power at 5 %, two-sided: n ≈ 16 s² / d² (Lehr 1992)."""
    return np.nan if not effect or np.isnan(effect) or np.isnan(sd) else 16 * sd**2 / effect**2


def smallest_effect(sd: float, treated: float, control: float, *, power: float = 0.8, level: float = 0.05) -> float:
    """The smallest difference of means seen with that power; NaN when an arm is empty."""
    if min(treated, control) <= 0:
        return np.nan
    return (sps.norm.ppf(1 - level / 2) + sps.norm.ppf(power)) * sd * np.sqrt(1 / treated + 1 / control)


@requires("facts", "strategies")
def design(facts: pd.DataFrame, strategies: pd.DataFrame, available: pd.Series | NotMeasured, *, campaign: str,
           unit: str) -> pd.DataFrame:
    """The design per segment (contract `experiments`), before the budget says how many are treated.

    ``available``: units that may be contacted, by segment; NotMeasured when consent is not known: then nobody is
    drawn, and the smallest effect is the one that the whole segment, halved, could show. Rates have the variance
    of their baseline; other metrics the variance over the segment's members. B2B products hold one row per
    account, so the unit drawn and judged is the account.
    """
    known = not isinstance(available, NotMeasured)
    rows = strategies.merge(facts.drop(columns=["situation"]), on="segment", validate="one_to_one")
    return pd.DataFrame([
        _design(row, int(available.get(row.segment, 0)) if known else 0, known, campaign, unit)
        for row in rows.itertuples()])


@measured
def settle(designed: pd.DataFrame, budget: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The design with the contacts that the budget pays for: arms, smallest effect and verdict anew.

    A segment without contacts gets no test; nobody is held out from nothing.
    """
    contacts = budget.set_index("segment")["contacts"]
    sd = {row.segment: _sd(row.outcome, row.baseline, facts, row.segment) for row in designed.itertuples()}
    out = designed.copy()
    out["n_treated"] = np.minimum(out["n_treated"], out["segment"].map(contacts).fillna(0)).astype("int64")
    out["n_control"] = out["n_control"].where(out["n_treated"] > 0, 0)
    drawn = out["n_treated"] > 0
    new = [smallest_effect(sd[r.segment], r.n_treated, r.n_control) for r in out.itertuples()]
    out["smallest_effect"] = np.where(drawn, new, out["smallest_effect"])
    enough = (out[["n_treated", "n_control"]].min(axis=1) >= out["n_needed"]) & (out["n_needed"] > 0)
    out["verdict"] = np.select([~drawn, enough], ["no test", "large enough"], "underpowered")
    return out


@measured
def draw(units: pd.DataFrame, designed: pd.DataFrame, *, key: bytes) -> pd.Series:
    """The arm of every unit: treated, control, or not drawn.

    Units are ordered within their segment by HMAC-SHA-256 of campaign and customer key: the first ``n_control``
    are held out, the next ``n_treated`` treated. Depends on nothing but key, campaign and who is eligible, so a
    second draw gives the same arms. ``units`` has customer_key and segment. Aligned to its index.
    """
    rows = units[["customer_key", "segment"]].merge(
        designed[["segment", "campaign", "n_control", "n_treated"]], on="segment", how="left", validate="many_to_one")
    rows.index = units.index
    rows["draw"] = [_hash(key, c, k) for c, k in zip(rows["campaign"], rows["customer_key"], strict=True)]
    place = rows.groupby("segment")["draw"].rank(method="first")
    control, treated = rows["n_control"].fillna(0), rows["n_treated"].fillna(0)
    arms = np.select([place <= control, place <= control + treated], ["control", "treated"], "not drawn")
    return pd.Series(arms, index=units.index, name="arm", dtype="str")


def _design(row, available: int, known: bool, campaign: str, unit: str) -> dict:
    sd = _spread(row.metric, row.baseline, getattr(row, f"{row.metric}_sd", np.nan))
    aimed = abs(row.target - row.baseline)
    needed = needed_per_arm(sd, aimed)
    wanted = max(SMALLEST_ARM[unit], np.nan_to_num(np.ceil(needed), nan=0.0))
    control = int(min(wanted, available // 2))
    treated = available - control
    seen = smallest_effect(sd, treated, control) if known else smallest_effect(sd, row.n / 2, row.n / 2)
    verdict = "no test" if not control or np.isnan(needed) else ("large enough" if seen <= aimed else "underpowered")
    return {"segment": row.segment, "campaign": campaign, "unit": unit, "n_available": available,
            "n_treated": treated, "n_control": control, "outcome": row.metric, "baseline": row.baseline,
            "smallest_effect": seen, "n_needed": int(np.nan_to_num(np.ceil(needed), nan=0.0)), "verdict": verdict}


def _spread(metric: str, baseline: float, sd: float) -> float:
    return np.sqrt(baseline * (1 - baseline)) if metric in RATES else sd


def _sd(metric: str, baseline: float, facts: pd.DataFrame, segment: str) -> float:
    row = facts.set_index("segment").loc[segment]
    return _spread(metric, baseline, row.get(f"{metric}_sd", np.nan))


def _hash(key: bytes, campaign: str, customer: str) -> str:
    return hmac.new(key, f"{campaign}|{customer}".encode(), hashlib.sha256).hexdigest()
