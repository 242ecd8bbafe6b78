"""Which code a process has: the library, templates of its pages included, and the notebooks."""

from __future__ import annotations

import hashlib
from pathlib import Path

import lib
from lib.paths import NOTEBOOKS
from lib.run.order import STEPS

KINDS = (".py", ".html", ".css")


WORKER = ("lib.run.worker", "lib.run.gate", "lib.run.erase")  # what runs a product; the rest of lib.run are commands


def modules() -> tuple[str, ...]:
    """What notebooks and the process that runs a product import of ours."""
    root = Path(lib.__file__).parent
    found = (path.relative_to(root.parent).with_suffix("").parts for path in sorted(root.rglob("*.py")))
    steps = (parts for parts in found if parts[1] not in ("run", "propose"))
    return (*WORKER, *(".".join(p for p in parts if p != "__init__") for parts in steps))


def code_files() -> list[Path]:
    """Every file that what a run does depends on, and that is ours."""
    ours = (p for p in Path(lib.__file__).parent.rglob("*") if p.suffix in KINDS)
    return [*sorted(ours), *(NOTEBOOKS / f"{step}.ipynb" for step in STEPS)]


def code_now() -> str:
    """One hash of the code as it lies on disk."""
    digest = hashlib.sha256()
    for path in code_files():
        with path.open("rb") as file:
            digest.update(f"\n{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    return digest.hexdigest()
