"""The experiment before the launch: who is held out, how many are needed, and what could be seen at all."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured, requires
from lib.strategy.budget import UNSEEN
from lib.strategy.power import needed_per_arm, rate_sd, smallest_effect, smallest_rise

SMALLEST_ARM = {"customer": 100, "account": 20}  # method.md §6: what a result can still be read from
HOPELESS = 2.5  # [ours] times the aim: a test that shows no less sees its aim in one of five cases at most
RATES = ("next_active",)


def unit_of(business: str) -> str:
    """What is drawn and judged: the account in B2B, where a row is an account; else the customer."""
    return "account" if business == "b2b" else "customer"


@requires("facts", "strategies")
def design(facts: pd.DataFrame, strategies: pd.DataFrame, available: pd.Series | NotMeasured, *, campaign: str,
           unit: str, explained: pd.Series | None = None) -> pd.DataFrame:
    """The design per segment (contract `experiments`), before the budget says how many are treated.

    ``available``: units that may be contacted, by segment; NotMeasured when consent is not known: then nobody is
    drawn, and the smallest effect is the one that the whole segment, halved, could show. Rates have the variance of
    both arms (`rate_sd`); other metrics the variance over the segment's members. B2B products hold one row per account,
    so the unit drawn and judged is the account, and the spread is that between accounts. ``explained``: by segment the
    share of the outcome's variance that the strata of its draw take away, and with them the judgement of step 6.
    `n_least` is empty where no number of treated would make a test that is not hopeless.
    """
    known = not isinstance(available, NotMeasured)
    rows = strategies.merge(facts.drop(columns=["situation"]), on="segment", validate="one_to_one")
    return pd.DataFrame([
        _design(row, int(available.get(row.segment, 0)) if known else 0, known, campaign, unit,
                _share(explained, row.segment))
        for row in rows.itertuples()])


@measured
def settle(designed: pd.DataFrame, budget: pd.DataFrame, facts: pd.DataFrame, explained: pd.Series | None = None
           ) -> pd.DataFrame:
    """The design with the contacts that the budget pays for: arms, smallest effect and verdict anew.

    A segment without contacts gets no test; nobody is held out from nothing. Where the test was the only reason to
    contact it and is hopeless, that is its verdict. One that is contacted for another reason keeps those held out: they
    count in the effect on everyone contacted.
    """
    contacts, known = budget.set_index("segment")["contacts"], facts.set_index("segment")
    refused = set(budget.loc[budget["reason"] == UNSEEN, "segment"]) if "reason" in budget else set()
    rows = []
    for row in designed.to_dict("records"):
        treated = int(min(row["n_treated"], contacts.get(row["segment"], 0)))
        sd = known.loc[row["segment"]].get(f"{row['outcome']}_sd", np.nan)
        arms = {"n_treated": treated, "n_control": row["n_control"] if treated else 0}
        share = _share(explained, row["segment"])
        none = {"verdict": "hopeless" if row["segment"] in refused else "no test"}
        rows.append(row | arms | (_seen(row | arms, sd, share) if treated else none))
    return pd.DataFrame(rows, columns=designed.columns)


@measured
def draw(units: pd.DataFrame, designed: pd.DataFrame, strata: pd.Series, *, key: bytes) -> pd.Series:
    """The arm of every unit: treated, control, or not drawn.

    Units are ordered within segment and stratum by HMAC-SHA-256 of campaign and customer key, and a segment's units by
    the place that each has in its stratum (0-1): the first ``n_control`` are held out, the next ``n_treated`` treated.
    So every stratum gives its share to each arm, within one unit. Depends on nothing but key, campaign, strata and who
    is eligible, so a second draw gives the same arms. ``units`` has customer_key and segment; ``strata`` is indexed by
    customer key (who is not in it is in the one stratum of the rest). Aligned to the index of ``units``.
    """
    rows = units[["customer_key", "segment"]].merge(
        designed[["segment", "campaign", "n_control", "n_treated"]], on="segment", how="left", validate="many_to_one")
    rows.index = units.index
    rows["stratum"] = rows["customer_key"].map(strata.to_dict()).astype("object").fillna("")
    rows["draw"] = [_hash(key, c, k) for c, k in zip(rows["campaign"], rows["customer_key"], strict=True)]
    within = rows.groupby(["segment", "stratum"])["draw"]
    rows["share"] = (within.rank(method="first") - 0.5) / within.transform("size")
    order = rows.sort_values(["segment", "share", "draw"])
    place = (order.groupby("segment").cumcount() + 1).reindex(rows.index)
    control, treated = rows["n_control"].fillna(0), rows["n_treated"].fillna(0)
    arms = np.select([place <= control, place <= control + treated], ["control", "treated"], "not drawn")
    return pd.Series(arms, index=units.index, name="arm", dtype="str")


def _design(row, available: int, known: bool, campaign: str, unit: str, explained: float) -> dict:
    sd = getattr(row, f"{row.metric}_sd", np.nan)
    aimed = row.target - row.baseline
    needed = needed_per_arm(_spread(row.metric, row.baseline, aimed, sd), aimed) * (1 - explained)
    wanted = int(max(SMALLEST_ARM[unit], np.nan_to_num(np.ceil(needed), nan=0.0)))
    control = min(wanted, available // 2)
    line = {"segment": row.segment, "campaign": campaign, "unit": unit, "n_available": available,
            "n_treated": available - control, "n_control": control, "outcome": row.metric, "baseline": row.baseline,
            "aimed": aimed, "smallest_effect": np.nan, "n_needed": 0 if np.isnan(needed) else wanted,
            "n_least": np.nan, "verdict": "no test"}
    if not known:
        halves = {"n_treated": row.n / 2, "n_control": row.n / 2}
        return line | {"smallest_effect": _seen(line | halves, sd, explained)["smallest_effect"]}
    return line | _seen(line, sd, explained) | {"n_least": _least(line, sd, explained)} if control else line


def _least(line: dict, sd: float, explained: float) -> float:
    """The fewest treated units from which the test is not hopeless, beside those held out; NaN when no number is."""
    def hopeless(treated: int) -> bool:
        return _seen(line | {"n_treated": treated}, sd, explained)["verdict"] == "hopeless"

    low, high = 0, line["n_treated"]  # of more treated a test never sees less
    if hopeless(high):
        return np.nan
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if hopeless(middle) else (low, middle)
    return float(high)


def _share(explained: pd.Series | None, segment: str) -> float:
    return 0.0 if explained is None else float(explained.get(segment, 0.0))


def _seen(line: dict, sd: float, explained: float) -> dict:
    """The smallest effect that the arms of a line would show, and whether that is enough for the one aimed at.

    No arm below what step 6 can judge is enough, however small the spread is: nothing could be read from it.
    """
    arms, aimed = (line["n_treated"], line["n_control"]), line["aimed"]
    rate = line["outcome"] in RATES
    seen = smallest_rise(line["baseline"], *arms, explained) if rate else smallest_effect(
        sd * np.sqrt(1 - explained), *arms)
    if np.isnan(aimed) or aimed == 0:
        return {"smallest_effect": seen, "verdict": "no test"}
    if min(arms) < SMALLEST_ARM[line["unit"]] or not seen <= HOPELESS * abs(aimed):
        return {"smallest_effect": seen, "verdict": "hopeless"}
    return {"smallest_effect": seen, "verdict": "large enough" if seen <= abs(aimed) else "underpowered"}


def _spread(metric: str, baseline: float, aimed: float, sd: float) -> float:
    return rate_sd(baseline, aimed) if metric in RATES else sd


def _hash(key: bytes, campaign: str, customer: str) -> str:
    return hmac.new(key, f"{campaign}|{customer}".encode(), hashlib.sha256).hexdigest()
