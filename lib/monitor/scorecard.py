"""Did segmentation pay: the three promised benefits, measured or said not to be; and the risks, answered."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured, requires

MEASURED, NOT_MEASURED, REFUTED = "measured", "not measured", "not seen"


def benefits(prediction: dict | NotMeasured, differs: pd.DataFrame | NotMeasured, kpis: pd.DataFrame | NotMeasured,
             uplift: pd.DataFrame | NotMeasured) -> list[dict]:
    """Better targeting, satisfaction and loyalty, efficient spending: each with status, finding and its values."""
    return [_targeting(prediction, differs), _satisfaction(kpis), _efficiency(uplift)]


@requires("segments")
def risks(segments: pd.DataFrame, cost_value: dict | None, outside: pd.DataFrame | NotMeasured) -> list[dict]:
    """Misreading, cost of the data, overlooked customers: each with its answer and its values."""
    levels = sorted(set(segments["claim"]))
    cost = {"risk": "cost of the data", "answer": "declared cost against margin at stake", "values": cost_value or {}}
    if not cost_value or cost_value.get("cost") is None:
        cost = {**cost, "answer": "not measured: no cost is declared", "values": {}}
    return [
        {"risk": "misreading", "answer": f"every segmentation carries its claim level ({', '.join(levels)}), every "
                                         "estimate its interval", "values": {}},
        cost, _overlooked(outside),
    ]


def _targeting(prediction, differs) -> dict:
    promise = "better targeting and personalisation"
    if not isinstance(differs, NotMeasured) and len(differs):
        yes = int(differs["differs"].sum())
        return _benefit(promise, MEASURED if yes else REFUTED,
                        "campaign outcomes whose effect differs between segments", differing=yes, tested=len(differs))
    if isinstance(prediction, NotMeasured) or prediction.get("gain") is None:
        return _benefit(promise, NOT_MEASURED, "no campaign with a holdout, and no next period to predict")
    clear = (prediction.get("low") or 0) > 0
    finding = "share of the next period's variation that the segments explain"
    return _benefit(promise, MEASURED if clear else REFUTED, finding,
                    **{k: prediction.get(k) for k in ("gain", "low", "high", "n")})


def _satisfaction(kpis: pd.DataFrame | NotMeasured) -> dict:
    promise = "satisfaction and loyalty"
    if isinstance(kpis, NotMeasured):
        return _benefit(promise, NOT_MEASURED, kpis.reason)
    for measure in ("likelihood to recommend", "active"):
        rows = kpis[(kpis["measure"] == measure) & kpis["now"].notna() & (kpis["n"] >= 10)]
        if len(rows) > 1:
            best, least = rows.loc[rows["now"].idxmax()], rows.loc[rows["now"].idxmin()]
            return _benefit(promise, MEASURED, f"{measure}, highest and lowest segment", highest=best["segment"],
                            high=float(best["now"]), lowest=least["segment"], low=float(least["now"]))
    return _benefit(promise, NOT_MEASURED, "neither a survey nor activity per segment")


def _efficiency(uplift) -> dict:
    promise = "efficient spending"
    rows = None if isinstance(uplift, NotMeasured) else uplift[(uplift["segment"] == "all") & uplift["profit"].notna()]
    if rows is None or rows.empty:
        return _benefit(promise, NOT_MEASURED, "no holdout with spend, cost and margin")
    clear = int((rows["profit_low"] > 0).sum())
    return _benefit(promise, MEASURED if clear else REFUTED, "campaigns whose profit is clear of zero", clear=clear,
                    judged=len(rows), profit=float(rows["profit"].sum()))


def _overlooked(outside) -> dict:
    if isinstance(outside, NotMeasured):
        return {"risk": "overlooked customers", "answer": "not measured: no ledger", "values": {}}
    rows = outside[~outside["state"].isin(("in segments", "potential"))]
    return {"risk": "overlooked customers", "answer": "counted in the ledger, by reason",
            "values": {"n": int(rows["n"].sum()), "share": float(rows["share"].sum()),
                       "potential": int(outside.loc[outside["state"] == "potential", "n"].sum())}}


def _benefit(promise: str, status: str, finding: str, **values) -> dict:
    return {"promise": promise, "status": status, "finding": finding, "values": values}
