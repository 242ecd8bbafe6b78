"""Noise of what days only decide together: breadth, categories, use per day (method.md §6, [ours]).

Two periods of a customer who has not changed share most of their window; each lacks some days that the other has. So a
copy leaves out as many of his own days as a period has, at random, and counts what is left. (Days drawn with
replacement would repeat, and a repeated day brings no new feature: every copy would be narrower than any period.)
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from lib.contracts import NotMeasured

MOST_LEFT_OUT = 0.5  # [ours] share of a customer's days that a copy lacks at most
NOTHING = pd.DataFrame({"customer_key": [], "day": [], "what": [], "column": [], "value": []})


def own_uses(events, transactions, *, days: pd.DataFrame) -> pd.DataFrame:
    """What the sampled customers used and bought: customer_key, day, what, column (the feature that it makes), value.

    ``events`` and ``transactions``: Ibis tables or NotMeasured; ``days``: as of `noise.own_days`, whose customers and
    span are taken. Rows of `depth` carry the value of a day.
    """
    parts = []
    if len(days) and not isinstance(events, NotMeasured):
        rows = _inside(events, "occurred_on", days)
        if "feature" in rows.columns:
            parts.append(_pairs(rows, "feature", "breadth"))
        if "value" in rows.columns:
            daily = rows.group_by(["customer_key", "day"]).aggregate(value=rows.value.sum().cast("float64"))
            parts.append(daily.to_pandas().assign(what="", column="depth"))
    if len(days) and not isinstance(transactions, NotMeasured) and "category" in transactions.columns:
        parts.append(_pairs(_inside(transactions, "ordered_on", days), "category", "n_categories"))
    table = pd.concat(parts, ignore_index=True) if parts else NOTHING
    return table.sort_values(["column", "customer_key", "what", "day"], ignore_index=True)


@dataclass(frozen=True)
class Uses:
    """The uses in arrays: which day of which customer, and which thing of which customer, every row is."""

    day_of_row: np.ndarray
    customer_of_day: np.ndarray
    left_out: np.ndarray  # chance of a day of each customer to be left out
    parts: dict

    @classmethod
    def of(cls, uses: pd.DataFrame, customers: pd.Index, tenure: np.ndarray, length: float, window: float) -> Uses:
        """``length`` and ``window`` in days; a customer younger than the window has a shorter one."""
        rows = uses.assign(place=customers.get_indexer(uses["customer_key"]))
        rows = rows[rows["place"] >= 0]
        day_of_row = rows.groupby(["place", "day"], sort=True).ngroup().to_numpy()
        customer_of_day = rows.drop_duplicates(["place", "day"]).sort_values(["place", "day"])["place"].to_numpy()
        seen = np.clip(np.nan_to_num(tenure, nan=window) + 1, 1, window)
        left_out = np.minimum(length / seen, MOST_LEFT_OUT)
        parts = {column: _part(part.assign(row=np.flatnonzero(rows["column"] == column)), left_out)
                 for column, part in rows.groupby("column")}
        return cls(day_of_row, customer_of_day, left_out, parts)

    def copy(self, table: pd.DataFrame, rng) -> pd.DataFrame:
        """The features of one copy in which a random part of every customer's days is left out."""
        out = table.copy()
        kept = (rng.random(len(self.customer_of_day)) >= self.left_out[self.customer_of_day])[self.day_of_row]
        for column in (c for c in self.parts if c in table):
            out[column] = table[column] * self.parts[column](kept, len(table))
        if "breadth" in out:
            out["breadth"] = out["breadth"].clip(upper=1.0)
        return out


def _part(part: pd.DataFrame, left_out: np.ndarray):
    """(days kept by row, customers) → by what factor the column of each customer changes."""
    row, place, value = part["row"].to_numpy(), part["place"].to_numpy(), part["value"].to_numpy(float)
    if part["column"].iloc[0] == "depth":
        return lambda kept, n: _factor(_mean(place, value, kept[row], n), _mean(place, value, np.ones(len(row)), n))
    thing = part.groupby(["place", "what"], sort=False).ngroup().to_numpy()
    starts = np.flatnonzero(np.r_[True, thing[1:] != thing[:-1]])
    owner, often = place[starts], np.diff(np.r_[starts, len(thing)])

    def counted(kept, n):
        found = np.bincount(owner, np.logical_or.reduceat(kept[row], starts), minlength=n)
        return _factor(found, np.bincount(owner, 1 - left_out[owner] ** often, minlength=n))
    return counted


def _factor(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.divide(found, expected, out=np.ones(len(found)), where=(expected > 0) & np.isfinite(found))


def _mean(place: np.ndarray, value: np.ndarray, weight: np.ndarray, n: int) -> np.ndarray:
    many = np.bincount(place, weight, minlength=n)
    return np.divide(np.bincount(place, value * weight, minlength=n), many, out=np.full(n, np.nan), where=many > 0)


def _inside(rows, column: str, days: pd.DataFrame):
    rows = rows.mutate(day=rows[column].cast("date"))
    first, last = (pd.Timestamp(d).date() for d in (days["day"].min(), days["day"].max()))
    chosen = days["customer_key"].unique().tolist()
    return rows.filter((rows.day >= ibis.date(first)) & (rows.day <= ibis.date(last)) & rows.customer_key.isin(chosen))


def _pairs(rows, what: str, column: str) -> pd.DataFrame:
    found = rows.filter(rows[what].notnull()).select("customer_key", "day", what=rows[what].cast("string")).distinct()
    return found.to_pandas().assign(column=column, value=np.nan)
