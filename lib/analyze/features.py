"""Customer features: one row per customer at a day, made from raw rows inside the engine.

Two group-bys over transactions and one over events; what leaves the engine is one row per customer.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lib.analyze import distinct
from lib.analyze.activity import NOTHING, active_days, by_orders
from lib.analyze.answers import newest
from lib.analyze.orders import has, order_table, up_to
from lib.contracts import NotMeasured

WINDOW_DAYS, WINDOW_PERIODS = 365, 4  # method.md §3.1: W = max(365 days, 4 natural periods)
PRECISION = 1000  # value units are summed in thousandths, as integers: the same sum in any order of rows
_ZERO_WHEN_ABSENT = ("n_occasions", "n_orders", "revenue", "n_categories", "active_days", "breadth", "frequency")


def window_for(period_days: float) -> int:
    """Days of the window W for a natural period."""
    return int(np.ceil(max(WINDOW_DAYS, WINDOW_PERIODS * period_days)))


def one_period_before(as_of: dt.date, period_days: float) -> dt.date:
    """The day that lies one natural period before."""
    return as_of - dt.timedelta(days=int(round(period_days)))


def attributes_of(customers) -> tuple[str, ...]:
    """The attributes that customers bring: every column but their key and their first day."""
    return () if isinstance(customers, NotMeasured) else tuple(
        c for c in customers if c not in ("customer_key", "signup_date"))


def customer_features(transactions, events, customers, *, critical_event: str, as_of: dt.date,
                      window_days: int | None = None, period_days: float, n_features: int | None = None,
                      attributes: tuple[str, ...] = (), answers=None) -> pd.DataFrame | NotMeasured:
    """One row per customer known at `as_of`, sorted by key; columns as the contract `features`.

    Behaviour is counted in the `window_days` up to `as_of` (default: `window_for(period_days)`), recency and
    tenure over everything up to it. A customer without orders has counts of 0 and no recency or mean value.
    `n_features` is how many features are offered (default: how many occur); `attributes` are columns of
    `customers` to carry along. `answers` (columns of a survey that customers may be divided by; one row per
    respondent and wave) join them as far as they were given by `as_of`. Before there is any behaviour, as at a launch,
    the rows are the customers of `customers`, or the respondents where there is no such table.
    """
    if isinstance(transactions, NotMeasured) and isinstance(events, NotMeasured):
        return _with_answers(_unseen(customers, answers, as_of, attributes), answers, as_of)
    window = window_days or window_for(period_days)
    parts = [] if isinstance(customers, NotMeasured) else [_known(customers, as_of, attributes)]
    if not isinstance(transactions, NotMeasured):
        parts.append(_from_transactions(transactions, as_of, window))
    if not isinstance(events, NotMeasured):
        parts.append(_from_events(events, as_of, window, n_features))
    if not by_orders(transactions, events, critical_event):
        parts.append(_critical(active_days(transactions, events, critical_event=critical_event, as_of=as_of),
                               as_of, window))
    table = _joined(parts)
    if by_orders(transactions, events, critical_event):
        table["_critical_days"] = table["n_occasions"]  # the same days: counted once
    table = _finish(table, as_of, window, period_days, bought=not isinstance(transactions, NotMeasured))
    order = [c for c in table if c not in attributes] + [a for a in attributes if a in table]
    return _with_answers(table[order].rename_axis("customer_key").reset_index(), answers, as_of)


def _unseen(customers, answers, as_of: dt.date, attributes: tuple[str, ...]) -> pd.DataFrame | NotMeasured:
    """Customers nobody has seen do anything yet: when they signed up, where known, and what they bring."""
    if not isinstance(customers, NotMeasured):
        table = _known(customers, as_of, attributes).sort_index()
    elif answers is None or isinstance(answers, NotMeasured):
        return NOTHING
    else:
        table = pd.DataFrame(index=pd.Index(newest(answers, as_of=as_of)["customer_key"]))
    if "_signup" in table:
        table.insert(0, "tenure_days", (pd.Timestamp(as_of) - table.pop("_signup")).dt.days.astype("float64"))
    else:
        table.insert(0, "tenure_days", np.nan)
    return table.rename_axis("customer_key").reset_index() if len(table) else NOTHING


def _with_answers(table, answers, as_of: dt.date) -> pd.DataFrame | NotMeasured:
    if answers is None or isinstance(answers, NotMeasured) or isinstance(table, NotMeasured):
        return table
    given = newest(answers, as_of=as_of)
    return table.merge(given[["customer_key", *[c for c in given if c not in table]]], on="customer_key", how="left",
                       validate="one_to_one")


def features_before(transactions, events, customers, *, critical_event: str, as_of: dt.date,
                    window_days: int | None = None, period_days: float, n_features: int | None = None,
                    attributes: tuple[str, ...] = (), answers=None) -> pd.DataFrame | NotMeasured:
    """Features one period before `as_of`, with what came next: `next_active` and, with amounts, `next_revenue`.

    Nothing after that earlier day enters a feature, and only customers known by then are rows.
    """
    if isinstance(transactions, NotMeasured) and isinstance(events, NotMeasured):
        return NOTHING
    earlier = one_period_before(as_of, period_days)
    table = customer_features(transactions, events, customers, critical_event=critical_event, as_of=earlier,
                              window_days=window_days, period_days=period_days, n_features=n_features,
                              attributes=attributes, answers=answers)
    table = table[table["tenure_days"].notna()].reset_index(drop=True)
    days = active_days(transactions, events, critical_event=critical_event, as_of=as_of)
    active = days.filter(days.day > ibis.date(earlier)).select("customer_key").distinct().to_pandas()
    table["next_active"] = table["customer_key"].isin(active["customer_key"]).astype(float)
    if has(transactions, "amount"):
        table["next_revenue"] = table["customer_key"].map(_revenue_after(transactions, earlier, as_of)).fillna(0.0)
    return table


def _revenue_after(transactions: ir.Table, earlier: dt.date, as_of: dt.date) -> pd.Series:
    orders = order_table(transactions, as_of=as_of)
    orders = orders.filter(orders.day > ibis.date(earlier))
    sums = orders.group_by("customer_key").aggregate(revenue=orders.net.sum().cast("float64")).to_pandas()
    return sums.set_index("customer_key")["revenue"]


def _known(customers: pd.DataFrame, as_of: dt.date, attributes: tuple[str, ...]) -> pd.DataFrame:
    """Customers of the attribute table who had signed up by then, with the attributes asked for."""
    indexed = customers.set_index("customer_key")
    kept = indexed[[a for a in attributes if a in indexed]].copy()
    if "signup_date" in indexed:
        kept["_signup"] = pd.to_datetime(indexed["signup_date"]).dt.normalize()
        kept = kept[~(kept["_signup"] > pd.Timestamp(as_of))]
    return kept


def _from_transactions(transactions: ir.Table, as_of: dt.date, window: int) -> pd.DataFrame:
    days = _days(as_of, window)
    names = _occurring(transactions, "category") if has(transactions, "category") else []
    orders = order_table(transactions, as_of=as_of, categories_since=days[0] if names else None)
    orders = distinct.with_bits(_inside(orders, days), "recent", days)
    orders = distinct.with_bits(orders, "category", names)
    inside = orders.recent.notnull()
    measures = {
        **_span(orders, "order"), "_first_inside": orders.recent.min().cast("timestamp"),
        **distinct.measures(orders, "recent", "n_occasions", days),
        "n_orders": orders.opens.cast("float64").sum(where=inside),
    }
    if has(transactions, "amount"):
        measures |= {name: orders[column].cast("float64").sum(where=inside)  # whole numbers: exact below 2**53
                     for name, column in (("revenue", "net"), ("_taken", "taken"))}
    if names:
        measures |= distinct.measures(orders, "category", "n_categories", names)
    return _frame(orders.group_by("customer_key").aggregate(**measures))


def _from_events(events: ir.Table, as_of: dt.date, window: int, n_features: int | None) -> pd.DataFrame:
    days = _days(as_of, window)
    seen = distinct.with_bits(_inside(up_to(events, "occurred_on", as_of), days), "recent", days)
    measures = {**_span(seen, "event"), **distinct.measures(seen, "recent", "active_days", days)}
    if has(events, "value"):
        inside = seen.recent.notnull()
        measures["_value"] = (seen.value * PRECISION).round().cast("int64").sum(where=inside).cast("float64")
    if has(events, "feature"):
        seen = seen.mutate(used=ibis.ifelse(seen.recent.notnull(), seen.feature, None))
        names = _occurring(seen, "used")
        seen = distinct.with_bits(seen, "used", names)
        measures |= distinct.measures(seen, "used", "_used", names)
    table = _frame(seen.group_by("customer_key").aggregate(**measures))
    if "_used" in table:
        offered = n_features or int(seen.feature.nunique().execute())
        table["breadth"] = (table.pop("_used") / max(offered, 1)).clip(upper=1.0)
    if "_value" in table:
        table["depth"] = (table.pop("_value") / PRECISION / table["active_days"]).where(table["active_days"] > 0)
    return table


def _span(rows: ir.Table, of: str) -> dict:
    """The first and the last day, as moments: dates would leave the engine as Python objects."""
    return {f"_first_{of}": rows.day.min().cast("timestamp"), f"_last_{of}": rows.day.max().cast("timestamp")}


def _occurring(rows: ir.Table, column: str) -> list[str]:
    found = rows.filter(rows[column].notnull()).select(column).distinct().to_pandas()
    return sorted(found[column])


def _inside(rows: ir.Table, days: list[dt.date]) -> ir.Table:
    """The rows with `recent`: their day where it lies in the window, else empty."""
    return rows.mutate(recent=ibis.ifelse(rows.day >= ibis.date(days[0]), rows.day, None))


def _days(as_of: dt.date, window: int) -> list[dt.date]:
    """The days of the window, the first one first."""
    return [as_of - dt.timedelta(days=back) for back in range(window - 1, -1, -1)]


def _critical(days: ir.Table, as_of: dt.date, window: int) -> pd.DataFrame:
    inside = days.day > ibis.date(as_of - dt.timedelta(days=window))
    return _frame(days.group_by("customer_key").aggregate(_critical_days=days.count(where=inside)))


def _frame(aggregated: ir.Table) -> pd.DataFrame:
    """One row per customer; numbers as floats, exact below 2**53, so that a missing sum is NaN."""
    table = distinct.counts(aggregated.to_pyarrow().to_pandas()).set_index("customer_key")
    return table.astype({c: "float64" for c in table if not c.startswith(("_first", "_last"))})


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts side by side, one row per customer of any of them, sorted by key.

    Keys are compared as Arrow holds them: pandas would turn a million of them to Python objects for each part.
    """
    keys = [pa.array(part.index.array, pa.large_string()) for part in parts]
    every = keys[0] if len(keys) == 1 else pc.unique(pa.chunked_array(keys))
    every = every.take(pc.sort_indices(every))
    index = pd.Index(every.to_pandas(), dtype="str")
    placed = []
    for part, own in zip(parts, keys, strict=True):
        place = pc.fill_null(pc.index_in(every, value_set=own), -1).to_numpy(zero_copy_only=False)
        placed.append(part.set_axis(pd.RangeIndex(len(part))).reindex(place).set_axis(index))
    return pd.concat(placed, axis=1)


def _finish(table: pd.DataFrame, as_of: dt.date, window: int, period_days: float, *, bought: bool) -> pd.DataFrame:
    """Dates become gaps, sums become means; what was never done counts as 0."""
    today = pd.Timestamp(as_of)
    firsts = table[[c for c in ("_signup", "_first_order", "_first_event") if c in table]]
    tenure = (today - firsts.min(axis=1)).dt.days if len(firsts.columns) else pd.Series(np.nan, table.index)
    last = table["_last_order"] if bought else table["_last_event"]
    done = pd.DataFrame({"tenure_days": tenure, "recency_days": (today - last).dt.days}, index=table.index)
    if bought:
        gaps = (table["_last_order"] - table["_first_inside"]).dt.days / (table["n_occasions"] - 1)
        done["mean_gap_days"] = gaps.where(table["n_occasions"] > 1)
    if "revenue" in table:
        done["mean_occasion_value"] = (table["revenue"] / table["n_occasions"]).where(table["n_occasions"] > 0)
        done["refund_share"] = ((table["_taken"] - table["revenue"]) / table["_taken"]).where(table["_taken"] > 0)
    # A newcomer is rated over his own time, but never over less than one period.
    exposure = tenure.add(1).clip(lower=period_days, upper=window).fillna(window) / period_days
    table = table.assign(frequency=table["_critical_days"].fillna(0) / exposure, **done)
    table = table.drop(columns=[c for c in table if c.startswith("_")])
    zeros = [c for c in _ZERO_WHEN_ABSENT if c in table]
    table[zeros] = table[zeros].fillna(0)
    table["seen"] = (table[[c for c in ("n_occasions", "active_days") if c in table]] > 0).any(axis=1)
    numbers = [c for c in table if c in (*_ZERO_WHEN_ABSENT, *done, "depth", "seen")]
    return table.astype(dict.fromkeys(numbers, "float64"))
