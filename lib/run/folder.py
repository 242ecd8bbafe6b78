"""The run folder, and publishing by rename.

A run writes everything into a folder of its own. Only a proved success is published: the old sets are moved
aside, the new ones renamed into place. A run that was killed while publishing is completed by the next command that
reads or runs the product. What is published is on the disk before it is moved: a machine that loses power keeps the old
set or the new one, too.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lib.paths import REPORTS, WORK
from lib.run.lock import RUNS, Locked, product_lock
from lib.run.outcome import FAILED, TEMPORARY, Stopped
from lib.settings import relative

SUMMARY = "summary.json"  # among the pages of a run
HERE, EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux: see renameat2(2)
LETTERS = "bcdfghjkmnpqrstvwxz"  # of a run's id: digits behind a time after midnight, 00..., read like a phone number
ABANDONED = 3600  # seconds after which nobody writes a file any more
MARKER = "publishing"  # exists in a run folder from the moment its success is proved


class Unplaced(Stopped):
    """A proved run that cannot be put where readers find it. Whatever keeps it from there has to be mended first."""

    def __init__(self, product: str, error: OSError):
        state = TEMPORARY if error.errno in (errno.ENOSPC, errno.EDQUOT) else FAILED
        super().__init__(state, "Unplaced", f"a proved run of {product} cannot be put in its place "
                         f"({os.strerror(error.errno or 0)})", f"one file system for {relative(WORK)} and "
                         f"{relative(REPORTS)}, and permission to write {relative(WORK / product)} and "
                         f"{relative(REPORTS / product)}; the next run then publishes it")


@dataclass(frozen=True)
class RunFolder:
    """One run's own place: work/ (artefacts), notebooks/ (executed), pages/ (HTML, summary, manifest)."""

    path: Path
    product: str
    as_of: str

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def work(self) -> Path:
        return self.path / "work"

    @property
    def artefacts(self) -> Path:
        return self.work / self.product / self.as_of

    @property
    def notebooks(self) -> Path:
        return self.path / "notebooks"

    @property
    def pages(self) -> Path:
        return self.path / "pages"

    @property
    def register(self) -> Path:
        """The product's register with this run in it."""
        return self.path / "processing_register.yaml"

    @classmethod
    def create(cls, product: str, as_of: str) -> RunFolder:
        """A new, empty run folder."""
        own = "".join(secrets.choice(LETTERS) for _ in range(8))
        folder = cls(RUNS / product / f"{time.strftime('%Y%m%dT%H%M%S')}-{own}", product, as_of)
        for part in (folder.artefacts, folder.notebooks, folder.pages):
            part.mkdir(parents=True)
        return folder

    def publish(self) -> None:
        """Put artefacts and pages where readers find them. Safe to repeat after it was broken off. Raises Unplaced."""
        moved = self._marked()["moves"]
        try:
            for name, new, place in self._moves():
                done = place.exists() and place.stat().st_ino == moved.get(name)
                if name in moved and not done and new.exists():
                    swap(new, place, self.path / "replaced" / name)
        except OSError as error:
            raise Unplaced(self.product, error) from None

    def _marked(self) -> dict:
        """The marker: from here on the run counts, and all of it is on the disk. It holds what is moved by its number
        there, which a move keeps: so publishing that was broken off knows what it has done."""
        marker = self.path / MARKER
        if not marker.is_file():
            for _, new, _ in self._moves():
                settle(new)
            moves = {name: new.stat().st_ino for name, new, _ in self._moves() if new.exists()}
            write_whole(marker, json.dumps({"product": self.product, "as_of": self.as_of, "moves": moves}))
        return json.loads(marker.read_text(encoding="utf-8"))

    def _moves(self) -> list[tuple[str, Path, Path]]:
        return [("work", self.artefacts, WORK / self.product / self.as_of),
                ("register", self.register, WORK / self.product / self.register.name),
                ("pages", self.pages, REPORTS / self.product / self.as_of)]


def newest_report(product: str) -> str:
    """Where the newest report of a product is; empty when it has none."""
    found = sorted((REPORTS / product).glob("*/report.html"))
    return relative(found[-1]) if found else ""


def sweep(product: str, but: Path | None = None) -> None:
    """Clear earlier run folders of the product, finishing those that were killed while publishing.

    Call it with the lock held: then no earlier run is alive. ``but`` is a folder that is gone on with.
    """
    finish(product)
    for path in sorted(p for p in (RUNS / product).iterdir() if p.is_dir() and p != but):
        shutil.rmtree(path)


def complete(product: str) -> None:
    """Finish what a run that was killed had begun to publish, so that nobody reads half of it. One that goes on does
    so itself. Raises Unplaced."""
    if not any((RUNS / product).glob(f"*/{MARKER}")):
        return
    with suppress(Locked), product_lock(product):
        finish(product)


def finish(product: str) -> None:
    """As `complete`, with the product's lock held."""
    for marker in sorted((RUNS / product).glob(f"*/{MARKER}")):
        _publish_again(marker.parent)
        shutil.rmtree(marker.parent)


def _publish_again(path: Path) -> None:
    content = json.loads((path / MARKER).read_text(encoding="utf-8"))
    RunFolder(path, content["product"], content["as_of"]).publish()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees all of it or the old one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    for left in path.parent.glob(f".{path.name}.*.partial"):
        with suppress(FileNotFoundError):  # somebody else took it away
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()
    with partial.open("wb") as stream:
        stream.write(content.encode("utf-8") if isinstance(content, str) else content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(partial, path)
    _settle(path.parent)


def settle(top: Path) -> None:
    """Have a file, or a folder with all below it, on the disk before going on."""
    for folder, _, files in os.walk(top):
        for name in files:
            _settle(Path(folder, name))
        _settle(Path(folder))
    if top.is_file():
        _settle(top)


def _settle(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def swap(new: Path, place: Path, aside: Path) -> None:
    """Put ``new`` in its place; what stood there goes aside. A reader sees one or the other, where the system can."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside.parent.mkdir(parents=True, exist_ok=True)
    if not (place.exists() and _exchanged(new, place)):
        if place.exists():
            os.rename(place, aside)
        os.rename(new, place)
    _settle(place.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the two names now stand for each other's content: in one step, which Python has no function for."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False  # another system, or a C library without it
    return renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0
