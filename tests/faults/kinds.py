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

from lib.run.outcome import EXIT_CODES, FAILED, INTERRUPTED, LOCKED, MISTAKE, PUBLISHED, TEMPORARY
from tests.faults.ground import AMOUNT
from tests.faults.harness import KINDS, Case, Fault

WAIT = 20.0  # seconds for a process to be there: a kernel is not between two steps
CELL = ("--cell-timeout", "4")
STOPPED = (EXIT_CODES[INTERRUPTED],)  # by a signal that is heard; before anything is begun, by the signal itself
FULL = (EXIT_CODES[TEMPORARY],)
BROKEN = (*FULL, EXIT_CODES[FAILED], EXIT_CODES[MISTAKE])  # the last: a disk that cannot be written at the start
NONE = ()  # none but 0: nothing may come of it
WORK = "import os, pathlib\nfor p in pathlib.Path(os.environ['SEGMENTS_WORK']).rglob("


def sent(number: signal.Signals, *targets: str, one: bool = False) -> Callable[[Case], None]:
    """A signal to the processes of a run, all at once, or to one of them."""
    def strike(case: Case) -> None:
        found = _there(case, targets)
        case.hit = bool(found)
        if one and found:
            found = [case.rng.choice(found)]
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
    second = case.workspace.segments("run", "acme", "--json")
    case.others.append(((EXIT_CODES[PUBLISHED], EXIT_CODES[LOCKED]), second.returncode))


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
        for path in [p for p in case.root.glob(pattern) if p.is_file()]:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return strike


def refused_by_disk(case: Case) -> None:
    (case.root / "strike").touch()


def room_again(case: Case) -> None:
    (case.root / "strike").unlink(missing_ok=True)


def disk(name: str, number: int, shim: Path, codes: tuple[int, ...], **more) -> Fault:
    """From a moment on, changing the disk below the workspace fails as the system would let it fail."""
    def environment(root: Path) -> dict[str, str]:
        return {"LD_PRELOAD": str(shim), "FAULT_ERRNO": str(number), "FAULT_ROOT": str(root),
                "FAULT_STRIKE": str(root / "strike")}
    return Fault(name, environment=environment, strike=refused_by_disk, codes=codes, after=room_again, **more)


def built_shim(folder: Path) -> Path:
    """The library that lets writing fail; needs a C compiler."""
    shim = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    return shim


def kinds(shim: Path) -> list[Fault]:
    """Every kind of fault."""
    return [*_signals(), *_cells(), *_disks(shim), *_files(), *_of_two_products(shim)]


def _signals() -> list[Fault]:
    both = (signal.SIGKILL, signal.SIGTERM)
    return [
        *(Fault(f"supervisor: {n.name}", strike=sent(n, "supervisor"), codes=(-n,))
          for n in (signal.SIGKILL, signal.SIGQUIT)),
        *(Fault(f"supervisor: {n.name}", strike=sent(n, "supervisor"), codes=(*STOPPED, -n))
          for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)),
        *(Fault(f"{target}: {n.name}", strike=sent(n, target))
          for target in KINDS[1:] for n in (*both, signal.SIGSTOP)),
        Fault("kernel: SIGINT", strike=sent(signal.SIGINT, "kernel")),
        Fault("worker and kernel: SIGKILL", strike=sent(signal.SIGKILL, "worker", "kernel")),
        Fault("everything: SIGKILL", strike=sent(signal.SIGKILL, *KINDS), codes=(-signal.SIGKILL,)),
        Fault("supervisor: asleep for three seconds", strike=paused, codes=NONE),
        Fault("killed, and killed again", strike=killed_twice, codes=(-signal.SIGKILL,)),
        Fault("two runs at once", strike=twice, codes=(EXIT_CODES[LOCKED],)),
    ]


def _cells() -> list[Fault]:
    return [
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
              arguments=("--memory", "2"), codes=(EXIT_CODES[TEMPORARY],)),
        Fault("a cell leaves a process behind",
              cell="import subprocess; subprocess.Popen(['sleep', '900'], start_new_session=True); 1 / 0"),
        Fault("a cell spoils an artefact", cell=f"{WORK}'readiness.json'): p.write_text('{{}}')"),
        Fault("a cell loses a row of a table", cell="import pyarrow.parquet as pq\n"
              f"{WORK}'transactions.parquet'): pq.write_table(pq.read_table(p).slice(1), p)"),
        Fault("a cell deletes an artefact", cell=f"{WORK}'readiness.json'): p.unlink()"),
    ]


def _disks(shim: Path) -> list[Fault]:
    return [
        disk("the disk is full", errno.ENOSPC, shim, FULL),
        disk("the quota is reached", errno.EDQUOT, shim, FULL),
        disk("the disk fails", errno.EIO, shim, BROKEN),
        disk("the disk turns read-only", errno.EROFS, shim, BROKEN),
    ]


def _files() -> list[Fault]:
    orders, notebook, product = "data/acme/orders.csv", "notebooks/06_monitor.ipynb", "products/acme.yml"
    return [
        Fault("an input is changed", strike=edited(orders, AMOUNT, "4,50"), after=edited(orders, "4,50", AMOUNT)),
        Fault("a notebook is edited", strike=edited(notebook, "sleep(0.3)", "sleep(0.2)"),
              after=edited(notebook, "sleep(0.2)", "sleep(0.3)")),
        Fault("the product file is edited", strike=edited(product, "tailoring", "mailing"),
              after=edited(product, "mailing", "tailoring")),
        Fault("the run folder vanishes", strike=removed("data/work/.runs/acme/2*")),
        Fault("the lock vanishes", strike=removed("data/work/.runs/acme/lock"), codes=NONE),
        *(Fault(f"killed, {what} cut", strike=cut(f"data/work/.runs/acme/2*/{pattern}"), codes=(-signal.SIGKILL,))
          for what, pattern in (("its manifest", "pages/run.json"), ("a notebook", "notebooks/*.ipynb"),
                                ("its artefacts", "work/acme/*/*"))),
    ]


def _of_two_products(shim: Path) -> list[Fault]:
    """Two products run at once, and the fault strikes one of them, or what both depend on."""
    return [
        *(Fault(f"two products, {target}: SIGKILL", strike=sent(signal.SIGKILL, target, one=True), products=2,
                spares=True) for target in ("worker", "kernel")),
        Fault("two products, nursery: SIGKILL", strike=sent(signal.SIGKILL, "nursery"), products=2),
        Fault("two products, supervisor: SIGTERM", strike=sent(signal.SIGTERM, "supervisor"),
              codes=(*STOPPED, -signal.SIGTERM), products=2),
        disk("two products, the disk is full", errno.ENOSPC, shim, FULL, products=2),
    ]


def _there(case: Case, targets: tuple[str, ...]) -> list[psutil.Process]:
    """The processes of each kind, once there is one of each; fewer when the run is over first."""
    end = time.monotonic() + WAIT
    while True:
        found = case.processes()
        if all(found[t] for t in targets) or time.monotonic() > end or case.command.poll() is not None:
            return [process for target in targets for process in found[target]]
        time.sleep(0.02)
