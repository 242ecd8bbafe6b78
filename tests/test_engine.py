"""The engine reads what it is given and nothing else; the same rows give the same bytes."""

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import pytest

from lib import engine
from lib.contracts import NotMeasured


@pytest.fixture
def folders(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        pd.DataFrame({"a": [2, 1]}).to_parquet(folder / "t.parquet")
    return inside, outside


def test_it_reads_the_folders_it_was_given(folders):
    inside, _ = folders
    assert engine.connect(inside).read_parquet(str(inside / "t.parquet")).count().execute() == 2


@pytest.mark.parametrize("query", [
    "SELECT * FROM '{outside}/t.parquet'", "SELECT * FROM '{inside}/../outside/t.parquet'",
    "COPY (SELECT 1) TO '{outside}/x.csv'", "SET enable_external_access=true", "SET allowed_directories=['/']",
    "INSTALL httpfs", "SELECT * FROM 'https://example.org/t.csv'", "ATTACH '{outside}/x.db'"])
def test_everything_else_is_locked(folders, query):
    inside, outside = folders
    backend = engine.connect(inside)
    with pytest.raises(duckdb.Error):
        backend.con.execute(query.format(inside=inside, outside=outside)).fetchall()
    assert sorted(p.name for p in outside.iterdir()) == ["t.parquet"]


def test_a_link_out_of_the_folder_is_not_followed(folders):
    inside, outside = folders
    (inside / "link.parquet").symlink_to(outside / "t.parquet")
    backend = engine.connect(inside)
    assert backend.con.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
    with pytest.raises(duckdb.Error):
        backend.con.execute(f"SELECT * FROM '{inside}/link.parquet'")


def test_tables_of_one_folder_can_be_joined_and_absence_passes_through(folders):
    inside, _ = folders
    left, right = engine.scan(inside / "t.parquet"), engine.scan(inside / "t.parquet").mutate(b=ibis.literal(1))
    assert len(left.join(right, "a").to_pandas()) == 2
    absent = NotMeasured("no events")
    assert engine.scan(absent) is absent and engine.to_arrow(absent) is absent


def test_rows_leave_sorted_whatever_their_order():
    backend = engine.connect()
    rows = pa.table({"k": [3, 1, 2], "v": ["c", "a", "b"]})
    there, back = (backend.create_table(n, t) for n, t in (("t1", rows), ("t2", rows.take([2, 0, 1]))))
    assert engine.to_arrow(there).equals(engine.to_arrow(back))
    assert engine.to_arrow(there, ["v"])["k"].to_pylist() == [1, 2, 3]
