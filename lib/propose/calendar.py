"""When: the last complete day or month of the data, how far it goes back, and what the rhythm says about billing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.propose.dates import COUNTED, day_of
from lib.propose.roles import Table
from lib.propose.said import Said
from lib.propose.shapes import Shape

YEAR = 365  # days in which behaviour is counted, as in method.md §3.1
PARTIAL = 0.5  # a last day or month with less than this share of what is usual is not complete [ours]
MOST_BACK = 14  # days looked back for a complete one [ours]
SAMPLED = 20_000  # customers whose rhythm is looked at, drawn by hash [ours]
MONTH = (27, 32)  # days between two payments of a monthly contract, paid late or early by a day [ours]
CONSTANT = 0.25  # median variation of gaps below which billing is constant [ours]


@dataclass(frozen=True)
class Span:
    """The days of a source: ``days`` (indexed by date) counts its rows; ``monthly``: all on one day a month."""

    source: str
    header: str
    days: pd.Series
    monthly: bool

    @property
    def length(self) -> int:
        return (self.days.index[-1] - self.days.index[0]).days + 1


def span(table: Table, source: str, shape: Shape, pattern: str) -> Span | None:
    """Rows by day, read in one declared format over the whole column; None when nothing reads."""
    pattern, day = _day(table, shape, pattern)
    counts = table.looked.rows.select(day=day).filter(ibis._.day.notnull()).group_by("day").aggregate(n=ibis._.count())
    rows = [(day_of(r["day"], pattern), r["n"]) for r in counts.to_pyarrow().to_pylist()]
    days = pd.DataFrame([r for r in rows if r[0]], columns=["day", "n"]).groupby("day")["n"].sum().sort_index()
    days = _without_strays(days)
    if days.empty:
        return None
    monthly = len(days) >= 3 and len({d.day for d in days.index}) == 1
    return Span(source, shape.header, days, monthly)


def as_of(spans: list[Span]) -> Said:
    """The last complete day (or month) that every main source covers."""
    if not spans:
        return Said("", "no date could be read, so no last day is known", "decide")
    found = [(_last_complete(s), s) for s in spans]
    (day, why), source = min(found, key=lambda f: f[0][0])
    also = "; the other tables go on, so the earliest of them counts" if len({f[0][0] for f in found}) > 1 else ""
    return Said(day, f"{why} of {source.header} ({source.source}){also}", "likely")


def _last_complete(span: Span) -> tuple[dt.date, str]:
    if span.monthly:
        months = span.days.groupby([d.replace(day=1) for d in span.days.index]).sum()
        usual = months.iloc[:-1].tail(6).median()
        last = months.index[-1]
        if len(months) > 1 and months.iloc[-1] < PARTIAL * usual:
            return _month_end(months.index[-2]), "end of the last complete month (the newest has few rows)"
        return _month_end(last), "end of the last month"
    last = newest = span.days.index[-1]
    while last > newest - dt.timedelta(days=MOST_BACK) and _is_partial(span.days, last):
        last -= dt.timedelta(days=1)
    if last == newest:
        return last, "last day"
    return last, f"last day with as many rows as usual (later ones, to {newest}, have too few)"


def _is_partial(days: pd.Series, day: dt.date) -> bool:
    """Whether a day has clearly fewer rows than the same weekday in the eight weeks before."""
    usual = float(np.median([days.get(day - dt.timedelta(days=7 * k), 0) for k in range(1, 9)]))
    return usual >= 4 and days.get(day, 0) < PARTIAL * usual


def _month_end(first: dt.date) -> dt.date:
    return (pd.Timestamp(first) + pd.offsets.MonthEnd(0)).date()


def _without_strays(days: pd.Series) -> pd.Series:
    """Days far outside the rest (1900, 9999) say nothing about the period."""
    if len(days) < 3:
        return days
    total = days.cumsum() / days.sum()
    low, high = days.index[(total >= 0.001).argmax()], days.index[(total >= 0.999).argmax()]
    room = max((high - low).days, 30)
    return days[(days.index >= low - dt.timedelta(days=room)) & (days.index <= high + dt.timedelta(days=room))]


def _day(table: Table, shape: Shape, pattern: str) -> tuple[str, ir.StringValue]:
    """The format of the days of a column, and the days without times."""
    text = table.looked.rows[shape.column.name].strip()
    if unit := next((u for name, _, u in COUNTED if name == pattern), 0):
        seconds = (text.try_cast("float64") / unit).floor().cast("int64")
        return "%Y-%m-%d", seconds.as_timestamp("s").strftime("%Y-%m-%d")
    return "%Y-%m-%d" if shape.column.name in table.looked.native else pattern, text.re_replace(r"[ T]\d{1,2}:.*$", "")


def customer_days(table: Table, shape: Shape, pattern: str) -> pd.DataFrame:
    """One row a customer: `occasions` (distinct days of the last year), `first`, `last`; how many `gaps` between days,
    how many of them are a month (`monthly`), and their `variation`."""
    pattern, day = _day(table, shape, pattern)
    pairs = table.looked.rows.select(who=table.looked.rows[table.who.column.name].strip(), day=day).filter(
        (ibis._.who != "") & ibis._.day.notnull()
    )
    every = table.who.column.distinct // SAMPLED + 1
    pairs = pairs.filter(pairs.who.hash().abs() % every == 0).distinct().to_pyarrow().to_pandas()
    known = {d: day_of(d, pattern) for d in pairs["day"].unique()}
    pairs = (
        pairs.assign(day=pd.to_datetime(pairs["day"].map(known))).dropna().drop_duplicates().sort_values(["who", "day"])
    )
    gaps = pairs.groupby("who")["day"].diff().dt.days
    recent = pairs[pairs["day"] > pairs["day"].max() - pd.Timedelta(days=YEAR)]
    grouped = pairs.groupby("who")["day"]
    spread = gaps.groupby(pairs["who"]).agg(["mean", "std", "count"])
    return pd.DataFrame(
        {
            "occasions": recent.groupby("who")["day"].count().reindex(grouped.count().index, fill_value=0),
            "first": grouped.min(),
            "last": grouped.max(),
            "monthly": gaps.between(*MONTH).groupby(pairs["who"]).sum(),
            "gaps": spread["count"],
            "variation": (spread["std"] / spread["mean"]).where(spread["count"] >= 3),
        }
    )
