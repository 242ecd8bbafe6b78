"""The plan as registered before launch: hypothesis, arms, outcome and expiry, fixed before any file leaves."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from lib.contracts import NotMeasured, measured

UNNAMED: Mapping[str, str] = MappingProxyType({})  # no earlier campaign has a name
ANALYSIS = ("everyone drawn counts in the arm drawn for, contacted or not; difference of the outcome between the arms "
            "with its 95 % interval, Holm over the segments; stratified draws are judged within their strata")
DECISION = ("roll out where the whole interval of the gain lies above its cost; stop where it lies below; else repeat "
            "with more customers, or leave it")


def campaign_id(product: str, as_of: dt.date) -> str:
    """The campaign that this plan launches: one per product and as-of date."""
    return f"{product}-{as_of:%Y%m%d}"


def withheld(people: pd.DataFrame | NotMeasured, *, draft: bool) -> str:
    """Why no audience file may be written; empty when files may leave."""
    if isinstance(people, NotMeasured):
        return f"no audience was exported: {people.reason}"
    return "no audience was exported: the product file holds drafts or open decisions" if draft else ""


@measured
def register(*, campaign: str, as_of: dt.date, audience_days: int, period_days: float, assumptions: list,
             weights: dict[str, float], saturation: float, budget: pd.DataFrame, experiments: pd.DataFrame,
             strategies: pd.DataFrame, withheld: str, campaigns: Mapping[str, str] = UNNAMED) -> dict:
    """The `plan` document: what is claimed and how it will be judged, before anything is exported.

    ``weights`` of the target matrix as they were used; ``withheld``: why no file may leave, empty when files may;
    ``campaigns``: what earlier ones are called, by id.
    """
    judged = experiments.merge(strategies[["segment", "objective", "message", "offer", "channel", "target", "test"]],
                               on="segment", validate="one_to_one")
    expires = as_of + dt.timedelta(days=audience_days)
    registered = {
        "campaign": campaign, "registered_for": as_of.isoformat(), "expires_on": expires.isoformat(),
        "judged_on": (expires + dt.timedelta(days=math.ceil(period_days))).isoformat(),
        "analysis": ANALYSIS, "decision": DECISION,
        "experiments": judged.astype("object").where(judged.notna(), None).to_dict("records")}
    return registered | {
        "assumptions": [*(_declared(a) for a in assumptions), *_carried(budget, strategies, campaigns),
                        *_needs(strategies), *_saturation(budget, saturation)],
        "weights": weights, "exported": {"files": not withheld, "reason": withheld},
        "fingerprint": fingerprint(registered)}


def fingerprint(registered: dict) -> str:
    """SHA-256 of what was registered, whatever the order of its keys."""
    text = json.dumps(registered, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _declared(assumption) -> dict:
    return {"id": assumption.id, "source": assumption.source,
            "statement": f"{assumption.objective}: {assumption.effect:g} more of those contacted respond "
                         f"({assumption.low:g} to {assumption.high:g})"}


def _carried(budget: pd.DataFrame, strategies: pd.DataFrame, campaigns: Mapping[str, str]) -> list[dict]:
    """An effect was measured with the message of its own campaign: that it holds for the next one is assumed."""
    rows = budget[budget["basis"] == "measured"].merge(strategies[["segment", "offer", "channel"]], on="segment")
    return [{"id": f"carry-{r.segment}", "source": f"campaign {r.called}, same channel ({r.channel})",
             "statement": f"the effect and the cost measured in {r.called} hold for this offer too: {r.offer}"}
            for r in rows.assign(called=[campaigns.get(c, c) for c in rows["source"]]).itertuples()]


def _needs(strategies: pd.DataFrame) -> list[dict]:
    rows = strategies[strategies["assumption"]]
    return [{"id": f"need-{r.segment}", "statement": r.need, "source": f"playbook entry {r.source}, no evidence"}
            for r in rows.itertuples()]


def _saturation(budget: pd.DataFrame, saturation: float) -> list[dict]:
    if not budget["basis"].isin(["measured", "declared"]).any():
        return []
    limit = "never more per contact than was measured or declared (strategy.saturation in the product file)"
    return [{"id": "saturation", "source": limit,
             "statement": f"contacting a whole segment brings {100 * (1 - saturation):.0f} % of what its first "
                          "contacts promise"}]
