"""run.json: what was run, on what, with what, and how it went. Written before the start and after every step."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import platform
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lib.contracts import ARTEFACTS
from lib.paths import ROOT
from lib.report.books import STATES, hidden_states
from lib.run.folder import RunFolder, write_whole
from lib.run.kernels import KERNELS
from lib.run.outcome import INTERRUPTED, PUBLISHED, Stopped
from lib.store import to_json

FILE = "run.json"
RUNNING = "running"  # of a run, and of a step
OF_INPUT = ("source", "file", "sha256", "bytes", "rows", "kept", "repaired", "quarantined", "excluded")
OF_ARTEFACT = ("name", "sha256", "rows", "written_by")
LIBRARIES = ("duckdb", "ibis-framework", "ipykernel", "matplotlib", "nbclient", "numpy", "pandas", "pandera",
             "papermill", "pyarrow", "scikit-learn", "scipy", "sqlglot", "statsmodels")


@dataclass
class Manifest:
    """The record of one run. `step` and `close` write it to disk each time, whole or not at all."""

    folder: RunFolder
    content: dict = field(default_factory=dict)
    smallest: int = 10  # people: fewer are not counted in what is published
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, folder: RunFolder, *, settings, parameters: dict, variant: str, steps: tuple[str, ...],
              held: dict[str, dict], key: str) -> Manifest:
        """The manifest of a run that is about to start; ``held``: steps that an earlier one has finished; ``key`` tells
        whether a later one may go on with it."""
        manifest = cls(folder, {
            "run_id": folder.run_id, "product": settings.id, "as_of": folder.as_of, "state": RUNNING,
            "started_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "seconds": None,
            "code": code_version(), "python": platform.python_version(), "libraries": versions(),
            "resume_key": key, "parameters": parameters, "variant": variant, "seed": settings.seed,
            "inputs": [], "artefacts": [], "kernels": KERNELS.facts(),
            "steps": {name: {**held[name], "resumed": True} if name in held else {"state": "pending"}
                      for name in steps}, "error": None,
        }, smallest=settings.data_protection.smallest_cell)
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
        made = self.folder.artefacts
        self.content |= {"state": state, "seconds": self.seconds, "inputs": inputs(made, self.smallest),
                         "artefacts": artefacts(made),
                         "error": error and {"type": error.error, "cause": error.cause}}
        self.write()

    def interrupt(self) -> None:
        """Record that a signal ended the run, which somebody sent, or the supervisor for a limit that it passed. How it
        had ended before stays."""
        if self.content["state"] not in (RUNNING, PUBLISHED):  # written before the pages are, and publishing
            return
        steps = self.content["steps"]
        steps |= {name: {"state": INTERRUPTED} for name, step in steps.items() if step["state"] == RUNNING}
        self.content |= {"state": INTERRUPTED, "seconds": self.seconds,
                         "error": {"type": "Interrupted", "cause": "stopped by a signal"}}
        self.write()

    def write(self) -> None:
        write_whole(self.folder.pages / FILE, to_json(self.content))


def inputs(folder: Path, smallest: int) -> list[dict]:
    """The files and tables that step 2 read: name, sha256, bytes and rows of each, and how many of these were kept,
    repaired, quarantined and excluded; then the lists of codes and rates, without rows. Empty before step 2. Where rows
    are people, few of them are not counted."""
    collected = folder / "collected.json"
    if not collected.is_file():
        return []
    content = _read(collected)
    listed, lists = ([{k: s[k] for k in OF_INPUT if k in s} for s in content.get(key, [])]
                     for key in ("sources", "lists"))
    if not all(set(STATES) <= set(s) for s in listed) or not listed:
        return listed + lists
    out = hidden_states(pd.DataFrame(listed), smallest)
    return [s | {state: None for state in STATES if out.at[i, state]} for i, s in enumerate(listed)] + lists


def artefacts(folder: Path) -> list[dict]:
    """Every artefact of the run with its hash and rows; of tables of customers without these: two of them would tell
    how few are in one only. Where a cell has spoiled the manifest of one, the run has failed, and it is not listed."""
    manifests = [m for p in sorted(folder.glob("*.manifest.json")) if set(OF_ARTEFACT) <= set(m := _read(p))]
    return [{k: m[k] for k in OF_ARTEFACT} | ({"rows": None} if _of_people(m) else {}) for m in manifests]


def _read(path: Path) -> dict:
    """What a file holds; nothing where that is no JSON, or no record."""
    with suppress(ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else {}
    return {}


def _of_people(manifest: dict) -> bool:
    """Whether the rows of an artefact are of customers."""
    listed = getattr(ARTEFACTS.get(manifest["name"]), "columns", ())
    return any(column.name == "customer_key" for column in listed)


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
