"""The single checks of readiness: each with what was found, what is needed and, where it fails, the reason.

A check is {check, value, unit, needed, state, reason}; ``needed`` says the number and how much of it is missing.
"""

from __future__ import annotations

import numpy as np

from lib.contracts import NotMeasured

PER_VARIABLE_AND_SEGMENT = 10  # no-go below 10·p·k (Qiu & Joe), method.md §3.10
PER_VARIABLE = 60              # no-go below 60·p (Dolnicar et al. 2014)
PER_VARIABLE_SAFE = 100        # caution below 100·p (Dolnicar et al. 2016)
LEAST_SEGMENTS = 2
LEAST_PERIODS = 2              # natural periods of history, method.md §3.10
LEAST_DAYS = 30                # [ours] shorter, the day of the week and pay day pass for habits
RFM_HISTORY = 180              # method.md §3.10: days of history that RFM needs; below, caution [ours]
LEAST_VARIABLES = 2            # method.md §3.10
LEAST_ICPS = 2                 # method.md §1
LEAST_REPEAT = 0.20            # method.md §1 [ours]: share of customers with a second occasion
ASSUMED_PERIOD = 30            # days, where no rhythm was measured
GO, CAUTION, NO_GO = STATES = ("go", "caution", "no-go")


def profiles(n: int) -> dict:
    """At least two ideal customer profiles are declared."""
    return _check("ideal customer profiles", n, f"{LEAST_ICPS} profiles in the product file{_more(LEAST_ICPS - n)}",
                  GO if n >= LEAST_ICPS else NO_GO, f"{_number(n, 'ideal customer profile')} declared")


def customers(n: int, p: int) -> dict:
    """Customers for the number of variables and two segments at least."""
    p = max(p, LEAST_VARIABLES)
    least, safe = max(PER_VARIABLE_AND_SEGMENT * p * LEAST_SEGMENTS, PER_VARIABLE * p), PER_VARIABLE_SAFE * p
    state = NO_GO if n < least else CAUTION if n < safe else GO
    enough = safe if state == CAUTION else least
    return _check("customers", n, f"{enough} customers for {p} variables{_more(enough - n)}", state,
                  f"the base has {n} {'customer' if n == 1 else 'customers'}")


def days_needed(period_days: float) -> int:
    """Days of history that two natural periods take, at least thirty."""
    period = ASSUMED_PERIOD if np.isnan(period_days) else period_days
    return max(int(np.ceil(LEAST_PERIODS * period)), LEAST_DAYS)


def history(days: int, period_days: float, *, launching: bool) -> dict:
    """Two natural periods, or it is a no-go; half a year, or seasons cannot be told from habits."""
    least = days_needed(period_days)
    enough = least if days < least else max(least, RFM_HISTORY)
    state = NO_GO if days < least else CAUTION if days < enough else GO
    return _check("days of history", days, f"{enough} days of history{_more(enough - days)}",
                  _at_launch(state, launching), f"the data cover {days} {'day' if days == 1 else 'days'}")


def returning(share: float, *, launching: bool) -> dict:
    """Customers who came a second time: without them nothing that is known tells about a next period."""
    found = _check("customers seen on a second day", _known(share), f"{LEAST_REPEAT:.0%} of customers on a second day",
                   _at_launch(GO if _known(share) >= LEAST_REPEAT else CAUTION, launching),
                   f"{_who_returned(share)}, so habits cannot be seen")
    return found | {"unit": "share"}


def variables(n: int, share: float, *, launching: bool) -> dict:
    """Columns that structure may be searched in; ``share`` of customers seen on a second day, which most need."""
    cause = "" if _known(share) >= LEAST_REPEAT else f", since {_who_returned(share)}"
    return _check("usable variables", n,
                  f"{LEAST_VARIABLES} numeric columns that vary and are known for nearly everybody",
                  _at_launch(GO if n >= LEAST_VARIABLES else NO_GO, launching),
                  f"{_number(n, 'column')} usable to divide customers{cause}")


def _who_returned(share: float) -> str:
    who = f"only {_known(share):.0%} of customers" if _known(share) else "nobody"
    return f"{who} came on a second day"


def _known(share: float) -> float:
    return 0.0 if np.isnan(share) else share


def telling(basis, *, launching: bool) -> dict:
    """Columns whose signal about the next period is clear; without two, the usual measures are a convention."""
    n = 0 if isinstance(basis, NotMeasured) else int((basis["verdict"] == "use").sum())
    return _check("columns that tell about the next period", n,
                  f"{LEAST_VARIABLES} columns whose signal is clear of zero",
                  _at_launch(GO if n >= LEAST_VARIABLES else CAUTION, launching),
                  f"{_number(n, 'column')} clearly telling about the next period")


def launch(period_days: float) -> dict:
    """A product being launched is at most a caution: what needs a history is closed (method.md §3.10)."""
    return _check("stage", "new", f"{days_needed(period_days)} days of history after the launch", CAUTION,
                  "the product is being launched, so RFM, value and migration wait; profiles and the survey lead")


def _number(n: int, noun: str) -> str:
    return f"no {noun} is" if n == 0 else f"only 1 {noun} is" if n == 1 else f"{n} {noun}s are"


def _more(lacking: int) -> str:
    return f", {lacking} more" if lacking > 0 else ""


def _at_launch(state: str, launching: bool) -> str:
    """What a launch cannot have yet is no ground for refusal (method.md §3.10)."""
    return CAUTION if launching and state == NO_GO else state


def _check(name: str, value, needed: str, state: str, reason: str) -> dict:
    return {"check": name, "value": value, "needed": needed, "state": state, "reason": reason, "unit": "count"}
