"""Doubts about events: automata, one customer with most of them, features that nobody listed or that changed names."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.collect.doubts.warning import counted, warning
from lib.collect.screens import kept
from lib.contracts.raw import Rules

ROBOT_EVENTS, ROBOT_SHARE = 100, 0.9  # [ours] as many events, this share of them at one minute of the day
BURST = 60  # [ours] events of one customer within one minute: one a second is no hand
LARGEST_SHARE, ENOUGH_EVENTS, TIMES = 0.2, 200, 20  # [ours] share of all events, of so many, and times the median
BEFORE, EXPECTED, SHOWN = 28, 10, 3  # [ours] days without a feature, days with it that were due in them; names told
AROUND, ALIKE = 7, 2.0  # [ours] days between the end of one name and the start of another; ratio of their daily events
LONGEST_NAME = 40
SHARED = 10  # [ours] customers, about, who use what is quoted: a name of few may be an id, in the wrong column
ROBOTS, BURSTS, DOMINANT = ("events at one minute of the day", "more events in a minute than a hand makes",
                            "one customer with a fifth of all events")
UNLISTED, RENAMED, STOPPED = ("feature not in the list of features", "a feature ends where another begins",
                              "a feature ends before the others")


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about events."""
    if "events" not in states:
        return []
    events = kept(states["events"])
    found = [_robots(events), _bursts(events), _dominant(events)]
    if "feature" in events.columns:
        times = _times(events)
        listed = kept(states["features"]).feature.to_pandas() if "features" in states else None
        found += [_unlisted(times, listed)] if listed is not None else []
        found += _renamed(times)
    return [*found, *_early(events, states)]


def _robots(events: ir.Table) -> dict:
    """Customers whose events come at one minute of the day, as a program's would; days without times tell nothing."""
    minute = events.occurred_at.hour() * 60 + events.occurred_at.minute()
    timed = events.filter(minute != 0).mutate(minute=minute)
    by_minute = timed.group_by("customer_key", "minute").aggregate(n=timed.count(), line=timed.line.min())
    robots = by_minute.group_by("customer_key").aggregate(
        top=by_minute.n.max(), total=by_minute.n.sum(), line=by_minute.line.min()).filter(
        lambda t: (t.total >= ROBOT_EVENTS) & (t.top >= ROBOT_SHARE * t.total))
    return counted("events", ROBOTS, robots.select(rows="total", line="line"),
                   "probably a program, not a person; if so, leave the id out (exclude_ids in the product file)")


def _bursts(events: ir.Table) -> dict:
    """Minutes in which one customer has more events than a person makes; days without times tell nothing."""
    at = events.occurred_at
    timed = events.filter(at != at.truncate("D"))
    minutes = timed.group_by("customer_key", minute=timed.occurred_at.truncate("m")).aggregate(
        rows=timed.count(), line=timed.line.min())
    return counted("events", BURSTS, minutes.filter(minutes.rows >= BURST),
                   "a program or a test of load; if so, leave the id out (exclude_ids in the product file)")


def _dominant(events: ir.Table) -> dict:
    each = events.group_by("customer_key").aggregate(rows=events.count(), line=events.line.min())
    told = each.mutate(total=each.rows.sum().over(ibis.window()), usual=each.rows.median().over(ibis.window()))
    most = told.filter((told.total >= ENOUGH_EVENTS) & (told.rows >= LARGEST_SHARE * told.total)
                       & (told.rows >= TIMES * told.usual))
    return counted("events", DOMINANT, most,
                   "a program, a test or a shared account; if so, leave the id out (exclude_ids in the product file)")


def _times(events: ir.Table) -> pd.DataFrame:
    """One row a feature: rows, line (its first), first and last day, share of days with it, whether it may be named;
    start, end of all."""
    named = events.filter(events.feature.notnull())
    day = named.occurred_at.truncate("D")
    each = named.group_by("feature").aggregate(rows=named.count(), line=named.line.min(), first=day.min(),
                                               last=day.max(), days=day.nunique(),
                                               people=named.customer_key.approx_nunique())
    frame = each.to_pandas().sort_values("feature", ignore_index=True)
    span = (frame["last"] - frame["first"]).dt.days + 1
    return frame.assign(start=frame["first"].min(), end=frame["last"].max(), daily=frame["rows"] / span,
                        share=frame["days"] / span, named=frame["people"] >= SHARED)


def _unlisted(times: pd.DataFrame, listed: pd.Series) -> dict:
    strange = times[~times["feature"].isin(listed)].sort_values("rows", ascending=False, kind="stable")
    named = "; ".join(f"{_short(f.feature)} from {f.first:%Y-%m-%d} to {f.last:%Y-%m-%d}"
                      for f in strange[strange["named"]].head(SHOWN).itertuples())
    return warning("events", UNLISTED, f"new, renamed or misspelt{': ' if named else ''}{named}",
                   int(strange["rows"].sum()), list(strange["line"]))


def _renamed(times: pd.DataFrame) -> list[dict]:
    """Features that stop for good while others go on, and those that begin where one stopped, as often used."""
    after, before = (times["end"] - times["last"]).dt.days, (times["first"] - times["start"]).dt.days
    ended = times[(after >= BEFORE) & (after * times["share"] >= EXPECTED)]
    begun = times[(before >= BEFORE) & (before * times["share"] >= EXPECTED)]
    pairs = ended.merge(begun, how="cross", suffixes=("", "_new"))
    near = (pairs["first_new"] - pairs["last"]).dt.days.abs() <= AROUND
    ratio = pairs["daily_new"] / pairs["daily"]
    pairs = pairs[near & ratio.between(1 / ALIKE, ALIKE)].drop_duplicates("feature").drop_duplicates("feature_new")
    others = ended[~ended["feature"].isin(pairs["feature"])]
    shown = pairs[pairs["named"] & pairs["named_new"]].head(SHOWN)
    told = "; ".join(f"{_short(p.feature)} until {p.last:%Y-%m-%d}, {_short(p.feature_new)} from {p.first_new:%Y-%m-%d}"
                     for p in shown.itertuples())
    gone = "; ".join(f"{_short(f.feature)} until {f.last:%Y-%m-%d}"
                     for f in others[others["named"]].head(SHOWN).itertuples())
    return [warning("events", RENAMED, f"perhaps one feature under two names: {told}" if told else "",
                    int(pairs["rows_new"].sum()), list(pairs["line_new"])),
            warning("events", STOPPED, f"withdrawn, renamed or no longer recorded: {gone}" if gone else "",
                    int(others["rows"].sum()), list(others["line"]))]


def _early(events: ir.Table, states: dict[str, ir.Table]) -> list[dict]:
    """Events before their customer signed up, where there are too many of them to be slips."""
    if "customers" not in states or "signup_date" not in states["customers"].columns:
        return []
    people = kept(states["customers"]).select(who="customer_key", since="signup_date")
    dated = events.inner_join(people, events.customer_key == people.who)
    early = dated.filter(dated.occurred_at.truncate("D") < dated.since)
    return [counted("events", why.EARLY, early.select("line", rows=1),
                    "trials, moved accounts, or a date of another meaning: too many to be slips, so they count")]


def _short(name: str) -> str:
    """A name of the data, cut and on one line."""
    text = " ".join(name.split())
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME - 1] + "…"
