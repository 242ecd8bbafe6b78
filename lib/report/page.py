"""report.html, the page to send: the answer first, then the steps, then promises and risks; or why there is none."""

from __future__ import annotations

from lib.report import cells
from lib.report.facts import Facts, data_facts
from lib.report.frame import fill, frame
from lib.report.outline import Outline

FIXED = (("answer", "The answer", "sentences"), ("segments", "The segments", "segments"),
         ("now", "What to do now", "actions"), ("unknown", "What is not known", "unknown"))


def report_page(summary: dict, notebooks: dict, facts: dict) -> str:
    """The stakeholders' page of a product.

    The first screen shows ``summary["first_screen"]`` and nothing else; the steps show the cells tagged `story` of
    ``notebooks`` (stem -> executed notebook); ``facts`` are the fields of `Facts`.
    """
    known = Facts.model_validate(data_facts(facts, summary))
    first, outline = summary["first_screen"], Outline(shift=1)
    for anchor, text, key in FIXED:
        if first[key]:
            outline.reserve(text, anchor)
    steps = _steps(notebooks, outline)
    if first["scorecard"]:
        outline.reserve("Promises and risks", "scorecard")
    contents = [entry for entry in outline.entries if entry["depth"] == 0]
    page = {**frame(known, kind="report"), "why_now": summary["why_now"]}
    return fill("report.html", page=page, first=first, steps=steps, contents=contents)


def refusal_page(summary: dict, notebooks: dict, facts: dict) -> str:
    """The page of a product that must not be segmented: why, what would be needed, and what steps 1 to 3 found.

    The same page as `report_page`: the summary of a refused product has a refusal for its answer, and no segments.
    """
    return report_page(summary, notebooks, facts)


def _steps(notebooks: dict, outline: Outline) -> list[dict]:
    """One section a notebook that has a story to tell, in the order of their names."""
    steps = []
    for _, nb in sorted(notebooks.items()):
        told = [cell for cell in cells.without_title(nb.cells) if "story" in cells.tags(cell)]
        if told:
            head = cells.title(nb)
            anchor = outline.add(f"{head['number']} {head['title']}".strip(), 2)
            steps.append({**head, "anchor": anchor, "body": cells.render(told, outline, findings_first=True)})
    return steps
