"""How much of falling asleep is time alone: planted one-day customers are found, and few are not told."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.monitor.aged import aged
from lib.monitor.migration import DORMANT
from lib.report.numbers import Format
from lib.report.words import moves
from lib.stats import wilson

DAY = dt.date(2026, 6, 30)
FMT = Format()


def base(once: int, regular: int, awake: int = 300):
    """Labels of two days and the active days: ``once`` came on one day and ``regular`` on several, and both fell
    asleep; of those awake, half came once, lately. Some slept on both days, and some were asleep and woke."""
    keys = [f"k{i}" for i in range(once + regular + awake)]
    before = pd.Series("a", index=keys)
    now = before.where(np.arange(len(keys)) >= once + regular, DORMANT)
    slept = pd.Series([DORMANT] * 40, index=[f"s{i}" for i in range(40)])
    woke = slept.mask(np.arange(40) < 15, "a")
    rows = [(k, dt.date(2026, 1, 5)) for k in keys[:once]]
    rows += [(k, dt.date(2026, 1, 5)) for k in keys[:once]]  # twice on the same day is one day
    rows += [(k, dt.date(2026, 1, d)) for k in keys[once:once + regular] for d in (3, 9)]
    rows += [(k, dt.date(2026, 6, 20)) for k in keys[once + regular:]]
    rows += [(k, dt.date(2026, 6, 25)) for k in keys[once + regular::2]]
    rows += [(k, dt.date(2026, 7, 9)) for k in keys[:once]]  # after the as-of day: not known
    days = ibis.memtable(pd.DataFrame(rows, columns=["customer_key", "day"]))
    return pd.concat([before, slept]), pd.concat([now, woke]), days


def test_who_came_once_and_aged_is_told_from_who_stopped():
    found = aged(*base(80, 20), as_of=DAY)
    low, high = wilson(80, 100)
    assert found == pytest.approx({"n": 100, "once": 80, "share": 0.8, "low": float(low), "high": float(high)})
    said = moves.aged(found, FMT)
    assert said.text.startswith("Of about 100 who fell asleep, 80 % (71 % to 87 %) had been active on one day only, ")
    assert "did not change" in said.text and said.tone == "caveat"
    assert moves.aged(aged(*base(20, 80), as_of=DAY), FMT).tone == "finding"


@pytest.mark.parametrize(("once", "regular", "begins"), [
    (4, 96, "none or few"), (0, 50, "none or few"), (96, 4, "nearly all"), (50, 0, "nearly all")])
def test_few_are_not_counted(once, regular, begins):
    said = moves.aged(aged(*base(once, regular), as_of=DAY), FMT)
    assert begins in said.text and set(said.values) == {"n"} and "%" not in said.text


def test_where_few_fell_asleep_nothing_is_said():
    assert moves.aged(aged(*base(5, 3), as_of=DAY), FMT) is None
    assert moves.aged(aged(*base(0, 0), as_of=DAY), FMT) is None
    assert isinstance(aged(NotMeasured("one period"), *base(5, 3)[1:], as_of=DAY), NotMeasured)
