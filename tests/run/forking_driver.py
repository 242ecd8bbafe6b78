"""A process that asks another for forks, and tells as JSON what came of it.

A request names a file: the fork writes it, waits for the file of the same name with `.end`, and ends with 3.
"""

import errno
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from lib.run.forking import Cold, Forking, keep_only, pair, serve

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
NO_ROOM = FOLDER / "no room"
fork = os.fork


def scarce() -> int:
    """As os.fork, where the system has room for a process."""
    if NO_ROOM.exists():
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()


def become(request: dict, _: list[int]) -> None:
    place = FOLDER / request["name"]
    place.touch()
    while not place.with_suffix(".end").exists():
        time.sleep(0.01)
    os._exit(3)


def forking() -> Forking:
    ours, theirs = pair()
    if pid := fork():
        theirs.close()
        return Forking(pid, ours)
    keep_only(theirs.fileno())
    os.fork = scarce
    return serve(theirs, become)


def result(parent: Forking, name: str) -> int:
    """How a process of that name ends."""
    (FOLDER / name).with_suffix(".end").touch()
    return parent.fork({"name": name}).wait(20)


def late(parent: Forking) -> str:
    """What is said where the answer comes after patience has run out."""
    os.kill(parent.pid, signal.SIGSTOP)
    said = refused(parent, "late", patience=0)
    os.kill(parent.pid, signal.SIGCONT)
    return said


def unread(parent: Forking) -> None:
    """The answer comes, and whoever asked ends before reading it."""
    status, theirs = pair()
    with theirs:
        socket.send_fds(parent._control, [json.dumps({"name": "unread"}).encode()], [theirs.fileno()])
    select.select([status], [], [], 20)
    status.close()


def refused(parent: Forking, name: str, **options) -> str:
    try:
        return f"process {parent.fork({'name': name}, **options).pid}"
    except Cold as cold:
        return str(cold)


def main() -> dict:
    parent = forking()
    told = {"late": late(parent)}
    unread(parent)
    told["ends"] = [result(parent, name) for name in ("one", "two")]  # requests are served in turn: those are done with
    time.sleep(0.5)
    held = parent.fork({"name": "held"})
    NO_ROOM.touch()
    told["no room"], told["meanwhile"] = refused(parent, "three"), held.poll()
    NO_ROOM.unlink()
    told["ends"] += [result(parent, "four")]
    (FOLDER / "held.end").touch()
    told["held"] = held.wait(20)
    told["worked"] = sorted(path.name for path in FOLDER.iterdir() if not path.suffix)
    return told


if __name__ == "__main__":
    done = main()
    (FOLDER / "told.json").write_text(json.dumps(done))
