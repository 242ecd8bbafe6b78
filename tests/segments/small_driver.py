"""Takes small products through all six notebooks in this process, and writes down what they showed.

Every code cell is run as it stands, in order, without a kernel: `python small_driver.py BASE ...` in a workspace that
SEGMENTS_ROOT names. Writes BASE.json there: {refused, needed, blocks, statements' summary, page}.
"""

import ast
import json
import sys
from pathlib import Path

import matplotlib
import nbformat
import yaml

matplotlib.use("Agg")

from lib.contracts import Refused  # noqa: E402
from lib.paths import NOTEBOOKS, ROOT  # noqa: E402
from lib.product import load_product  # noqa: E402
from lib.report.blocks import Block, Closing  # noqa: E402
from lib.report.page import report_page  # noqa: E402
from lib.report.summary import summarise  # noqa: E402
from lib.run.order import STEPS  # noqa: E402
from lib.run.pages import _artefacts, _facts  # noqa: E402
from lib.store import Store  # noqa: E402

MANIFEST = {"inputs": [], "run_id": "r", "parameters": {}, "variant": "stakeholder", "code": "", "libraries": {}}


def executed(step: str, parameters: dict) -> nbformat.NotebookNode:
    """The notebook of a step with what its cells showed; its cells see one namespace, as in a kernel."""
    book = nbformat.read(NOTEBOOKS / f"{step}.ipynb", as_version=4)
    shown: list = []
    space = {"display": lambda *blocks: shown.extend(blocks)}
    for cell in (c for c in book.cells if c.cell_type == "code"):
        shown.clear()
        value = _run(cell.source, space)
        if "parameters" in cell.metadata.get("tags", []):
            space |= {k: v for k, v in parameters.items() if k in space}
        cell.outputs = [_output(b) for b in [*shown, value] if isinstance(b, Block | Closing)]
    return book


def _run(source: str, space: dict):
    """What the last line of the cell gives, if it is an expression."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), space)
    return eval(compile(last, "cell", "eval"), space) if last else None


def _output(block) -> nbformat.NotebookNode:
    data = {k: v for k, v in block._repr_mimebundle_().items() if k not in ("text/html",)}
    return nbformat.v4.new_output("display_data", data=data)


def through(product: str, parameters: dict) -> dict:
    """What came of a product: pages as data, or the refusal."""
    books, refused = {}, None
    for step in STEPS:
        try:
            books[step] = executed(step, {"product": product} | parameters.get(step[:2], {}))
        except Refused as why:
            refused = why
            break
    settings = load_product(product)
    work = Store.open(settings)
    artefacts = _artefacts(work)
    if refused:
        artefacts["readiness"] |= {"verdict": "no-go", "reasons": refused.reasons, "needed": refused.needed}
    facts = _facts(settings, MANIFEST | {"as_of": str(settings.as_of)}, None)
    summary = summarise(artefacts, facts, books)
    return {"steps": list(books), "refused": refused.reasons if refused else [], "summary": summary,
            "needed": refused.needed if refused else [],
            "outside": _outside(artefacts.get("assignments")), "page": report_page(summary, books, facts),
            "texts": [o["data"]["text/plain"] for b in books.values() for c in b.cells if c.cell_type == "code"
                      for o in c.get("outputs", [])]}


def _outside(assigned) -> int:
    return int((assigned["segment"] == "outside").sum()) if hasattr(assigned, "columns") else -1


if __name__ == "__main__":
    for named in sys.argv[1:]:
        asked = yaml.safe_load((ROOT / f"{named}.parameters.yml").read_text(encoding="utf-8"))
        Path(ROOT / f"{named}.json").write_text(json.dumps(through(named, asked)), encoding="utf-8")
