"""The audience of a plan with the ids that the senders know: who may still be contacted, and what each file holds.

The audience was drawn when the plan was made. Between that day and the day it is handed over people withdraw, are
erased or leave; both arms are held against the records of today alike, so that treated and control stay comparable.
"""

from __future__ import annotations

import re

import pandas as pd

from lib.contracts.counts import number_of
from lib.strategy.audiences import eligibility
from lib.strategy.files import PATTERNS as PSEUDONYMOUS, machine_csv, workbook

STILL = "eligible"
GONE = "no longer in the data"
UNSAFE = "an id that a spreadsheet could run as a formula"
# an id begins with a letter, a digit or _, or is a phone number with its country; no quotes, no commas
ID = r"(?u:\w(?:[\w.:/@#+ -]{0,126}[\w.:/@#+-])?)|\+[1-9][0-9]*(?: [0-9]+)*"
PATTERNS = {**{c: p for c, p in PSEUDONYMOUS.items() if c != "customer_key"}, "customer_id": ID,
            "stratum": rf"{PSEUDONYMOUS['segment']}/[1-4]?", "assigned_at": PSEUDONYMOUS["expires_on"]}
SEND = ["customer_id", "campaign", "segment", "channel", "expires_on"]
READ = ["customer_id", "name", "channel", "objective", "message", "offer", "expires_on"]
ASSIGNED = ["campaign", "customer_id", "arm", "stratum", "assigned_at"]  # as the source `assignments` is declared


def rechecked(exported: pd.DataFrame, ids: pd.Series, customers: pd.DataFrame, consents: pd.DataFrame,
              barred: pd.DataFrame, *, minimum_age: int) -> pd.DataFrame:
    """The exported rows with `customer_id` and `reason`: `eligible`, or why this customer leaves the campaign now.

    ``exported`` as the machine file has it; ``ids`` the product's own ids by customer_key; ``customers`` may hold
    `age`; ``consents`` and ``barred`` (customer_key, barred_for) as the sources say today.
    """
    channels = exported[["segment", "channel"]].drop_duplicates()
    people = eligibility(exported, customers, consents, channels, minimum_age=minimum_age)
    reason = people["reason"].set_axis(exported.index)
    own = exported["customer_key"].map(ids)
    safe = own.fillna("").map(re.compile(ID, re.ASCII).fullmatch).notna()
    reason = reason.where(safe | (reason != STILL), UNSAFE).where(own.notna(), GONE)
    left = exported["customer_key"].map(barred.set_index("customer_key")["barred_for"])
    return exported.assign(customer_id=own, reason=left.fillna(reason).astype("str"))


def handed_files(rows: pd.DataFrame, strategies: pd.DataFrame, names: pd.Series, *, assigned_at: str
                 ) -> dict[str, bytes]:
    """Files by name, three per segment and channel: whom to contact (CSV and spreadsheet), and both arms as drawn.

    ``rows`` of customers who may be contacted; ``names`` of segments by key. The third file has the columns of the
    source `assignments`: handed back with the outcomes, the next run can measure the effect. Its stratum is the
    segment and the quarter: segments may have shares of treated of their own, and step 6 judges within strata.
    """
    rows = rows.assign(assigned_at=assigned_at, name=rows["segment"].map(names),
                       stratum=rows["segment"] + "/" + rows["stratum"]).merge(
        strategies[["segment", "objective", "message", "offer"]], on="segment", how="left", validate="many_to_one")
    rows = rows.sort_values("customer_id")
    files = {}
    for (segment, channel), drawn in rows.groupby(["segment", "channel"]):
        send = drawn[drawn["arm"] == "treated"]
        files |= {
            f"{segment}-{channel}-send.csv": _csv(send[SEND]), f"{segment}-{channel}-send.xlsx": workbook(send[READ]),
            f"{segment}-{channel}-assigned.csv": _csv(drawn[ASSIGNED])}
    return files


def _csv(rows: pd.DataFrame) -> bytes:
    content, refused = machine_csv(rows, PATTERNS)
    if refused:  # every id was looked at before: a row lost here would be in one file and not in the other
        raise ValueError(f"{number_of(refused, 'row does', 'rows do')} not match the declared patterns")
    return content
