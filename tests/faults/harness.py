"""Real faults at random moments of a real run, and what must hold after each of them.

A case is a workspace with an old good report, a run on a new input, one fault, and then a second run without the
fault. Kinds of faults are in `tests.faults.kinds`, the workspace is in `tests.faults.ground`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lib.run.order import STEPS
from lib.run.outcome import EXIT_CODES, INTERRUPTED, WORST_FIRST
from tests.faults.ground import FLAG, PRODUCTS, TEMPORARY, Space, begun, facts
from tests.faults.published import artefacts, is_whole, published, run_of
from tests.run.conftest import slower

PATIENCE = 5.0  # seconds after the end in which processes may still go away, on a machine that is not overloaded
MOST = 2.0  # times as many on one that is, where processes are killed in their turn
LONGEST = 240.0  # seconds of a run, likewise
EARLY = 0.2  # [ours] of the faults strike while the command starts, which takes longer than its small notebooks
KINDS = ("supervisor", "nursery", "worker", "parent", "kernel")  # of processes: each is a child of the one before
TRACEBACK = "Traceback (most recent call last)"
VIOLATIONS = ("torn", "old lost", "false success", "others touched", "wrong code", "traceback", "orphans",
              "not resumed", "left behind")


@dataclass(frozen=True)
class Fault:
    """``cell``: code of one step that does the harm while the flag is there; else ``strike`` does it to the running
    command at a moment. ``after`` mends the workspace.

    ``codes``: the exit codes that are right; 0 is, too, where a strike may come too late or do no harm. ``products``:
    how many run at once. ``spares``: what it strikes is one product's, so that the other one must be published.
    """

    name: str
    cell: str = ""
    strike: Callable[[Case], None] | None = None
    codes: tuple[int, ...] = (1,)
    arguments: tuple[str, ...] = ()
    environment: Callable[[Path], dict[str, str]] = lambda root: {}
    after: Callable[[Case], None] | None = None
    products: int = 1
    spares: bool = False

    @property
    def moments(self) -> int | None:
        """At how many moments cases differ; None where there is no end to them."""
        return len(STEPS) - 1 if self.cell else None


@dataclass
class Case:
    """One fault in one workspace, at a moment that is drawn. ``starting``: seconds until a run has begun its product,
    ``working``: from there to its end. ``hit``: the run was still going on when the fault struck. ``others``: the right
    codes and the code of further commands."""

    fault: Fault
    workspace: Space
    moment: int
    starting: float
    working: float
    command: subprocess.Popen | None = None
    hit: bool = True
    others: list[tuple[tuple[int, ...], int]] = field(default_factory=list)

    def __post_init__(self):
        self.rng = random.Random(f"{self.fault.name} {self.moment}")

    @property
    def root(self) -> Path:
        return self.workspace.root

    @property
    def products(self) -> tuple[str, ...]:
        return PRODUCTS[:self.fault.products]

    @property
    def order(self) -> tuple[str, ...]:
        """The arguments of the command, the same for the run that is struck and for the one after it."""
        return ("run", *self.products, "--jobs", str(self.fault.products), "--json")

    def wait_for_moment(self) -> None:
        """Wait for the moment in which the fault strikes: now and then while the command starts and imports, mostly
        while its product runs and is published. Over when the command is."""
        early = self.rng.random() < EARLY
        if not early:
            begun(self.command, self.root)
        with suppress(subprocess.TimeoutExpired):
            self.command.wait(self.rng.uniform(0, self.starting if early else self.working))

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The processes of the run that are alive, by what they are."""
        return processes_of(self.command.pid)


def processes_of(supervisor: int) -> dict[str, list[psutil.Process]]:
    """The processes of a command that are alive, by what they are.

    What the command has begun counts once it is a program of its own: until then it shares the command's memory, and
    whatever stops it stops the command.
    """
    found: dict[str, list[psutil.Process]] = dict.fromkeys(KINDS, [])
    with suppress(psutil.Error):
        above = found["supervisor"] = [psutil.Process(supervisor)]
        command = above[0].cmdline()
        for kind in KINDS[1:]:
            above = found[kind] = [p for a in above for p in a.children() if p.cmdline() != command]
    return found


def tried(fault: Fault, good: Path, moment: int) -> dict:
    """One case from a copy of ``good`` (see `tests.faults.ground.prepared`): {violation: whether}; `hit`, whether the
    fault struck a run that was going on; `gone after`, the seconds that its processes outlived it; and of the run
    without the fault `told`, what it said, and `taken over`, how many finished steps of the run that was hit it went
    on from."""
    with tempfile.TemporaryDirectory(prefix="segments-fault-") as folder:
        root = Path(folder) / "space"
        shutil.copytree(good, root, symlinks=True)
        known = facts(good)
        case = Case(fault, Space.at(root), moment, **known["pace"][str(fault.products)])
        before = {p: published(root, p) for p in PRODUCTS}
        code, said, complaints = _struck(case)
        alive, seconds = _left_behind(root)
        found = _violations(case, before, code, said) | {"orphans": alive}
        resumed, told = _goes_on(case, known["wanted"])
        steps = [step for p in case.products for step in run_of(root, p).get("steps", {}).values()]
        return found | {
            "traceback": TRACEBACK in complaints + told, "not resumed": not resumed,
            "left behind": any((root / TEMPORARY).iterdir()), "hit": case.hit, "gone after": round(seconds, 1),
            "taken over": sum(step.get("resumed", False) for step in steps),
            "told": f"exit {code}\n{said}{complaints}\nthen\n{told}"}


def _struck(case: Case) -> tuple[int | None, str, str]:
    """The exit code, the output and the complaints of the run that the fault hits."""
    fault, root = case.fault, case.root
    if fault.cell:
        (root / FLAG).write_text(f"{STEPS[1 + case.moment % fault.moments]}\n{fault.cell}")
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as complaints:
        case.command = subprocess.Popen(
            [*case.workspace.program, *case.order, *fault.arguments], stdin=subprocess.DEVNULL, stdout=out,
            stderr=complaints, env=case.workspace.environment | fault.environment(root), start_new_session=True,
            cwd=root)
        if fault.strike:
            case.wait_for_moment()
            case.hit = case.command.poll() is None
            fault.strike(case)
        with suppress(subprocess.TimeoutExpired):
            case.command.wait(LONGEST * slower())
        code = case.command.poll()
        if code is None:
            os.killpg(case.command.pid, signal.SIGKILL)
        out.seek(0)
        complaints.seek(0)
        return code, out.read(), complaints.read()


def _violations(case: Case, before: dict[str, dict[str, str]], code: int | None, said: str) -> dict:
    """{violation: whether}, of those that the run which was struck shows by itself."""
    now = {p: published(case.root, p) for p in PRODUCTS}
    same = {p for p in PRODUCTS if now[p] == before[p]}
    new = {p for p in case.products if p not in same and is_whole(case.root, p)}
    outcomes = _outcomes(said)
    claims = {o["product"] for o in outcomes if o["state"] == "published"} | set(case.products if code == 0 else ())
    return {
        "torn": bool(set(case.products) - same - new),
        "old lost": any(set(before[p]) - set(now[p]) for p in set(case.products) - new),
        "false success": bool(claims - new),
        "others touched": bool(set(PRODUCTS) - set(case.products) - same
                               or (case.fault.spares and len(case.products) - len(new) > 1)),
        "wrong code": not _is_right(case, code, outcomes) or any(c not in right for right, c in case.others),
    }


def _is_right(case: Case, code: int | None, outcomes: list[dict]) -> bool:
    """Whether the exit code is one that the fault may have, and what the JSON says. A signal may end the command
    before there is any; of a run that published all, the code may be that of what came after."""
    if code not in (*case.fault.codes, *([0] if case.fault.strike else [])):
        return False
    if code < 0 or (code == EXIT_CODES[INTERRUPTED] and not outcomes):
        return True
    states = [o["state"] for o in outcomes]
    worst = next((EXIT_CODES[s] for s in WORST_FIRST if s in states), None)
    return [o["product"] for o in outcomes] == list(case.products) and worst in (code, 0)


def _goes_on(case: Case, wanted: dict[str, dict[str, str]]) -> tuple[bool, str]:
    """Whether a second run without the fault publishes, of each product, the artefacts of a run that nothing hit, to
    the byte; what it said."""
    (case.root / FLAG).unlink(missing_ok=True)
    if case.fault.after:
        case.fault.after(case)
    with case.workspace.start(*case.order) as again:
        try:
            said, complaints = again.communicate(timeout=LONGEST * slower())
        except subprocess.TimeoutExpired:
            again.kill()  # its worker ends with it
            return False, "it did not end"
    ran = {o["product"]: o["run_id"] for o in _outcomes(said)}
    whole = again.returncode == 0 and all(
        is_whole(case.root, p) and run_of(case.root, p)["run_id"] == ran.get(p)
        and artefacts(case.root, p) == wanted[p] for p in case.products)
    return whole, said + complaints


def _left_behind(root: Path) -> tuple[bool, float]:
    """Whether processes of this workspace are still there when their time is over, which ends them; the seconds until
    they had gone."""
    began, patience = time.monotonic(), PATIENCE * min(MOST, slower())
    while alive := [p for p in psutil.process_iter() if _is_of(p, root)]:
        if time.monotonic() > began + patience:
            for process in alive:
                with suppress(psutil.Error):
                    process.kill()
            break
        time.sleep(0.2)
    return bool(alive), time.monotonic() - began


def _is_of(process: psutil.Process, root: Path) -> bool:
    with suppress(psutil.Error):
        return (process.environ().get("SEGMENTS_ROOT") == str(root) and process.pid != os.getpid()
                and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _outcomes(said: str) -> list[dict]:
    """What the command says of its products; nothing when it was cut off."""
    with suppress(ValueError):
        return json.loads(said)
    return []
