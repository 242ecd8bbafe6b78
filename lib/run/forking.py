"""Processes forked from one that has imported the libraries: how they are asked for, watched and told of.

A forking process holds one end of a control socket. Each request comes with descriptors: the first is a socket on which
it answers with the new process's number, or why there is none, and later tells how that process ended; the others
belong to the new process, which does nothing until whoever asked has taken it: an answer may come when nobody waits for
it any more. Only a process of one thread may fork: in any doubt it refuses, and whoever asked starts the process the
ordinary way.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from lib.run.forkable import doubt

LARGEST = 1 << 18  # bytes of a request
MOST = 8  # descriptors of a request
PATIENCE = 20.0  # seconds for a fork
TOLD = 2.0  # seconds from the end of a process until its parent has told of it
GRACE = 2.0  # seconds to end by itself
TAKEN = "taken"  # what a new process is told by whoever asked for it


class Cold(Exception):
    """A process cannot be forked, for the reason given: start it the ordinary way."""


class Forked:
    """A forked process, with what is asked of a `subprocess.Popen`."""

    stdin = stdout = stderr = None  # as whoever asked has them

    def __init__(self, pid: int, status: socket.socket):
        self.pid, self.returncode, self._status = pid, None, status
        self._process = _descriptor(pid)

    def poll(self) -> int | None:
        """The exit code once it has ended. Its parent tells it; when that is gone, the process is ended too, and when
        that is frozen, the code is that of a kill."""
        if self.returncode is None and (self._heard() or self._has_ended()):
            told = _said(self._status) if self._heard() else ""
            self._status.close()
            if not told:
                self._signal(signal.SIGKILL)
            self.returncode = int(told) if told else -signal.SIGKILL
            if self._process is not None:
                os.close(self._process)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        ends = [e for e in (self._status, self._process) if e is not None]
        while self.poll() is None:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired("a forked process", timeout)
            select.select(ends, [], [], left)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            self._signal(number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _heard(self, seconds: float = 0) -> bool:
        return bool(select.select([self._status], [], [], seconds)[0])

    def _has_ended(self) -> bool:
        """Whether it is over although its parent does not say so, after time enough to say it."""
        if self._process is None:
            return False  # it was over before anybody looked: it will be told
        return bool(select.select([self._process], [], [], 0)[0]) and not self._heard(TOLD)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Forking:
    """The forking process as whoever asks it sees it."""

    def __init__(self, pid: int, control: socket.socket):
        self.pid, self._control = pid, control

    def fork(self, request: dict, descriptors: tuple[int, ...] = (), patience: float = PATIENCE) -> Forked:
        """The process that the request describes. Raises Cold."""
        status, theirs = pair()
        with theirs:
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno(), *descriptors])
            except OSError as error:
                status.close()
                raise Cold(f"it took no request ({os.strerror(error.errno)})") from None
        heard = select.select([status], [], [], patience)[0]
        answer = _said(status) or "it died" if heard else f"no answer in {patience:.0f} seconds"
        if answer.isdecimal():
            _tell(status, TAKEN)
            return Forked(int(answer), status)
        status.close()
        raise Cold(answer)

    def hang_up(self) -> None:
        """Nothing is asked of it any more: it ends."""
        self._control.close()


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends that keep messages apart and notice when the other end is gone."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def end_at_once() -> NoReturn:
    """End a process that is done, as multiprocessing ends its own: what is loaded is not taken apart, module by
    module."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def keep_only(*descriptors: int) -> None:
    """Read nothing, and close all other descriptors but those for output."""
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    for number in {int(name) for name in os.listdir("/proc/self/fd")} - {0, 1, 2, *descriptors}:
        with suppress(OSError):  # the one that listed the others
            os.close(number)


def serve(control: socket.socket, become: Callable[[dict, list[int]], NoReturn], *,
          bereft: Callable[[list[int]], None] = lambda left: None, end: Callable[[list[int]], None] = lambda left: None,
          refuses: str = "") -> NoReturn:
    """Fork processes as asked and tell how each ended, until nobody asks any more. Never returns.

    ``become(request, descriptors)`` is what a new process does; ``bereft`` is told which processes are left when one
    has ended, before anybody hears of that; ``end`` when nobody asks any more; ``refuses``: why none can be forked.
    """
    alive: dict[int, tuple[int, socket.socket]] = {}  # descriptor of a process: its pid, and where its end is told
    while True:
        ready, _, _ = select.select([control, *alive], [], [])
        for process in set(ready) & set(alive):
            pid, status = alive.pop(process)
            code = _collected(process, pid)
            bereft([other for other, _ in alive.values()])
            _tell(status, str(code))
            status.close()
        if control not in ready:
            continue
        request, descriptors, _, _ = socket.recv_fds(control, LARGEST, MOST)
        if not request:
            end([pid for pid, _ in alive.values()])
            os._exit(0)
        first, *others = descriptors
        status = socket.socket(fileno=first)
        pid, reason = _fork(refuses or doubt())
        if reason:
            _tell(status, reason)
            status.close()
        elif pid:
            alive[os.pidfd_open(pid)] = (pid, status)
            _tell(status, str(pid))
        else:
            os.setsid()
            taken = _said(status)
            for end_of in (control, status, *(told for _, told in alive.values())):
                end_of.close()
            for process in alive:
                os.close(process)
            if taken:
                become(json.loads(request), others)
            os._exit(0)
        for number in others:
            os.close(number)


def _fork(refused: str) -> tuple[int, str]:
    """As os.fork; or 0 and why there is no new process: refused, or the system has no room for one now."""
    if refused:
        return 0, refused
    try:
        return os.fork(), ""
    except OSError as error:
        return 0, f"no process could be forked ({os.strerror(error.errno)})"


def _descriptor(pid: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.pidfd_open(pid)
    return None


def _collected(process: int, pid: int) -> int:
    """How it ended; its descriptor is closed."""
    _, code = os.waitpid(pid, 0)
    os.close(process)
    return os.waitstatus_to_exitcode(code)


def _tell(status: socket.socket, text: str) -> None:
    with suppress(ConnectionError):  # nobody wants to know any more
        status.send(text.encode())


def _said(status: socket.socket) -> str:
    """The next that is told; empty when the other end is gone. When that left something of ours unread, the system says
    so first."""
    with suppress(ConnectionError):
        return status.recv(200).decode()
    return status.recv(200).decode()
