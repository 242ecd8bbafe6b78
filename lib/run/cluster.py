"""Product runs on a Dask cluster: each is a task there, supervised on its worker as it would be on this machine.

The task starts the product's process group and watches it. A worker that is lost takes its group along; the scheduler
gives the task to another worker, which goes on with the run where it broke off. All machines see the same workspace:
one shared folder, or the object storage of `lib.run.shelf`.
"""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace

from distributed import Client, Future, KilledWorker

from lib.contracts import UserError
from lib.run import supervisor
from lib.run.folder import RUNS
from lib.run.order import Order
from lib.run.outcome import FAILED, INTERRUPTED, MISTAKE, TEMPORARY, Outcome
from lib.run.resume import fingerprint
from lib.run.shelf import STORE
from lib.run.task import Asked, TryAgain, problem_with, there

CONNECT = 15  # seconds to reach the scheduler
RETRIES = 2  # of a run that ran out of disk or memory, or whose process died: never of one whose cell failed
PATIENCE = 150  # seconds that a run waits for the lock: what a lost worker left ends at once, and the lock of a machine
# that lost its power with its lease (90 s on NFS, if nobody set another)
ALONE = 60.0  # seconds without any worker after which nothing more is expected
GRACE = 9.0  # seconds that stopped runs have to say that they ended


def run(orders: list[Order], address: str, *, jobs: int | None, show, seconds: int,
        gigabytes: float | None) -> list[Outcome]:
    """Run the orders on the cluster at ``address``, at most ``jobs`` at a time (default: as many as it has room for),
    and give each product's outcome, in the order asked for.

    After SIGINT or SIGTERM the runs are stopped. Raises UserError when the cluster cannot be reached, or when a worker
    has other code or another workspace.
    """
    batch = f"segments-{secrets.token_hex(6)}"
    with _connected(address) as client, _marked(batch):
        code = fingerprint()
        _refuse_others(client.run(problem_with, batch, code, STORE, on_error="return"), address)
        asked = [Asked(asdict(replace(o, patience=PATIENCE)), seconds, gigabytes, batch, code, STORE) for o in orders]
        told = _Told(client, batch, show)
        done = _Batch(client, told).run(asked, jobs or len(orders))
    return [done[o.product] for o in orders]


def _refuse_others(said: dict[str, str | Exception], address: str) -> None:
    """Raises UserError for a worker whose runs would be others. One that cannot be reached any more takes none."""
    for worker, problem in said.items():
        if isinstance(problem, Exception) and not isinstance(problem, OSError):
            problem = "this package is not installed there, or another version is"
        if isinstance(problem, str) and problem:
            raise UserError(f"the worker {worker} cannot take runs: {problem}", where=address,
                            fix="the same code, and the same workspace or SEGMENTS_STORE, on every machine")


@dataclass
class _Batch:
    """The runs that wait, those on the cluster, and the outcomes."""

    client: Client
    told: _Told
    running: dict[str, Future] = field(default_factory=dict)
    done: dict[str, Outcome] = field(default_factory=dict)
    seen: float = field(default_factory=time.monotonic)  # when there was a worker last

    def run(self, waiting: list[Asked], jobs: int) -> dict[str, Outcome]:
        waiting = list(waiting)
        try:
            while waiting or self.running:
                while waiting and len(self.running) < jobs:
                    asked = waiting.pop(0)
                    name = asked.order["product"]
                    self.running[name] = self.client.submit(there, asdict(asked), key=f"{asked.batch}-{name}",
                                                            retries=RETRIES, pure=False)
                self.told.listen()
                for name in [n for n, future in self.running.items() if future.done()]:
                    self._end(name, _outcome(name, self.running.pop(name)))
                self._give_up()
        except KeyboardInterrupt:
            self._interrupt([a.order["product"] for a in waiting])
        return self.done

    def _end(self, name: str, outcome: Outcome) -> None:
        self.done[name] = outcome
        self.told.show.ended(outcome)

    def _give_up(self) -> None:
        """What is left when no worker has been there for a while: nothing would ever happen."""
        if self.client.status != "running" or self.client.scheduler_info(n_workers=-1)["workers"]:
            self.seen = time.monotonic()
        elif time.monotonic() - self.seen > ALONE:
            for name, future in list(self.running.items()):
                future.cancel()
                del self.running[name]
                self._end(name, Outcome(name, TEMPORARY, f"the cluster had no worker for {ALONE:.0f} s",
                                        "start workers, then run it again: it goes on where it was"))

    def _interrupt(self, waiting: list[str]) -> None:
        for future in self.running.values():
            future.cancel()
        until = time.monotonic() + GRACE
        while self.told.at_work & self.running.keys() and time.monotonic() < until:
            self.told.listen()
        for name in self.running:
            self._end(name, Outcome(name, INTERRUPTED, "stopped by a signal"))
        for name in waiting:
            self._end(name, Outcome(name, INTERRUPTED, "not started"))


class _Told:
    """What the runs tell while they go on, passed to whoever shows it; and which of them are at work."""

    def __init__(self, client: Client, batch: str, show):
        self.show, self.at_work, self._events = show, set(), queue.Queue()
        client.subscribe_topic(batch, lambda event: self._events.put(event[1]))

    def listen(self) -> None:
        with suppress(queue.Empty):
            event = self._events.get(timeout=supervisor.POLL)
            while True:
                self._pass_on(event)
                event = self._events.get_nowait()

    def _pass_on(self, event: dict) -> None:
        product, kind = event["product"], event["event"]
        if kind == "began":
            self.at_work.add(product)
            self.show.placed(product, event["host"])
        elif kind == "ended":
            self.at_work.discard(product)
        elif kind == "cell":
            self.show.cell(product, event)
        elif kind == "cold":
            self.show.cold(product, event["reason"])


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=CONNECT, name="segments")
    except (OSError, ValueError) as error:
        raise UserError(f"the cluster cannot be reached ({type(error).__name__})", where=address,
                        fix="the address of a Dask scheduler that runs, such as tcp://scheduler:8786") from None
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise UserError("the cluster has no workers", where=address, fix=f"dask worker {address}")
        yield client


@contextmanager
def _marked(batch: str) -> Iterator[None]:
    """While the batch goes on, a file in the workspace tells workers that they see the same one."""
    RUNS.mkdir(parents=True, exist_ok=True)
    (RUNS / batch).touch()
    try:
        yield
    finally:
        (RUNS / batch).unlink(missing_ok=True)


def _outcome(name: str, future: Future) -> Outcome:
    """The outcome that a finished task means."""
    if future.status == "finished":
        return Outcome(**future.result())
    if future.cancelled():
        return Outcome(name, TEMPORARY, "the cluster's scheduler was lost", "run it again: it goes on where it was")
    error = future.exception()
    if isinstance(error, TryAgain):
        return Outcome(**error.args[0])
    if isinstance(error, UserError):
        return Outcome(name, MISTAKE, error.what, error.fix)
    if isinstance(error, KilledWorker):
        return Outcome(name, FAILED, "every worker that took it was lost", "a machine with more memory, or its log")
    return Outcome(name, FAILED, f"the task on the cluster failed ({type(error).__name__})", "the log of the worker")
