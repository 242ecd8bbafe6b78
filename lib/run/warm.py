"""The warm parent: a process that has imported the libraries once and forks each kernel of a product from itself.

It is taken off a worker's process before that has a thread or anything of the workbench in it, so that kernels import
`lib` themselves. Only what is sure is forked: `start` gives the reason otherwise, and kernels start the ordinary way.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import random
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

# what notebooks and worker import of others. Never `lib`; never the engine, which opens a connection with threads; nor
# matplotlib_inline.backend_inline, which connects to the kernel when it is imported: in a process without one all
# figures vanish without an error
LIBRARIES = (
    "ibis.backends.sql.compilers.duckdb", "pandas", "pandera.pandas", "pyarrow.parquet", "pyarrow.compute",
    "pydantic", "yaml", "scipy.optimize", "scipy.stats", "scipy.sparse", "sklearn.decomposition",
    "sklearn.feature_extraction.text", "sklearn.metrics", "sklearn.model_selection", "sklearn.tree",
    "statsmodels.duration.survfunc", "seaborn", "matplotlib.pyplot", "openpyxl", "babel.dates", "babel.numbers",
    "phonenumbers", "nh3", "jinja2", "charset_normalizer", "IPython", "ipykernel.kernelapp", "papermill",
)
INLINE = "matplotlib_inline.backend_inline"
LAUNCHER = "ipykernel_launcher"
LARGEST = 1 << 18  # bytes of a request
PATIENCE = 20.0  # seconds for a fork
GRACE = 2.0  # seconds to end by itself


class Cold(Exception):
    """A kernel cannot be forked, for the reason given: start it the ordinary way."""


class Forked:
    """A forked kernel, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None  # as the parent has them

    def __init__(self, pid: int, status: socket.socket):
        self.pid, self.returncode, self._status = pid, None, status

    def poll(self) -> int | None:
        """The exit code once it has ended. Its parent tells it; when that is gone, the kernel is ended too."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            told = self._status.recv(64)
            self._status.close()
            if not told:
                self._signal(signal.SIGKILL)
            self.returncode = int(told) if told else -signal.SIGKILL
        return self.returncode

    def wait(self) -> int:
        while self.poll() is None:
            select.select([self._status], [], [])
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            self._signal(number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class WarmParent:
    """The warm parent as its worker sees it."""

    def __init__(self, pid: int, control: socket.socket):
        self.pid, self._control = pid, control

    def fork(self, command: list[str], env: dict[str, str], cwd: str) -> Forked:
        """A kernel for the command that would have started it. Raises Cold."""
        if LAUNCHER not in command or command[0] != sys.executable:
            raise Cold("the kernel is not this interpreter's own")
        arguments = command[command.index(LAUNCHER) + 1:]
        request = json.dumps({"arguments": arguments, "env": env, "cwd": str(cwd)}).encode()
        status, theirs = _pair()
        with theirs:
            try:
                socket.send_fds(self._control, [request], [theirs.fileno()])
            except OSError as error:
                status.close()
                raise Cold(f"the warm parent took no request ({os.strerror(error.errno)})") from None
        return self._forked(status)

    def _forked(self, status: socket.socket) -> Forked:
        heard = select.select([status], [], [], PATIENCE)[0]
        answer = status.recv(200).decode() or "it died" if heard else f"no answer in {PATIENCE:.0f} seconds"
        if answer.isdecimal():
            return Forked(int(answer), status)
        status.close()
        raise Cold(f"the warm parent forked no kernel: {answer}")

    def close(self) -> None:
        """End it, and every kernel that is left."""
        self._control.close()
        ended = os.pidfd_open(self.pid)
        if not select.select([ended], [], [], GRACE)[0]:
            os.kill(self.pid, signal.SIGKILL)  # it is stopped: its kernels see that it is gone
        os.waitpid(self.pid, 0)
        os.close(ended)


def start(libraries: tuple[str, ...] = LIBRARIES) -> WarmParent | str:
    """Import the libraries and take the warm parent off this process; or say why kernels must start cold."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return "forking after imports is only known to be safe on Linux"
    os.environ.setdefault("MPLBACKEND", f"module://{INLINE}")  # as a kernel would, but before pyplot reads it
    for name in libraries:
        try:
            importlib.import_module(name)
        except Exception as error:
            return f"{name} could not be imported ({type(error).__name__})"
    if doubt := _doubt():
        return doubt
    ours, theirs = _pair()
    if pid := os.fork():
        theirs.close()
        return WarmParent(pid, ours)
    ours.close()
    _keep_only(theirs.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what is loaded stays shared with the kernels
    return _serve(theirs)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends that keep messages apart and notice when the other end is gone."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _doubt() -> str:
    """Why this process must not be forked; empty when it may."""
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        return f"its parent has {threads} threads"
    return "figures would vanish: their backend is loaded" if INLINE in sys.modules else ""


def _keep_only(control: int) -> None:
    """Close what belongs to the worker, the pipe of its events for one; keep its log, and read nothing."""
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    for number in {int(name) for name in os.listdir("/proc/self/fd")} - {0, 1, 2, control}:
        with suppress(OSError):  # the one that listed the others
            os.close(number)


def _serve(control: socket.socket) -> NoReturn:
    """Fork kernels as asked, tell how each ended, and end with the worker, however that ends. Never returns."""
    kernels: dict[int, tuple[int, socket.socket]] = {}  # descriptor of the process: its pid, and where its end is told
    while True:
        ready, _, _ = select.select([control, *kernels], [], [])
        for process in set(ready) & set(kernels):
            _tell_end(process, *kernels.pop(process))
        if control not in ready:
            continue
        request, descriptors, _, _ = socket.recv_fds(control, LARGEST, 1)
        if not request:  # the worker is gone
            _end(kernels)
        status = socket.socket(fileno=descriptors[0])
        if doubt := _doubt():
            _tell(status, doubt)
            status.close()
        elif pid := _fork(request, control, kernels, status):
            kernels[os.pidfd_open(pid)] = (pid, status)
            _tell(status, str(pid))


def _fork(request: bytes, control: socket.socket, kernels: dict, status: socket.socket) -> int:
    parent = os.getpid()
    if pid := os.fork():
        return pid
    os.setsid()
    for end in (control, status, *(told for _, told in kernels.values())):
        end.close()
    for process in kernels:
        os.close(process)
    return _become_kernel(parent, **json.loads(request))


def _become_kernel(parent: int, arguments: list[str], env: dict[str, str], cwd: str) -> NoReturn:
    """What `python -m ipykernel_launcher` would do, with what is loaded already. Never returns."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # or every kernel would draw the same numbers
    for name in [n for n in sys.modules if n.split(".")[0] == "lib"]:
        del sys.modules[name]
    launcher = importlib.util.find_spec(LAUNCHER).origin
    sys.argv, sys.orig_argv = [launcher, *arguments], [sys.executable, "-m", LAUNCHER, *arguments]
    if sys.path[0] == "" or Path(sys.path[0]) == Path(cwd):
        del sys.path[0]
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=arguments, parent_handle=parent)
    sys.exit(0)


def _tell_end(process: int, pid: int, status: socket.socket) -> None:
    _, code = os.waitpid(pid, 0)
    os.close(process)
    _tell(status, str(os.waitstatus_to_exitcode(code)))
    status.close()


def _tell(status: socket.socket, text: str) -> None:
    with suppress(BrokenPipeError):  # the worker gave up on this kernel
        status.send(text.encode())


def _end(kernels: dict[int, tuple[int, socket.socket]]) -> NoReturn:
    for pid, _ in kernels.values():
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    os._exit(0)
