"""What a cell started and left: a process whose parent has ended becomes the worker's, counts as its own, and ends with
it. What a killed worker leaves becomes the nursery's, which ends it. Without that it would be nobody's: past the limit
of memory, and there for good."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Collection
from contextlib import suppress

import psutil

from lib.run.forking import GRACE

CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <sys/prctl.h>
AGAIN = 0.01  # seconds between two looks


def adopt() -> None:
    """From now on this process is the parent of every process below it whose own parent ends. Only Linux can do that;
    elsewhere they go to the system's first process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all(but: Collection[int] = ()) -> None:
    """End every process below this one, those that start meanwhile, too; ``but``: the children that stay, with what is
    below them. Nothing else may be waiting for one of the others."""
    end = time.monotonic() + GRACE
    while (left := _left(but)) and time.monotonic() < end:
        for process in [p for child in left for p in (child, *_below(child))]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(AGAIN)


def _left(but: Collection[int]) -> list[psutil.Process]:
    """The other children, after those are gone that have ended: they count until somebody asks how."""
    return [child for child in psutil.Process().children() if child.pid not in but and not _has_ended(child.pid)]


def _has_ended(child: int) -> bool:
    with suppress(ChildProcessError):
        return os.waitpid(child, os.WNOHANG)[0] == child
    return True


def _below(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []
