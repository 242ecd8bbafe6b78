"""Everyone outside: the ambiguous with their probability, growth by hand, a profile, strangers, and no small number."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.report.numbers import Format
from lib.report.tables import segments as tables
from lib.segments.outside import outside_ledger, outside_profile

FMT = Format()
MODEL = {"columns": ["depth"], "segments": [{"segment": "a"}], "rules": [], "solution": {}}
COLLECTED = {"protection": {"opted out": 40}, "n_customers": 200,
             "voices": {"survey": {"strangers_left_out": 11}}}
BEFORE = dt.date(2026, 5, 1)


def base(*, lost: int, unsure: int = 20, n: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(assignments, features): the last ``lost`` have no depth and are outside, the first ``unsure`` are ambiguous."""
    keys = [f"c{i:04d}" for i in range(n)]
    out, rng = np.arange(n) >= n - lost, np.random.default_rng(1)
    placed = pd.DataFrame({"customer_key": keys, "depth": np.where(out, np.nan, 5.0), "n_occasions": 2.0,
                           "recency_days": 3.0, "age": np.where(out, 60, 30) + rng.normal(0, 3, n),
                           "region": np.where(out, "south", "north")})
    unsure = np.arange(n) < unsure
    return pd.DataFrame({"customer_key": keys, "segment": np.where(out, "outside", "a"), "ambiguous": unsure,
                         "probability": np.where(out, np.nan, np.where(unsure, 0.55, 0.99))}), placed


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    now, then = base(lost=40), base(lost=50)
    return ARTEFACTS["outside"].check(outside_ledger(*now, MODEL, collected=COLLECTED, earlier={BEFORE: then}))


def test_the_ambiguous_are_shown_with_their_probability(ledger):
    row = ledger.set_index("state").loc["ambiguous"]
    assert row["n"] == 20 and row["probability"] == pytest.approx(0.55)
    assert ledger.loc[ledger["state"] != "ambiguous", "probability"].isna().all()
    shown = {r[0]: r for r in tables.outside(ledger, FMT).rows}
    assert shown["ambiguous"][-1].startswith("0.55")


def test_growth_is_the_change_since_the_first_earlier_day(ledger):
    grown = ledger.set_index("state")["growth"]
    assert grown["unassigned"] == pytest.approx(40 / 50 - 1) and grown["in segments"] == pytest.approx(160 / 150 - 1)
    assert np.isnan(grown["opted out"])


def test_strangers_who_answered_are_potential_customers(ledger):
    potential = ledger[ledger["state"] == "potential"].set_index("reason")["n"]
    assert potential["answered the survey, not among the customers, may not be analysed"] == 11


def test_no_growth_tells_how_few_there_were():
    now, then = base(lost=40), base(lost=4)
    grown = outside_ledger(*now, MODEL, collected=COLLECTED, earlier={BEFORE: then}).set_index("state")["growth"]
    assert np.isnan(grown[["in segments", "unassigned"]]).all()
    none = outside_ledger(*now, MODEL, collected=COLLECTED, earlier={BEFORE: (NotMeasured("x"), then[1])})
    assert none["growth"].isna().all()


def test_those_outside_are_described_beside_the_base():
    table = ARTEFACTS["outside_profile"].check(outside_profile(*base(lost=40), MODEL)).set_index(["state", "variable"])
    assert table.loc[("unassigned", "age"), "mean"] == pytest.approx(60, abs=1.5)
    assert table.loc[("unassigned", "age"), "base"] == pytest.approx(36, abs=1)
    assert table.loc[("unassigned", "region=south"), "mean"] == 1.0
    assert table.loc[("ambiguous", "region=south"), "mean"] == 0.0 and "revenue" not in table.index.get_level_values(1)
    few = outside_profile(*base(lost=6), MODEL)
    assert "unassigned" not in set(few["state"])
    assert {row[0] for row in tables.outside_profile(table.reset_index(), FMT).rows} == {"ambiguous", "unassigned"}
