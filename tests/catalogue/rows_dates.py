"""Rows 68 to 79: dates that are none, dates of another writing, times of other zones and hours."""

import datetime as dt

from tests.catalogue import clean
from tests.catalogue.case import Case

DATED = {"customers": "signup_date", "transactions": "ordered_at", "events": "occurred_at", "survey": "answered_at",
         "interviews": "held_at", "texts": "written_at", "campaigns": "starts_on", "assignments": "assigned_at",
         "consent": "recorded_at"}
TIMED = {t: c for t, c in DATED.items() if t in ("transactions", "events", "texts")}
MANY = {"quarantine_limit": 0.5}  # three campaigns: one bad row is a third of them
N = clean.CUSTOMERS


def limits(table: str) -> dict:
    return MANY if table == "campaigns" else {}


def one(table: str, text: str, line: int = 4) -> str:
    """The clean file with one date replaced."""
    return clean.with_cell(table, {line: {DATED[table]: text}})


def rewritten(table: str, write, lines=None) -> str:
    """The clean file with its dates written otherwise, all of them or those of some lines."""
    column, names = DATED[table], list(clean.COLUMNS[table])
    rows = [line.split(";") for line in clean.rows(table)]
    for number, fields in enumerate(rows, 2):
        if lines is None or number in lines:
            fields[names.index(column)] = write(moment(fields[names.index(column)]))
    return clean.text(table, [";".join(fields) for fields in rows])


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def serial(when: dt.datetime) -> str:
    """Days since the last of 1899, as a spreadsheet counts them."""
    days = (when - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
    return f"{days:.6f}".rstrip("0").rstrip(".")


def seconds(when: dt.datetime, per: int = 1) -> str:
    return str(int(when.replace(tzinfo=dt.UTC).timestamp()) * per)


def zoned(offset: str):
    return lambda when: when.strftime("%Y-%m-%dT%H:%M:%S") + offset


FUTURE = [Case(68, t, "a day decades after the as-of date", "Q", one(t, "2062-03-01" + " 10:00" * (t in TIMED)),
               said=f"^{c}: more than 5 years after", rows=1, lines="4", source=limits(t))
          for t, c in DATED.items()]
FUTURE += [Case(68, t, "the day after the as-of date", "R", one(t, "2026-07-01" + " 00:00" * (t in TIMED)),
                said="after the as-of date", rows=1, lines="4", source=limits(t))
           for t in DATED]
SENTINELS = [Case(69, t, f"{day} for no date", "E", one(t, day), said=f"1 date is {day}, which systems write", rows=1,
                  lines="4", column=c, fix=rf'sources\.{t}\.nulls: \["", "{day}"\]')
             for (t, c), day in zip(DATED.items(), ["1900-01-01", "1970-01-01", "9999-12-31"] * 3, strict=True)]
SENTINELS += [Case(69, "customers", "9999-12-31 declared to mean none", "R", one("customers", "9999-12-31"),
                   said="^signup_date: a declared text for no date", rows=1, lines="4",
                   source={"nulls": ["", "9999-12-31"]}),
              Case(69, "customers", "1900-01-01 in the date of erasure", "E", clean.with_cell(
                  "customers", {3: {"erased_at": "1900-01-01"}, 9: {"erased_at": "1900-01-01"}}),
                  said="2 dates are 1900-01-01", rows=2, lines="3, 9", column="erased_at"),
              Case(69, "transactions", "midnight of 1970 with its time", "E", one(
                   "transactions", "1970-01-01 00:00:00"), said="1 date is 1970-01-01 00:00:00", lines="4",
                   column="ordered_at")]
SERIALS = [Case(70, t, "every date a serial day", "E", rewritten(t, serial), said="serial days of a spreadsheet",
                lines="2, 3, 4", column=c, fix=rf'sources\.{t}\.dates: "excel"') for t, c in DATED.items()]
SERIALS += [Case(70, t, "one serial day among dates", "E", rewritten(t, serial, {7}),
                 said="1 value written as serial days", rows=1, lines="7", column=c, fix="in one way")
            for t, c in TIMED.items()]
SERIALS += [Case(70, t, "serial days as declared", "=", rewritten(t, serial), source={"dates": "excel"})
            for t in ("transactions", "events")]
EPOCHS = [Case(71, t, f"every date {what} since 1970", "E", rewritten(t, write), said=f"{N} values written as {what}",
               rows=N,
               lines="2, 3", column=c, fix=f'dates: "{name}"')
          for t, c in TIMED.items()
          for what, name, write in (("seconds", "epoch_s", seconds),
                                    ("milliseconds", "epoch_ms", lambda w: seconds(w, 1000)))]
EPOCHS += [Case(71, "events", "milliseconds among seconds as declared", "E", clean.text("events", [
    line.replace(line.split(";")[1], seconds(moment(line.split(";")[1]), 1000 if i == 20 else 1))
    for i, line in enumerate(clean.rows("events"))]), said="1 value written as milliseconds", rows=1, lines="22",
    column="occurred_at", fix="in one way", source={"dates": "epoch_s"}),
    Case(71, "transactions", "one number of nanoseconds", "E", one("transactions", "1767607200000000000"),
         said="1 value written as micro- or nanoseconds", rows=1, lines="4", column="ordered_at"),
    *(Case(71, t, f"{name} as declared", "=", rewritten(t, lambda w, per=per: seconds(w, per)),
           source={"dates": name}) for t in TIMED for name, per in (("epoch_s", 1), ("epoch_ms", 1000)))]
SLASHES = [Case(72, t, "every day at most the twelfth", "E", rewritten(t, lambda w: w.replace(
                day=1 + w.day % 12).strftime("%d/%m/%Y")), said="fit more than one format",
                fix=rf'sources\.{t}\.dates: "%d/%m/%Y" or "%m/%d/%Y"')
           for t in DATED if t not in ("campaigns", "assignments")]
SLASHES += [Case(72, t, "the format declared", "=", rewritten(t, lambda w: w.strftime("%d/%m/%Y")),
                 source={"dates": "%d/%m/%Y"}) for t in ("customers", "survey", "interviews")]
MIXED = [Case(73, t, "a third of the days the American way", "E", rewritten(t, lambda w: w.strftime(
              "%m/%d/%Y" if w.day > 20 else "%d/%m/%Y")), said="not written %d/%m/%Y; .* fit %m/%d/%Y", column=c,
              source={"dates": "%d/%m/%Y"}, fix="one format") for t, c in list(DATED.items())[:6]]
MIXED += [Case(73, t, "one day the American way", "Q", rewritten(t, lambda w: w.strftime(
               "%m/%d/%Y" if (w.month, w.day) == (3, 23) else "%d/%m/%Y")), said=f"^{c}: not a date as declared",
               rows=1, lines="52", source={"dates": "%d/%m/%Y"}) for t, c in list(DATED.items())[:6]]
SHORT = [Case(74, t, "years of two digits", "E", rewritten(t, lambda w: w.strftime("%d.%m.%y")),
              said="dates with a year of two digits", column=c, fix="four digits")
         for t, c in DATED.items()]
SHORT += [Case(74, "transactions", "one year of two digits", "E", one("transactions", "26-01-05 10:00"),
               said="1 value written as dates with a year of two digits", rows=1, lines="4", column="ordered_at"),
          Case(74, "events", "a format of two digits declared", "E", rewritten(
              "events", lambda w: w.strftime("%d.%m.%y")), said="two-digit years", where="%d.%m.%y",
              source={"dates": "%d.%m.%y"}, fix="%Y")]
ZONES = [Case(75, t, f"times with {offset}", "R", rewritten(t, zoned(offset), lines), said=f"^{c}: own time offset",
              rows=N if lines is None else len(lines), lines="2" if lines is None else "5")
         for t, c in TIMED.items() for offset, lines in (("Z", None), ("+09:00", {5, 6, 90}))]
ZONES += [Case(75, t, "times of a declared zone", "R", clean.text(t), said=f"^{c}: times of another zone", rows=N,
               lines="2, 3", source={"timezone": "UTC"}) for t, c in TIMED.items()]
ZONES += [Case(75, "events", "one time with the name of its zone", "E", one("events", "2026-01-05 10:00 CET"),
               said="1 value written as times with the name of a zone", rows=1, lines="4", column="occurred_at",
               fix=r"\+01:00")]
SUMMER = [Case(76, t, what, "R", clean.with_cell(t, {3: {c: f"{day} 02:30"}, 8: {c: f"{day} 02:00"},
                                                     9: {c: f"{day} 03:00"}}), said=f"^{c}: {said}", rows=2,
               lines="3, 8")
          for t, c in TIMED.items() for what, day, said in (
              ("an hour that does not exist", "2026-03-29", "in an hour that the clocks skip"),
              ("an hour that comes twice", "2025-10-26", "in the hour that comes twice"))]
SUMMER += [Case(76, "transactions", "the missing hour of the zone of the source", "R", one(
    "transactions", "2026-03-08 02:30"), said="^ordered_at: in an hour that the clocks skip", rows=1, lines="4",
    source={"timezone": "America/New_York"}),
    Case(76, "events", "an hour that comes twice with its offset", "R", one("events", "2025-10-26T02:30:00+02:00"),
         said="own time offset", rows=1, lines="4")]
IMPOSSIBLE = [Case(77, t, "30 February", "Q", one(t, "2026-02-30"), said=f"^{c}: not a date as declared", rows=1,
                   lines="4", source=limits(t)) for t, c in DATED.items()]
IMPOSSIBLE += [Case(77, t, "29 February of a year without one", "Q", one(t, "2026-02-29 10:00"),
                    said=f"^{c}: not a date as declared", rows=1, lines="4") for t, c in TIMED.items()]
IMPOSSIBLE += [Case(77, t, "29 February of a leap year", "=", one(t, "2024-02-29")) for t in (
    "customers", "survey", "interviews", "consent")]
IMPOSSIBLE += [Case(77, t, "a leap second", "Q", one(t, "2026-01-05 23:59:60"), said=f"^{c}: not a date as declared",
                    rows=1, lines="4") for t, c in TIMED.items()]
IMPOSSIBLE += [Case(77, t, "24:00", "Q", one(t, "2026-01-05 24:00"), said=f"^{c}: 24:00, and times_24 is not", rows=1,
                    lines="4") for t, c in TIMED.items()]
IMPOSSIBLE += [Case(77, t, "24:00 as declared", "R", one(t, "2026-01-05 24:00"), said=f"^{c}: 24:00, read as the next",
                    rows=1, lines="4", source={"times_24": True}) for t, c in TIMED.items()]
IMPOSSIBLE += [Case(77, "consent", "no date on a withdrawal", "R", clean.with_rows(
    "consent", "K0003;email;withdrawn;2026-02-30"), said="^recorded_at: not a date as declared, the refusal counts",
    rows=1, lines="122")]
MIDNIGHTS = [Case(78, t, "every time is midnight", "W", rewritten(t, lambda w: w.strftime("%Y-%m-%d 00:00:00")),
                  said=f"^{c}: every time is midnight", rows=N, lines="2, 3") for t, c in TIMED.items()]
MIDNIGHTS += [Case(78, t, "midnights of another zone", "W", rewritten(t, lambda w: w.strftime("%Y-%m-%dT00:00:00Z")),
                   said=f"^{c}: every time is midnight", rows=N) for t, c in TIMED.items()]
MIDNIGHTS += [Case(78, t, "days among times", "W", rewritten(t, lambda w: w.strftime("%Y-%m-%d"), range(2, 32)),
                   said=f"^{c}: days without a time", rows=30, lines="2, 3") for t, c in TIMED.items()]
MIDNIGHTS += [Case(78, t, "days only, in another zone, stay their days", "=", rewritten(
    t, lambda w: w.strftime("%Y-%m-%d")), source={"timezone": "America/New_York"}) for t in TIMED]
ORDER = [Case(79, t, "from the last day to the first", "=", clean.text(t, sorted(
    clean.rows(t), key=lambda line, t=t: line.split(";")[list(clean.COLUMNS[t]).index(DATED[t])], reverse=True)))
    for t in DATED]

CASES = [*FUTURE, *SENTINELS, *SERIALS, *EPOCHS, *SLASHES, *MIXED, *SHORT, *ZONES, *SUMMER, *IMPOSSIBLE, *MIDNIGHTS,
         *ORDER]
