"""Active days: the days on which a customer received the core value (method.md §0, §3.2)."""

from __future__ import annotations

import datetime as dt
import math

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.analyze.orders import has, order_table, purchase_lines, up_to
from lib.contracts import NotMeasured

ORDER = "order"
NOTHING = NotMeasured("no table of transactions and no table of events", "transactions or events, with dates")


def active_days(transactions, events, *, critical_event: str, as_of: dt.date) -> ir.Table | NotMeasured:
    """Ibis table (customer_key, day), one row per customer and day of the critical event, up to `as_of`.

    `order` means a day with a purchase. Any other name is a feature of `events`; where events do not
    know it, any event counts; without events, an order does. Kept in the engine, since much is asked of it.
    """
    if isinstance(events, NotMeasured) and isinstance(transactions, NotMeasured):
        return NOTHING
    if by_orders(transactions, events, critical_event):
        return order_table(transactions, as_of=as_of).select("customer_key", "day").distinct().cache()
    seen = critical_events(events, critical_event=critical_event, as_of=as_of)
    return seen.select("customer_key", "day").distinct().cache()


def by_orders(transactions, events, critical_event: str) -> bool:
    """Whether a day of the critical event is a day with an order."""
    return isinstance(events, NotMeasured) or (critical_event == ORDER and not isinstance(transactions, NotMeasured))


def critical_events(events: ir.Table, *, critical_event: str, as_of: dt.date) -> ir.Table:
    """The events up to `as_of` that are the critical event; all of them when no feature has that name."""
    seen = up_to(events, "occurred_on", as_of)
    return seen.filter(seen.feature == critical_event) if knows(events, critical_event) else seen


def knows(events, feature: str) -> bool:
    """Whether that feature occurs in the events."""
    if isinstance(events, NotMeasured) or "feature" not in events.columns:
        return False
    return bool(events.filter(events.feature == feature).limit(1).count().execute() > 0)


def offered(catalogue) -> int | None:
    """How many features the product offers; None when no catalogue says so."""
    return None if isinstance(catalogue, NotMeasured) else len(catalogue)


def use_days(transactions, events, *, as_of: dt.date) -> ir.Table | NotMeasured:
    """Ibis table (customer_key, use, day): days per feature, or per category where no feature is recorded."""
    if has(events, "feature"):
        rows, use = up_to(events, "occurred_on", as_of), "feature"
    elif has(transactions, "category"):
        lines = purchase_lines(transactions, as_of=as_of)
        rows, use = lines.filter(lines.bought), "category"
    else:
        return NotMeasured("neither events nor transactions say what was used", "a feature or a category per row")
    rows = rows.filter(rows[use].notnull())
    return rows.select("customer_key", "day", use=rows[use].cast("string")).distinct()


def people_days(events, *, as_of: dt.date, period_days: float) -> pd.DataFrame | NotMeasured:
    """customer_key, user_key, value: days of any use in the last natural period, of every person inside an account."""
    if not has(events, "user_key"):
        return NotMeasured("events do not name the people inside an account",
                           "the person in each row of the events (user_id in the product file)")
    seen = up_to(events, "occurred_on", as_of)
    first = as_of - dt.timedelta(days=math.ceil(period_days) - 1)
    known = seen.filter(seen.user_key.notnull())
    late = known.day >= ibis.date(first.isoformat())
    table = known.group_by("customer_key", "user_key").aggregate(value=known.day.nunique(where=late))
    return table.to_pandas().sort_values(["customer_key", "user_key"], ignore_index=True)
