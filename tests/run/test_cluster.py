"""`segments run --cluster`: a scheduler and two workers, each a process of its own; one of them is killed."""

import fcntl
import json
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from lib.run.order import STEPS
from tests.object_storage import served
from tests.run.conftest import READINESS, Workspace
from tests.run.test_run import wait_for_cell
from tests.run.test_storage import Machine

pytestmark = pytest.mark.full
COUNTED = "open('{0}.count', 'a').write('x')"  # cells run in the root
# the first to come sleeps until it is killed; the next ones go on
ONCE = ("import os, pathlib, time\nif product == 'acme' and not pathlib.Path('started').exists():\n"
        "    pathlib.Path('started').touch(); pathlib.Path('here').write_text(str(os.getpid())); time.sleep(300)")
# the same for machines that see no common folder but this one of the test
ELSEWHERE = ("import os, pathlib, time\nshared = pathlib.Path({0!r})\nif not (shared / 'here').exists():\n"
             "    (shared / 'part').write_text(str(os.getpid())); (shared / 'part').rename(shared / 'here')\n"
             "    time.sleep(300)")
PLAIN = ("--nthreads", "1", "--no-nanny", "--no-dashboard")  # a worker


class Cluster:
    """A Dask scheduler and its workers, which see one workspace; or each its own of ``roots``."""

    def __init__(self, workspace: Workspace, stack: ExitStack, roots: list[Path] | None = None):
        self.workspace, self.stack = workspace, stack
        file = workspace.root / "scheduler.json"
        self.start("-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard",
                   "--scheduler-file", str(file))
        self.address = _waited_for(lambda: json.loads(file.read_text())["address"])
        self.workers = [self.worker(SEGMENTS_ROOT=str(root)) for root in roots or [workspace.root] * 2]

    def worker(self, **environment: str) -> subprocess.Popen:
        return self.start("-m", "distributed.cli.dask_worker", self.address, *PLAIN, **environment)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        log = self.stack.enter_context((self.workspace.root / "dask.log").open("ab"))
        process = subprocess.Popen([sys.executable, *arguments], env=self.workspace.environment | environment,
                                   stdout=log, stderr=log)
        self.stack.callback(_end, process)
        return process

    def listed(self, n: int) -> None:
        """Returns when so many workers are listed."""
        from distributed import Client  # of an extra, which `make test` does without

        def look():
            assert len(client.scheduler_info(n_workers=-1)["workers"]) == n

        with Client(self.address) as client:
            _waited_for(look, 60)

    def run(self, *arguments: str) -> tuple[int, list[dict]]:
        done = self.workspace.segments("run", "--cluster", self.address, "--json", *arguments)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


def _waited_for(look, patience: float = 300):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with suppress(OSError, ValueError, AssertionError):
            return look()
        time.sleep(0.1)
    return look()


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("cluster") / "space")
    workspace.add_product("borea")
    workspace.put_orders("2,50")
    with ExitStack() as stack:
        yield Cluster(workspace, stack)


def test_two_products_are_run_on_it_and_one_worker_is_lost(cluster):
    space = cluster.workspace
    space.readiness(READINESS, COUNTED.format(STEPS[0]) + " if product == 'acme' else 0")
    space.put_light(STEPS[2], ONCE)
    with space.start("run", "acme", "borea", "--cluster", cluster.address, "--json") as command:
        _waited_for(lambda: (space.root / "here").read_text())
        kernel = psutil.Process(int((space.root / "here").read_text()))
        [lost] = [w for w in cluster.workers if w.pid in {p.pid for p in kernel.parents()}]
        below = psutil.Process(lost.pid).children(recursive=True)
        assert kernel in below
        lost.send_signal(signal.SIGKILL)
        out, said = command.communicate(timeout=300)
    outcomes = {o["product"]: o for o in json.loads(out)}
    assert (command.returncode, outcomes["acme"]["state"], outcomes["borea"]["state"]) == (0, "published", "published")
    assert said.count("acme: on ") == 2 and said.count("borea: on ") == 1
    _, alive = psutil.wait_procs(below, timeout=15)
    assert not alive
    assert len((space.root / f"{STEPS[0]}.count").read_text()) == 1  # the other worker went on where it broke off
    steps = space.manifest()["steps"]
    assert [s.get("resumed", False) for s in steps.values()] == [True, True, False, False, False, False]
    assert (space.root / "reports/borea/2026-06-30/report.html").is_file()
    assert "acme/2026-06-30/report.html" in (space.root / "reports/index.html").read_text(encoding="utf-8")
    cluster.workers = [cluster.worker(), *(w for w in cluster.workers if w is not lost)]


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_batch_that_is_stopped_or_killed_ends_its_runs(cluster, number, code):
    space = cluster.workspace
    (space.root / "started").unlink(missing_ok=True)
    space.put_light(STEPS[2], ONCE)
    with space.start("run", "acme", "--cluster", cluster.address) as command:
        wait_for_cell(space, command)
        below = [p for w in cluster.workers for p in psutil.Process(w.pid).children(recursive=True)]
        command.send_signal(number)
        command.communicate(timeout=30)
    _, alive = psutil.wait_procs(below, timeout=15)
    assert (command.returncode, alive) == (code, [])
    assert below


def test_a_run_whose_process_dies_is_tried_again_and_a_failing_cell_is_not(cluster):
    space = cluster.workspace
    (space.root / "started").unlink(missing_ok=True)
    space.put_light(STEPS[0], "import psutil, time; open('killed', 'a').write('x')",
                    "psutil.Process().parent().parent().kill(); time.sleep(60)")
    code, [outcome] = cluster.run("acme")
    assert (code, outcome["state"], len((space.root / "killed").read_text())) == (1, "failed", 3)
    assert "its process died (SIGKILL)" in outcome["cause"]
    space.put_light(STEPS[0], "open('failed', 'a').write('x'); 1 / 0")
    code, [outcome] = cluster.run("acme")
    assert (code, outcome["step"], len((space.root / "failed").read_text())) == (1, STEPS[0], 1)


def test_workers_that_see_something_else_are_refused(cluster, tmp_path):
    other = Workspace(tmp_path / "space")
    done = other.segments("run", "acme", "--cluster", cluster.address)
    assert done.returncode == 2 and "not the same" in done.stderr
    done = cluster.workspace.segments("run", "acme", "--cluster", "tcp://127.0.0.1:9")
    assert done.returncode == 2 and "cannot be reached" in done.stderr and "Traceback" not in done.stderr


WITHOUT = "import sys; sys.modules['lib'] = None; from distributed.cli.dask_worker import main; main()"
LOST = ("--listen-address", "tcp://127.0.0.1:0", "--contact-address", "tcp://127.0.0.1:9")  # where nobody answers
FULL = {"DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE": "0.001"}  # takes no runs
LEASE = 40  # seconds, of which the lock of a machine that lost its power is held


def test_a_worker_without_the_package_is_named_and_a_machine_that_lost_its_power_is_waited_for(tmp_path, monkeypatch):
    """It is listed still, at an address where nobody answers, and its lock is held."""
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "5s")
    space = Workspace(tmp_path / "space")
    space.put_orders("2,50")
    lock = space.root / "data/work/.runs/acme/lock"
    lock.parent.mkdir(parents=True)
    with ExitStack() as stack:
        cluster = Cluster(space, stack, [space.root])
        cluster.start("-m", "distributed.cli.dask_worker", cluster.address, *PLAIN, *LOST, **FULL)
        cluster.listed(2)
        with lock.open("a") as held, space.start("run", "acme", "--cluster", cluster.address, "--json") as command:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert any("acme: on " in line for line in command.stderr)
            time.sleep(LEASE)
            assert command.poll() is None
            fcntl.flock(held, fcntl.LOCK_UN)
            out, _ = command.communicate(timeout=300)
        assert (command.returncode, json.loads(out)[0]["state"]) == (0, "published"), out
        cluster.start("-c", WITHOUT, cluster.address, *PLAIN)
        cluster.listed(3)
        done = space.segments("run", "acme", "--cluster", cluster.address)
        assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
        assert "this package is not installed there" in done.stderr


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A cluster of machines that share nothing but object storage: the command's, and one for each worker."""
    shared = tmp_path_factory.mktemp("shared")
    with served(shared / "log") as storage, ExitStack() as stack:
        spaces = [Machine(tmp_path_factory.mktemp(n) / "space", storage) for n in ("command", "left", "right")]
        for notebook in (spaces[0].root / "notebooks").iterdir():
            for space in spaces[1:]:
                shutil.copy(notebook, space.root / "notebooks")  # cells have ids of chance
        yield spaces, Cluster(spaces[0], stack, [s.root for s in spaces[1:]]), shared


def test_machines_that_share_only_object_storage_take_over_from_one_that_is_lost(apart):
    spaces, cluster, shared = apart
    command, *machines = spaces
    command.put_light(STEPS[2], COUNTED.format(STEPS[2]), ELSEWHERE.format(str(shared)))
    for space in machines:
        shutil.copy(command.root / "notebooks" / f"{STEPS[2]}.ipynb", space.root / "notebooks")
    with command.start("run", "acme", "--cluster", cluster.address, "--json") as batch:
        kernel = psutil.Process(int(_waited_for(lambda: (shared / "here").read_text())))
        [lost] = [i for i, w in enumerate(cluster.workers) if w.pid in {p.pid for p in kernel.parents()}]
        cluster.workers[lost].send_signal(signal.SIGKILL)
        out, said = batch.communicate(timeout=300)
    [outcome] = json.loads(out)
    assert (batch.returncode, outcome["state"], said.count("acme: on ")) == (0, "published", 2), said
    assert [s.get("resumed", False) for s in command.manifest()["steps"].values()] == [True, True, *[False] * 4]
    assert machines[lost].ran() == [1, 1, 1, 0, 0, 0] and machines[1 - lost].ran() == [0, 0, 1, 1, 1, 1]
    assert command.ran() == [0] * 6, "the command's machine runs nothing, and reads what was published"
    assert command.files() and command.files() == machines[1 - lost].files()
