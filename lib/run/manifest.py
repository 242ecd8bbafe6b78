"""run.json: what was run, on what, with what, and how it went. Written before the start and after every step."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import platform
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from lib.paths import ROOT
from lib.run.folder import RunFolder, write_whole
from lib.run.kernels import KERNELS
from lib.run.outcome import Stopped
from lib.store import to_json

FILE = "run.json"
OF_INPUT = ("source", "file", "sha256", "bytes", "rows", "kept", "repaired", "quarantined", "excluded")
LIBRARIES = ("duckdb", "ibis-framework", "ipykernel", "matplotlib", "nbclient", "numpy", "pandas", "pandera",
             "papermill", "pyarrow", "scikit-learn", "scipy", "sqlglot", "statsmodels")


@dataclass
class Manifest:
    """The record of one run. `step` and `close` write it to disk each time, whole or not at all."""

    folder: RunFolder
    content: dict = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, folder: RunFolder, *, settings, parameters: dict, variant: str, steps: tuple[str, ...],
              key: str) -> Manifest:
        """The manifest of a run that is about to start; ``key`` tells whether a later one may go on with it."""
        manifest = cls(folder, {
            "run_id": folder.run_id, "product": settings.id, "as_of": folder.as_of, "state": "running",
            "started_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "seconds": None,
            "code": code_version(), "python": platform.python_version(), "libraries": versions(),
            "resume_key": key, "parameters": parameters, "variant": variant, "seed": settings.seed,
            "inputs": [], "artefacts": [], "kernels": KERNELS.facts(),
            "steps": {name: {"state": "pending"} for name in steps}, "error": None,
        })
        manifest.write()
        return manifest

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 1)

    def step(self, name: str, state: str, **facts) -> None:
        """Record the state of a step."""
        self.content["steps"][name] = {"state": state, **facts}
        self.write()

    def close(self, state: str, error: Stopped | None = None) -> None:
        """Record how the run ended, what it read and what it wrote."""
        self.content |= {"state": state, "seconds": self.seconds, "inputs": inputs(self.folder.artefacts),
                         "artefacts": artefacts(self.folder.artefacts),
                         "error": error and {"type": error.error, "cause": error.cause}}
        self.write()

    def write(self) -> None:
        write_whole(self.folder.pages / FILE, to_json(self.content))


def inputs(folder: Path) -> list[dict]:
    """The input files that step 2 read: name, sha256, bytes and rows of each, and how many of these were kept,
    repaired, quarantined and excluded; empty before step 2."""
    collected = folder / "collected.json"
    if not collected.is_file():
        return []
    sources = json.loads(collected.read_text(encoding="utf-8")).get("sources", [])
    return [{k: s[k] for k in OF_INPUT if k in s} for s in sources]


def artefacts(folder: Path) -> list[dict]:
    """Every artefact of the run with its hash and rows."""
    manifests = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.manifest.json"))]
    return [{k: m[k] for k in ("name", "sha256", "rows", "written_by")} for m in manifests]


def versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def code_version() -> str:
    """The commit that was run, marked when files were changed since; the package's version outside a repository.

    All its digits: seven of them can read like a phone number, and the privacy gate would stop the run.
    """
    try:
        described = subprocess.run(["git", "describe", "--always", "--dirty", "--tags", "--abbrev=40"], cwd=ROOT,
                                   timeout=10, capture_output=True, text=True, check=True)
        return described.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        (command,) = importlib.metadata.entry_points(group="console_scripts", name="segments")
        return command.dist.version  # whatever the package is called here
