"""The warm parent: a process that has imported what notebooks need once and forks each kernel of a product from itself.

It is taken off a worker's process before that has a thread. Only what is sure is forked: `start` gives the reason
otherwise, and kernels start the ordinary way. `lib` is loaded, too: while a product runs its code may not change, and
what a run is told goes to its kernels by the environment, which is read when it is asked for.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import os
import random
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from lib.run.code import modules
from lib.run.forking import GRACE, Cold, Forked, Forking, end_forked, keep_only, loaded, pair, serve

# what notebooks and worker import of others. Never the engine, which opens a connection with threads; nor
# matplotlib_inline.backend_inline, which connects to the kernel when it is imported: in a process without one all
# figures vanish without an error
LIBRARIES = (
    "ibis.backends.sql.compilers.duckdb", "pandas", "pandera.pandas", "pyarrow.parquet", "pyarrow.compute",
    "pydantic", "yaml", "scipy.optimize", "scipy.stats", "scipy.sparse", "sklearn.cluster", "sklearn.decomposition",
    "sklearn.feature_extraction.text", "sklearn.metrics", "sklearn.model_selection", "sklearn.tree",
    "statsmodels.duration.survfunc", "seaborn", "matplotlib.pyplot", "openpyxl", "babel.dates", "babel.numbers",
    "phonenumbers", "nh3", "jinja2", "charset_normalizer", "IPython", "ipykernel.kernelapp", "ipykernel.debugger",
    "IPython.core.pylabtools", "IPython.extensions.storemagic", "matplotlib.backends.backend_agg", "PIL.PngImagePlugin",
    "tornado.platform.asyncio", "papermill", "nbconvert.filters.markdown_mistune",
)
LAUNCHER = "ipykernel_launcher"


class WarmParent(Forking):
    """The warm parent as its worker sees it."""

    def kernel(self, command: list[str], env: dict[str, str], cwd: str) -> Forked:
        """A kernel for the command that would have started it. Raises Cold."""
        if LAUNCHER not in command or command[0] != sys.executable:
            raise Cold("the kernel is not this interpreter's own")
        try:
            return self.fork({"arguments": command[command.index(LAUNCHER) + 1:], "env": env, "cwd": str(cwd)})
        except Cold as cold:
            raise Cold(f"the warm parent forked no kernel: {cold}") from None

    def close(self) -> None:
        """End it, and every kernel that is left."""
        self.hang_up()
        ended = os.pidfd_open(self.pid)
        if not select.select([ended], [], [], GRACE)[0]:
            os.kill(self.pid, signal.SIGKILL)  # it is stopped: its kernels see that it is gone
        os.waitpid(self.pid, 0)
        os.close(ended)


def start(names: tuple[str, ...] = (*LIBRARIES, *modules())) -> WarmParent | str:
    """Import the modules and take the warm parent off this process; or say why kernels must start cold."""
    if reason := loaded(names):
        return reason
    ours, theirs = pair()
    if pid := os.fork():
        theirs.close()
        return WarmParent(pid, ours)
    ours.close()
    keep_only(theirs.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what is loaded stays shared with the kernels
    return serve(theirs, _become_kernel, _end)


def as_new(env: dict[str, str], cwd: str) -> None:
    """A process just forked gets the surroundings and the chance of one just started."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # or every process would draw the same numbers


def _become_kernel(request: dict, _: list[int]) -> NoReturn:
    """What `python -m ipykernel_launcher` would do, with what is loaded already. Never returns."""
    arguments, parent = request["arguments"], os.getppid()
    as_new(request["env"], request["cwd"])
    launcher = importlib.util.find_spec(LAUNCHER).origin
    sys.argv, sys.orig_argv = [launcher, *arguments], [sys.executable, "-m", LAUNCHER, *arguments]
    if sys.path[0] == "" or Path(sys.path[0]) == Path(request["cwd"]):
        del sys.path[0]
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=arguments, parent_handle=parent)
    # all has been sent. At its exit it would end its threads one by one: where the one for outputs ends before the one
    # for shutdowns has said its last, that takes ten seconds
    atexit.unregister(IPKernelApp.instance().close)
    end_forked()


def _end(kernels: list[int]) -> None:
    """No kernel outlives its worker."""
    for pid in kernels:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
