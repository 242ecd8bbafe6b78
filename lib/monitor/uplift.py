"""What campaigns changed, per segment, read from holdouts only (method.md §6)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, measured, requires
from lib.contracts.labels import OUTSIDE
from lib.monitor.estimates import Difference, adjusted, difference, heterogeneity, newcombe, stratified_rates
from lib.monitor.strata import strata_of
from lib.monitor.trust import Trust, judge
from lib.stats import dominated, holm

SMALLEST_ARM, BUYERS, ACCOUNTS = 100, 20, 20  # method.md §6
CAP = 0.99  # pooled percentile of buyers at which spend is capped, a quantity of its own
MATTERS = 0.2  # [ours] where no break-even is known, a change by a fifth of the held-out customers' level matters
RATE, MONEY, CAPPED = "rate", "money", "capped money"


@requires("campaigns", "treatments")
def uplift(campaigns: pd.DataFrame, treatments: pd.DataFrame, labels: pd.Series, *, as_of: dt.date, unit: str,
           margin_rate: float = 0.0) -> pd.DataFrame | NotMeasured:
    """Uplift of every campaign, overall and per segment (contract `uplift`).

    ``labels``: segment of a customer, indexed by key; customers without one count in `all` only. ``unit``:
    `customer`, or `account` (t on account means, accounts - 2 degrees of freedom). ``margin_rate`` stands in
    where a campaign declares none; 0: no profit. Intention to treat: everyone assigned counts, also without an
    outcome (no spend). Where a draw had strata, every difference is taken within them. A campaign that cannot be read
    as an experiment is one row with its reason and no figure.
    """
    if campaigns.empty or treatments.empty:
        return NotMeasured("no campaign with assignments",
                           "a campaign with a holdout drawn by chance, and a run after its outcome window")
    known = not isinstance(labels, NotMeasured)
    given = treatments["customer_key"].map(labels) if known else pd.Series(np.nan, index=treatments.index)
    rows = treatments.assign(segment=given.where(given != OUTSIDE))
    found = []
    for campaign in campaigns.sort_values("campaign").to_dict("records"):
        mine = rows[rows["campaign"] == campaign["campaign"]].sort_values("customer_key")
        trust = judge(pd.Series(campaign), mine, as_of=as_of)
        found += [_unread(campaign, trust)] if trust.problem else _campaign(campaign, mine, unit, margin_rate)
    known_of = campaigns.set_index("campaign")
    ends = known_of["ends_on"].map(lambda day: pd.Timestamp(day).date().isoformat())
    table = pd.DataFrame(found, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[5:-2], "float64"))
    return table.assign(ends_on=table["campaign"].map(ends).astype("str"),
                        name=table["campaign"].map(known_of["name"]).astype("str"))


def labelling_day(campaigns: pd.DataFrame | NotMeasured, fallback: dt.date) -> dt.date:
    """The day before the earliest campaign began: segments of that day carry no campaign's effect."""
    if isinstance(campaigns, NotMeasured) or campaigns.empty:
        return fallback
    return (pd.to_datetime(campaigns["starts_on"]).min() - pd.Timedelta(days=1)).date()


@measured
def checks(campaigns: pd.DataFrame, treatments: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame | NotMeasured:
    """One row per campaign: whether it may be read as an experiment, and what its checks could have seen."""
    if campaigns.empty:
        return NotMeasured("no campaign", "a campaign with a holdout drawn by chance")
    rows = []
    for campaign in campaigns.sort_values("campaign").to_dict("records"):
        trust = judge(pd.Series(campaign), treatments[treatments["campaign"] == campaign["campaign"]], as_of=as_of)
        rows.append({"campaign": campaign["campaign"], "name": campaign["name"], "n_treated": trust.n_treated,
                     "n_control": trust.n_control, "ratio_p": trust.ratio_p, "balance_p": trust.balance_p,
                     "problem": trust.problem, "note": trust.note})
    return pd.DataFrame(rows)


@measured
def interaction(table: pd.DataFrame) -> pd.DataFrame:
    """Per campaign and outcome: p that the effect is the same in all segments. `differs` only when p < .05.

    Capped money is another view of money, and no outcome of its own. A campaign with two outcomes has two chances to
    differ: its p are adjusted (Holm).
    """
    rows = []
    parts = table[(table["segment"] != "all") & table["low"].notna() & (table["outcome"] != CAPPED)]
    for (campaign, outcome), part in parts.groupby(["campaign", "outcome"]):
        p = heterogeneity([Difference(r.uplift, r.low, r.high, r.p, np.nan) for r in part.itertuples()])
        rows.append({"campaign": campaign, "outcome": outcome, "segments": len(part), "p": p})
    found = pd.DataFrame(rows, columns=["campaign", "outcome", "segments", "p"]).astype({"p": float})
    found["p"] = found.groupby("campaign")["p"].transform(holm)
    return found.assign(differs=found["p"] < 0.05)


COLUMNS = ["campaign", "segment", "outcome", "n_treated", "n_control", "control", "uplift", "low", "high", "adjusted",
           "adjusted_low", "adjusted_high", "p", "detectable", "profit", "profit_low", "profit_high", "cost", "roi",
           "roi_low", "roi_high", "cap", "verdict", "ends_on"]


def _campaign(campaign: dict, rows: pd.DataFrame, unit: str, margin_rate: float) -> list[dict]:
    parts = [("all", rows), *rows.dropna(subset="segment").groupby("segment")]
    found = [line for segment, part in parts for line in _segment(campaign, segment, part, unit, margin_rate)]
    table = pd.DataFrame(found)
    for outcome in table["outcome"].unique():
        mine = (table["outcome"] == outcome) & (table["segment"] != "all")
        table.loc[mine, "p"] = holm(table.loc[mine, "p"])
    table["verdict"] = [row.verdict or _verdict(row) for row in table.itertuples()]
    return table.to_dict("records")


def _segment(campaign: dict, segment: str, rows: pd.DataFrame, unit: str, margin_rate: float) -> list[dict]:
    arms = [rows[rows["arm"] == a] for a in ("treated", "control")]
    lines = []
    if rows.get("converted") is not None and rows["converted"].notna().any():
        lines.append(_line(campaign, segment, RATE, arms, *_rate(arms, unit)))
    if rows.get("spend") is not None and rows["spend"].notna().any():
        found, better, verdict = _money(arms, unit)
        lines.append(_profit(_line(campaign, segment, MONEY, arms, found, better, verdict), campaign, margin_rate))
        if found is not None:
            cap = _cap(arms)
            capped = [arm.assign(spend=arm["spend"].fillna(0).clip(upper=cap)) for arm in arms]
            lines.append(_line(campaign, segment, CAPPED, capped, _capped(capped, unit), None, "") | {"cap": cap})
    return lines or [_line(campaign, segment, RATE, arms, None, None, "not measured: no outcome was recorded")]


def _rate(arms: list[pd.DataFrame], unit: str) -> tuple[Difference | None, Difference | None, str]:
    done = [arm["converted"].fillna(0).to_numpy(float) for arm in arms]
    strata = strata_of(arms)
    if min(map(len, done)) >= SMALLEST_ARM:
        plain = newcombe(done[0].sum(), len(done[0]), done[1].sum(), len(done[1])) if strata is None else (
            stratified_rates(*done, strata))
        return plain, _better(arms, done, None), ""
    if unit == "account" and _enough_accounts(done):
        return difference(*done, strata, pooled=True), _better(arms, done, True), ""
    return None, None, f"too few to tell: an arm has fewer than {SMALLEST_ARM}"


def _money(arms: list[pd.DataFrame], unit: str) -> tuple[Difference | None, Difference | None, str]:
    spend = [arm["spend"].fillna(0).to_numpy(float) for arm in arms]
    buyers = min(int((s > 0).sum()) for s in spend)
    if unit == "account" and not _enough_accounts(spend):
        return None, None, f"too few to tell: fewer than {ACCOUNTS} accounts, or an arm of one"
    if buyers < BUYERS:
        return None, None, f"too few buyers for money (fewer than {BUYERS} in an arm): the rate only"
    if any(dominated(s) for s in spend):
        return None, None, "one customer makes most of the spend of an arm: the rate only"
    pooled = True if unit == "account" else None
    return difference(*spend, strata_of(arms), pooled=pooled), _better(arms, spend, pooled), ""


def _better(arms: list[pd.DataFrame], values: list[np.ndarray], pooled: bool | None) -> Difference | None:
    """The difference adjusted for spend before the campaign; None where that is not known of everyone."""
    before = [arm["spend_before"] for arm in arms] if "spend_before" in arms[0] else []
    if not before or any(b.isna().any() for b in before):
        return None
    return adjusted(*values, *(b.to_numpy(float) for b in before), pooled=pooled, strata=strata_of(arms))


def _cap(arms: list[pd.DataFrame]) -> float:
    """The pooled 99th percentile of buyers."""
    together = pd.concat([arm["spend"] for arm in arms]).dropna()
    return float(np.quantile(together[together > 0], CAP))


def _capped(arms: list[pd.DataFrame], unit: str) -> Difference:
    return difference(*(arm["spend"].to_numpy(float) for arm in arms), strata_of(arms),
                      pooled=True if unit == "account" else None)


def _enough_accounts(arms: list[np.ndarray]) -> bool:
    return sum(map(len, arms)) >= ACCOUNTS and min(map(len, arms)) >= 2


def _line(campaign: dict, segment: str, outcome: str, arms, found: Difference | None, better: Difference | None,
          verdict: str) -> dict:
    nan = Difference(*[np.nan] * 5)
    level = np.nan if found is None else _level(arms[1], outcome)
    found, better = found or nan, better or nan
    return {**dict.fromkeys(COLUMNS, np.nan), "campaign": campaign["campaign"], "segment": segment, "outcome": outcome,
            "n_treated": len(arms[0]), "n_control": len(arms[1]), "control": level, "uplift": found.value,
            "low": found.low, "high": found.high, "adjusted": better.value, "adjusted_low": better.low,
            "adjusted_high": better.high, "p": found.p, "detectable": found.detectable, "verdict": verdict}


def _level(control: pd.DataFrame, outcome: str) -> float:
    return float(control["converted" if outcome == RATE else "spend"].fillna(0).mean())


def _profit(line: dict, campaign: dict, margin_rate: float) -> dict:
    """Profit = uplift × margin × treated - cost, ROI = profit / cost; from the plain (not the adjusted) difference."""
    declared, cost = campaign.get("margin_rate"), campaign.get("cost_per_contact")
    rate = margin_rate if declared is None or pd.isna(declared) else float(declared)
    if not rate or cost is None or pd.isna(cost):
        return line
    spent = line["n_treated"] * float(cost)
    earned = {name: line[of] * rate * line["n_treated"] - spent
              for name, of in (("profit", "uplift"), ("profit_low", "low"), ("profit_high", "high"))}
    returns = {name.replace("profit", "roi"): value / spent for name, value in earned.items()} if spent else {}
    return {**line, **earned, **returns, "cost": spent}


def _verdict(row) -> str:
    """What the interval allows to say: an effect, none that matters, or that it is too wide for either."""
    if row.p >= 0.05:
        if row.profit_high < 0:
            return "no effect seen, and loses money"
        matters = MATTERS * row.control
        narrow = -matters < row.low and row.high < matters and np.isnan(row.profit)
        return "no effect seen" if narrow or row.outcome == CAPPED else "underpowered"
    worked = "works" if row.uplift > 0 else "harms"
    if row.uplift > 0 and row.profit_high < 0:
        return "works, but loses money"
    return worked if np.isnan(row.profit) else worked + (", and pays" if row.profit_low > 0 else "")


def _unread(campaign: dict, trust: Trust) -> dict:
    return {"campaign": campaign["campaign"], "segment": "all", "outcome": "none", "n_treated": trust.n_treated,
            "n_control": trust.n_control, "verdict": trust.problem}
