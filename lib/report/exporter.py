"""One executed notebook as one page: code hidden, nothing fetched, no script, no cell's own HTML trusted."""

from __future__ import annotations

from lib.report import cells
from lib.report.facts import Facts
from lib.report.frame import fill, frame
from lib.report.outline import Outline


def export_notebook(nb, facts: dict) -> str:
    """The page of an executed notebook (01_..html to 06_..html).

    ``nb`` is an nbformat notebook with outputs; ``facts`` the fields of `Facts`. Shows prose cells and what
    `lib.report.cells` lets through of the outputs. Give the result to `safety.check_page` before publishing.
    """
    known = Facts.model_validate(facts)
    head = cells.title(nb)
    outline = Outline()
    body = cells.render(cells.without_title(cells.shown(nb)), outline)
    number = f"{head['number']} · " if head["number"] else ""
    page = frame(known, kind="notebook", step=f"{number}{head['title']}")
    return fill("notebook.html", page={**page, "question": head["question"]}, contents=outline.entries, body=body)
