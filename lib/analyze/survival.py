"""How long customers under contract stay: Kaplan-Meier from their invoices (method.md §3.9, contractual products)."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight

from lib.analyze.orders import order_table
from lib.contracts import NotMeasured, requires
from lib.stats import Z95

SUBSCRIPTION = "subscription"
GRACE = 1.5  # [ours] intervals without an invoice after which a contract counts as ended
FEWEST = 30  # customers, and FEWEST_ENDED ends, for a curve
FEWEST_ENDED = 10
CURVE_POINTS = 60


@requires("transactions")
def contracts(transactions, customers, *, as_of: dt.date) -> pd.DataFrame | NotMeasured:
    """One row per customer with an invoice: customer_key, entry, exit (days since the contract began), ended.

    A contract begins at signup, or with the first invoice. One that began before the data is watched only from the
    first day of the data on (entry). It ended one interval after the last invoice when more than GRACE intervals have
    passed since; the interval is the customer's median gap, or the median over customers for whoever has none.
    """
    invoices = order_table(transactions, as_of=as_of).select("customer_key", "day").distinct()
    order = ibis.window(group_by="customer_key", order_by="day")
    gaps = invoices.mutate(gap=invoices.day.delta(invoices.day.lag().over(order), unit="day"))
    table = gaps.group_by("customer_key").aggregate(first=gaps.day.min(), last=gaps.day.max(),
                                                    interval=gaps.gap.median()).to_pandas()
    table = table.sort_values("customer_key", ignore_index=True)
    if table["interval"].isna().all():
        return NotMeasured("nobody was invoiced twice", "invoices over more than one interval")
    first, last = pd.to_datetime(table["first"]), pd.to_datetime(table["last"])
    interval = table["interval"].fillna(table["interval"].median())
    began = _began(table["customer_key"], customers, first)
    ended = (pd.Timestamp(as_of) - last).dt.days > GRACE * interval
    left = np.where(ended, (last - began).dt.days + interval, (pd.Timestamp(as_of) - began).dt.days + 1)
    entry = (first.min() - began).dt.days.clip(lower=0)
    return pd.DataFrame({"customer_key": table["customer_key"], "entry": entry, "exit": left, "ended": ended})


def survival(lives: pd.DataFrame | NotMeasured, *, billing: str) -> dict | NotMeasured:
    """The document `survival`: share of customers still under contract by days since it began, with 95 % bounds.

    Kaplan-Meier with late entry; Greenwood bounds on the log-log scale. NotMeasured where nobody is under contract.
    """
    if billing != SUBSCRIPTION:
        return NotMeasured("customers come and go freely: nobody can say when one has ended",
                           "a product by subscription")
    if isinstance(lives, NotMeasured):
        return lives
    watched = lives[lives["exit"] > lives["entry"]]
    n, n_ended = len(watched), int(watched["ended"].sum())
    if n < FEWEST or n_ended < FEWEST_ENDED:
        return NotMeasured("too few contracts have ended for a curve", f"{FEWEST_ENDED} ends among {FEWEST} customers")
    curve = _curve(watched)
    return {"curve": curve, "n": n, "ended": n_ended, "one_year": _at(curve, 365),
            "median_days": next((p["day"] for p in curve if p["share"] <= 0.5), None)}


def _began(keys: pd.Series, customers, first: pd.Series) -> pd.Series:
    if isinstance(customers, NotMeasured) or "signup_date" not in customers:
        return first
    signed = keys.map(pd.to_datetime(customers.set_index("customer_key")["signup_date"]))
    return signed.where(signed <= first, first)


def _curve(watched: pd.DataFrame) -> list[dict]:
    estimate = SurvfuncRight(watched["exit"].to_numpy(float), watched["ended"].to_numpy(int),
                             entry=watched["entry"].to_numpy(float))
    share = np.asarray(estimate.surv_prob)
    spread = np.asarray(estimate.surv_prob_se)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = Z95 * spread / (share * np.abs(np.log(share)))
        low, high = share ** np.exp(width), share ** np.exp(-width)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, share)
    keep = np.unique(np.linspace(0, len(share) - 1, min(CURVE_POINTS, len(share))).round().astype(int))
    curve = [{"day": int(estimate.surv_times[i]), "share": float(share[i]), "low": float(low[i]),
              "high": float(high[i]), "at_risk": int(estimate.n_risk[i])} for i in keep]
    longest = watched["exit"].max()  # nobody ended after the last step, but some were watched for longer
    return [*curve, {**curve[-1], "day": int(longest), "at_risk": int((watched["exit"] == longest).sum())}]


def _at(curve: list[dict], day: int) -> dict | None:
    """The point of the curve that holds on a day; None when nobody was watched that long."""
    reached = [p for p in curve if p["day"] <= day]
    return {**reached[-1], "day": day} if reached and curve[-1]["day"] >= day else None
