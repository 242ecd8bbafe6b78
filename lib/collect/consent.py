"""Whether a declared record of consent can be relied on; where it cannot, nothing is read (catalogue 100 and 101).

A consent that is not proved is never assumed, and a withdrawal whose customer cannot be told must not get lost.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from lib.collect.doubts.warning import counted
from lib.collect.found import found_at
from lib.collect.ids import place
from lib.collect.lookalikes import skeleton
from lib.contracts import Blocked
from lib.contracts.counts import number_of
from lib.contracts.raw import Rules

STATUSES = ("granted", "withdrawn", "objected")
LEAST_MATCH = 0.5  # [ours] below this share of known ids a file of consent is written in another way
ACTIVE = ("customers", "transactions", "events")
REFUSING = ("id that withdrew or objected matches no customer, and almost matches one",
            "ids that withdrew or objected match no customer, and almost match one")
ONE_WAY = "write ids in one way in every table (case, zeros, spaces, signs)"


def check_consent(table: ir.Table, rules: Rules, ids: pd.DataFrame, keys: pa.Table) -> None:
    """Raises Blocked when the typed source cannot be used: empty, with unknown values, stale, or of nobody.

    ``ids`` is the book of `lib.collect.ids`, ``keys`` the pseudonyms of its ids.
    """
    if not int(table.count().execute()):
        raise Blocked("consent: no record can be used", where="sources.consent",
                      fix="correct the file; a missing consent is never assumed")
    _refuse_values(table)
    _refuse_stale(table, rules)
    _refuse_strangers(table, ids, keys)


def check_records(records: pd.DataFrame, rules: Rules) -> None:
    """Raises Blocked when consent is the lawful basis and no record of consent to analytics counts as of the day."""
    if rules.lawful_basis == "consent" and not (records["channel"] == "analytics").any():
        raise Blocked("consent: the lawful basis is consent, and no record of the channel analytics can be used",
                      where="sources.consent", fix="name the channel that covers analysis `analytics` (lookups "
                                                   "translate), with records made by the as-of date")


def overruled(states: ir.Table) -> dict:
    """A row of the quality table: records that a more restrictive one of the same customer and channel overrules."""
    used = states.filter(states.state.isin(["kept", "repaired"]))
    rank = ibis.cases(*((used.status == s, i) for i, s in enumerate(STATUSES)), else_=0)
    most = rank.max().over(ibis.window(group_by=[used.customer_key, used.channel]))
    less = used.mutate(_less=rank < most).filter(lambda t: t._less)
    told = counted("consent", "records of one customer that differ", less.select("line", rows=1),
                   "the most restrictive holds, whatever its date")
    return told | {"severity": "repaired" if told["rows_affected"] else "pass"}


def _refuse_values(table: ir.Table) -> None:
    unknown = ~table.status.lower().isin(STATUSES)
    for rows, column, what in ((table.filter(unknown | table.status.isnull()), "status", "an unknown status or none"),
                               (table.filter(table.channel.isnull()), "channel", "no channel")):
        count, where = found_at(rows, column)
        if count:
            raise Blocked(f"consent: {number_of(count, 'record has', 'records have')} {what}", where=where,
                          fix=f"write {', '.join(STATUSES)}; sources.consent.lookups translates codes"
                          if column == "status" else "name a channel in every record")


def _refuse_stale(table: ir.Table, rules: Rules) -> None:
    age = rules.sources["consent"].max_age_days
    if not age:
        return
    if "recorded_at" not in table.columns:
        raise Blocked("consent: max_age_days is declared, and no column says when a record was made",
                      where="sources.consent.columns", fix="map `recorded_at`")
    last = ibis.timestamp(pd.Timestamp(rules.as_of + dt.timedelta(days=1)).isoformat())
    newest = table.filter(table.recorded_at < last).recorded_at.max().execute()
    if pd.isna(newest) or (rules.as_of - newest.date()).days > age:
        told = "has no date up to"
        if not pd.isna(newest):
            told = f"lies {number_of((rules.as_of - newest.date()).days, 'day')} before"
        file = table.select("file").distinct().order_by("file").limit(1).file.to_pyarrow().to_pylist()[0]
        raise Blocked(f"consent: its newest record {told} the as-of date; declared is at most "
                      f"{number_of(age, 'day')}",
                      where=f"{file}, column recorded_at", fix="export the records of consent again")


def _refuse_strangers(table: ir.Table, ids: pd.DataFrame, keys: pa.Table) -> None:
    key = dict(zip(keys["raw"].to_pylist(), keys["key"].to_pylist(), strict=True))
    ids = ids[ids["column"] == "customer_id"].assign(key=lambda t: t["raw"].map(key))
    own, others = ids[ids["source"] == "consent"], ids[ids["source"] != "consent"]
    known = others[others["source"].isin(ACTIVE)] if others["source"].isin(ACTIVE).any() else others
    strange = own[~own["key"].isin(known["key"])]
    if len(strange) > (1 - LEAST_MATCH) * len(own):
        of = number_of(len(own), "id")
        raise Blocked(f"consent: {number_of(len(strange), f'of {of} is', f'of {of} are')} no customer's",
                      where=place(strange, "customer_id"), fix=ONE_WAY)
    shapes = set(known["text"].map(skeleton))
    alike = strange[strange["text"].map(skeleton).isin(shapes)]
    refusals = table.filter(table.status.lower() != "granted").select("customer_key").distinct().to_pandas()
    lost = alike[alike["key"].isin(refusals["customer_key"])]
    if len(lost):
        raise Blocked(f"consent: {number_of(len(lost), *REFUSING)}",
                      where=place(lost, "customer_id"), fix=ONE_WAY)
