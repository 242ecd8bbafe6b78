"""The notebooks' own rules: readable, parameterised, without outputs, thin, and safe."""

import ast
import re
import statistics

import nbformat
import papermill
import pytest

from lib.contracts import ARTEFACTS
from lib.paths import NOTEBOOKS
from lib.run.order import STEPS

LONGEST_CELL, MEDIAN_CELL, CODE_CELLS = 12, 4, (12, 25)
LONGEST_PROSE, ALL_PROSE = 90, (300, 700)  # words
TAGS = {"title", "parameters", "setup", "story", "checks", "save", "try"}
# what could put a customer's text into a page as live HTML, or leave the notebook's own world
FORBIDDEN = {"HTML", "Markdown", "Javascript", "IFrame", "display_html", "to_html", "fmt_markdown", "exec", "eval",
             "system", "exit", "read_pickle"}


def read(step: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS / f"{step}.ipynb", as_version=4)


def tagged(book, tag: str) -> list:
    return [c for c in book.cells if tag in c.metadata.get("tags", [])]


def code(book) -> list:
    return [c for c in book.cells if c.cell_type == "code"]


def of_the_batch(book) -> list:
    """The cells that a batch runs: what is there to try is left out."""
    return [c for c in book.cells if "try" not in c.metadata.get("tags", [])]


def prose(book) -> list[int]:
    """Words of each Markdown cell."""
    return [len(c.source.split()) for c in book.cells if c.cell_type == "markdown"]


def tree(book) -> ast.Module:
    return ast.parse("\n".join(c.source for c in code(book)))


@pytest.fixture(params=STEPS)
def step(request) -> str:
    return request.param


@pytest.fixture
def book(step):
    return read(step)


def test_the_folder_holds_the_six_steps_and_nothing_else():
    assert tuple(sorted(p.stem for p in NOTEBOOKS.glob("*.ipynb"))) == STEPS


def test_it_is_valid_and_runs_on_the_usual_kernel(book):
    nbformat.validate(book)
    assert book.metadata["kernelspec"]["name"] == "python3"
    assert len({c.id for c in book.cells}) == len(book.cells)
    assert {t for c in book.cells for t in c.metadata.get("tags", [])} <= TAGS


def test_it_is_committed_without_outputs(book):
    assert not [c for c in code(book) if c.outputs or c.execution_count is not None]
    assert not [c for c in book.cells if c.get("attachments") or "execution" in c.metadata or "papermill" in c.metadata]


def test_its_title_says_question_reads_and_writes(book, step):
    title = book.cells[0].source
    assert title.startswith(f"# {step[:2]} · ")
    assert all(word in title for word in ("**Question**", "**Reads**", "**Writes**"))


def test_its_parameters_are_literals_with_help(book):
    (cell,) = tagged(book, "parameters")
    lines = [line for line in cell.source.splitlines() if line.strip()]
    assert [line.split(":")[0] for line in lines[:2]] == ["product", "as_of"]
    for line in lines:
        (node,) = ast.parse(line).body
        assert isinstance(node, ast.AnnAssign), line
        ast.literal_eval(node.value)
        assert re.search(r"\S  # \w", line), f"no help: {line}"


def test_papermill_sees_every_parameter(book, step):
    names = {line.split(":")[0] for line in tagged(book, "parameters")[0].source.splitlines() if line.strip()}
    seen = papermill.inspect_notebook(NOTEBOOKS / f"{step}.ipynb")
    assert set(seen) == names, "papermill skips a line with a second ="
    assert all(p["help"] and p["inferred_type_name"] != "None" for p in seen.values())


def test_its_parameters_are_used(book):
    names = [line.split(":")[0] for line in tagged(book, "parameters")[0].source.splitlines() if line.strip()]
    used = {n.id for n in ast.walk(tree(book)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    assert set(names) <= used


def test_it_has_setup_checks_and_save_once(book):
    assert [len(tagged(book, tag)) for tag in ("setup", "checks", "save")] == [1, 1, 1]
    assert len(tagged(book, "story")) >= 3


def test_it_composes_and_defines_nothing(book):
    banned = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda)
    assert not [n for n in ast.walk(tree(book)) if isinstance(n, banned)]


def test_its_cells_are_short(book):
    lines = [len([x for x in c.source.splitlines() if x.strip()]) for c in code(book)]
    assert max(lines) <= LONGEST_CELL
    assert statistics.median(lines) <= MEDIAN_CELL
    assert CODE_CELLS[0] <= len([c for c in of_the_batch(book) if c.cell_type == "code"]) <= CODE_CELLS[1]


def test_its_prose_keeps_to_its_budget(book):
    words = prose(book)
    assert max(words) <= LONGEST_PROSE
    assert ALL_PROSE[0] <= sum(words) <= ALL_PROSE[1]


def test_its_prose_holds_no_findings_and_no_html(book):
    text = "\n".join(c.source for c in book.cells if c.cell_type == "markdown")
    assert not re.search(r"<\w|javascript:|!\[", text)
    assert not re.search(r"\d\s?%|[€$£]\s?\d", text), "a finding is computed, never typed"


def test_it_calls_nothing_that_could_show_raw_html_or_leave_the_notebook(book):
    calls = [n.func for n in ast.walk(tree(book)) if isinstance(n, ast.Call)]
    names = {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls}
    attributes = {n.attr for n in ast.walk(tree(book)) if isinstance(n, ast.Attribute)}
    assert not names & FORBIDDEN
    assert "open" not in {getattr(f, "id", "") for f in calls}  # files are opened by lib.store and lib.sources only
    assert "style" not in attributes and "sys" not in {n.id for n in ast.walk(tree(book)) if isinstance(n, ast.Name)}
    assert not [c for c in code(book) if re.search(r"^\s*[%!]", c.source, re.M)]


def test_it_saves_what_its_contracts_say(book, step):
    saves = [n for n in ast.walk(tree(book)) if isinstance(n, ast.Call) and getattr(n.func, "attr", "") == "save"]
    saved = {keyword.arg for call in saves for keyword in call.keywords}
    own = {a.name for a in ARTEFACTS.values() if a.written_by == step}
    named = {name for name in saved if name in ARTEFACTS}
    assert named <= own
    assert named == own or None in saved, "what is not saved by name must come in a `**tables`"


def test_it_reads_only_what_earlier_steps_write(book, step):
    loads = [n for n in ast.walk(tree(book)) if isinstance(n, ast.Call)
             and getattr(n.func, "attr", "") in ("load", "path") and getattr(n.func.value, "id", "") == "work"]
    names = [call.args[0].value for call in loads if isinstance(call.args[0], ast.Constant)]
    assert not [n for n in names if ARTEFACTS[n].written_by >= step]


def test_it_ends_with_its_closing(book):
    last = of_the_batch(book)[-1]
    assert last.cell_type == "code"
    assert isinstance(ast.parse(last.source).body[-1], ast.Expr)
    assert re.search(r"closing\(", last.source, re.I)


def test_after_its_closing_there_is_something_to_try(book, step):
    """A heading and one cell: values to change, with their help, first; nothing is saved, and nobody is exported."""
    heading, cell = book.cells[-2:]
    assert tagged(book, "try") == [heading, cell] and heading.source.startswith("## Try it\n")
    body = ast.parse(cell.source).body
    first = cell.source.split("\n\n")[0].splitlines()
    assert 1 <= len(first) <= 3 and len(ast.parse("\n".join(first)).body) == len(first)
    assert re.search(r"\S  # \w", first[0]), "no help"
    called = {ast.unparse(n.func) for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)}
    assert not [c for c in called if c.split(".")[-1] in ("save", "save_audiences", "register", "audience_files")]
    assert isinstance(body[-1], ast.Expr), "it shows what came of it"


def test_steps_after_the_gate_ask_for_a_go():
    for name in STEPS[3:]:
        assert "require_go()" in tagged(read(name), "setup")[0].source or any(
            "require_go()" in c.source for c in code(read(name))[:4])
