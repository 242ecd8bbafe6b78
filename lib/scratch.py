"""Folders for what must not outlive its process: raw rows that an engine spills, and the sockets of kernels.

A process that is killed cannot clear up after itself, and what it leaves may hold customers' data. So a folder is
locked while its process lives; who takes the next one clears those that nobody holds any more.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "seg-"  # short: paths of sockets may have about 100 characters
HELD = "held"  # the file in it that is locked; the system frees it when its process dies
_LOCKS: dict[Path, int] = {}


def take() -> Path:
    """A new folder among the system's temporary ones, for this process alone."""
    _sweep(tempfile.gettempdir())
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    unseen = path / f".{HELD}"  # locked before anybody can find it unlocked
    _LOCKS[path] = os.open(unseen, os.O_CREAT | os.O_WRONLY)
    fcntl.flock(_LOCKS[path], fcntl.LOCK_EX)
    os.rename(unseen, path / HELD)
    return path


def give_back(path: Path) -> None:
    """Remove the folder, with what is in it. Safe to repeat."""
    shutil.rmtree(path, ignore_errors=True)
    if (lock := _LOCKS.pop(path, None)) is not None:
        os.close(lock)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for as long as the block runs."""
    path = take()
    try:
        yield path
    finally:
        give_back(path)


@functools.cache
def _sweep(temporary: str) -> None:
    """Remove the folders whose process is gone; once a process."""
    for held in Path(temporary).glob(f"{PREFIX}*/{HELD}"):
        with suppress(OSError), held.open("rb") as lock:  # held, or somebody else's
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(held.parent, ignore_errors=True)
