"""Runs that fail by an error nobody foresaw, which quotes what the inputs hold: logs, causes and notebooks do not."""

import json

import pytest

from lib.run.order import STEPS
from tests.protection.planted import customers, identifiers
from tests.protection.search import leaks, strings_of
from tests.run.conftest import Workspace

KNOWN = {kind: texts[:1] for kind, texts in identifiers().items()} | {
    "customer": customers(1), "number": ["48151623"], "order": ["RG/2026000417"], "surname": ["Zubizarreta"]}
READ = """
import json
from pathlib import Path
known = json.loads(Path("data/known.json").read_text())
"""
IN_A_CELL = READ + """
def look(kinds):
    # each error while the one before is dealt with, quoted or in the middle of its sentence
    kind, *others = kinds
    try:
        if others:
            look(others)
    finally:
        value = known[kind][0]
        if kind == "surname":
            float(value)
        if kind in ("customer", "number", "order", "e-mail", "phone"):
            raise RuntimeError(f"no row for {value} in the table")
        raise KeyError(value)

look(list(known))
"""
# after the last notebook, the pages find a verdict that there is not
IN_THE_PAGES = READ + """
import hashlib, os
path = Path(os.environ["SEGMENTS_WORK"]) / "acme" / "2026-06-30" / "readiness.json"
verdict = " ".join([known["name"][0], known["customer"][0]])
path.write_text(json.dumps(json.loads(path.read_text()) | {"verdict": verdict}))
manifest = path.with_name("readiness.json.manifest.json")
said = json.loads(manifest.read_text()) | {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
manifest.write_text(json.dumps(said))
"""


@pytest.mark.full
@pytest.mark.parametrize(("step", "cell", "error"), [(STEPS[1], IN_A_CELL, "RuntimeError"),
                                                     (STEPS[5], IN_THE_PAGES, "KeyError")])
def test_an_error_quotes_none(tmp_path, step, cell, error):
    space = Workspace(tmp_path / "space")
    space.put_light(step, cell)
    (space.root / "data").mkdir()
    (space.root / "data" / "known.json").write_text(json.dumps(KNOWN))
    inputs = {p for p in space.root.rglob("*") if p.is_file()}
    done = space.segments("run", "acme", "--json")
    (outcome,) = json.loads(done.stdout)
    assert outcome["state"] == "failed" and outcome["cause"].startswith(error), outcome
    # the artefact that the cell spoilt is what is planted, and no output
    files = {p for p in space.root.rglob("*") if p.is_file() and p.name != "readiness.json"} - inputs
    made = {str(p.relative_to(space.root)): strings_of(p) for p in files}
    made |= {"stdout": done.stdout, "stderr": done.stderr}
    told = made["data/work/.runs/acme/worker.log"] if step == STEPS[5] else _notebook(made, step)
    assert error in told and "…" in told and "line " in told, "whoever mends it sees the kind of error and the place"
    assert not leaks(KNOWN, made)


def _notebook(made: dict[str, str], step: str) -> str:
    return next(said for name, said in made.items() if name.endswith(f"notebooks/{step}.ipynb"))
