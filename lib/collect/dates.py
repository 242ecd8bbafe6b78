"""The dates of a source looked at together: what is refused and named, what is counted (catalogue 68-78).

A date that is merely wrong sets its row aside. Dates that speak of another way of writing, and dates that systems write
for no date, are refused with the fix: read as they stand they would move customers by years without a word.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from lib.collect import moments, reasons as why
from lib.collect.doubts.warning import warning
from lib.collect.found import LINES, found_at
from lib.collect.moments import Clock
from lib.contracts import INPUTS, UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import Rules, SourceRules

FIRST_YEAR = 1900  # earlier years are slips
FIRST_JUMP = dt.date(1973, 1, 1)  # clocks of that time and later change on half hours
SENTINELS = ("0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1969-12-31", "1970-01-01",
             "2999-12-31", "9999-12-31")  # what systems write for "no date"
SHAPES = (  # what a text that is no date as declared shows itself to be, and the way out
    (r"^[2-7]\d{4}([.,]\d+)?$", "serial days of a spreadsheet", 'declare sources.{name}.dates: "excel"'),
    (r"^\d{9,10}(\.\d+)?$", "seconds since 1970", 'declare sources.{name}.dates: "epoch_s"'),
    (r"^\d{12,13}$", "milliseconds since 1970", 'declare sources.{name}.dates: "epoch_ms"'),
    (r"^\d{15,19}$", "micro- or nanoseconds since 1970", "export dates as YYYY-MM-DD"),
    (r"^\d{1,2}[./-]\d{1,2}[./-]\d{2}(\D|$)", "dates with a year of two digits", "export years of four digits"),
    (r":\d{2}([.,]\d+)?\s*[A-Z]{3,5}$", "times with the name of a zone", "export offsets such as +01:00"),
)
OTHERS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d")
MIDNIGHT, NO_TIME = "every time is midnight", "days without a time beside times"
MOVED = "times of another zone, converted"
NO_DATE = "a declared text for no date, read as missing"
ENOUGH = 20  # [ours] times below which their all being midnight means nothing


@dataclass(frozen=True)
class Dated:
    """The date columns of a source: how each is written, half hours skipped by summer time in which it has times, and
    whether any time lies in the hour that comes twice."""

    clocks: dict[str, Clock]
    skipped: dict[str, dict[int, list[int]]] = field(default_factory=dict)
    repeated: dict[str, list[int]] = field(default_factory=dict)
    notes: tuple[dict, ...] = ()


def looked_at(name: str, parsed: ir.Table, suffixes: tuple[str, str], clocks: dict[str, Clock], source: SourceRules,
              rules: Rules) -> Dated:
    """What the date columns hold. ``parsed`` has each text and, with the suffixes, what the clock showed and
    the offset of the text.

    Raises UserError for dates written otherwise than declared, and for dates that stand for none.
    """
    if not clocks:
        return Dated({})
    suffix, of_offset = suffixes
    spans = {c: _jumps(clock, rules) for c, clock in clocks.items()}
    measures = {f"{i}_{m}": value for i, (c, clock) in enumerate(clocks.items())
                for m, value in _measures(
                    parsed[c], parsed[c + suffix], parsed[c + of_offset] if clock.offsets else None, clock,
                    spans[c]).items()}
    found = parsed.aggregate(rows=parsed.count(), **measures).to_pyarrow().to_pylist()[0]
    facts = {c: {m.split("_", 1)[1]: v or 0 for m, v in found.items() if m.startswith(f"{i}_")}
             for i, c in enumerate(clocks)}
    for column, fact in facts.items():
        if fact["wrong"] or fact["none"] or fact["short"]:
            _refuse(name, parsed, column, suffix, clocks[column], source, found["rows"], fact)
    notes = [n for c in clocks for n in _notes(name, parsed, c, suffix, clocks[c], facts[c])]
    return Dated(clocks, {c: spans[c].skipped for c in clocks if facts[c]["skipped"]},
                 {c: spans[c].repeated for c in clocks if facts[c]["repeated"]}, tuple(notes))


def faults(name: str, column: str, values: ir.Table, shown: ir.TimestampValue, clock: Clock, rules: Rules
           ) -> list[tuple]:
    """(condition, words) for texts of a date column that are no possible date."""
    text = values[column]
    wrong = text.notnull() & (shown.isnull() | (shown.year() < FIRST_YEAR))
    found = []
    if clock.at_24 and not clock.next_day:
        found.append((wrong & text.re_search(moments.MIDNIGHT_24), f"{column}: {why.AT_24}"))
    found.append((wrong, f"{column}: not a date as declared"))
    if column in {c.name for c in INPUTS[name].columns}:
        last = rules.as_of.replace(year=rules.as_of.year + why.FAR_YEARS, day=min(rules.as_of.day, 28))
        found.append((shown >= ibis.timestamp(last.isoformat()), f"{column}: {why.FAR}"))
    return found


def repairs(column: str, values: ir.Table, shown: ir.TimestampValue, offset: ir.StringValue | None, dated: Dated
            ) -> list[tuple]:
    """(condition, words) for times that were moved: own offsets, 24:00, the hours that summer time skips or repeats."""
    text, clock = values[column], dated.clocks[column]
    found = []
    if offset is not None:
        found.append((offset.notnull(), f"{column}: {why.OWN_OFFSET}"))
    if clock.at_24 and clock.next_day:
        found.append((text.re_search(moments.MIDNIGHT_24), f"{column}: {why.NEXT_DAY}"))
    for slots, words in ((sum(dated.skipped.get(column, {}).values(), []), why.LATE),
                         (dated.repeated.get(column, []), why.TWICE)):
        if slots:
            found.append((moments.has_clock(text, clock) & moments.slot(shown).isin(slots), f"{column}: {words}"))
    return found


def _jumps(clock: Clock, rules: Rules) -> moments.Jumps:
    """Jumps of the column's own zone from the declared retention to the as-of date; other rows go on nowhere."""
    if clock.is_day or clock.is_counted:
        return moments.Jumps({}, [])
    days = min(rules.retention_days, (rules.as_of - FIRST_JUMP).days)
    return moments.jumps(clock.own_zone, rules.as_of - dt.timedelta(days=days), rules.as_of + dt.timedelta(days=1))


def _measures(text: ir.StringValue, shown: ir.TimestampValue, offset: ir.StringValue | None, clock: Clock,
              jumps: moments.Jumps) -> dict:
    timed = moments.has_clock(text, clock) & shown.notnull()
    plain = timed if offset is None else timed & offset.isnull()
    short = (shown.year() < 100) & ~text.re_search(r"\d{4}")
    counts = {"n": shown.count(), "wrong": (text.notnull() & shown.isnull()).sum(), "none": _is_none(shown).sum(),
              "short": short.sum(), "timed": timed.sum(),
              "midnight": (timed & (shown == shown.truncate("D"))).sum(), "plain": plain.sum()}
    slots = {"skipped": sum(jumps.skipped.values(), []), "repeated": jumps.repeated}
    return counts | {k: (plain & moments.slot(shown).isin(s)).sum() if s else ibis.literal(0) for k, s in slots.items()}


def _is_none(shown: ir.TimestampValue) -> ir.BooleanValue:
    return shown.truncate("D").isin([ibis.timestamp(d) for d in SENTINELS])


def _refuse(name: str, parsed: ir.Table, column: str, suffix: str, clock: Clock, source: SourceRules, rows: int,
            fact: dict) -> None:
    text, shown = parsed[column], parsed[column + suffix]
    placed = parsed.rename(file="_file", line="_line")
    if fact["none"]:
        _refuse_none(name, placed.filter(_is_none(shown)), column, source)
    wrong = text.notnull() & (shown.isnull() | (shown.year() < 100))
    for shape, what, fix in SHAPES:
        count, where = found_at(placed.filter(wrong & text.re_search(shape)), column)
        if count:
            mixed = "declare" in fix and (fact["n"] or clock.pattern in (moments.EXCEL, *moments.SECONDS_OF))
            raise UserError(f"{column}: {number_of(count, 'value')} written as {what}", where=where,
                            fix="write the column in one way" if mixed else fix.format(name=name))
    if fact["wrong"] > source.quarantine_limit * rows:
        _refuse_other(name, placed.filter(wrong), column, clock, fact)


def _refuse_none(name: str, rows: ir.Table, column: str, source: SourceRules) -> None:
    count, where = found_at(rows, column)
    texts = rows.select(text=rows[column]).distinct().order_by("text").limit(3).text.to_pyarrow().to_pylist()
    nulls = ", ".join(f'"{t}"' for t in dict.fromkeys([*source.nulls, *texts]))
    raise UserError(f"{column}: {number_of(count, 'date is', 'dates are')} {' or '.join(texts)}, which systems write "
                    "where there is no date", where=where,
                    fix=f"declare sources.{name}.nulls: [{nulls}], if that is what they mean")


def _refuse_other(name: str, rows: ir.Table, column: str, clock: Clock, fact: dict) -> None:
    """Where too many dates to set aside are not as declared: the format that fits most of them is named."""
    text = rows[column]
    others = [p for p in OTHERS if p != clock.pattern]
    fits = rows.aggregate(**{f"f{i}": moments.as_shown(text, Clock(p, "UTC", "UTC")).count()
                             for i, p in enumerate(others)}).to_pyarrow().to_pylist()[0]
    best = max(range(len(others)), key=lambda i: (fits[f"f{i}"], -i))
    if not fits[f"f{best}"]:
        return
    count, where = found_at(rows, column)
    fix = "one column, one format: export it again" if fact["n"] else f'declare sources.{name}.dates: "{others[best]}"'
    raise UserError(f"{column}: {number_of(count, 'date is', 'dates are')} not written {clock.pattern}; "
                    f"{number_of(fits[f'f{best}'], 'fits', 'of them fit')} {others[best]}", where=where, fix=fix)


def _notes(name: str, parsed: ir.Table, column: str, suffix: str, clock: Clock, fact: dict) -> list[dict]:
    """Rows of the quality table: times that say less than they seem to, and times moved as declared."""
    text, shown = parsed[column], parsed[column + suffix]
    timed = moments.has_clock(text, clock) & shown.notnull()
    found = []
    if not clock.is_day and fact["timed"] >= ENOUGH and fact["midnight"] == fact["timed"]:
        meaning = "days, or midnights of another zone: converted they may lie on the day before" if (
            clock.moves or clock.offsets or clock.is_counted) else "the times were cut off: hours are not known"
        found.append(_told(name, f"{column}: {MIDNIGHT}", parsed.filter(timed), meaning))
    elif not clock.is_day and 0 < fact["timed"] < fact["n"]:
        found.append(_told(name, f"{column}: {NO_TIME}", parsed.filter(~timed & shown.notnull()),
                           "they are read as midnight"))
    if clock.moves and fact["plain"]:
        found.append(_told(name, f"{column}: {MOVED}", parsed.filter(timed),
                           f"read from {clock.own_zone}, as declared, in {clock.zone}") | {"severity": "repaired"})
    return found


def no_dates(name: str, table: ir.Table, columns: tuple[str, ...], nulls: tuple[str, ...]) -> list[dict]:
    """Rows of the quality table: dates of some columns of a raw table that are a declared text for none."""
    return [_told(name, f"{c}: {NO_DATE}", table.filter(table[c].strip().isin(words(nulls))), "as declared in nulls")
            | {"severity": "repaired"} for c in columns]


def words(nulls: tuple[str, ...]) -> list[str]:
    """Declared null texts that say something: an empty cell needs no word."""
    return sorted({n for n in nulls if any(s.isdigit() for s in n)})


def _told(name: str, rule: str, rows: ir.Table, meaning: str) -> dict:
    count = int(rows.count().execute())
    lines = rows.order_by(["_file", "_line"]).limit(LINES)._line.to_pyarrow().to_pylist()
    return warning(name, rule, meaning, count, [int(n) for n in lines])
