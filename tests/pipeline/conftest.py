"""The whole chain, run once for all tests here: five products in a workspace of their own, by the real command."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lib.collect.pseudonyms import pseudonym
from lib.paths import DATA, NOTEBOOKS, PRODUCTS, ROOT
from lib.sources import PUBLIC_KEY
from tests.report.hostile import PAYLOADS

AS_OF = "2026-06-30"
VOICES = ("survey", "interviews", "texts")
VARIANTS = {"meals-no-structure": ("meals", "no-structure"), "meals-n60": ("meals", "n60")}


@dataclass(frozen=True)
class Batch:
    """What the command said, and the workspace it left behind."""

    root: Path
    code: int
    out: str
    err: str

    @property
    def outcomes(self) -> dict[str, dict]:
        return {o["product"]: o for o in json.loads(self.out)}

    def reports(self, product: str) -> Path:
        return self.root / "reports" / product / AS_OF

    def summary(self, product: str) -> dict:
        return json.loads((self.reports(product) / "summary.json").read_text(encoding="utf-8"))

    def artefact(self, product: str, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.root / "data" / "work" / product / AS_OF / f"{name}.parquet")


@pytest.fixture(scope="session")
def batch(tmp_path_factory) -> Batch:
    """Both samples, a base without groups, sixty customers, and a product whose every text is an attack."""
    root = tmp_path_factory.mktemp("workspace")
    shutil.copytree(NOTEBOOKS, root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (root / "products").mkdir()
    for name in ("meals.yml", "teamflow.yml", "playbook.yml"):
        shutil.copy(PRODUCTS / name, root / "products")
    shutil.copytree(DATA / "sample", root / "data" / "sample")
    for product, (sample, variant) in VARIANTS.items():
        _variant(root, product, sample, variant, tmp_path_factory.mktemp(product))
    _without_voices(root, "meals-no-structure")
    _hostile(root, tmp_path_factory.mktemp("hostile"))
    command = [sys.executable, "-m", "lib.run.commands", "run", "--all", "--jobs", "2", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"SEGMENTS_ROOT": str(root)}, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    return Batch(root, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def truth():
    """The planted segment of each customer of a sample at the as-of date, by pseudonym."""

    def read(sample: str, table: str = "segments") -> pd.DataFrame:
        planted = pd.read_csv(ROOT / "tests" / "truth" / sample / f"truth_{table}.csv", dtype="str")
        planted = planted[planted["period"] == AS_OF]
        keys = [pseudonym(i, "customer", PUBLIC_KEY) for i in planted["customer_id"]]
        return planted.assign(customer_key=keys).set_index("customer_key")

    return read


def _variant(root: Path, product: str, sample: str, variant: str, scratch: Path) -> None:
    """A variant of a sample beside the samples, under an id of its own."""
    _make(scratch, "--product", sample, "--variant", variant)
    shutil.move(scratch / "data" / "sample" / sample, root / "data" / "sample" / product)
    text = (scratch / "products" / f"{product}.yml").read_text(encoding="utf-8")
    settings = text.replace(f"data/sample/{sample}/", f"data/sample/{product}/")
    (root / "products" / f"{product}.yml").write_text(settings, encoding="utf-8")


def _without_voices(root: Path, product: str) -> None:
    """The product without its evidence: the files deleted, and their sources taken out of its file."""
    path = root / "products" / f"{product}.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    for source in VOICES:
        (root / settings["sources"].pop(source)["path"]).unlink()
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


def _hostile(root: Path, scratch: Path) -> None:
    """A small sample in which names, categories, features and messages are payloads, one after the other."""
    _make(scratch, "--product", "meals", "--size", "ci")
    folder = root / "data" / "sample" / "hostile"
    shutil.move(scratch / "data" / "sample" / "meals", folder)
    payloads = [p.replace("\r", " ").replace("\n", " ").replace("\0", "")[:200] for p in PAYLOADS]
    _poison(folder / "customers.csv", {"region": payloads[:3], "device": payloads[3:6]})
    _poison(folder / "order_lines.csv", {"category": payloads[6:12]})
    _poison(folder / "feedback_text.csv", {"text": payloads})
    _poison(folder / "survey.csv", {"pain": payloads[12:15], "main_job": payloads[15:18]})
    text = (PRODUCTS / "meals.yml").read_text(encoding="utf-8").replace("data/sample/meals/", "data/sample/hostile/")
    text = text.replace("id: meals\n", "id: hostile\n")
    text = text.replace("name: Meals, plan and cook", f"name: {_quoted(payloads[0])}")
    text = text.replace("name: Busy families", f"name: {_quoted(payloads[1])}")
    (root / "products" / "hostile.yml").write_text(text, encoding="utf-8")


def _poison(path: Path, columns: dict[str, list[str]]) -> None:
    """Replace each distinct value of some columns by a payload (texts: row by row)."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for column, payloads in columns.items():
        levels = sorted({row[column] for row in rows if row[column]})
        many = len(levels) > 60
        for i, row in enumerate(rows):
            if row[column]:
                row[column] = payloads[(i if many else levels.index(row[column])) % len(payloads)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def raw_identifiers(folder: Path) -> set[str]:
    """Every customer id and e-mail address in a sample's files, however packed."""
    found: set[str] = set()
    for path in sorted(folder.glob("*.csv*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
            delimiter = max(",;\t", key=head.count)
            stream.seek(0)
            for row in csv.DictReader(stream, delimiter=delimiter):
                found |= {v for k, v in row.items() if k and v and k.lower() in IDENTIFIERS}
    return found


IDENTIFIERS = {"customer_id", "email", "konto"}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _make(out: Path, *options: str) -> None:
    script = [sys.executable, str(ROOT / "scripts" / "make_sample.py"), "--out", str(out), *options]
    subprocess.run(script, check=True, capture_output=True, stdin=subprocess.DEVNULL)
