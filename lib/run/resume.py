"""A run that was broken off is gone on with: its finished steps hold while nothing that they depend on has changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lib.contracts import UserError
from lib.paths import ROOT, WORK
from lib.product import product_path
from lib.run.code import code_files, code_now
from lib.run.folder import MARKER, RUNS, RunFolder
from lib.run.manifest import FILE, versions
from lib.run.notebook import prove
from lib.run.order import STEPS, Order
from lib.run.outcome import Stopped
from lib.sources import input_files, pseudonym_key
from lib.store import sha256

EXPORTS = STEPS[4]  # writes a folder of audiences beside its artefacts


def key_of(order: Order, settings, today: dt.date) -> str:
    """One hash of all that a run depends on: its order, the product's file, code, libraries, inputs, earlier runs, day.

    Empty when something cannot be hashed, such as a table of a database: such a run starts anew.
    """
    try:
        inputs, key = input_files(settings), pseudonym_key(settings.id, settings.public_data)
    except UserError:
        return ""  # step 1 says what is wrong with it
    if inputs is None:
        return ""
    parts = [order.parameters, order.variant, settings.model_dump(mode="json"), versions(), today.isoformat()]
    files = [*code_files(), *_own_files(settings), *_earlier(settings.id), *(p.path for p in inputs)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode() + key)
    for path in files:
        digest.update(f"\n{path.name} {sha256(path)}".encode())
    return digest.hexdigest()


def seen(settings) -> list[tuple]:
    """The files that a run depends on as they lie there now, without reading them: (path, time, bytes, number).

    What was changed and changed back has another time: whoever read it in between has read something else.
    """
    try:
        inputs = [p.path for p in input_files(settings) or ()]
    except UserError:
        inputs = []
    found = []
    for path in (product_path(settings.id), *code_files(), *_own_files(settings), *inputs):
        with suppress(FileNotFoundError):
            now = path.stat()
            found.append((path, now.st_mtime_ns, now.st_size, now.st_ino))
    return found


def fingerprint() -> str:
    """One hash of the code, the notebooks and the libraries: runs on two machines can go on with one another's."""
    return hashlib.sha256(json.dumps([versions(), code_now()], sort_keys=True).encode()).hexdigest()


def broken_off(product: str, as_of: str, key: str) -> RunFolder | None:
    """The newest run of the product that was broken off and would do the same again, else None.

    Call it with the product's lock held: then no earlier run is alive.
    """
    for path in sorted((p for p in (RUNS / product).iterdir() if p.is_dir()), reverse=True):
        content = _manifest(path)
        folder = RunFolder(path, product, as_of)
        whole = all(part.is_dir() for part in (folder.artefacts, folder.notebooks, folder.pages))  # none was taken away
        same = key and content.get("resume_key") == key and content.get("as_of") == as_of
        if same and whole and not (path / MARKER).exists():
            return folder
    return None


def finished(folder: RunFolder, of: tuple[str, ...] = STEPS) -> dict[str, dict]:
    """What the manifest says of the first steps that were done, one after the other, and still prove it.

    Everything that they did not write is cleared away.
    """
    steps, held = _manifest(folder.path).get("steps", {}), {}
    for step in of:
        if steps.get(step, {}).get("state") != "done" or not _proved(folder, step):
            break
        held[step] = steps[step]
    _clear(folder, held)
    return held


def _proved(folder: RunFolder, step: str) -> bool:
    try:
        prove(folder.notebooks / f"{step}.ipynb", folder.run_id, folder.artefacts)
    except (Stopped, OSError, ValueError, KeyError):
        return False
    return True


def _clear(folder: RunFolder, held: dict[str, dict]) -> None:
    wrote = {name for step in held.values() for name in step["wrote"]}
    for path in folder.artefacts.iterdir():
        if EXPORTS not in held if path.is_dir() else path.name.split(".")[0] not in wrote:
            _remove(path)
    for path in [*folder.notebooks.iterdir(), *folder.pages.iterdir()]:
        if path.name != FILE and path.name not in {f"{step}.ipynb" for step in held}:
            _remove(path)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _manifest(folder: Path) -> dict:
    try:
        return json.loads((folder / "pages" / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _own_files(settings) -> Iterator[Path]:
    """The playbook, and who was erased."""
    yield from (p for p in (ROOT / settings.strategy.playbook, WORK / settings.id / "erased.json") if p.is_file())


def _earlier(product: str) -> list[Path]:
    """What earlier runs left: step 6 compares with it."""
    return sorted((WORK / product).glob("*/*.manifest.json"))
