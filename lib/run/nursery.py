"""The nursery: a process that imports libraries and `lib` once a batch, and forks every product's worker from itself.

    python -m lib.run.nursery <descriptor of the control socket> <pid of the supervisor>

Workers lead sessions of their own and watch the supervisor themselves; what a killed one leaves is ended here. When the
nursery cannot be relied on, a worker is a new interpreter, which imports the libraries itself; those that run are not
touched, unless it is gone: then nobody could tell how they end, and they are ended. When the code was changed since the
nursery began, a worker takes the libraries from it and imports `lib` itself.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import os
import signal
import socket
import subprocess
import sys
from typing import BinaryIO, NoReturn

from lib.paths import ROOT
from lib.run import orphans
from lib.run.code import code_now, modules
from lib.run.forkable import loaded, unsafe
from lib.run.forking import GRACE, Cold, Forked, Forking, end_at_once, pair, serve
from lib.run.warm import LIBRARIES, as_new

FIRST = 90.0  # seconds for the first worker: the libraries are imported before it
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>


class Nursery:
    """The nursery as the supervisor sees it. It begins with the first worker that is wanted from it.

    ``reason``: why workers are new interpreters; empty while they are not.
    """

    def __init__(self, environment: dict[str, str]):
        self.reason, self._environment = unsafe(), environment
        self._process, self._forking = None, None

    def worker(self, order: str, scratch: str, environment: dict[str, str],
               streams: tuple[int, int, BinaryIO]) -> Forked | subprocess.Popen:
        """The worker of an order (JSON); ``streams``: what it reads, where it tells its events, and its log."""
        if not self.reason:
            try:
                return self._forked(order, scratch, environment, streams)
            except Cold as cold:
                self.reason = str(cold)
        lifeline, events, log = streams
        command = [sys.executable, "-m", "lib.run.begin", order, str(events), scratch]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=lifeline, stdout=log, stderr=log,
                                pass_fds=(events,), start_new_session=True)

    def close(self) -> None:
        """End it. Its workers are not touched."""
        if self._process:
            self._forking.hang_up()
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _forked(self, order, scratch, environment, streams) -> Forked:
        patience = {} if self._forking else {"patience": FIRST}
        self._forking = self._forking or self._begun()
        lifeline, events, log = streams
        return self._forking.fork({"order": order, "scratch": scratch, "environment": environment},
                                  (lifeline, events, log.fileno()), **patience)

    def _begun(self) -> Forking:
        ours, theirs = pair()
        with theirs:
            command = [sys.executable, "-m", "lib.run.nursery", str(theirs.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                             pass_fds=(theirs.fileno(),), start_new_session=True)
        return Forking(self._process.pid, ours)


def main(control: int, supervisor: int) -> NoReturn:
    """The nursery's own process."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)  # while it imports it would not notice
    if os.getppid() != supervisor:
        sys.exit()
    code = code_now()
    reason = loaded((*LIBRARIES, *modules()))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orphans.adopt()
    gc.freeze()  # what is loaded stays shared with the workers
    serve(socket.socket(fileno=control), functools.partial(_become_worker, code), bereft=orphans.end_all,
          refuses=reason)


def _become_worker(code: str, request: dict, descriptors: list[int]) -> NoReturn:
    """What `python -m lib.run.begin` would do, with what is loaded already: of ours, while it is ``code`` that lies on
    disk. Never returns."""
    lifeline, events, log = descriptors
    for given, number in ((lifeline, 0), (log, 1), (log, 2)):
        os.dup2(given, number)
    os.close(lifeline)
    os.close(log)
    as_new(request["environment"], str(ROOT))
    if code_now() != code:
        for name in [n for n in sys.modules if n.split(".")[0] == "lib"]:
            del sys.modules[name]
    from lib.run import begin

    begin.main(request["order"], events, request["scratch"])
    end_at_once()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
