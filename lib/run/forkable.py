"""Whether a process may be forked: one of a single thread, which has loaded nothing that works in one process only."""

from __future__ import annotations

import gc
import importlib
import os
import sys

INLINE = "matplotlib_inline.backend_inline"


def unsafe() -> str:
    """Why processes are not forked on this system; empty where they are."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return "forking after imports is only known to be safe on Linux"
    return ""


def loaded(libraries: tuple[str, ...]) -> str:
    """Import the libraries; why this process must not be forked then, empty when it may."""
    if reason := unsafe():
        return reason
    os.environ.setdefault("MPLBACKEND", f"module://{INLINE}")  # as a kernel would, but before pyplot reads it
    gc.disable()  # nothing that is imported is garbage, and looking for it takes half a second
    reason = _imported(libraries)
    gc.enable()
    return reason or doubt()


def doubt() -> str:
    """Why this process must not be forked; empty when it may."""
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        return f"its parent has {threads} threads"
    return "figures would vanish: their backend is loaded" if INLINE in sys.modules else ""


def _imported(libraries: tuple[str, ...]) -> str:
    """Import them; why one could not be, empty when all are."""
    for name in libraries:
        try:
            importlib.import_module(name)
        except Exception as error:
            return f"{name} could not be imported ({type(error).__name__})"
    return ""
