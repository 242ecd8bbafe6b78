"""How much memory there is for this process: the machine's, or less where a container or a group may take less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

GROUPS, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")  # of Linux; elsewhere there are none
# a control group's most bytes, bytes in use, and what of these the system gives back when asked: versions 2 and 1
SECOND = ("memory.max", "memory.current", "inactive_file")
FIRST = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def memory() -> int:
    """Bytes that there are."""
    return min([psutil.virtual_memory().total, *(most for most, _ in _limits())])


def free_memory() -> int:
    """Bytes that are not in use."""
    return min([psutil.virtual_memory().available, *(max(most - used, 0) for most, used in _limits())])


def _limits() -> Iterator[tuple[int, int]]:
    """(most, in use) of each group with a limit that this process is in. A container sees its own as the top."""
    lines = OWN.read_text(encoding="utf-8").splitlines() if OWN.is_file() else []
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        top, names = (GROUPS / "memory", FIRST) if kinds else (GROUPS, SECOND)
        own = top / path.strip("/")
        for group in (own, *own.parents):
            if group.is_relative_to(top):
                with suppress(OSError, ValueError):  # the group has no limit ("max"), or is not to be seen from here
                    yield _limit(group, *names)


def _limit(group: Path, most: str, used: str, given_back: str) -> tuple[int, int]:
    lines = (group / "memory.stat").read_text(encoding="utf-8").splitlines()
    stat = dict(line.split(maxsplit=1) for line in lines)
    in_use = int((group / used).read_text()) - int(stat.get(given_back, 0))
    return int((group / most).read_text()), in_use
