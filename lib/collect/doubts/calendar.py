"""Doubts about the days of orders and events: a week without any, a last month that is not over (catalogue 80, 81).

Only the whole source is looked at: a customer's silence is behaviour, a silence of all of them a gap in the data.
"""

from __future__ import annotations

import calendar

import ibis.expr.types as ir
import pandas as pd

from lib.collect.doubts.warning import warning
from lib.collect.screens import kept
from lib.contracts.counts import number_of
from lib.contracts.raw import Rules

TIME_OF = {"transactions": "ordered_at", "events": "occurred_at"}
GAP, PARTIAL = "days without any row", "the last month is not over"
GAP_DAYS = 7  # [ours] whole days without a row, in a source that has rows every week otherwise
WEEKS, ROWS_A_WEEK = 8, 10  # [ours] history, and rows a week on average, without which an empty week may be chance
USUAL = 0.95  # [ours] quantile of the gaps between days with rows; a longer one is none of the usual
SHOWN = 3  # gaps named


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about orders' and events' days."""
    found = []
    for source, time in TIME_OF.items():
        if source in states:
            rows = kept(states[source])
            each = rows.group_by(day=rows[time].truncate("D")).aggregate(rows=rows.count(), line=rows.line.min())
            days = each.to_pandas().sort_values("day", ignore_index=True)
            found += [_gaps(source, days, rules), _partial(source, days, rules)]
    return found


def _gaps(source: str, days: pd.DataFrame, rules: Rules) -> dict:
    """Empty weeks between the first row and the as-of date; the row after each, or the last before it, is named."""
    meaning = "a file is missing, or the shop was closed: what customers did on these days is not known"
    end = pd.Timestamp(rules.as_of) + pd.Timedelta(days=1)
    if days.empty or (end - days["day"].iloc[0]).days < 7 * WEEKS:
        return warning(source, GAP, meaning, 0)
    empty = days["day"].shift(-1, fill_value=end).sub(days["day"]).dt.days - 1
    weeks = (end - days["day"].iloc[0]).days / 7
    if days["rows"].sum() < ROWS_A_WEEK * weeks or empty.iloc[:-1].quantile(USUAL) >= GAP_DAYS:
        return warning(source, GAP, meaning, 0)
    found = days.assign(empty=empty, line=days["line"].shift(-1).fillna(days["line"]))[empty >= GAP_DAYS]
    if found.empty:
        return warning(source, GAP, meaning, 0)
    longest = found.sort_values("empty", ascending=False, kind="stable").head(SHOWN).sort_values("day")
    named = ", ".join(f"{_day(r.day, 1)} to {_day(r.day, r.empty)}" for r in longest.itertuples())
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return warning(source, f"{GAP}: {named}{more}", meaning, len(found), list(found["line"]))


def _partial(source: str, days: pd.DataFrame, rules: Rules) -> dict:
    """The month of the as-of date, where that day is not its last: sums of it are those of a part."""
    last = calendar.monthrange(rules.as_of.year, rules.as_of.month)[1]
    month = days[days["day"] >= pd.Timestamp(rules.as_of.replace(day=1))]
    rows = 0 if rules.as_of.day == last else int(month["rows"].sum())
    rule = f"{PARTIAL}: it has {rules.as_of.day} of {number_of(last, 'day')}" if rows else PARTIAL
    return warning(source, rule, "its sums are those of a part, and lie below those of whole months", rows,
                   list(month["line"]))


def _day(day: pd.Timestamp, later: int) -> str:
    return (day + pd.Timedelta(days=int(later))).date().isoformat()
