"""What a run leaves behind, in a form in which two runs can be compared."""

import json
from pathlib import Path

import nbformat


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
