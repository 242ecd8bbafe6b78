"""What the customers of a segment say they need, counted from evidence; nothing said means nothing claimed."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured, requires

COLUMNS = ["segment", "topic", "code", "n", "n_asked", "evidence_ids"]


@requires("assignments")
def segment_needs(voice: pd.DataFrame | NotMeasured, assignments: pd.DataFrame) -> pd.DataFrame:
    """The most named statement per segment and topic, with how many people named it and the ids of the evidence.

    Rows: segment and topic with at least one coded statement of a member. ``n`` people named ``code``, out of
    ``n_asked`` members with any coded statement on the topic (each person counts once per code). Ties go to the
    statement first in the alphabet. Empty when there is no voice at all.
    """
    if isinstance(voice, NotMeasured):
        return pd.DataFrame(columns=COLUMNS)
    said = voice[voice["customer_key"].notna() & (voice["code"] != "")]
    said = said.merge(assignments[["customer_key", "segment"]], on="customer_key", validate="many_to_one")
    asked = said.groupby(["segment", "topic"])["customer_key"].nunique().rename("n_asked")
    cited = said.sort_values("evidence_id").groupby(["segment", "topic", "code"]).agg(
        n=("customer_key", "nunique"), evidence_ids=("evidence_id", ",".join)).reset_index()
    cited = cited.sort_values(["segment", "topic", "n", "code"], ascending=[True, True, False, True])
    top = cited.drop_duplicates(["segment", "topic"])
    return top.merge(asked, on=["segment", "topic"], validate="one_to_one")[COLUMNS].reset_index(drop=True)
