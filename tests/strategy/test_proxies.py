"""Stand-ins for a protected attribute: planted ones are found, chance is called chance, intervals cover."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib.contracts import ARTEFACTS, NotMeasured
from lib.stats import cramers_v, permutation_p
from lib.strategy.proxies import association_interval, proxies, told_by


def base(n: int, seed: int, shift: float, levels=("f", "m")):
    """Customers of equal groups; `spend` is shifted by group, segments are halves of spend."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, len(levels), n)
    spend = rng.normal(0, 1, n) + shift * group
    keys = [f"{i:032x}" for i in rng.permutation(n)]
    return (pd.DataFrame({"customer_key": keys, "segment": np.where(spend > np.median(spend), "high", "low")}),
            pd.DataFrame({"customer_key": keys, "gender": np.array(levels)[group]}),
            pd.DataFrame({"customer_key": keys, "spend": spend, "plan": rng.choice(["a", "b"], n), "one": 1.0}))


def by(*columns: str) -> dict:
    return {"columns": list(columns)}


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, "no better than chance"), (0.5, "tells something of it"),
                                                (2.0, "stands in for it")])
def test_a_planted_stand_in_is_told_by_how_far_it_goes(shift, verdict):
    assigned, told, bases = base(3000, 4, shift)
    table = proxies(assigned, told, bases, by("spend", "plan", "one"), seed=1)
    ARTEFACTS["proxies"].check(table)
    row = table.iloc[0]
    assert row["verdict"] == verdict and row["n"] == 3000 and row["groups"] == 2
    truth = stats.norm.cdf(shift / np.sqrt(2))  # of two normals that are `shift` apart
    assert row["auc_low"] - 0.015 <= truth <= row["auc_high"] + 0.015  # fifths lose a little
    assert (row["p"] <= 0.001) == (shift > 0)
    counts = pd.crosstab(assigned["segment"], told["gender"])
    assert row["association"] == pytest.approx(cramers_v(counts))


def test_chance_is_rarely_called_anything_else():
    """600 customers, no link at all: an interval above one half in at most a few of 60 sets (2.5 % are promised)."""
    found = [told_by(bases[["spend", "plan"]], told["gender"], seed=1)
             for _, told, bases in (base(600, seed, 0.0) for seed in range(60))]
    assert sum(low > 0.5 for _, low, _ in found) <= 4
    assert np.mean([auc for auc, _, _ in found]) == pytest.approx(0.5, abs=0.02)


def test_the_interval_of_the_association_holds_what_was_planted():
    """Two by three tables with a known V; 95 % intervals hold it in 93 to 97 % of 1,000 draws, less one tail near 0."""
    rng, cells = np.random.default_rng(2), np.array([[0.20, 0.15, 0.10], [0.15, 0.15, 0.25]])
    expected = np.outer(cells.sum(1), cells.sum(0))
    truth = np.sqrt(((cells - expected) ** 2 / expected).sum())
    drawn = rng.multinomial(800, cells.ravel(), 1000).reshape(-1, 2, 3)
    inside = [low <= truth <= high for _, low, high in map(association_interval, drawn)]
    assert 0.93 <= np.mean(inside) <= 0.97
    _, low, _ = association_interval(np.array([[100, 100], [100, 100]]))
    assert low == 0


def test_the_permutation_p_is_that_of_exact_tables_and_even_under_chance():
    table = np.array([[30, 50], [40, 30]])
    exact = stats.chi2_contingency(table, correction=False).pvalue
    assert permutation_p(table, 3) == pytest.approx(exact, abs=0.02)
    rng = np.random.default_rng(5)
    p = [permutation_p(rng.multinomial(300, [0.3, 0.2, 0.3, 0.2]).reshape(2, 2), seed) for seed in range(200)]
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09


def test_three_groups_small_ones_and_none():
    assigned, told, bases = base(900, 6, 1.0, ("a", "b", "c"))
    row = proxies(assigned, told, bases, by("spend"), seed=1).iloc[0]
    assert row["groups"] == 3 and row["auc_low"] > 0.6
    assert isinstance(proxies(assigned, told.assign(gender="a"), bases, by("spend"), seed=1), NotMeasured)
    row = proxies(assigned, told, bases.assign(spend=1.0), by("spend"), seed=1).iloc[0]
    assert row["verdict"] == "nothing to tell by" and np.isnan(row["auc"])


def test_the_order_of_rows_changes_nothing():
    assigned, told, bases = base(800, 8, 0.7)
    whole = proxies(assigned, told, bases, by("spend", "plan"), seed=2)
    mixed = proxies(assigned.sample(frac=1, random_state=1), told.sample(frac=1, random_state=2),
                    bases.sample(frac=1, random_state=3), by("plan", "spend"), seed=2)
    pd.testing.assert_frame_equal(whole, mixed)
