"""The plan as registered before launch: hypothesis, arms, outcome and expiry, fixed before any file leaves."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.strategy.budget import SATURATION


def campaign_id(product: str, as_of: dt.date) -> str:
    """The campaign that this plan launches: one per product and as-of date."""
    return f"{product}-{as_of:%Y%m%d}"


def withheld(people: pd.DataFrame | NotMeasured, *, draft: bool) -> str:
    """Why no audience file may be written; empty when files may leave."""
    if isinstance(people, NotMeasured):
        return f"no audience was exported: {people.reason}"
    return "no audience was exported: the product file holds drafts or open decisions" if draft else ""


@measured
def register(*, campaign: str, as_of: dt.date, audience_days: int, assumptions: list, scored: pd.DataFrame,
             experiments: pd.DataFrame, strategies: pd.DataFrame, withheld: str) -> dict:
    """The `plan` document: what is claimed and how it will be judged, before anything is exported.

    ``scored`` as of `targets.criteria`; ``withheld``: why no file may leave, empty when files may.
    """
    judged = experiments.merge(strategies[["segment", "objective", "target", "test", "assumption"]], on="segment",
                               validate="one_to_one")
    return {
        "campaign": campaign, "registered_for": as_of.isoformat(),
        "expires_on": (as_of + dt.timedelta(days=audience_days)).isoformat(),
        "assumptions": [*(_declared(a) for a in assumptions), *_needs(strategies), _saturation()],
        "weights": {r.criterion: round(float(r.weight), 6) for r in scored.drop_duplicates("criterion").itertuples()},
        "exported": {"files": not withheld, "reason": withheld},
        "experiments": judged.drop(columns=["assumption"]).to_dict("records"),
    }


def _declared(assumption) -> dict:
    return {"id": assumption.id, "source": assumption.source,
            "statement": f"{assumption.objective}: {assumption.effect:g} more of those contacted respond "
                         f"({assumption.low:g} to {assumption.high:g})"}


def _needs(strategies: pd.DataFrame) -> list[dict]:
    rows = strategies[strategies["assumption"]]
    return [{"id": f"need-{r.segment}", "statement": r.need, "source": f"playbook entry {r.source}, no evidence"}
            for r in rows.itertuples()]


def _saturation() -> dict:
    return {"id": "saturation", "source": "ours, conservative: never more per contact than was measured",
            "statement": f"contacting a whole segment brings {1 - SATURATION:.0%} of what its first contacts promise"}
