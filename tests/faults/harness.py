"""Real faults at random moments of a real run, and what must hold after each of them.

A case is a workspace with an old good report, a run over it, one fault, and then a second run without the fault. Kinds
of faults are in `tests.faults.kinds`.
"""

from __future__ import annotations

import compileall
import hashlib
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
from dataclasses import dataclass
from pathlib import Path

import psutil

from lib.paths import ROOT
from lib.run.order import STEPS
from tests.run.conftest import READINESS, Workspace, slower

PATIENCE = 5.0  # seconds after the end in which processes may still go away, on a machine that is not overloaded
LONGEST = 240.0  # seconds of a run, likewise
DAY, AS_OF = "data/work/acme/2026-06-30", "2026-06-30"
TEMPORARY = "t"  # short: paths of sockets may have about 100 characters
PACE = "pace.json"  # how long a run takes that nothing hits
EARLY = 0.2  # [ours] of the faults strike while the command starts, which takes longer than its small notebooks
FLAG = "fault"  # a file in the workspace: cells with a fault of their own look for it, so that notebooks stay the same
KINDS = ("supervisor", "nursery", "worker", "parent", "kernel")  # of processes: each is a child of the one before
VIOLATIONS = ("torn", "old lost", "false success", "others touched", "orphans", "not resumed")


class Space(Workspace):
    """A workspace with a folder for what killed processes leave, and a copy of the code: a run is right to fail when
    the code changes under it, and here somebody may be at work on it for the hours that faults take."""

    @property
    def environment(self) -> dict:
        return super().environment | {"PYTHONPATH": f"{self.root}/code", "TMPDIR": f"{self.root}/{TEMPORARY}"}

    def start(self, *arguments: str, **more) -> subprocess.Popen:
        return super().start(*arguments, cwd=self.root, **more)


@dataclass(frozen=True)
class Fault:
    """``cell``: code of one step, chosen at random, that does the harm while the flag is there; else ``strike`` does it
    to the running command at a moment. ``after`` mends the workspace."""

    name: str
    cell: str = ""
    strike: Callable[[Case], None] | None = None
    arguments: tuple[str, ...] = ()
    environment: Callable[[Path], dict[str, str]] = lambda root: {}
    after: Callable[[Case], None] | None = None


@dataclass
class Case:
    """One fault in one workspace, at a moment that is drawn. ``starting``: seconds until a run has begun its product,
    ``working``: from there to its end. ``hit``: the run was still going on when the fault struck."""

    fault: Fault
    workspace: Space
    rng: random.Random
    starting: float
    working: float
    command: subprocess.Popen | None = None
    hit: bool = True

    @property
    def root(self) -> Path:
        return self.workspace.root

    def wait_for_moment(self) -> None:
        """Wait for the moment in which the fault strikes: now and then while the command starts and imports, mostly
        while its product runs and is published. Over when the command is."""
        early = self.rng.random() < EARLY
        if not early:
            _begun(self.command, self.root)
        with suppress(subprocess.TimeoutExpired):
            self.command.wait(self.rng.uniform(0, self.starting if early else self.working))

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The processes of the run that are alive, by what they are.

        What the command has begun counts once it is a program of its own: until then it shares the command's memory,
        and whatever stops it stops the command.
        """
        found: dict[str, list[psutil.Process]] = dict.fromkeys(KINDS, [])
        with suppress(psutil.Error):
            above = found["supervisor"] = [psutil.Process(self.command.pid)]
            command = above[0].cmdline()
            for kind in KINDS[1:]:
                above = found[kind] = [p for a in above for p in a.children() if p.cmdline() != command]
        return found


def tried(fault: Fault, good: Path, moment: int) -> dict:
    """One case from a copy of ``good`` (a workspace in which everything was published): {violation: whether}; `hit`,
    whether the fault struck a run that was going on; and of the run without the fault `told`, what it said, and
    `taken over`, how many finished steps of the run that was hit it went on from."""
    with tempfile.TemporaryDirectory(prefix="segments-fault-") as folder:
        root = Path(folder) / "space"
        shutil.copytree(good, root, symlinks=True)
        case = Case(fault, Space.at(root), random.Random(f"{fault.name} {moment}"), **_pace(good))
        before = {p: _digest(root / p) for p in _published(root)}
        code, said = _struck(case)
        found = _violations(case, before, code, said)
        found["not resumed"], found["told"] = _goes_wrong(case, good)
        steps = _run_of(root).get("steps", {}).values()
        return found | {"hit": case.hit, "taken over": sum(step.get("resumed", False) for step in steps)}


def prepared(root: Path) -> Path:
    """A workspace with two products, published; cells of every step look for the fault's flag."""
    workspace = Space(root)
    shutil.copytree(ROOT / "lib", root / "code" / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(root / "code", quiet=2)  # as an installed one is, or each process of each case would do it
    (root / TEMPORARY).mkdir()
    workspace.add_product("borea")
    workspace.put_orders("2,50")
    workspace.readiness(READINESS)
    for step in STEPS[1:]:
        workspace.put_light(step, "import time; time.sleep(0.3)", *_harm(step))
    done = workspace.segments("run", "--all", "--jobs", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    began = time.monotonic()
    with workspace.start("run", "acme", "--force") as again:
        _begun(again, root)
        starting = time.monotonic() - began
        again.communicate()
    working = time.monotonic() - began - starting
    (root / PACE).write_text(json.dumps({"starting": starting, "working": working}))
    return root


def _begun(command: subprocess.Popen, root: Path) -> None:
    """Wait until the command has made the folder of its run, or has ended."""
    while command.poll() is None and not any((root / "data/work/.runs/acme").glob("2*")):
        time.sleep(0.01)


def _pace(good: Path) -> dict[str, float]:
    return json.loads((good / PACE).read_text())


def _harm(step: str) -> list[str]:
    """A cell that runs the harm which the flag holds for its step."""
    return [f"import pathlib\nharm = pathlib.Path({FLAG!r})\n"
            f"step, _, code = harm.read_text().partition('\\n') if harm.exists() else ('', '', '')\n"
            f"if step == {step!r}: exec(code)"]


def _struck(case: Case) -> tuple[int | None, str]:
    """The exit code and the standard output of the run that the fault hits."""
    fault, root = case.fault, case.root
    if fault.cell:
        (root / FLAG).write_text(f"{case.rng.choice(STEPS[1:])}\n{fault.cell}")
    with tempfile.TemporaryFile("w+") as out:
        case.command = subprocess.Popen(
            [*case.workspace.program, "run", "acme", "--json", *fault.arguments], stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.DEVNULL, env=case.workspace.environment | fault.environment(root), start_new_session=True,
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
        return code, out.read()


def _violations(case: Case, before: dict[str, str], code: int | None, said: str) -> dict[str, bool]:
    root = case.root
    alive = _left_behind(root)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    now = {p: _digest(root / p) for p in _published(root)}
    same = _only(now, "acme") == _only(before, "acme")
    run = _run_of(root)
    whole = _is_whole(root, run)
    claims = code == 0 or _outcome(said).get("state") == "published"
    return {
        "torn": not whole,
        "old lost": not same and not whole,
        "false success": code is None or (claims and (not whole or same)),
        "others touched": _only(now, "borea") != _only(before, "borea"),
        "orphans": bool(alive),
    }


def _goes_wrong(case: Case, good: Path) -> tuple[bool, str]:
    """Whether a second run without the fault does not publish the artefacts of a run that nothing hit; what it said."""
    (case.root / FLAG).unlink(missing_ok=True)
    if case.fault.after:
        case.fault.after(case)
    with case.workspace.start("run", "acme", "--json") as again:
        try:
            said, complaints = again.communicate(timeout=LONGEST * slower())
        except subprocess.TimeoutExpired:
            again.kill()  # its worker ends with it
            return True, "it did not end"
    told, run = said + complaints, _run_of(case.root)
    if again.returncode or not _is_whole(case.root, run) or _outcome(said).get("run_id") != run["run_id"]:
        return True, told
    wanted = sorted((good / DAY).glob("*.json"))
    return any(_digest(case.root / DAY / p.name) != _digest(p) for p in wanted), told


def _left_behind(root: Path) -> list[psutil.Process]:
    """Processes of this workspace that are still there when their time is over."""
    end = time.monotonic() + PATIENCE * slower()
    while alive := [p for p in psutil.process_iter() if _is_of(p, root)]:
        if time.monotonic() > end:
            return alive
        time.sleep(0.2)
    return []


def _is_of(process: psutil.Process, root: Path) -> bool:
    with suppress(psutil.Error):
        return (process.environ().get("SEGMENTS_ROOT") == str(root) and process.pid != os.getpid()
                and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _published(root: Path) -> list[str]:
    """Every published file: pages and artefacts, not run folders."""
    return sorted(str(p.relative_to(root)) for place in ("reports", "data/work") for p in (root / place).rglob("*")
                  if p.is_file() and ".runs" not in p.parts and p.name != "index.html")


def _only(files: dict[str, str], product: str) -> dict[str, str]:
    return {p: d for p, d in files.items() if product in Path(p).parts}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _outcome(said: str) -> dict:
    """What the command says of its only product; nothing when it was cut off."""
    with suppress(ValueError):
        return json.loads(said)[0]
    return {}


def _run_of(root: Path) -> dict:
    with suppress(OSError, ValueError):
        return json.loads((root / "reports/acme" / AS_OF / "run.json").read_text(encoding="utf-8"))
    return {}


def _is_whole(root: Path, run: dict) -> bool:
    """Whether what is published is one run's: all its pages, and every artefact as its manifest and run.json say."""
    pages = root / "reports/acme" / AS_OF
    wanted = {"run.json", "summary.json", "report.html", "report.xlsx", *(f"{step}.html" for step in STEPS)}
    if run.get("state") != "published" or {p.name for p in pages.glob("*")} != wanted:
        return False
    if run["run_id"] not in (pages / "report.html").read_text(encoding="utf-8"):
        return False
    return all(_digest(root / DAY / f"{a['name']}.json") == a["sha256"] for a in run["artefacts"])
