"""What a cell started and left: a process whose parent has ended becomes the worker's, counts as its own, and ends with
it. Without that it would be nobody's: past the limit of memory, and there for good."""

from __future__ import annotations

import ctypes
import os
import sys
import time
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


def end_all() -> None:
    """End every process below this one, those that start meanwhile, too. Nothing else may be waiting for one."""
    end = time.monotonic() + GRACE
    while _has_children() and time.monotonic() < end:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(AGAIN)


def _has_children() -> bool:
    """Whether there are processes below this one, after those are gone that have ended: they count until somebody
    asks how."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False
