"""Pages of an invented product, made once: a good run, a refused one, and one whose every text is hostile;
and a browser to look at them."""

import functools
import http.server
import shutil
import threading

import pytest

from lib.report.analyst import analyst_index, analyst_page
from lib.report.exporter import export_notebook
from lib.report.facts import data_facts
from lib.report.page import refusal_page, report_page
from lib.report.portfolio import portfolio_page
from lib.report.summary import summarise
from tests.report import example_product as example
from tests.report.chromium import BROWSERS, Counting
from tests.report.hostile import hostile


def make(text, made: dict, count: int = 6) -> dict:
    """Every page of a run, with its summary."""
    known, notebooks = example.facts(text), example.notebooks(text, count)
    summary = summarise(made, known, notebooks)
    facts = data_facts(known, summary)
    analysts = {**facts, "variant": "analyst"}
    page = refusal_page if summary["verdict"] == "no-go" else report_page
    return {
        "summary": summary,
        "report": page(summary, notebooks, facts),
        "portfolio": portfolio_page([summary]),
        **{stem: export_notebook(nb, facts) for stem, nb in notebooks.items()},
        "analyst": analyst_index(analysts, example.manifest(text), notebooks),
        **{f"analyst_{stem}": analyst_page(nb, analysts, [s for s in summary["statements"] if s["step"] == stem])
           for stem, nb in notebooks.items()},
    }


@pytest.fixture(scope="session")
def good() -> dict:
    return make(example.keep, example.artefacts())


@pytest.fixture(scope="session")
def refused() -> dict:
    return make(example.keep, example.refused(), count=3)


@pytest.fixture(scope="session")
def attacked() -> dict:
    text = hostile()
    return make(text, example.artefacts(text))


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("no Chromium on this machine: `make browser` installs it", pytrace=False)
    return found


@pytest.fixture
def served(tmp_path):
    """A local server of a folder: its port, the folder, and the paths asked for."""
    handler = functools.partial(Counting, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Counting.asked.clear()
        yield server.server_port, tmp_path, Counting.asked
        server.shutdown()
