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
import threading
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
from lib.run.outcome import DIED, FAILED, INTERRUPTED, Outcome
from lib.run.watch import Limits, Watch
from lib.settings import relative

POLL = 0.2  # seconds between looks at the workers
GRACE = 4.0  # seconds that a worker has to end by itself
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS")
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

    def stop(self) -> None:
        """End the worker and everything below it; returns when they are gone."""
        self.look()
        self.process.terminate()
        try:
            self.process.wait(GRACE)
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
        """The outcome as told, or why there is none."""
        self.read()
        os.close(self.events)
        os.close(self.lifeline)
        if self.outcome and not state:
            return self.outcome
        code = self.process.returncode
        died = f"{DIED} ({signal.Signals(-code).name if code < 0 else f'exit {code}'})"
        return Outcome(self.order.product, state or FAILED, cause or died, fix, as_of=self.order.as_of,
                       seconds=self.seconds, log=relative(self.log))


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

    `show` is told of starts, cells and ends. After SIGINT or SIGTERM, or when `stopped` says so, the workers are
    stopped and what is left counts as interrupted.
    """
    waiting, running, done = list(orders), {}, {}
    with interruptible(), _nursery() as nursery, selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                if stopped():
                    raise KeyboardInterrupt
                while waiting and len(running) < jobs:
                    reason, worker = nursery.reason, Worker(waiting[0], limits, nursery)
                    running[waiting.pop(0).product] = worker
                    if nursery.reason != reason:
                        show.slow(worker.order.product, nursery.reason)
                    selector.register(worker.events, selectors.EVENT_READ, worker)
                _listen(selector, show)
                for worker in list(running.values()):
                    if outcome := _finished(worker, selector):
                        del running[worker.order.product]
                        done[worker.order.product] = outcome
                        show.ended(outcome)
        except KeyboardInterrupt:
            done |= _interrupt(waiting, running.values())
    return [done[o.product] for o in orders]


@contextmanager
def _nursery():
    with scratch.folder() as own:
        nursery = Nursery(environment(own))
        try:
            yield nursery
        finally:
            nursery.close()


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
    workers = list(running)
    for worker in workers:
        worker.process.terminate()  # all at once, so that their grace runs out together
    outcomes = {}
    for worker in workers:
        worker.stop()
        worker.read()
        outcomes[worker.order.product] = worker.outcome or worker.ended(INTERRUPTED, "stopped by a signal")
    return outcomes | {o.product: Outcome(o.product, INTERRUPTED, "not started", as_of=o.as_of) for o in waiting}


@contextmanager
def interruptible():
    """SIGTERM and a terminal that is closed interrupt like Ctrl-C; under nohup the terminal is of no interest.

    Signals reach the main thread only: in another one this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_):
        for number in heard:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    heard = [signal.SIGINT, signal.SIGTERM]
    heard += [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else []
    before = {s: signal.signal(s, interrupt) for s in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
