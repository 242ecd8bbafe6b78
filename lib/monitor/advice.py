"""What to do now: keep, adjust or refit, with the trigger that fired; and whether segmentation paid."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured, requires
from lib.contracts.counts import number_of
from lib.monitor.drift import SEGMENTS

LEAST_SLSW = 0.6  # method.md §6: below it a segment did not come back on fresh data
MOST_UNASSIGNED = 0.05  # method.md §6: points by which the unassigned share may rise


def triggers(drift: pd.DataFrame | NotMeasured, slsw: np.ndarray | NotMeasured, model_variables: list[str],
             unassigned_before: float | NotMeasured, unassigned_now: float | NotMeasured, *, age: int,
             max_age: int) -> list[dict]:
    """Every trigger with its value, limit, whether it fired, and what it asks for (refit or adjust).

    ``slsw``: of the judging model's segments on the data of now; ``unassigned_*``: share that the frozen model puts
    in no segment, then and now. A drift alarm in a variable that makes the segments, or in their shares, asks for a
    refit; elsewhere for an adjustment. Values that were not measured do not fire.
    """
    unseen = isinstance(drift, NotMeasured)
    if unseen:
        drift = pd.DataFrame({"variable": [], "verdict": []})
    alarms = drift[drift["verdict"] == "alarm"]
    inside = alarms["variable"].isin([*model_variables, SEGMENTS])
    least = np.nan if isinstance(slsw, NotMeasured) else float(np.min(slsw))
    shares = [np.nan if isinstance(s, NotMeasured) else s for s in (unassigned_now, unassigned_before)]
    rise = shares[0] - shares[1]
    return [
        _trigger("drift in what makes the segments", np.nan if unseen else int(inside.sum()), 0, inside.sum() > 0,
                 "refit", ", ".join(alarms.loc[inside, "variable"])),
        _trigger("least stable segment on fresh data (SLSW)", least, LEAST_SLSW, least < LEAST_SLSW, "refit"),
        _trigger("age of the model in days", age, max_age, age > max_age, "refit"),
        _trigger("drift in other variables", np.nan if unseen else int((~inside).sum()), 0, (~inside).sum() > 0,
                 "adjust", ", ".join(alarms.loc[~inside, "variable"])),
        _trigger("rise of the share without a segment", rise, MOST_UNASSIGNED, rise > MOST_UNASSIGNED, "adjust"),
    ]


def next_review(as_of: dt.date, review_days: int) -> dt.date:
    """The day of the next review."""
    return as_of + dt.timedelta(days=review_days)


def decide(fired: list[dict]) -> str:
    """refit before adjust before keep."""
    asked = {t["asks"] for t in fired if t["fired"]}
    return "refit" if "refit" in asked else "adjust" if "adjust" in asked else "keep"


def changes(published: dict | NotMeasured, present: dict) -> str:
    """What the model of this run does otherwise than the one published before, for the log."""
    names = {s["segment"]: s["name"] for s in present["segments"]}
    if isinstance(published, NotMeasured):
        return f"first model: {number_of(len(names), 'segment')}"
    were = {s["segment"]: s["name"] for s in published["segments"]}
    said = [f"{word}: {', '.join(sorted(some))}" for word, some in (
        ("new", [n for k, n in names.items() if k not in were]),
        ("gone", [n for k, n in were.items() if k not in names])) if some]
    if published["lead"] != present["lead"]:
        said = [f"led by {present['lead'].replace('_', ' ')} instead of {published['lead'].replace('_', ' ')}", *said]
    return "; ".join(said) or f"the same {number_of(len(names), 'segment')}, fitted anew"


@requires("found")
def advise(found: list[dict], judge: dict, benefits: list[dict], risks: list[dict], earlier: dict | NotMeasured, *,
           changed: str, as_of: dt.date, next_run: dt.date) -> dict:
    """The `advice` document. The log of the newest earlier run is carried on, newest first.

    ``changed``: what this run's model does otherwise than the one before, as of `changes`.
    """
    decision = decide(found)
    fired = [t["trigger"] for t in found if t["fired"]]
    entry = {"as_of": as_of.isoformat(), "what": decision, "changed": changed,
             "why": "; ".join(fired) or "no trigger fired"}
    log = [] if isinstance(earlier, NotMeasured) else list(earlier["log"])
    return {
        "decision": decision, "triggers": found, "back_cast": judge["back_cast"],
        "earlier_as_of": judge["earlier_as_of"], "why": judge["why"],
        "next_review": next_run.isoformat(),
        "log": [entry, *log], "benefits": benefits, "risks": risks,
    }


def _trigger(name: str, value, limit, fired, asks: str, which: str = "") -> dict:
    return {"trigger": name, "value": float(value), "limit": float(limit), "fired": bool(fired), "asks": asks,
            "which": which}
