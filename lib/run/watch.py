"""What a worker may take: time, memory of all its processes together, and none of them frozen."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from lib.machine import free_memory
from lib.run.outcome import FAILED, TEMPORARY

FROZEN = 15.0  # seconds that a process may be stopped: nothing in a run does that
RESUMED = "run it again, and let nothing stop its processes (Ctrl-Z, kill -STOP, a debugger)"
SHARE = 0.9  # [ours] of the memory that is free at the start; the rest is the system's
GB = 1e9


@dataclass(frozen=True)
class Limits:
    """Seconds of a product, and bytes of memory of all its processes together."""

    seconds: int
    memory: float


def limits(seconds: int, gigabytes: float | None, jobs: int) -> Limits:
    """The limits of each product when so many run at once; without ``gigabytes`` each may take an equal share."""
    return Limits(seconds, gigabytes * GB if gigabytes else free_memory() * SHARE / jobs)


@dataclass
class Watch:
    """Looks at the processes of one worker. Memory is not limited where it is allocated: libraries reserve far more
    addresses than they use."""

    limits: Limits
    began: float = field(default_factory=time.monotonic)
    _stopped: dict[int, float] = field(default_factory=dict)  # process: since when it has been seen stopped

    def fault(self, processes: Collection[psutil.Process]) -> tuple[str, str, str] | None:
        """State, cause and fix when a limit is passed."""
        if time.monotonic() - self.began > self.limits.seconds:
            return FAILED, f"it ran longer than {self.limits.seconds} s", "--timeout allows more"
        if self._is_frozen(processes):
            return FAILED, f"one of its processes was frozen for {FROZEN:.0f} s", RESUMED
        if _resident(processes) > self.limits.memory and _own(processes) > self.limits.memory:
            return (TEMPORARY, f"it took more than {self.limits.memory / GB:.2g} GB of memory",
                    "fewer --jobs at once, more --memory, or a larger machine")
        return None

    def _is_frozen(self, processes: Collection[psutil.Process]) -> bool:
        now = time.monotonic()
        stopped = {p.pid for p in processes if _status(p) == psutil.STATUS_STOPPED}
        self._stopped = {pid: self._stopped.get(pid, now) for pid in stopped}
        return any(now - since > FROZEN for since in self._stopped.values())


def _status(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.status()
    return ""


def _resident(processes: Collection[psutil.Process]) -> int:
    """Bytes in memory, pages that several share counted for each of them: quick to ask for."""
    return sum(_asked(p, "memory_info", "rss") for p in processes)


def _own(processes: Collection[psutil.Process]) -> int:
    """Bytes in memory, pages that several share counted once: kernels are forked, and share the libraries."""
    return sum(_asked(p, "memory_full_info", "pss") for p in processes)


def _asked(process: psutil.Process, method: str, name: str) -> int:
    with suppress(psutil.Error):
        info = getattr(process, method)()
        return getattr(info, name, info.rss)  # systems without proportional sizes have resident ones
    return 0
