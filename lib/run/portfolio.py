"""The page over all products: what is published, what failed since, and what is being run now.

It is written while a batch goes on and when it ends; it needs none of what a product's own pages need.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from contextlib import suppress

from lib.contracts import Blocked, UserError
from lib.paths import REPORTS
from lib.product import load_product
from lib.report.portfolio import portfolio_page
from lib.report.privacy import Searched, found_in, texts_of
from lib.report.safety import check_page
from lib.run.folder import RUNS, SUMMARY, running_since, write_whole
from lib.run.manifest import FILE
from lib.run.outcome import BLOCKED, FAILED, MISTAKE, TEMPORARY, Outcome
from lib.run.progress import Progress

NO_REPORT = (FAILED, MISTAKE, BLOCKED, TEMPORARY)
PORTFOLIO = "index.html"
FAILURE = "failed.json"  # beside the lock of a product: the last run that published nothing
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
        note(outcome)
        self._write()

    def _write(self) -> None:
        began = time.monotonic()
        self.late = began < self.next
        if not self.late:
            with suppress(Blocked):  # said when the batch ends
                write_portfolio()
            self.next = time.monotonic() + SHARE * (time.monotonic() - began)


def note(outcome: Outcome) -> None:
    """Keep that a run published nothing, until one of the product does."""
    if outcome.state in NO_REPORT:
        place = RUNS / outcome.product / FAILURE
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, json.dumps(_failed(outcome)))


def write_portfolio() -> None:
    """reports/index.html over everything that is published, what failed since, and what is being run now."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(REPORTS.glob(f"*/*/{SUMMARY}"))]
    html = portfolio_page([*runs, *_failures(), *_going_on()])
    check_page(html)
    if found := found_in({PORTFOLIO: texts_of(PORTFOLIO, html)}, Searched()):
        raise Blocked(f"privacy gate: the page of all products holds {', '.join(found[PORTFOLIO])}",
                      fix="leave it out of the product's name; the page published before stays")
    REPORTS.mkdir(exist_ok=True)
    write_whole(REPORTS / PORTFOLIO, html)


def _failures() -> list[dict]:
    """Failed runs after which the product has published nothing."""
    failed = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RUNS.glob(f"*/{FAILURE}"))]
    return [run for run in failed if run["at"] > _published_at(run["product"])]


def _published_at(product: str) -> str:
    """When the newest run that published began."""
    return max((json.loads(path.read_text(encoding="utf-8"))["started_at"]
                for path in REPORTS.glob(f"{product}/*/{FILE}")), default="")


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
    """A failed run for the page. The text of an unexpected error may hold a customer's value: it stays out."""
    unknown = f"{outcome.step or 'the run'} did not finish; its log says why"
    return {**_named(outcome.product, outcome.as_of), "state": FAILED,
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "cause": outcome.cause if outcome.state in (MISTAKE, BLOCKED) else unknown}
