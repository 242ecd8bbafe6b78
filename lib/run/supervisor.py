"""One process a product, several at a time: started, watched, stopped in time, summed up.

A worker that dies, hangs or is killed changes no other product. Stopping ends every process below a worker,
kernels included, which live in sessions of their own.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import psutil

from lib import scratch
from lib.run.folder import RUNS
from lib.run.nursery import Nursery
from lib.run.order import Order
from lib.run.outcome import DIED, FAILED, INTERRUPTED, TEMPORARY, Outcome
from lib.run.watch import Limits, Watch
from lib.settings import relative

POLL = 0.2  # seconds between looks at the workers
GRACE = 4.0  # seconds that a worker has to end by itself
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS")
AGAIN = "run it again: it goes on where it broke off"
LARGEST_LOG = 1_000_000  # bytes; then it starts anew


class Worker:
    """The process that runs one product, and what it told so far."""

    def __init__(self, order: Order, limits: Limits, nursery: Nursery):
        self.order, self.began, self.outcome, self._rest = order, time.monotonic(), None, b""
        self.watch = Watch(limits)
        self._below: set[psutil.Process] = set()
        self._next_look = 0.0
        self.log = RUNS / order.product / "worker.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.events, theirs = os.pipe()
        os.set_blocking(self.events, False)
        self.scratch = scratch.take()
        held, self.lifeline = os.pipe()
        with self.log.open("ab" if not self.log.exists() or self.log.stat().st_size < LARGEST_LOG else "wb") as log:
            self.process = nursery.worker(json.dumps(asdict(order)), str(self.scratch), environment(self.scratch),
                                          (held, theirs, log))
        os.close(held)
        os.close(theirs)

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 1)

    def read(self) -> list[dict]:
        """The events told since the last look; the outcome is kept."""
        try:
            self._rest += os.read(self.events, 1 << 16)
        except BlockingIOError:
            return []
        *lines, self._rest = self._rest.split(b"\n")
        events = [json.loads(line) for line in lines]
        for event in (e for e in events if e["event"] == "outcome"):
            self.outcome = Outcome(**{k: v for k, v in event.items() if k != "event"})
        return events

    def look(self) -> list[psutil.Process]:
        """The worker and the processes below it, which are remembered: once it is dead, the system no longer says
        whose they were."""
        try:
            worker = psutil.Process(self.process.pid)
            below = worker.children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self._below |= set(below)
        return [worker, *below]

    def fault(self) -> tuple[str, str, str] | None:
        """State, cause and fix when it passes a limit; looked at now and then, however often it is asked for."""
        if time.monotonic() < self._next_look:
            return None
        fault = self.watch.fault(self.look())
        self._next_look = time.monotonic() + POLL
        return fault

    def stop(self, until: float = 0.0) -> None:
        """End the worker and everything below it; returns when they are gone.

        ``until``: the moment to which it may end by itself (default: in a few seconds).
        """
        self.look()
        self.process.terminate()
        try:
            self.process.wait(max(0.0, (until or time.monotonic() + GRACE) - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.look()
            self.process.kill()
            self.process.wait()
        left = [p for p in self._below if p.is_running()]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=GRACE)
        scratch.give_back(self.scratch)

    def ended(self, state: str = "", cause: str = "", fix: str = "") -> Outcome:
        """The outcome as told, or why there is none: the reason given for stopping it, or that it died."""
        self.read()
        os.close(self.events)
        os.close(self.lifeline)
        if self.outcome:
            return self.outcome
        code = self.process.returncode
        died = f"{DIED} ({signal.Signals(-code).name if code < 0 else f'exit {code}'})"
        return Outcome(self.order.product, state or FAILED, cause or died, fix if state else AGAIN,
                       as_of=self.order.as_of, seconds=self.seconds, log=relative(self.log))


def environment(own: Path) -> dict[str, str]:
    """What a worker and its kernels find: folders of their own, this interpreter's kernel, one thread, fixed hashes.

    What they leave in their folder for temporary files, raw rows among it, goes with ``own``, however they end.
    """
    folders = {"IPYTHONDIR": "ipython", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_DATA_DIR": "jupyter",
               "JUPYTER_CONFIG_DIR": "config", "MPLCONFIGDIR": "mpl", "TMPDIR": "t"}
    for name in folders.values():
        (own / name).mkdir()
    given = {name: value for name, value in os.environ.items() if name != "JUPYTER_PATH"}
    places = {variable: str(own / name) for variable, name in folders.items()}
    return {**given, **places, **dict.fromkeys(THREADS, "1"), "JE_ARROW_MALLOC_CONF": "background_thread:false",
            "PYTHONHASHSEED": "0", "JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_PLATFORM_DIRS": "1"}


def run(orders: list[Order], *, jobs: int, show, limits: Limits,
        stopped: Callable[[], bool] = lambda: False) -> list[Outcome]:
    """Run the orders, `jobs` at a time, and give each product's outcome, in the order asked for.

    `show` is told of starts, cells and ends. After KeyboardInterrupt (see `interruptible`), or when `stopped` says so,
    the workers are stopped and what is left counts as interrupted. Whatever else is raised here, no worker outlives it.
    """
    waiting, running, done = list(orders), {}, {}
    with _nursery() as nursery, selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                if stopped():
                    raise KeyboardInterrupt
                while waiting and len(running) < jobs:
                    order, reason = waiting.pop(0), nursery.reason
                    try:
                        worker = running[order.product] = Worker(order, limits, nursery)
                    except OSError as error:
                        done[order.product] = _not_started(order, error)
                        show.ended(done[order.product])
                        continue
                    if nursery.reason != reason:
                        show.slow(order.product, nursery.reason)
                    selector.register(worker.events, selectors.EVENT_READ, worker)
                _listen(selector, show)
                for worker in list(running.values()):
                    if outcome := _finished(worker, selector):
                        del running[worker.order.product]
                        done[worker.order.product] = outcome
                        show.ended(outcome)
        except KeyboardInterrupt:
            left = [o for o in orders if o.product not in done and o.product not in running]
            done |= _interrupt(left, running.values())
        except BaseException:
            _interrupt([], running.values())
            raise
    return [done[o.product] for o in orders]


@contextmanager
def _nursery():
    with scratch.folder() as own:
        nursery = Nursery(environment(own))
        try:
            yield nursery
        finally:
            nursery.close()


def _not_started(order: Order, error: OSError) -> Outcome:
    """A product whose process cannot be started: no room for its log, no descriptor or no process left."""
    return Outcome(order.product, TEMPORARY, f"it could not be started ({os.strerror(error.errno or 0)})",
                   "make room, or run fewer --jobs", as_of=order.as_of)


def _listen(selector, show) -> None:
    for key, _ in selector.select(POLL):
        events = key.data.read()
        for event in events:
            if event["event"] == "cell":
                show.cell(key.data.order.product, event)
            elif event["event"] == "cold":
                show.cold(key.data.order.product, event["reason"])
        if not events:
            time.sleep(POLL / 4)  # the pipe's end: the worker is about to be collected


def _finished(worker: Worker, selector) -> Outcome | None:
    if worker.process.poll() is not None:
        selector.unregister(worker.events)
        worker.stop()  # nothing of it may stay behind
        return worker.ended()
    if fault := worker.fault():
        worker.stop()
        selector.unregister(worker.events)
        return worker.ended(*fault)
    return None


def _interrupt(waiting: list[Order], running: Iterable[Worker]) -> dict[str, Outcome]:
    """Stop what runs; what had told its outcome before keeps it."""
    workers, until = list(running), time.monotonic() + GRACE
    for worker in workers:
        worker.process.terminate()  # all at once: their grace runs out together
    outcomes = {}
    for worker in workers:
        worker.stop(until)
        outcomes[worker.order.product] = worker.ended(INTERRUPTED, "stopped by a signal", AGAIN)
    return outcomes | {o.product: Outcome(o.product, INTERRUPTED, "not started", as_of=o.as_of) for o in waiting}
