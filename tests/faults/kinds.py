"""The kinds of faults: what is killed, stopped, filled up, broken, edited or done twice while a run goes on."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from tests.faults.harness import KINDS, Case, Fault

WAIT = 20.0  # seconds for a process to be there: a kernel is not between two steps
CELL = ("--cell-timeout", "4")


def sent(number: signal.Signals, *targets: str) -> Callable[[Case], None]:
    """A signal to the processes of a run, all at once."""
    def strike(case: Case) -> None:
        found = _there(case, targets)
        case.hit = bool(found)
        for process in found:
            with suppress(psutil.Error):
                process.send_signal(number)
    return strike


def paused(case: Case) -> None:
    """The supervisor sleeps for a while, as when a machine is suspended: the run goes on afterwards."""
    sent(signal.SIGSTOP, "supervisor")(case)
    time.sleep(3)
    with suppress(ProcessLookupError):
        os.kill(case.command.pid, signal.SIGCONT)


def twice(case: Case) -> None:
    """A second run of the product while the first goes on."""
    case.workspace.segments("run", "acme", "--json")


def killed_twice(case: Case) -> None:
    """The supervisor is killed, and so is the run that goes on after it."""
    sent(signal.SIGKILL, "supervisor")(case)
    case.command.wait()
    with case.workspace.start("run", "acme") as again:
        time.sleep(case.rng.uniform(0, case.starting + case.working))
        again.kill()


def edited(path: str, old: str, new: str) -> Callable[[Case], None]:
    """A file of the workspace is changed."""
    def strike(case: Case) -> None:
        file = case.root / path
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return strike


def removed(pattern: str) -> Callable[[Case], None]:
    """Files and folders of the workspace vanish."""
    def strike(case: Case) -> None:
        for path in list(case.root.glob(pattern)):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return strike


def cut(pattern: str) -> Callable[[Case], None]:
    """The run is killed, and a file that it wrote is found cut in two, as after a crash of the machine."""
    def strike(case: Case) -> None:
        sent(signal.SIGKILL, *KINDS)(case)
        for path in case.root.glob(pattern):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return strike


def refused_by_disk(case: Case) -> None:
    (case.root / "strike").touch()


def room_again(case: Case) -> None:
    (case.root / "strike").unlink(missing_ok=True)


def disk(name: str, number: int, shim: Path) -> Fault:
    """From a moment on, writing below the workspace fails as the system would let it fail."""
    def environment(root: Path) -> dict[str, str]:
        return {"LD_PRELOAD": str(shim), "FAULT_ERRNO": str(number), "FAULT_ROOT": str(root),
                "FAULT_STRIKE": str(root / "strike")}
    return Fault(name, environment=environment, strike=refused_by_disk, after=room_again)


def built_shim(folder: Path) -> Path:
    """The library that lets writing fail; needs a C compiler."""
    shim = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    return shim


def kinds(shim: Path) -> list[Fault]:
    """Every kind of fault."""
    return [
        *(Fault(f"{target}: {number.name}", strike=sent(number, target))
          for target in KINDS for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP)
          if (target, number) != ("supervisor", signal.SIGSTOP)),
        *(Fault(f"supervisor: {number.name}", strike=sent(number, "supervisor"))
          for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)),
        Fault("kernel: SIGINT", strike=sent(signal.SIGINT, "kernel")),
        Fault("worker and kernel: SIGKILL", strike=sent(signal.SIGKILL, "worker", "kernel")),
        Fault("everything: SIGKILL", strike=sent(signal.SIGKILL, *KINDS)),
        Fault("supervisor: asleep for three seconds", strike=paused),
        Fault("killed, and killed again", strike=killed_twice),
        Fault("two runs at once", strike=twice),
        Fault("a cell raises", cell="1 / 0"),
        Fault("a cell calls sys.exit", cell="import sys; sys.exit(0)"),
        Fault("a cell calls os._exit", cell="import os; os._exit(0)"),
        Fault("a cell kills its kernel", cell="import os; os.kill(os.getpid(), 9)"),
        Fault("a cell crashes its kernel", cell="import ctypes; ctypes.string_at(0)"),
        Fault("a cell hangs", cell="import time; time.sleep(600)", arguments=CELL),
        Fault("a cell hangs in C, holding everything", cell="import re; re.match('(a+)+$', 'a' * 64 + 'b')",
              arguments=CELL),
        Fault("a cell prints without end", cell="while True: print('x' * 100_000)"),
        Fault("a cell takes all memory", cell="held = bytearray(3_000_000_000); import time; time.sleep(60)",
              arguments=("--memory", "2")),
        Fault("a cell leaves a process behind",
              cell="import subprocess; subprocess.Popen(['sleep', '900'], start_new_session=True); 1 / 0"),
        Fault("a cell spoils an artefact", cell="import os, pathlib\n"
              "for p in pathlib.Path(os.environ['SEGMENTS_WORK']).rglob('readiness.json'): p.write_text('{}')"),
        Fault("a cell deletes an artefact", cell="import os, pathlib\n"
              "for p in pathlib.Path(os.environ['SEGMENTS_WORK']).rglob('readiness.json'): p.unlink()"),
        disk("the disk is full", errno.ENOSPC, shim),
        disk("the disk fails", errno.EIO, shim),
        disk("the disk turns read-only", errno.EROFS, shim),
        disk("the quota is reached", errno.EDQUOT, shim),
        Fault("an input is changed", strike=edited("data/acme/orders.csv", "2,50", "3,50"),
              after=edited("data/acme/orders.csv", "3,50", "2,50")),
        Fault("a notebook is edited", strike=edited("notebooks/06_monitor.ipynb", "sleep(0.3)", "sleep(0.2)"),
              after=edited("notebooks/06_monitor.ipynb", "sleep(0.2)", "sleep(0.3)")),
        Fault("the product file is edited", strike=edited("products/acme.yml", "tailoring", "mailing"),
              after=edited("products/acme.yml", "mailing", "tailoring")),
        Fault("the run folder vanishes", strike=removed("data/work/.runs/acme/2*")),
        Fault("the lock vanishes", strike=removed("data/work/.runs/acme/lock")),
        Fault("killed, its manifest cut", strike=cut("data/work/.runs/acme/2*/pages/run.json")),
        Fault("killed, a notebook cut", strike=cut("data/work/.runs/acme/2*/notebooks/*.ipynb")),
        Fault("killed, its artefacts cut", strike=cut("data/work/.runs/acme/2*/work/acme/*/*")),
    ]


def _there(case: Case, targets: tuple[str, ...]) -> list[psutil.Process]:
    """The processes of each kind, once there is one of each; fewer when the run is over first."""
    end = time.monotonic() + WAIT
    while True:
        found = case.processes()
        if all(found[t] for t in targets) or time.monotonic() > end or case.command.poll() is not None:
            return [process for target in targets for process in found[target]]
        time.sleep(0.02)
