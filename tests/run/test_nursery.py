"""Workers forked from one process that has imported the libraries; and new interpreters when that one is gone."""

import json
import shutil
from pathlib import Path

import pytest

from lib.paths import ROOT
from lib.run import forkable
from lib.run.nursery import Nursery
from lib.run.order import STEPS
from tests.run.conftest import Workspace

ABOVE = "import pathlib, psutil; above = [p.pid for p in psutil.Process().parents()]"  # warm parent, worker, nursery
NOTED = f"{ABOVE}; pathlib.Path(f'{{product}}.above').write_text(repr(above[:3]))"
KILLED = f"{ABOVE}\nif product == 'b': psutil.Process(above[2]).kill(); import time; time.sleep(60)"


class Elsewhere(Workspace):
    """A workspace whose code is a copy, in `code/` beside it."""

    @property
    def environment(self) -> dict:
        return {**super().environment, "PYTHONPATH": str(self.root.parent / "code")}

    def start(self, *arguments: str, **more):
        return super().start(*arguments, cwd=self.root.parent / "code", **more)


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> tuple[Workspace, dict, str]:
    """Products a to d one after the other; b kills the nursery of the batch. Outcomes by product, and what was said."""
    workspace = Workspace(tmp_path_factory.mktemp("n") / "space")
    (workspace.root / "products/acme.yml").unlink()
    for product in "abcd":
        workspace.add_product(product)
    workspace.put_light(STEPS[1], NOTED, KILLED)
    done = workspace.segments("run", *"abcd", "--jobs", "1", "--json")
    return workspace, {o["product"]: o for o in json.loads(done.stdout)}, done.stderr


def test_workers_come_from_one_process_until_it_is_gone(batch):
    workspace, _, _ = batch
    parents, workers, origins = zip(*(json.loads(_above(workspace, p)) for p in "abcd"), strict=True)
    assert len(set(workers)) == len(set(parents)) == 4
    assert origins[0] == origins[1] and origins[2] == origins[3] != origins[0], "then from the command itself"


def test_its_death_costs_the_product_that_ran_and_is_said_once(batch):
    _, outcomes, said = batch
    assert {p: o["state"] for p, o in outcomes.items()} == dict(zip("abcd", ["published", "failed"] + 2 * ["published"],
                                                                    strict=True))
    assert said.count("imported anew for each product") == 1 and "c: the libraries" in said


def test_code_that_is_changed_during_a_batch_is_that_of_the_products_that_begin_later(tmp_path):
    shutil.copytree(ROOT / "lib", tmp_path / "code/lib", ignore=shutil.ignore_patterns("__pycache__"))
    workspace = Elsewhere(tmp_path / "space")
    for product in "ab":
        workspace.add_product(product)
    changed = f"open({str(tmp_path / 'code/lib/stats.py')!r}, 'a').write('\\nADDED = 1\\n')"
    workspace.put_light(STEPS[1], f"if product == 'a': {changed}", "from lib import stats",
                        "open(f'{product}.seen', 'w').write(str(getattr(stats, 'ADDED', 0)))")
    outcomes = json.loads(workspace.segments("run", "a", "b", "--jobs", "1", "--json").stdout)
    assert [o["state"] for o in outcomes] == ["failed", "published"]
    assert "code was changed while it ran" in outcomes[0]["cause"]
    assert (workspace.root / "a.seen").read_text() == "0", "all of its notebooks have what it began with"
    assert (workspace.root / "b.seen").read_text() == "1"


def test_where_forking_is_not_safe_nothing_is_forked(monkeypatch):
    monkeypatch.setattr(forkable.sys, "platform", "darwin")
    assert "Linux" in Nursery({}).reason


def _above(workspace: Workspace, product: str) -> str:
    return (Path(workspace.root) / f"{product}.above").read_text()
