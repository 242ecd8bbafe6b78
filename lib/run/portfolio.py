"""The page over all products, written when a batch ends; it needs none of what a product's own pages need."""

from __future__ import annotations

import json

from lib.contracts import Blocked
from lib.paths import REPORTS
from lib.product import load_product
from lib.report.portfolio import portfolio_page
from lib.report.privacy import Searched, found_in, texts_of
from lib.report.safety import check_page
from lib.run.folder import SUMMARY, write_whole
from lib.run.outcome import BLOCKED, FAILED, MISTAKE, TEMPORARY, Outcome

NO_REPORT = (FAILED, MISTAKE, BLOCKED, TEMPORARY)
PORTFOLIO = "index.html"


def write_portfolio(outcomes: list[Outcome]) -> None:
    """reports/index.html over everything that is published, and what failed in this batch."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(REPORTS.glob(f"*/*/{SUMMARY}"))]
    html = portfolio_page(runs + [_failed(o) for o in outcomes if o.state in NO_REPORT])
    check_page(html)
    if found := found_in({PORTFOLIO: texts_of(PORTFOLIO, html)}, Searched()):
        raise Blocked(f"privacy gate: the page of all products holds {', '.join(found[PORTFOLIO])}",
                      fix="leave it out of the product's name; the page published before stays")
    REPORTS.mkdir(exist_ok=True)
    write_whole(REPORTS / PORTFOLIO, html)


def _failed(outcome: Outcome) -> dict:
    """A failed run for the portfolio. The text of an unexpected error may hold a customer's value: it stays out."""
    settings = load_product(outcome.product, as_of=outcome.as_of)
    unknown = f"{outcome.step or 'the run'} did not finish; its log says why"
    return {"product": settings.id, "name": settings.name, "as_of": settings.as_of.isoformat(), "state": FAILED,
            "draft": settings.is_draft, "cause": outcome.cause if outcome.state in (MISTAKE, BLOCKED) else unknown}
