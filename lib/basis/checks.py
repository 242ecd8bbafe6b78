"""The single checks of readiness: each with what was found, what is needed and, where it fails, the reason.

A check is {check, value, unit, needed, state, reason}; ``needed`` says the number and how much of it is missing.
Counts of customers, and shares of them, are said as exactly as the product publishes them (``people``): these texts
stand on pages, in the summary and in what a command prints. A value that few customers would give away is None.
"""

from __future__ import annotations

import numpy as np

from lib.contracts import NotMeasured
from lib.contracts.counts import People, few_of, number_of

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
    return _check("ideal customer profiles", n, f"{LEAST_ICPS} profiles in the product file{more(LEAST_ICPS - n)}",
                  GO if n >= LEAST_ICPS else NO_GO, f"{few_of(n, 'ideal customer profile')} declared")


def customers(n: int, p: int, people: People) -> dict:
    """Customers for the number of variables and two segments at least."""
    p = max(p, LEAST_VARIABLES)
    least, safe = max(PER_VARIABLE_AND_SEGMENT * p * LEAST_SEGMENTS, PER_VARIABLE * p), PER_VARIABLE_SAFE * p
    state = NO_GO if n < least else CAUTION if n < safe else GO
    enough = safe if state == CAUTION else least
    found = _check("customers", people.published(n), f"{number_of(enough, 'customer')} for {number_of(p, 'variable')}"
                   f"{more(people.lacking(n, enough))}", state, f"the base has {people.said(n, below=enough)}")
    return found | {"unit": "people"}


def days_needed(period_days: float) -> int:
    """Days of history that two natural periods take, at least thirty."""
    period = ASSUMED_PERIOD if np.isnan(period_days) else period_days
    return max(int(np.ceil(LEAST_PERIODS * period)), LEAST_DAYS)


def history(days: int, period_days: float, *, launching: bool) -> dict:
    """Two natural periods, or it is a no-go; half a year, or seasons cannot be told from habits."""
    least = days_needed(period_days)
    if not days:
        needed = (f"orders or events over {number_of(least, 'day')}; a product that is being launched (stage: new) "
                  "goes by its profiles and its survey until then")
        return _check("days of history", 0, needed,
                      _at_launch(NO_GO, launching), "there are neither orders nor events")
    enough = least if days < least else max(least, RFM_HISTORY)
    state = NO_GO if days < least else CAUTION if days < enough else GO
    return _check("days of history", days, f"{number_of(enough, 'day')} of history{more(enough - days)}",
                  _at_launch(state, launching), f"the data cover {number_of(days, 'day')}")


def returning(share: float, of: int, people: People, *, launching: bool) -> dict:
    """Customers who came a second time, a share ``of`` those who ever came: without them nothing that is known tells
    about a next period."""
    n = _returned(share, of)
    value = None if people.is_few(n) else people.part(n, of) if n else 0.0
    found = _check("customers seen on a second day", value, f"{100 * LEAST_REPEAT:.0f} % of customers on a second day",
                   _at_launch(GO if _known(share) >= LEAST_REPEAT else CAUTION, launching),
                   f"{_who_returned(n, of, people)}, so habits cannot be seen")
    return found | {"unit": "share"}


def variables(n: int, share: float, of: int, people: People, *, launching: bool, constant: bool = False) -> dict:
    """Columns that structure may be searched in; ``share`` of customers seen on a second day, which most need.

    ``constant``: billing is, so that payments tell of the calendar only.
    """
    cause = ", since payments follow the billing calendar" if constant else ""
    if _known(share) < LEAST_REPEAT:
        cause = f", since {_who_returned(_returned(share, of), of, people)}"
    also = ", such as use of the product" if constant else ""
    return _check("usable variables", n,
                  f"{LEAST_VARIABLES} numeric columns that vary and are known for nearly everybody{also}",
                  _at_launch(GO if n >= LEAST_VARIABLES else NO_GO, launching),
                  f"fewer than {LEAST_VARIABLES} columns are usable to divide customers{cause}")


def _who_returned(n: int, of: int, people: People) -> str:
    if not of:
        return "nothing is known of what customers do"
    who = f"only {people.part_of(n, of)}" if n else "nobody"
    return f"{who.replace('only fewer', 'fewer')} came on a second day"


def _returned(share: float, of: int) -> int:
    return round(_known(share) * of)


def _known(share: float) -> float:
    return 0.0 if np.isnan(share) else share


def telling(basis, *, launching: bool) -> dict:
    """Columns whose signal about the next period is clear; without two, the usual measures are a convention."""
    n = 0 if isinstance(basis, NotMeasured) else int((basis["verdict"].eq("use") & basis["signal"].notna()).sum())
    return _check("columns that tell about the next period", n,
                  f"{LEAST_VARIABLES} columns whose signal is clear of zero",
                  _at_launch(GO if n >= LEAST_VARIABLES else CAUTION, launching),
                  f"{few_of(n, 'column')} clearly telling about the next period")


def launch(period_days: float) -> dict:
    """A product being launched is at most a caution: what needs a history is closed (method.md §3.10)."""
    return _check("stage", "new", f"{number_of(days_needed(period_days), 'day')} of history after the launch", CAUTION,
                  "the product is being launched, so RFM, value and migration wait; profiles and the survey lead")


def more(lacking: int) -> str:
    return f", {lacking} more" if lacking > 0 else ""


def _at_launch(state: str, launching: bool) -> str:
    """What a launch cannot have yet is no ground for refusal (method.md §3.10)."""
    return CAUTION if launching and state == NO_GO else state


def _check(name: str, value, needed: str, state: str, reason: str) -> dict:
    return {"check": name, "value": value, "needed": needed, "state": state, "reason": reason, "unit": "count"}
