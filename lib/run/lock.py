"""The lock of a product: one run at a time, and who holds it, for whoever looks at it from outside. And that
of the page over all products, for the moment in which it is written."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from lib.paths import WORK
from lib.run.outcome import LOCKED, Stopped

RUNS = WORK / ".runs"
LOCK = "lock"
PAGE_LOCK = "page.lock"
HOLDER = re.compile(r"process (?P<pid>\d+) on (?P<host>.+), since (?P<since>.+)")
CLOCK = "%Y-%m-%d %H:%M:%S"
BEAT, SILENT = 20, 300  # seconds between two signs of life of a holder, and after which it counts as gone elsewhere


class Locked(Stopped):
    """Another run of the product is going on."""

    def __init__(self, product: str, holder: str):
        super().__init__(LOCKED, "Locked", f"another run of {product} is going on ({holder or 'just started'})",
                         "wait for it to end")


_HELD: set[Path] = set()  # the locks of this process


@contextmanager
def product_lock(product: str, patience: int = 0) -> Iterator[None]:
    """Hold the product's lock; Locked when another run has it for longer than ``patience`` seconds. The system frees
    it when the holder dies."""
    path = RUNS / product / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as lock:
        if not _held(lock, time.monotonic() + patience):
            lock.seek(0)
            raise Locked(product, lock.read())
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}, since {time.strftime(CLOCK)}")
        lock.flush()
        _HELD.add(path)
        try:
            yield
        finally:
            _HELD.discard(path)
            lock.truncate(0)


@contextmanager
def page_lock(patience: float = 2) -> Iterator[None]:
    """One process at a time reads what is published and writes the page over it: none replaces a newer page by an
    older. One that hangs meanwhile is not waited for longer than ``patience`` seconds."""
    RUNS.mkdir(parents=True, exist_ok=True)
    with (RUNS / PAGE_LOCK).open("a", encoding="utf-8") as lock:
        _held(lock, time.monotonic() + patience)
        yield


def beat() -> None:
    """Say of the locks that this process holds that it lives: on another machine nothing else tells. See `BEAT`."""
    for path in list(_HELD):
        with suppress(OSError):
            os.utime(path)


def let_go() -> None:
    """Say of the locks that this process holds that nobody does: it is about to end, and the system frees them then."""
    for path in list(_HELD):
        with suppress(OSError):
            os.truncate(path, 0)


def running_since(product: str) -> str:
    """When the run of a product that is going on began; empty when none is. Does not touch the lock.

    A holder that was killed has left its name in it: here its process is gone, or began after it; one on another
    machine, or in a container of its own, has not been heard for a while.
    """
    path = RUNS / product / LOCK
    with suppress(OSError):
        held = HOLDER.fullmatch(path.read_text(encoding="utf-8"))
        here = held and held["host"] == socket.gethostname()
        if held and (_lives(int(held["pid"]), held["since"]) if here else time.time() - path.stat().st_mtime < SILENT):
            return held["since"]
    return ""


def _lives(pid: int, since: str) -> bool:
    """Whether the process is there, and is the one that held a lock at that time: numbers are given again."""
    with suppress(psutil.Error):
        return psutil.Process(pid).create_time() < time.mktime(time.strptime(since, CLOCK)) + 1
    return False


def _held(lock, until: float) -> bool:
    """Whether the lock is ours by that time."""
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.2)
