"""The promises of step 6 at a small size; `make evidence ONLY=uplift` and `ONLY=drift` run the same at full size."""

import numpy as np
import pytest

from lib.stats import wilson
from tests.monitor.simulations import drift_promise, moves, noise_promise, uplift_promise


@pytest.fixture(scope="module")
def trials():
    """500 seeds each, as the method asks: two standard errors are 2 points."""
    return uplift_promise(500)


def test_intervals_hold_planted_effects_in_93_to_97_of_100_trials(trials):
    covered = {r["trial"]: r["coverage"] for r in trials if "coverage" in r and "strata" not in r["trial"]}
    assert len(covered) >= 12 and all(0.93 <= c <= 0.97 for c in covered.values()), covered
    assert all(r["seen where there is none"] <= 0.07 for r in trials)
    assert trials[-1]["planted and seen"] >= 0.9


def test_intervals_within_strata_hold_planted_effects_as_often(trials):
    """Each as far as 500 seeds can tell (Wilson), and all of them together: 93 to 97 of 100."""
    covered = {r["trial"]: r["coverage"] for r in trials if r["trial"].startswith("strata")}
    low, high = wilson(500 * np.array(list(covered.values())), 500)
    assert len(covered) >= 12 and (low <= 0.97).all() and (high >= 0.93).all(), covered
    assert 0.94 <= np.mean(list(covered.values())) <= 0.96


@pytest.fixture(scope="module")
def drifting():
    return {(r["customers"], r["n"], r["planted shift in sd"]): r for r in drift_promise(10)}


def test_nothing_is_an_alarm_where_nothing_changed(drifting):
    changed = ("newcomers of another kind", "a rare level doubles", "a level appears")
    quiet = [r for (kind, n, shift), r in drifting.items() if not shift and kind not in changed]
    assert len(quiet) == 8 and all(r["alarm"] == 0 for r in quiet)
    assert sum(r["any p < .05"] for r in quiet) / len(quiet) <= 0.15


def test_planted_shifts_are_alarms_and_few_customers_tell_nothing(drifting):
    assert drifting["the same customers", 1000, 0.8]["alarm"] == drifting["other customers", 1000, 0.8]["alarm"] == 1
    assert drifting["newcomers of another kind", 1000, 0.0]["alarm"] == 1
    assert drifting["the same customers", 1000, 0.3]["any p < .05"] == 1
    assert drifting["other customers", 300, 0.0]["too few to tell"] == 1
    assert drifting["a level appears", 1000, 0.0]["alarm"] == 1
    assert drifting["a rare level doubles", 5000, 0.0]["significant but small"] == 1


def test_noise_alone_stays_within_noise_for_days_breadth_and_depth():
    rows = {(r["feature"], r["planted"] == "nothing"): r for r in noise_promise(1)}
    for column in ("n_occasions", "breadth", "depth"):
        quiet, risen = rows[column, True], rows[column, False]
        assert quiet["kinds of move called moved"] == 0
        assert quiet["noise floor"] == pytest.approx(quiet["share that moves"], abs=0.03)
        assert risen["bases with an upward move"] == 1


def test_a_floor_of_days_alone_would_take_noise_for_moves():
    """Why breadth and depth are drawn again: under days alone they never change, and every chance move is one."""
    table = moves("breadth", np.random.default_rng(3), n=400, whole=False)
    assert (table["noise"] == 0).all() and (table["verdict"] == "moved").any()
