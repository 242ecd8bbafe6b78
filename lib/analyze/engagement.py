"""Engagement per customer and natural period: breadth, depth, frequency (method.md §3.3)."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from lib.analyze.activity import NOTHING, ORDER, critical_events
from lib.analyze.features import PRECISION
from lib.analyze.orders import has, order_table, purchase_lines, up_to
from lib.contracts import NotMeasured


def by_period(transactions, events, *, as_of: dt.date, period_days: float, n_periods: int = 4, breadth: str = "",
              depth: str = "", frequency: str = "", n_features: int | None = None) -> pd.DataFrame | NotMeasured:
    """One row per customer and period since the customer's first sign of life; columns as the contract `engagement`.

    Period 0 ends at `as_of`, -1 ends one period before it. `breadth` and `depth` name a column of events or
    transactions (feature or category; value, amount or quantity), `frequency` is `order`, `event` or a feature;
    empty or unknown names fall back to what the tables have, events first. A customer who did nothing in a
    period has breadth and frequency 0 and no depth. Breadth is a share of `n_features` (default: those that occur).
    """
    if isinstance(transactions, NotMeasured) and isinstance(events, NotMeasured):
        return NOTHING
    tables = {name: _periods(rows, as_of, period_days, n_periods) for name, rows in
              _rows(transactions, events, as_of, frequency).items()}
    counted = tables["use"].group_by(["customer_key", "period"]).aggregate(frequency=tables["use"].day.nunique())
    parts = [_indexed(counted), _depth(tables, depth), _breadth(tables, breadth, n_features)]
    if has(transactions, "amount"):
        orders = _periods(order_table(transactions, as_of=as_of), as_of, period_days, n_periods)
        revenue = orders.net.sum().cast("float64")  # exact below 2**53
        parts.append(_indexed(orders.group_by(["customer_key", "period"]).aggregate(revenue=revenue)))
    grid = _grid(transactions, events, as_of, period_days, n_periods)
    table = grid.join([p for p in parts if p is not None])
    for column in {"breadth", "depth"} - set(table):
        table[column] = np.nan if column == "depth" else 0.0
    zeros = [c for c in ("breadth", "frequency", "revenue") if c in table]
    table = table.astype("float64").fillna(dict.fromkeys(zeros, 0.0)).sort_index().reset_index()
    return table.astype({"period": "int64"})


def _rows(transactions, events, as_of: dt.date, frequency: str) -> dict[str, ir.Table]:
    """Dated rows: `events`, `lines` (purchases), and `use`, whose days are the frequency."""
    rows = {}
    if not isinstance(events, NotMeasured):
        rows["events"] = up_to(events, "occurred_on", as_of)
    if not isinstance(transactions, NotMeasured):
        lines = purchase_lines(transactions, as_of=as_of)
        rows["lines"] = lines.filter(lines.bought)
    if "events" not in rows or (frequency == ORDER and "lines" in rows):
        rows["use"] = rows["lines"]
    else:
        rows["use"] = critical_events(events, critical_event=frequency, as_of=as_of)
    return rows


def _periods(rows: ir.Table, as_of: dt.date, period_days: float, n_periods: int) -> ir.Table:
    """The rows of the last `n_periods`, with `period` 0 for the one that ends at `as_of`, -1 before it, ..."""
    age = ibis.date(as_of).delta(rows.day, unit="day")
    dated = rows.mutate(period=-(age / period_days).floor().cast("int64"))
    return dated.filter(dated.period > -n_periods)


def _depth(tables: dict[str, ir.Table], wanted: str) -> pd.DataFrame | None:
    """Value units per day with such a row."""
    place = _column(tables, (wanted, "value", "amount", "quantity"))
    if place is None:
        return None
    rows, column = place
    units = (rows[column].cast("float64") * PRECISION).round().cast("int64")
    summed = rows.group_by(["customer_key", "period"]).aggregate(units=units.sum(), days=rows.day.nunique())
    table = _indexed(summed)
    return (table["units"] / PRECISION / table["days"]).to_frame("depth")


def _breadth(tables: dict[str, ir.Table], wanted: str, n_features: int | None) -> pd.DataFrame | None:
    place = _column(tables, (wanted, "feature", "category"))
    if place is None:
        return None
    rows, column = place
    offered = n_features if n_features and column == "feature" else int(rows[column].nunique().execute())
    used = rows.group_by(["customer_key", "period"]).aggregate(used=rows[column].nunique())
    return (_indexed(used)["used"] / max(offered, 1)).clip(upper=1.0).to_frame("breadth")


def _column(tables: dict[str, ir.Table], names: tuple[str, ...]) -> tuple[ir.Table, str] | None:
    """The first of these columns that has values, with its table; events come before purchases."""
    for name in names:
        for rows in (tables[t] for t in ("events", "lines") if t in tables):
            if name and has(rows, name):
                return rows, name
    return None


def _grid(transactions, events, as_of: dt.date, period_days: float, n_periods: int) -> pd.DataFrame:
    """Every customer in every period from that of the first sign of life on."""
    firsts = []
    if not isinstance(events, NotMeasured):
        seen = up_to(events, "occurred_on", as_of)
        firsts.append(_first(seen))
    if not isinstance(transactions, NotMeasured):
        firsts.append(_first(order_table(transactions, as_of=as_of)))
    first = pd.concat(firsts).groupby(level=0).min().sort_index()
    born = -np.floor((pd.Timestamp(as_of) - first).dt.days.to_numpy() / period_days).astype("int64")
    periods = np.arange(1 - n_periods, 1)
    rows, columns = np.nonzero(periods[None, :] >= born[:, None])
    keys = [first.index.to_numpy()[rows], periods[columns]]
    return pd.DataFrame(index=pd.MultiIndex.from_arrays(keys, names=["customer_key", "period"]))


def _first(rows: ir.Table) -> pd.Series:
    return rows.group_by("customer_key").aggregate(first=rows.day.min()).to_pandas().set_index("customer_key")["first"]


def _indexed(aggregated: ir.Table) -> pd.DataFrame:
    return aggregated.to_pandas().set_index(["customer_key", "period"]).astype("float64")
