"""Doubts about events: automata, one customer with most of them, features nobody listed."""

from __future__ import annotations

import ibis.expr.types as ir

from lib.collect.doubts.warning import counted
from lib.collect.screens import kept
from lib.contracts.raw import Rules

ROBOT_EVENTS, ROBOT_SHARE = 100, 0.9  # [ours] as many events, this share of them at one minute of the day
LARGEST_SHARE, ENOUGH_EVENTS = 0.2, 1000  # [ours] one customer with this share of all events (catalogue 82)


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about events."""
    if "events" not in states:
        return []
    events = kept(states["events"])
    found = [_robots(events), _dominant(events)]
    if "features" in states and "feature" in events.columns:
        found.append(_unlisted(events, kept(states["features"])))
    return found


def _robots(events: ir.Table) -> dict:
    """Customers whose events come at one minute of the day, as a program's would; days without times tell nothing."""
    minute = events.occurred_at.hour() * 60 + events.occurred_at.minute()
    timed = events.filter(minute != 0).mutate(minute=minute)
    by_minute = timed.group_by("customer_key", "minute").aggregate(n=timed.count(), line=timed.line.min())
    robots = by_minute.group_by("customer_key").aggregate(
        top=by_minute.n.max(), total=by_minute.n.sum(), line=by_minute.line.min()).filter(
        lambda t: (t.total >= ROBOT_EVENTS) & (t.top >= ROBOT_SHARE * t.total))
    return counted("events", "events at one minute of the day", robots.select(rows="total", line="line"),
                   "probably a program, not a person; if so, list the id under exclude_ids")


def _dominant(events: ir.Table) -> dict:
    total = events.count().execute()
    each = events.group_by("customer_key").aggregate(rows=events.count(), line=events.line.min())
    most = max(ENOUGH_EVENTS, LARGEST_SHARE * total)
    return counted("events", "one customer with a fifth of all events", each.filter(each.rows >= most),
                   "a program, a test or a shared account; if so, list the id under exclude_ids")


def _unlisted(events: ir.Table, features: ir.Table) -> dict:
    strange = events.filter(events.feature.notnull()).anti_join(features, "feature")
    each = strange.group_by("feature").aggregate(rows=strange.count(), line=strange.line.min())
    return counted("events", "feature not in the list of features", each, "new, renamed or misspelt")
