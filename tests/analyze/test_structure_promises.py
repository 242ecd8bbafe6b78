"""The promises of the valley test by simulation (method.md §3.7): the whole search over k and families in every set."""

import pandas as pd
import pytest

from tests.analyze.structure_simulations import with_groups, without_groups

pytestmark = pytest.mark.full
CLOUDS, SETS = 600, 2


def test_clouds_without_groups_are_not_called_natural():
    """Of 600 clouds of every kind; the larger sizes, and 5,000 clouds, are in `make evidence`."""
    rows = without_groups(CLOUDS, seed=2, sizes=(500, 1_000, 2_000), largest=None)
    assert rows[-1]["sets"] == CLOUDS and len(rows) > 20
    assert rows[-1]["upper"] <= 0.01, pd.DataFrame(rows).to_string()


def test_planted_groups_are_natural_and_never_more_than_planted():
    table = pd.DataFrame(with_groups(SETS, seed=2))
    table["kind"] = table["groups"].str.replace(r"^\d+ ", "", regex=True)
    assert (table["too_many"] == 0).all(), table.to_string()
    few = table["variables"] <= 3
    for kind, rows, least in (("of equal size", slice(None), 0.9), ("of equal size, log-normal", slice(None), 0.9),
                              ("with sizes to 10:1", few, 0.8), ("with sizes to 10:1", ~few, 0.5)):
        found = table.loc[rows][table.loc[rows, "kind"] == kind]
        assert found["found"].sum() >= least * found["sets"].sum(), table.to_string()
