"""A workspace of its own with tiny notebooks, run by the real command in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from lib.run.order import STEPS
from tests.conftest import MINIMAL

PLAYBOOK = Path(__file__).resolve().parents[2] / "products" / "playbook.yml"
PARAMETERS = 'product: str = "acme"  # product\nas_of: str = ""  # day\ngroups: int = 0  # how many'
SETUP = """
from lib.product import load_product
from lib.report.blocks import Closing
from lib.store import Store
settings = load_product(product, as_of=as_of)
work = Store.open(settings)
"""
READINESS = {
    "verdict": "go", "reasons": [], "needed": [], "checks": [], "n_customers": 900, "largest_k": 6,
    "lead_basis": "revenue", "lead_rule": "b2b", "why_now": "", "rfm": {"applies": True, "reasons": []},
    "cost_value": None, "not_measured": [],
}
NO_GO = {**READINESS, "verdict": "no-go", "reasons": ["only 60 customers"], "needed": ["at least 300 customers"]}


# the same closing without the imports: most steps of a test only have to be run, and quickly
LIGHT = """
import os
shown = {"kind": "closing", "text": "done", "step": "", "wrote": [], "next_step": "",
         "run": os.environ.get("SEGMENTS_RUN_ID")}
display({"application/vnd.segments.block+json": shown}, raw=True)
"""


# what the interpreter reads first: a module that is there, and of which a part is not
BROKEN = """
import sys
class Broken:
    def find_spec(name, *_):
        if name == {module!r}:
            raise ImportError("a library of it is missing")
if {of!r} in ["", *sys.orig_argv]:
    sys.meta_path.insert(0, Broken)
"""

SLOW = """
import os, time
fsync = os.fsync
def slow(descriptor):
    time.sleep({seconds})
    fsync(descriptor)
os.fsync = slow
"""


def slower() -> float:
    """How many times longer things take on this machine than when it is idle."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def light(*cells: str, wrote=(), exported=()) -> nbformat.NotebookNode:
    """A notebook that imports nothing of lib."""
    made = f'"wrote": {list(wrote)!r}, "exported": {list(exported)!r}'
    book = notebook("", *cells, last=LIGHT.replace('"wrote": []', made))
    book.cells.pop(2)
    return book


def notebook(step: str, *cells: str, wrote=(), last: str = "") -> nbformat.NotebookNode:
    """A notebook of the usual pattern around the given cells."""
    parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    closing = last or f'Closing("done", step="{step}", wrote={list(wrote)!r})'
    code = [nbformat.v4.new_code_cell(c) for c in (SETUP, *cells, closing)]
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(f"# {step}"), parameters, *code],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})


class Workspace:
    """products/, notebooks/, data/ and reports/ below one folder, and the command that works on them."""

    program = (sys.executable, "-m", "lib.run")
    more: dict = {}  # of its environment

    def __init__(self, root: Path):
        self.root = root
        (root / "products").mkdir(parents=True)
        (root / "notebooks").mkdir()
        self.add_product("acme")
        shutil.copy(PLAYBOOK, root / "products")
        self.readiness(READINESS)
        for step in STEPS[1:]:
            self.put_light(step)

    @classmethod
    def at(cls, root: Path) -> Workspace:
        """The workspace that stands there already."""
        found = cls.__new__(cls)
        found.root = root
        return found

    def put_orders(self, amount: str) -> None:
        orders = self.root / "data" / "acme" / "orders.csv"
        orders.parent.mkdir(parents=True, exist_ok=True)
        orders.write_text(f"KundenNr;Beleg;Datum;Betrag\nA1;b1;01.05.2026;{amount}\n", encoding="utf-8")

    def add_product(self, product: str, **changes) -> None:
        later = {"review_days": 9999}  # whatever the machine's clock says
        content = {**MINIMAL, "id": product, "monitor": later, **changes}
        (self.root / "products" / f"{product}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def put(self, step: str, *cells: str, **options) -> None:
        nbformat.write(notebook(step, *cells, **options), self.root / "notebooks" / f"{step}.ipynb")

    def put_light(self, step: str, *cells: str, **made) -> None:
        nbformat.write(light(*cells, **made), self.root / "notebooks" / f"{step}.ipynb")

    def broken(self, module: str, of: str = "") -> Workspace:
        """An installation of which this module cannot be imported; ``of``: only where this is run."""
        self._read_first(BROKEN.format(module=module, of=of))
        return self

    def slow_disk(self, seconds: float) -> None:
        """A disk that takes so long until a file is on it."""
        self._read_first(SLOW.format(seconds=seconds))

    def _read_first(self, code: str) -> None:
        """What the interpreter reads first in every process of the workspace."""
        (self.root / "sitecustomize.py").write_text(code, encoding="utf-8")
        ahead = [str(self.root), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.more = {"PYTHONPATH": os.pathsep.join(ahead)}

    def readiness(self, content: dict, *before: str) -> None:
        self.put(STEPS[0], *before, f"readiness = {content!r}", "work.save(readiness=readiness)", wrote=["readiness"])

    @property
    def environment(self) -> dict:
        return {**os.environ, "SEGMENTS_ROOT": str(self.root), **self.more}

    def start(self, *arguments: str, **more) -> subprocess.Popen:
        return subprocess.Popen([*self.program, *arguments], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def segments(self, *arguments: str) -> subprocess.CompletedProcess:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=400)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def run(self, *arguments: str) -> tuple[int, dict]:
        """`segments run acme --json`: the exit code and the outcome."""
        done = self.segments("run", "acme", "--json", *arguments)
        return done.returncode, json.loads(done.stdout)[0]

    @property
    def published(self) -> Path:
        return self.root / "reports" / "acme" / "2026-06-30"

    def manifest(self) -> dict:
        return json.loads((self.published / "run.json").read_text(encoding="utf-8"))


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "space")


@pytest.fixture(scope="session")
def first_run(tmp_path_factory) -> tuple[Workspace, int, dict]:
    """One good run over a workspace in which an earlier one was killed; look at it, do not change it."""
    workspace = Workspace(tmp_path_factory.mktemp("run") / "space")
    workspace.put_light(STEPS[1], 'assert groups == 5 and as_of == "2026-06-30" and product == "acme"')
    (workspace.root / "data/work/.runs/acme/20200101T000000-dead/work").mkdir(parents=True)
    return workspace, *workspace.run("-p", "groups=5")


@pytest.fixture
def published(first_run, tmp_path) -> Workspace:
    """A workspace of its own with that run published."""
    copy = Workspace(tmp_path / "space")
    for folder in ("data", "reports"):
        shutil.copytree(first_run[0].root / folder, copy.root / folder)
    return copy
