"""A product whose raw rows live in Spark gives what the same rows in files give (extra `spark`)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lib.paths import ROOT
from lib.product import Product
from tests.segments.small_bases import write
from tests.sources import spark_driver

URL = "pyspark://local[2]"
AS_OF = "2026-06-30"
BY_FILE = "separated by ',', not declared"  # said of a text file


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(workspace, what the driver saw) after steps 1 to 4 of one base, from files and from Spark."""
    root = tmp_path_factory.mktemp("spark")
    (root / "notebooks").symlink_to(ROOT / "notebooks")
    write("missing", root)
    shutil.copy(ROOT / "products" / "playbook.yml", root / "products")
    product = yaml.safe_load((root / "products" / "missing.yml").read_text(encoding="utf-8"))
    (root / "products" / "missing.yml").unlink()
    tables = {name: {k: v for k, v in s.items() if k not in ("path", "dates")} | {"table": f"raw_{name}"}
              for name, s in product["sources"].items()}
    for name, declared in (("files", {}), ("spark", {"engine": URL, "sources": tables})):
        text = yaml.safe_dump(product | declared | {"id": name}, sort_keys=False)
        (root / "products" / f"{name}.yml").write_text(text, encoding="utf-8")
    out = root / "seen.json"
    done = subprocess.run([sys.executable, spark_driver.__file__, str(out)], capture_output=True, text=True,
                          env=os.environ | {"SEGMENTS_ROOT": str(root), "PYTHONPATH": str(ROOT)},
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-3000:]
    return root, json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.full
def test_steps_2_to_4_make_the_same_artefacts_from_spark_as_from_files(made):
    root, _ = made
    here, there = (root / "data" / "work" / name / AS_OF for name in ("files", "spark"))
    names = sorted(p.name for p in here.iterdir())
    assert names == sorted(p.name for p in there.iterdir())
    tables = {n for n in names if n.endswith(".parquet")}
    assert {f"{n}.parquet" for n in ("customers", "transactions", "ledger", "features", "assignments")} <= tables
    for name in tables:
        ours, theirs = (_without_files(pd.read_parquet(place / name)) for place in (here, there))
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True, obj=name)
    rest = {n for n in names if n.endswith((".json", ".sql")) and "manifest" not in n} - {"collected.json"}
    assert {"model.json", "rhythm.json", "segments_sql.sql"} <= rest
    for name in rest:
        ours, theirs = (_said(place / name, place.parent.name) for place in (here, there))
        assert ours == theirs, name


def _without_files(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["rule"] != BY_FILE].reset_index(drop=True) if "rule" in table else table


def _said(path: Path, product: str) -> str:
    return path.read_text(encoding="utf-8").replace(f'"{product}"', '"product"')


@pytest.mark.full
def test_spark_answers_the_questions_about_raw_rows_and_hands_over_none(made):
    _, seen = made
    assert seen["questions"] > 20, "the features were not asked of Spark"
    assert seen["taken"] < seen["lines"] / 2


@pytest.mark.full
def test_types_of_spark_arrive_as_a_file_would_write_them(made):
    _, seen = made
    instant = "2026-03-29 00:30:00Z"
    assert seen["texts"] == [["00042", "1", "2026-02-01 10:20:30", "12345678901234567.890000000", instant],
                             ["00042", "2", "2026-02-02 00:00:00", "0.000000001", instant]]
    assert seen["facts"]["native"] == ["amount", "ordered_at"]
    assert seen["facts"]["file"] == "pyspark: typed" and seen["facts"]["rows"] == 2


@pytest.mark.parametrize(("engine", "said"), [
    ("postgresql://crm:hunter2@db/shop", "PGPASSWORD"), ("pyspark://local[2]", "no source has a table in it")])
def test_an_engine_that_is_not_used_or_holds_a_password_is_refused(minimal, engine, said):
    with pytest.raises(ValueError, match=said):
        Product.model_validate(minimal | {"engine": engine})


def test_a_table_alone_is_a_table_of_the_engine(minimal):
    declared = dict(minimal["sources"]["transactions"]) | {"table": "raw.orders"}
    del declared["path"]
    product = Product.model_validate(minimal | {"engine": URL, "sources": {"transactions": declared}})
    assert product.sources["transactions"].url == URL
    with pytest.raises(ValueError, match="engine"):
        Product.model_validate(minimal | {"sources": {"transactions": declared}})
