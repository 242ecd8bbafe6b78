"""The model that judges this period: the one an earlier run published, else the present one looking back."""

from __future__ import annotations

import datetime as dt

from lib.contracts import NotMeasured


def judging_model(published: dict | NotMeasured, present: dict) -> dict:
    """The frozen model and where it comes from: model, back_cast, earlier_as_of.

    ``published``: the model of the newest earlier run; without one the present model is applied to the earlier
    period. Such a back-cast shows who moved across today's borders; it cannot show how today's model would
    have been judged had it been made earlier, and it must be called a back-cast.
    """
    back_cast = isinstance(published, NotMeasured)
    model = present if back_cast else published
    return {"model": model, "back_cast": back_cast, "earlier_as_of": model["as_of"]}


def age_days(judge: dict, as_of: dt.date) -> int:
    """Age of the judging model in days; 0 for a back-cast."""
    return (as_of - dt.date.fromisoformat(str(judge["earlier_as_of"])[:10])).days
