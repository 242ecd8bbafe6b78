"""A kernel's own process, however it came to be: a new interpreter, or one forked from the warm parent.

    python -m lib.run.kernel -f <connection file>

As `python -m ipykernel_launcher`, but quicker to begin and to end: of what a small notebook takes in a new interpreter,
half a second went into taking apart what had been imported, and a fifth of one into looking for garbage among it.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import sys
from pathlib import Path
from typing import NoReturn

from lib.run.forking import end_at_once

LAUNCHER = "ipykernel_launcher"
ANEW = "make .venv/.ready, in a new .venv"  # where an installation can start none
OBJECTS = 50_000  # [ours] new ones between two looks for garbage: imports make hundreds of thousands, and none of it is


def ours(command: list[str]) -> list[str] | None:
    """What the command that starts this interpreter's own kernel gives it; None when it starts another kernel."""
    if LAUNCHER not in command or command[0] != sys.executable:
        return None
    return command[command.index(LAUNCHER) + 1:]


def serve_kernel(arguments: list[str], **options) -> NoReturn:
    """Be the kernel until it is asked to end; ``options`` as IPKernelApp has them. Never returns."""
    launcher = importlib.util.find_spec(LAUNCHER).origin
    sys.argv, sys.orig_argv = [launcher, *arguments], [sys.executable, "-m", LAUNCHER, *arguments]
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=arguments, **options)
    # all has been sent. At its exit it would end its threads one by one: where the one for outputs ends before the one
    # for shutdowns has said its last, that takes ten seconds
    atexit.unregister(IPKernelApp.instance().close)
    end_at_once()


if __name__ == "__main__":
    gc.set_threshold(OBJECTS)
    serve_kernel(sys.argv[1:])
