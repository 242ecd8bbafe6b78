"""The page over all products: what is published, what failed since, and what is being run now.

It is written while a batch goes on and when it ends; it needs none of what a product's own pages need.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from lib.contracts import Blocked, UserError
from lib.paths import REPORTS
from lib.product import load_product
from lib.report.portfolio import portfolio_page
from lib.report.privacy import Searched, found_in, texts_of
from lib.report.safety import check_page
from lib.run.folder import RUNS, SUMMARY, write_whole
from lib.run.lock import page_lock, running_since
from lib.run.manifest import FILE
from lib.run.outcome import BLOCKED, FAILED, MISTAKE, TEMPORARY, Outcome, Stopped
from lib.run.progress import Progress
from lib.settings import relative

NO_REPORT = (FAILED, MISTAKE, BLOCKED, TEMPORARY)
PORTFOLIO = "index.html"
FAILURES = "failed.json"  # beside the lock: by as-of date ("" where it is not known), the last run without a report
SHARE = 20  # while a batch goes on, the page takes at most one part in so many of the time


class Watched(Progress):
    """Progress that keeps the page over all products up to date."""

    def __init__(self):
        super().__init__()
        self.next, self.late = 0.0, False

    def cell(self, product: str, event: dict) -> None:
        begins = product not in self.step
        super().cell(product, event)
        if begins or self.late:
            self._write()

    def ended(self, outcome: Outcome) -> None:
        super().ended(outcome)
        with suppress(UserError, OSError):  # no room, for instance: tried again when the batch ends
            note(outcome)
        self._write()

    def _write(self) -> None:
        began = time.monotonic()
        self.late = began < self.next
        if not self.late:
            with suppress(UserError, OSError):  # said when the batch ends
                write_portfolio()
            self.next = time.monotonic() + SHARE * (time.monotonic() - began)


def note(outcome: Outcome) -> None:
    """Keep that a run published nothing, until one of the product for that date does."""
    if outcome.state in NO_REPORT:
        place = RUNS / outcome.product / FAILURES
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, json.dumps({**_failures_of(outcome.product), outcome.as_of: _failed(outcome)}))


def finish(outcomes: list[Outcome]) -> None:
    """Note what published nothing, and write the page: the batch is over. Raises UserError, or Stopped for the disk."""
    try:
        for outcome in outcomes:
            note(outcome)
        write_portfolio()
    except OSError as error:
        raise Stopped(TEMPORARY, "Page", "the page over all products could not be written "
                      f"({os.strerror(error.errno or 0)})", "make room, and run a product again") from None


def write_portfolio() -> None:
    """reports/index.html over everything that is published, what failed since, and what is being run now.

    Raises UserError for what it cannot read, Blocked when it would tell too much.
    """
    with page_lock():
        html = _page()
        REPORTS.mkdir(exist_ok=True)
        write_whole(REPORTS / PORTFOLIO, html)


def _page() -> str:
    runs = [run for path in sorted(REPORTS.glob(f"*/*/{SUMMARY}")) if (run := _read(path))]
    failed = [run for path in sorted(RUNS.glob(f"*/{FAILURES}"))
              for run in _failures_of(path.parent.name).values()]
    html = portfolio_page([*runs, *failed, *_going_on()])
    check_page(html)
    if found := found_in({PORTFOLIO: texts_of(PORTFOLIO, html)}, Searched()):
        raise Blocked(f"privacy gate: the page of all products holds {', '.join(found[PORTFOLIO])}",
                      fix="leave it out of the product's name; the page published before stays")
    return html


def _read(path: Path) -> dict:
    """What a file holds; nothing when it is gone: where a system cannot exchange names, a set that is replaced is
    missing for a moment."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise UserError("the file cannot be read: it is no JSON", where=relative(path),
                        fix="delete it, and run the product again") from None


def _failures_of(product: str) -> dict[str, dict]:
    """Failed runs of a product after which it has published nothing for their date, by that date."""
    failed = _read(RUNS / product / FAILURES)
    return {day: run for day, run in failed.items() if run["at"] > _published_at(product, day)}


def _published_at(product: str, day: str) -> str:
    """When the newest run that published for that date, or for any where none is known, began."""
    found = [_read(path) for path in (REPORTS / product).glob(f"{day or '*'}/{FILE}")]
    return max((run["started_at"] for run in found if run), default="")


def _going_on() -> list[dict]:
    places = sorted(RUNS.glob("*/lock"))
    known = {path.parent.name: running_since(path.parent.name) for path in places}
    return [{**_named(product, ""), "state": "running", "since": since} for product, since in known.items() if since]


def _named(product: str, as_of: str) -> dict:
    """Id, name and date of a product; of one whose file cannot be read any more, what is known."""
    try:
        settings = load_product(product, as_of=as_of, decided=False)
    except UserError:
        return {"product": product, "name": product, "as_of": as_of or dt.date.today().isoformat(), "draft": False}
    return {"product": settings.id, "name": settings.name, "as_of": settings.as_of.isoformat(),
            "draft": settings.is_draft}


def _failed(outcome: Outcome) -> dict:
    """A failed run for the page: where, and why. Of an error that nobody foresaw only the kind: its text may hold a
    customer's value."""
    where, why = outcome.step and f"{outcome.step}: ", outcome.cause
    if outcome.of_data:
        kind = why.partition(":")[0]
        why = f"it ended with {kind}" + (f"; {outcome.log} shows where" if outcome.log else "")
    return {**_named(outcome.product, outcome.as_of), "state": FAILED, "cause": where + why,
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
