"""One product: six notebooks in order, each proved, then the pages, then publishing. Runs in a process of its own.

`lib.run.begin` is where that process begins. Tells the supervisor by one JSON line an event. Dies with its kernels
when the supervisor does.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import psutil

from lib.contracts import ContractError, Refused
from lib.paths import NOTEBOOKS, REPORTS, WORK
from lib.product import load_product
from lib.run import mirror
from lib.run.code import code_now
from lib.run.folder import MARKER, RunFolder, sweep
from lib.run.kernels import KERNELS
from lib.run.lock import BEAT, beat, let_go, product_lock
from lib.run.manifest import RUNNING, Manifest
from lib.run.notebook import declared, execute, prove, prove_all, to_run, warnings_of
from lib.run.order import GATED, STEPS, Order
from lib.run.outcome import BLOCKED, FAILED, KEPT, MISTAKE, PUBLISHED, REFUSED, Outcome, Stopped, as_stopped
from lib.run.pages import write_pages
from lib.run.register import enter_run
from lib.run.resume import broken_off, finished, key_of, seen
from lib.run.shelf import Listing
from lib.run.warm import WarmParent
from lib.settings import relative
from lib.store import Store


def main(order: Order, events: int, scratch: Path, parent: WarmParent | str) -> None:
    """Run the order and tell of it through the descriptor ``events``; ``parent`` as `warm.start` gave it."""
    stream = os.fdopen(events, "w", buffering=1)

    def tell(**event) -> None:
        print(json.dumps(event), file=stream, flush=True)

    signal.signal(signal.SIGTERM, lambda *_: _die(scratch))
    signal.signal(signal.SIGINT, lambda *_: _die(scratch))
    for watching in (_watch_supervisor, _live):
        threading.Thread(target=watching, daemon=True).start()
    KERNELS.use(parent, lambda reason: tell(event="cold", reason=reason))
    outcome = run(order, tell, scratch)
    KERNELS.close()
    tell(event="outcome", **{k: v for k, v in outcome.as_dict().items() if k != "exit_code"})


def run(order: Order, tell: Callable[..., None], scratch: Path) -> Outcome:
    """Run one product to its outcome; never raises for what a product can do wrong.

    ``scratch`` is an empty folder with a short name: paths of sockets may have about 100 characters.
    """
    began = time.monotonic()
    try:
        settings = load_product(order.product, as_of=order.as_of)
        with product_lock(settings.id, order.patience):
            held = mirror.pull(settings.id)
            if not order.force:
                mirror.fetch_broken_off(settings.id)
            looked = seen(settings)
            key, as_of = key_of(order, settings, dt.date.today()), settings.as_of.isoformat()
            earlier = None if order.force else broken_off(settings.id, as_of, key)
            sweep(settings.id, but=earlier and earlier.path)
            folder = earlier or RunFolder.create(settings.id, as_of)
            return _Run(order, settings, folder, key, looked, held, tell, scratch).outcome()
    except Exception as error:  # of the lock, the folder or the record: what a run does itself ends in its own outcome
        stopped = as_stopped(error)
        return Outcome(order.product, stopped.state, stopped.cause, stopped.fix, of_data=stopped.of_data,
                       seconds=round(time.monotonic() - began, 1))


class _Run:
    """The run of one product in its folder, and what of it an earlier, broken off one has finished."""

    def __init__(self, order: Order, settings, folder: RunFolder, key: str, looked: list[tuple], published: Listing,
                 tell: Callable[..., None], scratch: Path):
        self.published, self.seen = published, looked
        self.first, self.last = order.steps or (1, len(STEPS))
        self.order, self.settings, self.folder, self.tell = order, settings, folder, tell
        self.scratch, self.key, self.code, self.today = scratch, key, code_now(), dt.date.today()
        self.held = finished(folder, STEPS[:self.first - 1] if order.steps else STEPS)
        self.manifest = Manifest.begin(folder, settings=settings, steps=STEPS, held=self.held, key=key,
                                       variant=order.variant,
                                       parameters={"product": order.product, "as_of": folder.as_of,
                                                   **order.parameters})
        self.refused: Refused | None = None
        self.current = ""

    def outcome(self) -> Outcome:
        os.environ |= {"SEGMENTS_WORK": str(self.folder.work), "SEGMENTS_RUN_ID": self.folder.run_id}  # for the kernels
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _die(self.scratch, self.manifest))
        try:
            for number, step in enumerate(STEPS[:self.last], 1):
                self._step(number, step)
            return self._publish() if self.last == len(STEPS) else self._keep()
        except Exception as error:
            stopped = as_stopped(error)
            if not (self.folder.path / MARKER).is_file():  # it counts from there on, and its record with it
                self.manifest.close(stopped.state, stopped)
            return replace(self._ended(stopped.state, stopped.cause, stopped.fix, log=self._log()),
                           of_data=stopped.of_data)

    def _step(self, number: int, step: str) -> None:
        """Run a step and record it. After a no-go, 01 to 03 run where they can and the rest does not."""
        self.current, began = step, time.monotonic()
        if step in self.held:
            self.refused = self.refused or self._verdict()
            return
        if self.refused and (step in GATED or number < self.first):
            self.manifest.step(step, "not run", reason="no-go")
            return
        if number < self.first:
            raise Stopped(MISTAKE, "Steps", f"step {number} is not done, or not with today's data, code and settings",
                          f"segments run {self.order.product} --steps {number}-{self.last}")
        self.manifest.step(step, RUNNING)
        try:
            facts = self._execute(number, step)
            self._refuse_changes()
            self.manifest.content["kernels"] = KERNELS.facts()
            self.manifest.step(step, "done", seconds=round(time.monotonic() - began, 1), **facts)
            mirror.keep(self.folder)
            self.refused = self.refused or self._verdict()
        except Stopped as stopped:
            self.manifest.step(step, stopped.state, seconds=round(time.monotonic() - began, 1), cause=stopped.cause)
            with suppress(ContractError):  # the verdict may be what it has spoiled
                self.refused = self.refused or self._verdict()
            if stopped.state == REFUSED and not self.refused:
                self.refused = Refused([stopped.cause.removeprefix("not segmented, because ")], [])
            if not self.refused or stopped.state == BLOCKED or (step == STEPS[0] and stopped.state != REFUSED):
                raise

    def _execute(self, number: int, step: str) -> dict:
        source, target = NOTEBOOKS / f"{step}.ipynb", self.folder.notebooks / f"{step}.ipynb"
        known = declared(source)
        given = {"product": self.order.product, "as_of": self.folder.as_of, **self.order.parameters}
        cells = len(to_run(source).cells)
        tell = {"event": "cell", "step": step, "number": number, "cells": cells}
        self.tell(**tell, cell=0)
        execute(source, target, {k: v for k, v in given.items() if k in known}, timeout=self.order.cell_timeout,
                on_cell=lambda index: self.tell(**tell, cell=index), sockets=self.scratch)
        closing = prove(target, self.folder.run_id, self.folder.artefacts)
        return {"wrote": closing["wrote"], "warnings": warnings_of(target)}

    def _verdict(self) -> Refused | None:
        """The refusal that step 1 saved, if it did."""
        store = Store.open(self.settings)
        if not (store.folder / "readiness.json").is_file():
            return None
        try:
            store.require_go()
        except Refused as refused:
            return refused
        return None

    def _keep(self) -> Outcome:
        """Nothing is published; the next run of the day goes on from here."""
        self.current = ""
        if self.refused:
            self.manifest.close(REFUSED, Stopped(REFUSED, "Refused", str(self.refused)))
            told = f"nothing is published: segments run {self.order.product} publishes the refusal"
            return self._ended(REFUSED, str(self.refused), "; ".join(filter(None, (_needed(self.refused), told))),
                               log=self._log())
        self.manifest.close(KEPT)
        mirror.keep(self.folder)
        return self._ended(KEPT, f"steps {self.first} to {self.last} are done, nothing is published",
                           f"segments run {self.order.product} goes on with step {self.last + 1}", log=self._log())

    def _publish(self) -> Outcome:
        self.current = "pages"
        self._refuse_changes(whole=True)
        prove_all(self.folder.artefacts)
        state = REFUSED if self.refused else PUBLISHED
        done = [s for s in STEPS if self.manifest.content["steps"][s]["state"] == "done"]
        self.manifest.close(state, self.refused and Stopped(REFUSED, "Refused", str(self.refused)))
        enter_run(self.settings, self.folder, self.manifest.content)
        write_pages(self.folder, self.settings, self.manifest.content, done, self.refused)
        from lib.run.gate import check_run  # imports the engine

        check_run(self.folder, self.settings)
        os.rename(self.folder.notebooks, self.folder.artefacts / "notebooks")
        listing = mirror.publish(self.folder, self.published)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # publish whole, then stop
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.folder.publish()
        mirror.published(self.settings.id, listing)
        if (WORK / self.settings.id / "erased.json").is_file():
            from lib.run.erase import run_again  # imports the engine

            run_again(self.settings.id, self.folder.as_of)
            with suppress(Stopped):  # the report is published; that list goes there with the next run
                mirror.push(self.settings.id)
        shutil.rmtree(self.folder.path)
        self.current = ""
        if self.refused:
            return self._ended(state, str(self.refused), _needed(self.refused))
        return self._ended(state, "")

    def _refuse_changes(self, *, whole: bool = False) -> None:
        """Whoever goes on with this run must not hold what a step made of other data. ``whole``: contents, too."""
        changed = seen(self.settings) != self.seen
        if whole and not changed:
            key = key_of(self.order, load_product(self.order.product, as_of=self.order.as_of), self.today)
            changed = (key, code_now()) != (self.key, self.code)  # a key is empty where there is a database
        if changed:
            self.manifest.content["resume_key"] = ""
            raise Stopped(FAILED, "Changed", "its data, its product file or the code was changed while it ran",
                          "run it again")

    def _ended(self, state: str, cause: str, fix: str = "", log: str = "") -> Outcome:
        report = REPORTS / self.settings.id / self.folder.as_of / "report.html"
        return Outcome(self.settings.id, state, cause, fix, as_of=self.folder.as_of, run_id=self.folder.run_id,
                       step=self.current, seconds=self.manifest.seconds,
                       report=relative(report) if report.is_file() else "", log=log)

    def _log(self) -> str:
        executed = self.folder.notebooks / f"{self.current}.ipynb"
        return relative(executed if executed.is_file() else self.folder.path)


def _needed(refused: Refused) -> str:
    return f"needed: {'; '.join(refused.needed)}" if refused.needed else ""


def _watch_supervisor() -> None:
    """The supervisor holds the other end of standard input: when that closes, it is gone."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _live() -> NoReturn:
    """Say from time to time that the run goes on."""
    while True:
        time.sleep(BEAT)
        beat()


def _die(scratch: Path, manifest: Manifest | None = None) -> None:
    """End every process below this one, and this one, now; its manifest says so. The next run goes on from there."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # a second one would end this before the manifest is written
    below = psutil.Process().children(recursive=True)
    for process in below:
        process.kill()
    psutil.wait_procs(below, timeout=3)
    with suppress(OSError):  # no room, or its folder is gone
        if manifest:
            manifest.interrupt()
    let_go()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(130)
