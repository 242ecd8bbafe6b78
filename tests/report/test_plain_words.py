"""What is needed is said in words: a key of the product file stands behind them, in parentheses, for whoever edits it;
and no page shows what reads as code."""

import ast
import re

import pytest

from lib.paths import ROOT
from lib.report.facts import Facts
from lib.report.frame import frame
from tests.report import example_product as example
from tests.report.page_reader import code_like, visible

DATA = {"NotMeasured", "Absent"}


def needs() -> list[tuple[str, str]]:
    """(place, text) of every constant reason and need of what is not measured or not shown, wherever code says so."""
    found = []
    for path in sorted((ROOT / "lib").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in DATA:
                found += [(f"{path.name}:{arg.lineno}", _text(arg)) for arg in call.args]
    return found


def _text(node) -> str:
    """The constant parts of a text; what is computed stands as a word."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(v.value if isinstance(v, ast.Constant) else "word" for v in getattr(node, "values", []))


def test_what_is_needed_is_said_in_words_before_any_key():
    texts = needs()
    assert len(texts) > 150 and any("in the product file)" in text for _, text in texts)
    assert not [(place, text) for place, text in texts if code_like(text)]
    assert not [(place, text) for place, text in texts if text.startswith("(")]


@pytest.mark.parametrize("text, left", [
    ("sources.campaigns in the product file", ["sources.campaigns"]), ("income_band: few", ["income_band"]),
    ("sees `kind`", ["`kind`"]), ("the file report.xlsx of 3.5 MB, e.g. this. And that", []),
    ("campaign 2026-06", ["2026-06"]), ("from 2026-06-30 on", ["2026-06-30"]), ("an item q02 here", ["q02"])])
def test_what_reads_as_code_is_found(text, left):
    assert code_like(text) == left


def test_a_draft_says_what_is_to_be_decided_in_words():
    keys = ["as_of", "sources.orders.dates", "sources.events.dates", "data_protection.lawful_basis",
            "data_protection.retention_days", "data_protection.legitimate_interest", "icps[0]", "icps[1]"]
    text = frame(Facts(**example.facts(draft=True, undecided=keys)), kind="report")["draft_text"]
    said = text.partition(". Until then")[0]
    assert not code_like(said) and not re.search("icps|lawful|retention", said)
    assert said.count("how dates are written") == 1 and "whether 2 profiles of ideal customers fit" in said


@pytest.mark.parametrize("name", ["report", "portfolio", "01_identify_basis"])
def test_no_page_of_the_example_shows_code(good, name):
    assert not [found for text in visible(good[name]) if (found := code_like(text))]


def test_no_page_of_a_refused_product_shows_code(refused):
    assert not [found for text in visible(refused["report"]) if (found := code_like(text))]
