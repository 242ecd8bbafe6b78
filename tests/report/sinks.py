"""Every place of a page at which a text of a product, a file or a customer can arrive, filled with one text each."""

from __future__ import annotations

import copy

from lib.report.blocks import MIME
from lib.report.facts import data_facts
from lib.report.page import report_page
from lib.report.portfolio import portfolio_page
from lib.report.summary import summarise
from tests.report import example_product as example

OURS = {"kind", "tone", "png", "colour", "values", "step", "run", "width", "status"}  # computed by us
FACTS = ("name", "why_now", "sample_notice", "owner", "purpose")
FIRST = ("headline", "sentences", "segments", "actions", "unknown", "scorecard")


def filled(value, text: str, where: str, found: set[str]):
    """The value with ``text`` before each text in it; the places that were filled are added to ``found``."""
    if isinstance(value, dict):
        return {k: v if k in OURS else filled(v, text, f"{where}.{k}", found) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, text, where, found) for v in value]
    if isinstance(value, str) and value and not value.replace("-", "").isdigit():
        found.add(where)
        return f"{text} {value}"
    return value


class Product:
    """The pages of the example product, made once; `attacked` puts a text into each sink of them."""

    def __init__(self):
        self.notebooks = example.notebooks()
        self.facts = example.facts()
        self.summary = summarise(example.artefacts(), self.facts, self.notebooks)

    def attacked(self, text: str) -> tuple[dict[str, str], set[str]]:
        """Report and portfolio with that text in every sink, and the sinks."""
        found: set[str] = set()
        summary, books = copy.deepcopy(self.summary), copy.deepcopy(self.notebooks)
        for part in FIRST:
            summary["first_screen"][part] = filled(summary["first_screen"][part], text, part, found)
        facts = data_facts(self.facts, summary)
        for part in FACTS:
            facts[part] = filled(facts[part], text, part, found)
        summary["why_now"] = facts["why_now"]
        for output in (o for book in books.values() for c in book.cells for o in c.get("outputs", [])):
            if MIME in output.get("data", {}):
                content = output.data[MIME]
                output.data[MIME] = filled(content, text, content["kind"], found)
        summary["name"] = facts["name"]
        failed = filled({"name": "Acme", "cause": "a file is missing"}, text, "failed", found)
        runs = [summary, {"product": "acme", "as_of": "2026-06-30", "state": "failed", **failed}]
        return {"report": report_page(summary, books, facts), "portfolio": portfolio_page(runs)}, found
