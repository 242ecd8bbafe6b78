"""Pages for analysts (`segments run --variant analyst`): the same figures, and beside them how they were made.

A page a notebook with its code folded in and the unrounded numbers of its sentences, and one page over the run:
parameters, versions, durations, warnings, inputs and artefacts. Aggregates only, as on every page.
"""

from __future__ import annotations

from lib.report import cells
from lib.report.blocks import TableBlock, render_block
from lib.report.facts import Facts
from lib.report.frame import fill, frame
from lib.report.numbers import Format
from lib.report.outline import Outline

DIGITS = 6  # of a number that a page shows rounded
SHORT = 90  # characters of a sentence that stands for its numbers
SLOWEST = 12  # cells
INDEX = "analyst.html"


def analyst_name(step: str) -> str:
    """The file of a notebook's page for analysts."""
    return f"{step}.analyst.html"


def analyst_page(nb, facts: dict, said: list[dict]) -> str:
    """The page of an executed notebook with its code; ``said``: its statements in summary.json, with their numbers."""
    known = Facts.model_validate(facts)
    head, outline = cells.title(nb), Outline()
    shown = [cell for cell in nb.cells if "remove-cell" not in cells.tags(cell)]
    body = cells.render_all(cells.without_title(shown), outline)
    if rows := _numbers(said, known.fmt):
        body += _section("The numbers behind the sentences", TableBlock(
            "As computed", ["sentence", "number", "value"], rows, ["value"],
            f"To {DIGITS} decimals, where the sentence rounds; money in the smallest unit of {known.currency}, shares "
            "between 0 and 1. Small numbers are taken out, as in the sentence.").content(), outline)
    return _page(known, f"{head['number']} · {head['title']}".removeprefix(" · "), head["question"], body, outline)


def analyst_index(facts: dict, manifest: dict, notebooks: dict) -> str:
    """The page over the run: what it was told, what it ran with, how long it took, what it read and wrote.

    ``manifest``: content of run.json. ``notebooks``: stem -> executed notebook.
    """
    known, outline = Facts.model_validate(facts), Outline()
    parts = [("Pages with code", _pages(notebooks)), ("Parameters", _parameters(manifest)),
             ("Environment", _environment(manifest)), ("How it went", _steps(manifest, known.fmt)),
             ("Where the time went", _slowest(notebooks, known.fmt)), ("What was read", _inputs(manifest, known.fmt)),
             ("What was written", _artefacts(manifest))]
    body = "\n".join(_section(heading, block, outline) for heading, block in parts)
    return _page(known, "How this run was made", "", body, outline)


def _page(known: Facts, heading: str, question: str, body: str, outline: Outline) -> str:
    page = {**frame(known, kind="notebook", step=heading), "question": question}
    return fill("notebook.html", page=page, contents=outline.entries, body=body)


def _section(heading: str, block, outline: Outline) -> str:
    """A heading over a block's content, or over HTML."""
    return outline.place(f"<h2>{heading}</h2>") + (block if isinstance(block, str) else render_block(block, 3))


def _pages(notebooks: dict) -> str:
    """Links to the notebooks' pages; stems of notebooks are our own."""
    titles = {step: cells.title(nb) for step, nb in sorted(notebooks.items())}
    links = [f"[{head['number']} {head['title']}]({analyst_name(step)})" for step, head in titles.items()]
    return cells.prose("\n".join(f"- {link}" for link in links))


def _parameters(manifest: dict) -> dict:
    given = {**manifest["parameters"], "seed of the product file": manifest["seed"]}
    rows = [[name, str(value)] for name, value in given.items()]
    return TableBlock("What the notebooks were given", ["parameter", "value"], rows,
                      note="Parameters that are not listed kept the value that each notebook declares.").content()


def _environment(manifest: dict) -> dict:
    kernels = manifest["kernels"]
    start = "forked from a warm parent" if kernels["warm"] else f"started one by one: {kernels['reason']}"
    rows = [["Python", manifest["python"]], *map(list, manifest["libraries"].items()), ["code", manifest["code"]],
            ["kernels", start]]
    return TableBlock("What it ran with", ["part", "version"], rows).content()


def _steps(manifest: dict, fmt: Format) -> dict:
    rows = []
    for name, step in manifest["steps"].items():
        warned = ", ".join(f"{fmt.count(n)} {kind}" for kind, n in step.get("warnings", {}).items())
        state = f"{step['state']}, gone on with" if step.get("resumed") else step["state"]
        rows.append([name, state, "" if "seconds" not in step else fmt.number(step["seconds"], 1),
                     fmt.count(len(step.get("wrote", []))), warned or "none"])
    return TableBlock("Steps", ["step", "state", "seconds", "artefacts", "warnings"], rows, ["seconds", "artefacts"],
                      "Warnings by category; their texts may hold values and stay in the executed notebooks.").content()


def _slowest(notebooks: dict, fmt: Format) -> dict:
    timed = [(cell.metadata.get("papermill", {}).get("duration") or 0.0, step, number, cell.source)
             for step, nb in notebooks.items() for number, cell in enumerate(nb.cells, 1) if cell.cell_type == "code"]
    rows = [[step, fmt.count(number), fmt.number(seconds, 1), source.strip().partition("\n")[0]]
            for seconds, step, number, source in sorted(timed, reverse=True)[:SLOWEST]]
    columns = ["step", "cell", "seconds", "begins with"]
    return TableBlock("The slowest cells", columns, rows, columns[1:3]).content()


def _inputs(manifest: dict, fmt: Format) -> dict:
    rows = [[i["source"], i.get("file", ""), fmt.count(i.get("rows")), fmt.count(i.get("bytes"))]
            for i in manifest["inputs"]]
    return TableBlock("Inputs", ["source", "file", "rows", "bytes"], rows, ["rows", "bytes"],
                      "With their hashes in run.json.").content()


def _artefacts(manifest: dict) -> dict:
    """Without their rows: of tables of customers they would tell how few were left out of one."""
    rows = [[a["name"], a["written_by"]] for a in manifest["artefacts"]]
    return TableBlock("Artefacts", ["artefact", "written by"], rows,
                      note="Their columns are in data/README.md, their hashes in run.json.").content()


def _numbers(said: list[dict], fmt: Format) -> list[list[str]]:
    """One row a number: the sentence that it stands in, its name and its value."""
    rows = []
    for statement in said:
        text = statement["text"].partition("\n")[0]
        short = text if len(text) <= SHORT else f"{text[:SHORT - 1].rstrip()}…"
        rows += [[short, name, value if isinstance(value, str) else fmt.number(value, DIGITS)]
                 for name, value in _leaves(statement["values"]) if not isinstance(value, str) or value]
    return rows


def _leaves(values, name: str = ""):
    """Every value with its name; those within lists and documents with the path to it."""
    pairs = values.items() if isinstance(values, dict) else enumerate(values, 1) if isinstance(values, list) else None
    if pairs is None:
        yield name, str(values).lower() if isinstance(values, bool) else values
        return
    for key, value in pairs:
        yield from _leaves(value, f"{name} {key}".strip())
