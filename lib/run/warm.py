"""The warm parent: a process that has imported what notebooks need once and forks each kernel of a product from itself.

It is taken off a worker's process before that has a thread. Only what is sure is forked: `start` gives the reason
otherwise, and kernels start the ordinary way. `lib` is loaded, too: while a product runs its code may not change, and
what a run is told goes to its kernels by the environment, which is read when it is asked for.
"""

from __future__ import annotations

import gc
import os
import random
import select
import signal
import sys
import tempfile
import time
from contextlib import suppress
from typing import NoReturn

from lib.run.code import modules
from lib.run.forkable import loaded
from lib.run.forking import GRACE, Cold, Forked, Forking, keep_only, pair, serve
from lib.run.kernel import ours, serve_kernel

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


class WarmParent(Forking):
    """The warm parent as its worker sees it."""

    def kernel(self, command: list[str], env: dict[str, str], cwd: str) -> Forked:
        """A kernel for the command that would have started it. Raises Cold."""
        if (arguments := ours(command)) is None:
            raise Cold("the kernel is not this interpreter's own")
        try:
            return self.fork({"arguments": arguments, "env": env, "cwd": str(cwd)})
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
    here, there = pair()
    if pid := os.fork():
        there.close()
        return WarmParent(pid, here)
    here.close()
    keep_only(there.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what is loaded stays shared with the kernels
    return serve(there, _become_kernel, end=_end)


def as_new(env: dict[str, str], cwd: str) -> None:
    """A process just forked gets the surroundings and the chance of one just started."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # it is remembered once it was asked for
    time.tzset()
    os.chdir(cwd)
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # or every process would draw the same numbers


def _become_kernel(request: dict, _: list[int]) -> NoReturn:
    """What `python -m ipykernel_launcher` would do, with what is loaded already. Never returns."""
    parent = os.getppid()
    as_new(request["env"], request["cwd"])
    serve_kernel(request["arguments"], parent_handle=parent)


def _end(kernels: list[int]) -> None:
    """No kernel outlives its worker."""
    for pid in kernels:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
