"""A product whose raw rows live in Spark gives what the same rows in files give (extra `spark`)."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml

from lib.paths import NOTEBOOKS, ROOT
from lib.product import Product
from lib.run.order import STEPS
from tests.segments.small_bases import write
from tests.sources import spark_driver

URL = "pyspark://local[2]"
AS_OF = "2026-06-30"
COMMAND = ("-m", "lib.run.commands")
BY_FILE = "separated by ',', not declared"  # said of a text file
# a warehouse on disk, whose tables every process of a run sees
SETTINGS = """
spark.master                                 local[2]
spark.ui.enabled                             false
spark.ui.showConsoleProgress                 false
spark.sql.shuffle.partitions                 2
spark.driver.bindAddress                     127.0.0.1
spark.driver.host                            127.0.0.1
spark.sql.catalogImplementation              hive
spark.sql.warehouse.dir                      file:{root}/warehouse
spark.hadoop.javax.jdo.option.ConnectionURL  jdbc:derby:;databaseName={root}/metastore;create=true
spark.driver.extraJavaOptions                -Dderby.stream.error.file={root}/derby.log
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(workspace, what the driver saw, outcomes) after `segments run` of one base, from files and from Spark. The run
    from files was killed before, and gone on with."""
    root = tmp_path_factory.mktemp("spark")
    write("missing", root)
    shutil.copy(ROOT / "products" / "playbook.yml", root / "products")
    put_products(root)
    put_notebooks(root / "notebooks")
    (root / "conf").mkdir()
    (root / "conf" / "spark-defaults.conf").write_text(SETTINGS.format(root=root))
    environment = os.environ | {"SEGMENTS_ROOT": str(root), "PYTHONPATH": str(ROOT),
                                "SPARK_CONF_DIR": str(root / "conf"),
                                "PYSPARK_PYTHON": sys.executable}

    def done(*command: str) -> str:
        ran = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment,
                             stdin=subprocess.DEVNULL)
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
        return ran.stdout

    break_off(root, environment)
    done(spark_driver.__file__, str(root / "seen.json"))
    outcomes = json.loads(done(*COMMAND, "run", "files", "spark", "--jobs", "2", "--json"))
    return root, json.loads((root / "seen.json").read_text(encoding="utf-8")), outcomes


def break_off(root: Path, environment: dict) -> None:
    """Kill a run from files in step 4."""
    with subprocess.Popen([sys.executable, *COMMAND, "run", "files"], env=environment, stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as command:
        while not any(json.loads(p.read_text(encoding="utf-8"))["steps"][STEPS[2]]["state"] == "done"
                      for p in (root / "data/work/.runs/files").glob("*/pages/run.json")):
            assert command.poll() is None
            time.sleep(0.2)
        command.kill()


def put_products(root: Path) -> None:
    """The product of a base twice: `files`, and `spark`, whose sources are tables."""
    product = yaml.safe_load((root / "products" / "missing.yml").read_text(encoding="utf-8"))
    (root / "products" / "missing.yml").unlink()
    tables = {name: {k: v for k, v in s.items() if k not in ("path", "dates")} | {"table": f"raw_{name}"}
              for name, s in product["sources"].items()}
    for name, declared in (("files", {}), ("spark", {"engine": "pyspark://", "sources": tables})):
        text = yaml.safe_dump(product | declared | {"id": name}, sort_keys=False)
        (root / "products" / f"{name}.yml").write_text(text, encoding="utf-8")


def put_notebooks(folder: Path) -> None:
    """The notebooks; the third says what it took from Spark."""
    shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns(".*"))
    path = folder / f"{STEPS[2]}.ipynb"
    book = nbformat.read(path, as_version=4)
    for tag, after, cell in (("parameters", 1, "from tests.sources import spark_driver\n"
                                               "seen = spark_driver.watched(product)"),
                             ("save", 0, "spark_driver.told(seen)")):
        place = next(i for i, known in enumerate(book.cells) if tag in known.metadata.get("tags", []))
        book.cells.insert(place + after, nbformat.v4.new_code_cell(cell))
    nbformat.write(book, path)


@pytest.mark.full
def test_the_command_makes_the_same_artefacts_from_spark_as_from_files_gone_on_with(made):
    root, _, outcomes = made
    assert [(o["product"], o["state"]) for o in outcomes] == [("files", "published"), ("spark", "published")]
    for product, held in (("files", 3), ("spark", 0)):
        steps = json.loads((root / "reports" / product / AS_OF / "run.json").read_text(encoding="utf-8"))["steps"]
        assert [s.get("resumed", False) for s in steps.values()] == [True] * held + [False] * (6 - held)
    here, there = (root / "data" / "work" / name / AS_OF for name in ("files", "spark"))
    names = sorted(p.name for p in here.iterdir())
    assert names == sorted(p.name for p in there.iterdir())
    tables = {n for n in names if n.endswith(".parquet")}
    assert {f"{n}.parquet" for n in ("customers", "transactions", "ledger", "features", "assignments")} <= tables
    for name in tables:
        ours, theirs = (_without_files(pd.read_parquet(place / name), place.parent.name) for place in (here, there))
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True, obj=name)
    rest = {n for n in names if n.endswith((".json", ".sql")) and "manifest" not in n}
    rest -= {"collected.json", "plan.json"}  # these tell of files, and hold a fingerprint with the product's id in it
    assert {"model.json", "rhythm.json", "segments_sql.sql", "advice.json"} <= rest
    for name in rest:
        ours, theirs = (_said(place / name, place.parent.name) for place in (here, there))
        assert ours == theirs, name


def _without_files(table: pd.DataFrame, product: str) -> pd.DataFrame:
    """The table without findings about files, and without the product's id, which campaigns are named by."""
    kept = table[table["rule"] != BY_FILE].reset_index(drop=True) if "rule" in table else table
    if "campaign" not in kept:
        return kept
    return kept.assign(campaign=kept["campaign"].str.replace(f"{product}-", "product-"))


def _said(path: Path, product: str) -> str:
    return path.read_text(encoding="utf-8").replace(f'"{product}"', '"product"')


@pytest.mark.full
def test_spark_answers_the_questions_about_raw_rows_and_hands_over_none(made):
    root, seen, _ = made
    taken = json.loads((root / spark_driver.QUESTIONS).read_text(encoding="utf-8"))
    assert len(taken) > 20, "the features were not asked of Spark"
    assert max(taken) < seen["lines"] / 2


@pytest.mark.full
def test_types_of_spark_arrive_as_a_file_would_write_them(made):
    _, seen, _ = made
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
