"""Events that lie before their customer signed up (catalogue 84): slips are set aside, a habit of the source is told.

A few such events are errors of a clock or an id. Where there are more than may be set aside, the date means something
else (trials, moved accounts): the events count, and `doubts.use` says so.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from lib.collect import reasons as why
from lib.contracts.raw import Rules


def without_early(events: ir.Table, customers: ir.Table | None, rules: Rules) -> ir.Table:
    """The typed events with a fault on those before the day of signing up, where these are few enough to be slips."""
    if customers is None or "signup_date" not in customers.columns:
        return events
    since = customers.filter(customers.fault.isnull()).group_by("customer_key").aggregate(
        since=lambda t: t.signup_date.min()).rename(who="customer_key")
    dated = events.left_join(since, events.customer_key == since.who)
    is_early = (dated.occurred_at.truncate("D") < dated.since).fill_null(False)
    marked = dated.mutate(is_early=is_early).drop("who", "since")
    counts = marked.aggregate(early=marked.is_early.sum(), rows=marked.count()).to_pyarrow().to_pylist()[0]
    if not 0 < (counts["early"] or 0) <= rules.sources["events"].quarantine_limit * counts["rows"]:
        return events
    fault = ibis.coalesce(marked.fault, ibis.ifelse(marked.is_early, f"occurred_at: {why.EARLY}", ibis.null("string")))
    return marked.mutate(fault=fault).drop("is_early").cache()
