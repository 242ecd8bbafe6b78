"""The exported SQL places random customers exactly as the Python does, for every kind of model: a million in `full`."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lib.segments.model import OUTSIDE, assign
from lib.segments.solution import certainty, scores
from lib.segments.sql import sql
from tests.segments.kinds import KINDS, customers


@pytest.mark.parametrize("kind", KINDS)
def test_sql_and_python_place_alike(kind):
    compare(KINDS[kind](), 100_000, seed=42)


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_sql_and_python_place_a_million_alike(kind):
    compare(KINDS[kind](), 1_000_000, seed=7)


def compare(model: dict, n: int, seed: int) -> None:
    table = customers(n, model, seed)
    ours, theirs = assign(table.to_pandas(), model), in_duckdb(model, table)
    assert pc.all(pc.equal(theirs["customer_key"], table["customer_key"])).as_py()
    segment = np.array(theirs["segment"].to_pylist(), dtype=object)
    assert (segment != ours["segment"].to_numpy(dtype=object)).sum() == 0
    np.testing.assert_allclose(theirs["probability"].to_numpy(), ours["probability"], rtol=1e-9, equal_nan=True)
    assert (theirs["ambiguous"].to_numpy() == ours["ambiguous"].to_numpy()).all()
    assert set(ours["segment"]) == {s["segment"] for s in model["segments"]} | {OUTSIDE}


def in_duckdb(model: dict, table: pa.Table) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("features", table.select(["customer_key", *model["columns"]]))
        return connection.sql(sql(model)).to_arrow_table()


@pytest.mark.parametrize("kind", ["k-means", "two of one feature"])
def test_who_stands_halfway_is_placed_alike_whatever_the_last_bit_of_a_logarithm(kind):
    """A value a few steps of a double further on stands for an engine whose logarithm ends in another bit."""
    model = KINDS[kind]()
    table = customers(50_000, model).to_pandas()
    moved = table.assign(active_days=table["active_days"] * (1 + 1e-14))
    before, after = (scores(t, model["solution"]) for t in (table, moved))
    two = np.sort(before, axis=1)[:, -2:]
    halfway = np.flatnonzero(two[:, 1] - two[:, 0] < 1e-12)
    halfway = halfway[(table["active_days"].iloc[halfway] > 1).to_numpy()]
    parted = before[halfway].argmax(axis=1) != after[halfway].argmax(axis=1)
    assert parted.sum() > 20, "the ties are such that the last bit decides"
    assert (certainty(before[halfway])[0] == certainty(after[halfway])[0]).all()
