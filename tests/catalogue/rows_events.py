"""Rows 80 to 84: months that are not over, weeks without a row, programs among people, features that change names."""

import datetime as dt

from tests.catalogue import clean
from tests.catalogue.case import Case
from tests.catalogue.rows_dates import moment

BOTH = ("transactions", "events")
N = clean.CUSTOMERS


def at(line: str) -> dt.datetime:
    return moment(next(f for f in line.split(";") if f.startswith("2026-")))


def daily(table: str, *gaps: tuple[str, str], monday_only: bool = False) -> str:
    """Three rows of every day of half a year (or of every Monday, twenty), but for those of the gaps."""
    rows, day = [], dt.date(2026, 1, 1)
    while day <= dt.date(2026, 6, 30):
        for n in range((20 if day.weekday() == 0 else 0) if monday_only else 3):
            when = dt.datetime.combine(day, dt.time(9 + n % 12, len(rows) % 60))
            rows.append(event(len(rows) % N, when) if table == "events" else
                        f"K{len(rows) % N:04d};A{len(rows):04d};{when:%Y-%m-%d %H:%M};{12 + n}.50;tea;1")
        day += dt.timedelta(days=1)
    return clean.text(table, [r for r in rows if not any(a <= str(at(r).date()) <= b for a, b in gaps)])


def event(customer: int, when: dt.datetime, feature: str = "f0", value: str = "3") -> str:
    return f"K{customer:04d};{when:%Y-%m-%d %H:%M:%S};{feature};{value}"


def often(customer: int, count: int, step: dt.timedelta, feature: str = "f0") -> str:
    """The clean events, and as many more of one customer."""
    start = dt.datetime(2026, 2, 2, 8, 0, 1)
    return clean.with_rows("events", *(event(customer, start + i * step, feature) for i in range(count)))


def renamed(names, listed: str = "") -> dict:
    """Events every day from January to June; ``names`` of a day's number gives their features."""
    start = dt.datetime(2026, 1, 1, 9, 30)
    rows = [event(d % N, start + dt.timedelta(days=d, minutes=d % 50), name) for d in range(180) for name in names(d)]
    return {"content": clean.text("events", rows), "beside": {"features": listed} if listed else {}}


PERIODS = [Case(80, t, "the last month is not over", "W", clean.text(t), said="month is not over: it has 17 of 30",
                rows=sum(at(r).month == 6 and at(r).day <= 17 for r in clean.rows(t)), product={"as_of": "2026-06-17"})
           for t in BOTH]
PERIODS += [Case(81, t, f"no row from {first} to {last}", "W", daily(t, (first, last)),
                 said=f"days without any row: {first} to {last}$", rows=1)
            for t in BOTH for first, last in (("2026-03-09", "2026-03-15"), ("2026-04-01", "2026-04-30"),
                                              ("2026-06-15", "2026-06-30"))]
PERIODS += [Case(81, t, "two weeks are missing", "W", daily(
    t, ("2026-02-02", "2026-02-08"), ("2026-05-04", "2026-05-12")),
    said="days without any row: 2026-02-02 to 2026-02-08, 2026-05-04 to 2026-05-12", rows=2,
    lines="98, 350") for t in BOTH]
PERIODS += [Case(81, t, "a Monday is missing where all come on Mondays", "W", daily(
    t, ("2026-03-16", "2026-03-16"), monday_only=True), said="days without any row: 2026-03-10 to 2026-03-22", rows=1)
    for t in BOTH]
PERIODS += [Case(81, t, "every day, or every Monday", "=", daily(t, monday_only=t == "events")) for t in BOTH]
PROGRAMS = [
    Case(82, "events", "a burst within minutes", "W", often(7, 300, dt.timedelta(seconds=1)),
         said="more events in a minute than a hand makes", rows=240, lines="181"),
    Case(82, "events", "one customer with four fifths", "W", often(7, 480, dt.timedelta(hours=5)),
         said="one customer with a fifth of all events", rows=481, lines="9"),
    Case(82, "events", "one customer at one minute of each day", "W", often(7, 110, dt.timedelta(days=1)),
         said="events at one minute of the day", lines="9"),
    Case(82, "events", "one customer with most of them, many customers", "W", often(99, 2000, dt.timedelta(minutes=61)),
         said="one customer with a fifth of all events", rows=2001, lines="101"),
]
NAMES = [
    Case(83, "events", "a name that nobody listed", "W", clean.with_cell("events", {5: {"feature": "exp"}}),
         said="feature not in the list", rows=1, lines="5", beside={"features": clean.text("features")}),
    Case(83, "events", "a feature renamed in March", "W", **renamed(lambda d: ["old" if d < 80 else "new", "f1"]),
         said="a feature ends where another begins", rows=100),
    Case(83, "events", "a feature renamed, and listed under its old name", "W", **renamed(
        lambda d: ["f0" if d < 80 else "f-new", "f1"], clean.text("features")), said="feature not in the list",
         rows=100),
    Case(83, "events", "a feature that stops", "W", **renamed(lambda d: ["f0", "f1"] if d < 100 else ["f1"]),
         said="a feature ends before the others", rows=100),
]
SIGNED = [f"K{i:04d};2026-01-01;1980;;Ulm" for i in range(N)]
SINCE_2025 = clean.text("customers", [r.replace("2026-01-01", "2025-12-31") for r in SIGNED])
WRONG = [
    Case(84, "events", "one event before its customer signed up", "Q", clean.with_cell(
        "events", {6: {"occurred_at": "2025-11-30 10:00"}}), said="^occurred_at: before the customer signed up", rows=1,
        lines="6", beside={"customers": SINCE_2025}),
    Case(84, "events", "every event before the customers signed up", "W", clean.text("events"), said=(
        "^before the customer signed up"), rows=N, beside={"customers": clean.text(
            "customers", [r.replace("2026-01-01", "2026-06-30") for r in SIGNED])}),
    Case(84, "events", "a negative duration", "Q", clean.with_cell("events", {9: {"value": "-4"}}),
         said="^value: negative", rows=1, lines="9"),
    Case(84, "events", "a negative fraction of a minute", "Q", clean.with_cell("events", {120: {"value": "-0.5"}}),
         said="^value: negative", rows=1, lines="120"),
    Case(84, "campaigns", "one that ends before it starts", "Q", clean.with_cell(
        "campaigns", {3: {"ends_on": "2026-01-31"}}), said="^ends_on: before starts_on", rows=1, lines="3",
        source={"quarantine_limit": 0.5}),
    Case(84, "campaigns", "one of a single day", "=", clean.with_cell("campaigns", {3: {"ends_on": "2026-02-01"}})),
    Case(84, "campaigns", "more that end before they start than may be set aside", "E", clean.with_cell(
        "campaigns", {3: {"ends_on": "2026-01-31"}, 4: {"ends_on": "2025-03-20"}}), rows=2, lines="3, 4",
        said="ends_on: before starts_on", column="ends_on"),
    Case(84, "events", "a clock ten years ahead", "Q", clean.with_cell(
        "events", {9: {"occurred_at": "2036-02-01 10:00"}}), said="^occurred_at: more than 5 years", rows=1, lines="9"),
    Case(84, "events", "a clock one day ahead", "R", clean.with_cell(
        "events", {9: {"occurred_at": "2026-07-01 00:10"}}), said="after the as-of date", rows=1, lines="9"),
    Case(84, "events", "a clock that was never set", "E", clean.with_cell(
        "events", {9: {"occurred_at": "1970-01-01 00:04"}, 11: {"occurred_at": "1970-01-01 01:00"}}), rows=2,
        said="2 dates are 1970-01-01", lines="9, 11", column="occurred_at", fix="nulls"),
    Case(84, "transactions", "a till a century behind", "Q", clean.with_cell(
        "transactions", {9: {"ordered_at": "1826-02-01 10:00"}}), said="^ordered_at: not a date", rows=1, lines="9"),
]

CASES = [*PERIODS, *PROGRAMS, *NAMES, *WRONG]
