"""An alarm is held against the same season: a season comes back, a change does not."""

import datetime as dt

import numpy as np
import pandas as pd

from lib.contracts import NotMeasured
from lib.monitor import periods
from lib.report.blocks import Absent
from lib.report.numbers import Format
from lib.report.words.monitor import season

AS_OF, N = dt.date(2026, 6, 30), 1500
KEYS = [f"{i:032x}" for i in range(N)]


def year(shifts: dict[int, float], last: float = 0.0, many: int = 13) -> dict[dt.date, pd.DataFrame]:
    """Periods of 30 days, oldest first; `shifts` by how many periods ago, in standard deviations of `depth`."""
    rng = np.random.default_rng(7)
    return {AS_OF - dt.timedelta(days=30 * i): pd.DataFrame({
        "customer_key": KEYS, "tenure_days": 500.0, "breadth": rng.normal(0, 1, N) + (last if i == 0 else 0.0),
        "depth": rng.normal(0, 1, N) + shifts.get(i, 0.0)}) for i in range(many - 1, -1, -1)}


def found(tables: dict):
    first, second = periods.last_two(tables, None, AS_OF, 30)
    nobody = NotMeasured("one period")
    table = periods.drift(first, second, nobody, nobody, variables=["breadth", "depth"], seed=1)
    return table, periods.a_year_before(tables, table, seed=1)


def test_a_season_that_came_back_is_told_from_a_change():
    table, held = found(year({0: 1.0, 12: 1.0}, last=1.0))  # depth was as high a year ago, breadth was not
    assert table.set_index("variable")["verdict"].to_dict() == {"breadth": "alarm", "depth": "alarm"}
    assert held.set_index("variable")["verdict"].to_dict() == {"breadth": "alarm", "depth": "none"}
    assert set(held["ends_on"]) == {"2025-07-05"}
    said = season(held, Format())
    as_then, otherwise = said.text.split("otherwise than then")
    assert "use per active day" in as_then and "share of features used" in otherwise and said.tone == "caveat"


def test_without_an_alarm_nothing_is_said_and_without_a_year_what_is_missing():
    assert found(year({}))[1].empty and season(found(year({}))[1], Format()) is None
    absent = found(year({0: 1.0}, many=6))[1]
    assert isinstance(absent, NotMeasured) and "from 2025-05-31 on" in absent.needed
    assert isinstance(season(absent, Format()), Absent)
