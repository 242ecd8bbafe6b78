"""Did segmentation pay: the three promised benefits, measured or said not to be; and the risks, answered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, requires
from lib.contracts.counts import number_of
from lib.contracts.labels import OUTSIDE

MEASURED, NOT_MEASURED, REFUTED = "measured", "not measured", "not seen"
FEWEST = 10  # method.md §7: customers behind a figure
NOWHERE = ("unassigned", "filtered", "opted out")  # states of the ledger; the ambiguous and the noise are in a segment


def benefits(prediction: dict | NotMeasured, differs: pd.DataFrame | NotMeasured, kpis: pd.DataFrame | NotMeasured,
             uplift: pd.DataFrame | NotMeasured, smallest: int = FEWEST) -> list[dict]:
    """Better targeting, satisfaction and loyalty, efficient spending: each with status, finding and its values.

    ``smallest``: customers behind a figure at least.
    """
    return [_targeting(prediction, differs), _satisfaction(kpis, smallest), _efficiency(uplift)]


@requires("segments")
def risks(segments: pd.DataFrame, cost_value: dict | None, outside: pd.DataFrame | NotMeasured) -> list[dict]:
    """Misreading, cost of the data, overlooked customers: each with its answer and its values."""
    levels = [f"{claim}: {number_of(n, 'segment')}" for claim, n in sorted(segments["claim"].value_counts().items())]
    cost = {"risk": "cost of the data", "answer": "declared cost against margin at stake", "values": cost_value or {}}
    if not cost_value or cost_value.get("cost") is None:
        cost = {**cost, "answer": "not measured: no cost is declared", "values": {}}
    return [
        {"risk": "misreading", "answer": f"every segment carries its claim level ({', '.join(levels)}), every estimate "
                                         "its interval, every finding its caveat beside it", "values": {}},
        cost, _overlooked(outside),
    ]


def _targeting(prediction, differs) -> dict:
    promise = "better targeting and personalisation"
    if not isinstance(differs, NotMeasured) and len(differs):
        yes = int(differs["differs"].sum())
        return _benefit(promise, MEASURED if yes else REFUTED,
                        "campaign outcomes whose effect differs between segments (interaction test)", differing=yes,
                        tested=int(differs["p"].notna().sum()))
    if isinstance(prediction, NotMeasured) or prediction.get("gain") is None:
        return _benefit(promise, NOT_MEASURED, "no campaign with a holdout, and no next period to predict")
    clear = (prediction.get("low") or 0) > 0
    finding = "share of the next period's variation that the segments explain"
    return _benefit(promise, MEASURED if clear else REFUTED, finding,
                    **{k: prediction.get(k) for k in ("gain", "low", "high", "n")})


def _satisfaction(kpis: pd.DataFrame | NotMeasured, smallest: int) -> dict:
    """How far segments lie apart in what they say or do, and in how many that has changed since the day compared."""
    promise = "satisfaction and loyalty"
    if isinstance(kpis, NotMeasured):
        return _benefit(promise, NOT_MEASURED, kpis.reason)
    inside = kpis[(kpis["segment"] != OUTSIDE) & kpis["now"].notna() & (kpis["n"] >= smallest)]
    for measure in ("likelihood to recommend", "active"):
        rows = inside[inside["measure"] == measure]
        if len(rows) > 1:
            ends = {"highest": rows.loc[rows["now"].idxmax()], "lowest": rows.loc[rows["now"].idxmin()]}
            values = {f"{end}{key}": row[column] if key == "" else float(row[column]) for end, row in ends.items()
                      for key, column in (("", "segment"), ("_value", "now"), ("_low", "low"), ("_high", "high"))}
            if not kpis["n"].between(1, smallest - 1).any():  # else they would tell how many those few are
                values |= {f"{end}_n": int(row["n"]) for end, row in ends.items()}
            return _benefit(promise, MEASURED, f"{measure}, highest and lowest segment", **values, **_changed(inside))
    return _benefit(promise, NOT_MEASURED, "neither a survey nor activity per segment")


def _changed(kpis: pd.DataFrame) -> dict:
    """In how many segments the share active is clearly up or down: intervals that do not meet."""
    rows = kpis[(kpis["measure"] == "active") & kpis["before_low"].notna()]
    up, down = rows["low"] > rows["before_high"], rows["high"] < rows["before_low"]
    return {"up": int(up.sum()), "down": int(down.sum()), "compared": len(rows)}


def _efficiency(uplift) -> dict:
    promise = "efficient spending"
    rows = None if isinstance(uplift, NotMeasured) else uplift[(uplift["segment"] == "all") & uplift["profit"].notna()]
    if rows is None or rows.empty:
        return _benefit(promise, NOT_MEASURED, "no holdout with spend, cost and margin")
    clear, profit = int((rows["profit_low"] > 0).sum()), float(rows["profit"].sum())
    half = float(np.sqrt(((rows["profit_high"] - rows["profit_low"]) ** 2).sum()) / 2)  # campaigns are independent
    return _benefit(promise, MEASURED if clear else REFUTED, "campaigns whose profit is clear of zero", clear=clear,
                    judged=len(rows), profit=profit, profit_low=profit - half, profit_high=profit + half,
                    n=int(rows[["n_treated", "n_control"]].sum().sum()))


def _overlooked(outside) -> dict:
    if isinstance(outside, NotMeasured):
        return {"risk": "overlooked customers", "answer": "not measured: no ledger", "values": {}}
    rows = outside[outside["state"].isin(NOWHERE)]
    return {"risk": "overlooked customers", "answer": "counted in the ledger, by reason",
            "values": {"n": int(rows["n"].sum()), "share": float(rows["share"].sum()),
                       "potential": int(outside.loc[outside["state"] == "potential", "n"].sum())}}


def _benefit(promise: str, status: str, finding: str, **values) -> dict:
    return {"promise": promise, "status": status, "finding": finding, "values": values}
