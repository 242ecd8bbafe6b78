"""Everyone outside: the ambiguous with their probability, growth by hand, a profile, strangers, and no small number."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, NotMeasured
from lib.report.numbers import Format
from lib.report.tables import profiles, segments as tables
from lib.segments.far import _coordinates, _distance, far_out
from lib.segments.model import assign
from lib.segments.outside import COUNTED, outside_ledger, outside_profile
from lib.segments.solution import place
from tests.segments.kinds import KINDS, customers

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
    assert {row[0] for row in profiles.outside_profile(table.reset_index(), FMT).rows} == {"ambiguous", "unassigned"}


@pytest.mark.parametrize("kind", ["k-means", "mixed"])
def test_a_customer_is_in_the_segment_whose_centre_is_nearest(kind):
    """Distances are taken in the space that the model places people in, and from its centres."""
    model = KINDS[kind]()
    table = customers(3_000, model, seed=5).to_pandas()
    solution = model["solution"] | {"atoms": [], "atom_groups": [], "atom_columns": []}
    cluster, probability, _ = place(table, solution)
    sure = probability > 0.6
    points = _coordinates(table[sure], solution)
    away = np.column_stack([_distance(points, solution, j) for j in range(solution["k"])])
    assert sure.sum() > 500 and (away.argmin(axis=1) == cluster[sure]).all()


def noisy(far: int, seed: int = 2) -> tuple[pd.DataFrame, dict]:
    """(features, model): two groups of 500 around the centres of a model, and some customers far from both."""
    rng, model = np.random.default_rng(seed), KINDS["two of one feature"]()
    solution = model["solution"] | {"columns": ["breadth", "depth"], "logged": [False, False], "lowest": [0.0, 0.0],
                                    "log_shift": [0.0, 0.0], "shift": [0.0, 0.0], "scale": [1.0, 1.0],
                                    "centres": [[0.0, 0.0], [10.0, 0.0]], "precisions": 1.0,
                                    "atoms": [], "atom_groups": [], "atom_columns": []}
    points = np.vstack([rng.normal([0, 0], 1, (500, 2)), rng.normal([10, 0], 1, (500, 2)),
                        rng.normal([0, 40], 1, (far, 2))])
    table = pd.DataFrame(points, columns=["breadth", "depth"])
    return table.assign(customer_key=[f"c{i:05d}" for i in range(len(table))], revenue=100.0), model | {
        "solution": solution, "cluster_segments": ["segment-0", "segment-1"], "columns": ["breadth", "depth"]}


def test_noise_is_who_resembles_nobody_and_the_ledger_still_adds_up():
    placed, model = noisy(12)
    assigned = assign(placed, model)
    table = placed.merge(assigned, on="customer_key")
    assert far_out(table, model)[lambda v: v].index.tolist() == list(range(1000, 1012))
    ledger = ARTEFACTS["outside"].check(outside_ledger(assigned, placed, model, collected={
        "protection": {}, "n_customers": len(placed)}))
    row = ledger.set_index("state").loc["noise"]
    assert (row["n"], row["share"], row["revenue_share"]) == (12, pytest.approx(12 / 1012), pytest.approx(12 / 1012))
    assert ledger.loc[ledger["state"].isin(COUNTED), "n"].sum() == len(placed)
    like = outside_profile(assigned, placed, model).set_index(["state", "variable"])
    assert like.loc[("noise", "depth"), "mean"] == pytest.approx(40, abs=1)


def test_of_a_cloud_hardly_anybody_is_noise():
    clouds = [noisy(0, seed) for seed in range(8)]
    found = [int(far_out(t.merge(assign(t, m), on="customer_key"), m).sum()) for t, m in clouds]
    assert sum(found) <= 4  # of 8,000


def test_rules_have_no_noise(ledger):
    assert "noise" not in set(ledger["state"])
