"""A product whose kernels were forked from a warm parent against the same with ordinary kernels."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from lib.paths import ROOT
from tests.pipeline.conftest import AS_OF

PRODUCT = "meals-n60"  # refused, so that it has three notebooks only, and few customers


def test_figures_tables_and_artefacts_are_the_same_warm_and_cold(batch, tmp_path):
    for name in ("notebooks", "products", f"data/sample/{PRODUCT}"):
        shutil.copytree(batch.root / name, tmp_path / name)
    command = [sys.executable, "-m", "lib.run.commands", "run", PRODUCT, "--cold"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"SEGMENTS_ROOT": str(tmp_path)}, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 3, done.stderr
    kernels = [json.loads((root / "reports" / PRODUCT / AS_OF / "run.json").read_text())["kernels"]["warm"]
               for root in (batch.root, tmp_path)]
    assert kernels == [True, False]
    warm, cold = (root / "data/work" / PRODUCT / AS_OF for root in (batch.root, tmp_path))
    assert artefacts(warm) == artefacts(cold) and len(artefacts(warm)) > 15
    books = sorted(p.name for p in (warm / "notebooks").iterdir())
    assert len(books) == 3
    for name in books:
        first, second = shown(warm / "notebooks" / name), shown(cold / "notebooks" / name)
        assert len(first) == len(second)
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            assert one == other, f"{name}, output {number}"
    assert sum("image/png" in output for name in books for output in shown(warm / "notebooks" / name)) >= 5


def artefacts(folder: Path) -> dict[str, bytes]:
    """Tables and documents as they are written."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and not p.name.endswith(".manifest.json")}


def shown(path: Path) -> list[str]:
    """Every output of a notebook in order, texts printed in several pieces as one; without the id of the run."""
    outputs = []
    for cell in (c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"):
        printed = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        data = [json.loads(json.dumps(o.data)) for o in cell.outputs if o.output_type != "stream"]
        for block in (b for d in data for b in d.values() if isinstance(b, dict)):
            block.pop("run", None)
        outputs += [printed, *(json.dumps(d, sort_keys=True) for d in data)]
    return outputs
