"""Periods of the same length, one after the other: when did behaviour change? (method.md §6, drift)

A window of a year hides a change for months: it holds eleven old ones. So what customers did is held against what they
did in the period before, each counted in its own days.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured, measured
from lib.contracts.counts import number_of
from lib.monitor.drift import drift

MOST = 13  # periods looked back to: a year of months, and the one that it is held against
YEAR = 365
SAMPLE = 20_000  # customers at most, drawn by their key: an index of .1 is seen among far fewer


def length(since: dt.date, as_of: dt.date, natural_days: float) -> int:
    """Days of a period: those since the day compared with, and never less than a natural period."""
    return max((as_of - since).days, round(natural_days))


def ends(first: str | None, as_of: dt.date, days: int) -> list[dt.date]:
    """Last days of the whole periods that the data hold, oldest first; at most 13."""
    start = _start(first)
    if start is None:
        return []
    whole = min(((as_of - start).days + 1) // days, MOST)
    return [as_of - dt.timedelta(days=days * i) for i in range(whole - 1, -1, -1)]


@measured
def sampled(table, keys: pd.Series):
    """The rows of at most 20,000 customers: those with the smallest keys, which are drawn by a keyed hash."""
    if len(keys) <= SAMPLE:
        return table
    last = keys.sort_values().iloc[SAMPLE - 1]
    return table[table["customer_key"] <= last] if isinstance(table, pd.DataFrame) else table.filter(
        table.customer_key <= last)


def window(first: str | None, since: dt.date, as_of: dt.date, natural_days: float, usual: int) -> int:
    """Days in which behaviour is counted, on the day compared with and on the last one alike.

    The ``usual`` window, or what the data held by the day compared with: while a window still fills, the later one
    holds more days, and everybody would seem to buy more. With nothing to compare with it is the usual one.
    """
    start = _start(first)
    if start is None or not _holds_a_period(start, since, length(since, as_of, natural_days)):
        return usual
    return min(usual, (since - start).days + 1)


@measured
def behind(features: pd.DataFrame, first: str | None, since: dt.date, as_of: dt.date, natural_days: float):
    """Features of the customers known at the day compared, when the data hold a whole period before it.

    Else NotMeasured with the day of a run that can be compared: what was done before the data begin is not seen, and
    everybody would seem to have woken up since.
    """
    days, start = length(since, as_of, natural_days), _start(first)
    then = (start or as_of) + dt.timedelta(days=2 * days - 1)
    when = f"a run for {then.isoformat()} or later, when two periods can be compared"
    if start is not None and not _holds_a_period(start, since, days):
        return NotMeasured(f"the data hold less than {number_of(days, 'day')} before the day compared", when)
    found = known(features)
    return found if len(found) else NotMeasured("nobody was a customer yet at the day of comparison", when)


def last_two(tables: dict[dt.date, pd.DataFrame], first: str | None, as_of: dt.date, days: int):
    """(features of the period before, of the last one); two NotMeasured with the day when they can be compared."""
    if len(tables) >= 2:
        return tuple(known(t) for t in list(tables.values())[-2:])
    start = _start(first)
    when = as_of + dt.timedelta(days=2 * days) if start is None else start + dt.timedelta(days=2 * days - 1)
    absent = NotMeasured(f"the data hold less than two periods of {number_of(days, 'day')}",
                         f"a run for {when.isoformat()} or later, when two periods can be compared")
    return absent, absent


@measured
def known(features: pd.DataFrame) -> pd.DataFrame:
    """Those who were customers by the end of the period."""
    return features[features["tenure_days"].notna()].reset_index(drop=True)


def history(tables: dict[dt.date, pd.DataFrame], *, variables: list[str] | NotMeasured, seed: int):
    """Drift of each period against the one before (contract `drift_history`), and whether it raised an alarm.

    ``tables``: features of the customers in each period, by its last day, oldest first.
    """
    days = list(tables)
    if isinstance(variables, NotMeasured) or len(days) < 2:
        return variables if isinstance(variables, NotMeasured) else NotMeasured(
            "there is no earlier period to compare with", "data of two periods")
    nobody = NotMeasured("labels of one model are not known for every period")
    found = []
    for before, now in zip(days, days[1:], strict=False):
        table = drift(known(tables[before]), known(tables[now]), nobody, nobody, variables=variables, seed=seed)
        if isinstance(table, NotMeasured):
            return table
        found.append(table.assign(ends_on=now.isoformat()))
    columns = ["ends_on", "variable", "n_before", "n_now", "psi", "p", "verdict"]
    return pd.concat(found, ignore_index=True)[columns]


@measured
def a_year_before(tables: dict[dt.date, pd.DataFrame], found: pd.DataFrame, *, seed: int) -> pd.DataFrame | NotMeasured:
    """The variables that raise an alarm now, held against the same season: drift from the period a year before.

    ``found`` as of `drift`. Columns as of `drift`, and `ends_on`, the last day of that period. Empty where nothing
    raises an alarm; NotMeasured where an alarm is raised and the data hold no period whose end is within half its
    length of a year before.
    """
    alarms = found.loc[found["verdict"] == "alarm", "variable"].tolist()
    days = list(tables)
    alarms = [v for v in alarms if days and v in tables[days[-1]]]
    if not alarms:
        return pd.DataFrame(columns=["variable", "psi", "p", "verdict", "ends_on"])
    last, year = days[-1], dt.timedelta(days=YEAR)
    near = min(days, key=lambda day: abs((day - (last - year)).days))
    length_of = (days[-1] - days[-2]).days if len(days) > 1 else YEAR
    if near in days[-2:] or 2 * abs((near - (last - year)).days) > length_of:
        return NotMeasured("whether a season explains the drift: the data hold no such period of a year before",
                           f"data from {(last - year - dt.timedelta(days=length_of)).isoformat()} on, in periods of "
                           f"which {MOST} reach back a year")
    nobody = NotMeasured("labels of one model are not known for every period")
    return drift(known(tables[near]), known(tables[last]), nobody, nobody, variables=alarms, seed=seed).assign(
        ends_on=near.isoformat())


@measured
def behaviour(variables: list[str], customers: pd.DataFrame) -> list[str]:
    """The variables that are done anew in every period: not what customers brought along."""
    return [v for v in variables if v not in customers]


def _start(first: str | None) -> dt.date | None:
    """The first day of the data; None where nothing happened yet."""
    return None if first is None or pd.isna(pd.Timestamp(first)) else pd.Timestamp(first).date()


def _holds_a_period(start: dt.date, since: dt.date, days: int) -> bool:
    """Whether the data that begin on ``start`` hold a whole period up to ``since``."""
    return (since - start).days + 1 >= days
