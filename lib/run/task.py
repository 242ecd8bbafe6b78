"""A product run as a task of a Dask cluster: what happens on the worker. See `lib.run.cluster` for the other side."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass

from distributed import Status, get_worker

from lib.contracts import UserError
from lib.run import supervisor
from lib.run.folder import RUNS
from lib.run.order import Order
from lib.run.outcome import DIED, TEMPORARY, Outcome
from lib.run.resume import fingerprint
from lib.run.shelf import STORE
from lib.run.watch import limits

CLOSING = (Status.closing, Status.closed, Status.failed)


class TryAgain(Exception):
    """A run that another try, or another machine, may bring to its end. Holds its outcome."""


@dataclass
class Asked:
    """What goes to a worker: the order, its limits (seconds; gigabytes or None), the batch, its code and store."""

    order: dict
    seconds: int
    gigabytes: float | None
    batch: str
    code: str
    store: str


def there(content: dict) -> dict:
    """The task: one product run in a process group of its own on this worker, as a dict of its Outcome.

    Raises UserError when this worker has other code or another workspace, TryAgain when another try may succeed.
    """
    asked = Asked(**content)
    if problem := problem_with(asked.batch, asked.code, asked.store):
        raise UserError(f"the worker on {socket.gethostname()} cannot take it: {problem}")
    worker, order = get_worker(), Order(**asked.order)

    def tell(event: str, **facts) -> None:
        worker.log_event(asked.batch, {**facts, "event": event, "product": order.product})

    tell("began", host=socket.gethostname())
    allowed = limits(asked.seconds, asked.gigabytes, worker.state.nthreads)
    [outcome] = supervisor.run([order], jobs=1, show=_Shown(tell), limits=allowed, stopped=_unwanted(worker))
    tell("ended")
    if outcome.state == TEMPORARY or outcome.cause.startswith(DIED):
        raise TryAgain(asdict(outcome))
    return asdict(outcome)


@dataclass
class _Shown:
    """Shows nothing here: tells the batch."""

    tell: Callable[..., None]

    def cell(self, product: str, event: dict) -> None:
        self.tell(**event)

    def cold(self, product: str, reason: str) -> None:
        self.tell("cold", reason=reason)

    def slow(self, product: str, reason: str) -> None:
        """One product is all that runs here: nothing is imported twice."""

    def ended(self, outcome: Outcome) -> None:
        """The outcome is the task's result."""


def _unwanted(worker) -> Callable[[], bool]:
    """Whether nobody waits for this task any more (its batch was stopped or has died), or the worker is closing."""
    key = worker.get_current_task()

    def stopped() -> bool:
        task = worker.state.tasks.get(key)
        return worker.status in CLOSING or task is None or task.state == "cancelled"
    return stopped


def problem_with(batch: str, code: str, store: str) -> str:
    """Why this machine cannot take runs of a batch; empty when it can. Raises no OSError: to the command that means a
    machine that cannot be reached."""
    try:
        same, seen = fingerprint() == code, (RUNS / batch).is_file()
    except OSError as error:
        return f"its code, notebooks or workspace cannot be read ({type(error).__name__})"
    if not same:
        return "its code, notebooks or libraries are not the same"
    if store != STORE:
        return "its SEGMENTS_STORE is not the command's"
    return "" if store or seen else "it does not see the workspace of the command"
