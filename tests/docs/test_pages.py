"""What the pages of docs/ say is true of the code: limits, words, examples, commands and the diagram."""

import ast
import importlib
import inspect
import re
import shlex
import subprocess
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import yaml

from lib.contracts.s03_analyze import CLAIMS, USER_TYPES
from lib.paths import NOTEBOOKS, ROOT
from lib.product import Product
from lib.report.numbers import Format
from lib.run.options import parser
from lib.strategy.playbook import Playbook
from lib.strategy.situation import SITUATIONS
from scripts import architecture
from tests.docs.pages import DOCS, blocks, page, written

LIMIT = re.compile(r"`(lib(?:\.\w+)+)\.([A-Z_0-9]+) = ([^`]+)`")
LIMITS = LIMIT.findall(page("method.md"))
ABBREVIATION = re.compile(r"\b[A-Z][A-Z]{1,5}\b")
PATTERN = re.compile("[dMy ]+")  # of a date: nobody reads it
# of files, money, systems and this project's own signs: they are no terms of the field
ORDINARY = {"CSV", "JSON", "SQL", "HTML", "YAML", "XLSX", "URL", "UTC", "UTF", "ISO", "EUR", "XXX", "OK", "ID",
            "SEED", "MIT", "HMAC", "SHA", "DRAFT", "README", "NAME", "TODO", "B2C", "B2B", "GDPR", "BG",
            "NBD", "CI", "US", "DD", "MM", "MMMM", "YYYY", "ROOT", "NAMES"}


@pytest.mark.parametrize(("module", "name", "said"), LIMITS, ids=[f"{m}.{n}" for m, n, _ in LIMITS])
def test_a_limit_of_the_method_is_that_of_the_code(module, name, said):
    assert getattr(importlib.import_module(module), name) == ast.literal_eval(said)


def test_the_method_names_many_limits_and_every_step():
    assert len(LIMITS) >= 50
    assert {m.split(".")[1] for m, _, _ in LIMITS} >= {"basis", "analyze", "segments", "strategy", "monitor"}


def terms() -> dict[str, str]:
    return dict(re.findall(r"^(\S.*)\n:   (.+)$", page("glossary.md"), re.M))


def spoken() -> str:
    """Every text that lib/report may write, and the prose of the notebooks."""
    found = []
    for path in sorted((ROOT / "lib/report").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bodies = [n.body for n in ast.walk(tree) if isinstance(n, ast.Module | ast.FunctionDef | ast.ClassDef)]
        docs = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
        found += [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
                  and id(n) not in docs and " " in n.value and not PATTERN.fullmatch(n.value)]
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        found += re.findall(r'"source": \[(.*?)\]', path.read_text(encoding="utf-8"), re.S)
    return "\n".join(found)


def test_abbreviations_on_pages_are_in_the_glossary():
    glossary = " ".join([*terms(), *terms().values()])
    known = ORDINARY | set(ABBREVIATION.findall(glossary))
    assert set(ABBREVIATION.findall(spoken())) - known == set()


def test_the_classes_that_pages_name_are_in_the_glossary():
    told = page("glossary.md").lower()
    measured = ("holdout", "uplift", "drift", "migration", "noise floor", "breadth", "depth", "frequency", "power",
                "not measured", "audience", "cohort")
    assert [term for term in (*CLAIMS, *USER_TYPES, *measured) if term.lower() not in told] == []
    assert all(t in "".join((ROOT / "products/playbook.yml").read_text()) for t in SITUATIONS)


def test_the_glossary_explains_each_term_once_and_shortly():
    names = re.findall(r"^(\S.*)\n:   ", page("glossary.md"), re.M)
    assert len(names) == len(set(names)) >= 60
    assert all(len(meaning) <= 130 for meaning in terms().values())


@pytest.mark.parametrize("block", blocks("how-to/columns.md", "yaml"), ids=lambda b: b.split(":")[0] + b[40:70])
def test_examples_of_sources_are_valid(minimal, block):
    minimal["sources"] = {"transactions": minimal["sources"]["transactions"], **yaml.safe_load(block)}
    Product.model_validate(minimal)


def test_the_example_of_a_playbook_is_valid(minimal):
    setting, entry = map(yaml.safe_load, blocks("how-to/playbook.md", "yaml"))
    assert Product.model_validate(minimal | setting).strategy.playbook == "products/playbook-acme.yml"
    assert len(Playbook.model_validate(entry).entries) == 1


def test_the_example_of_a_cell_runs_and_hides_few_customers():
    compute, show, cell = blocks("how-to/notebook-cell.md", "python")
    names = [{}, {}]
    for code, space in zip((compute, show), names, strict=True):
        exec(compile(code, "docs", "exec"), space)
    known = pd.DataFrame({"tenure_days": np.repeat([100, 500, 900], [40, 4, 30])})
    block = names[1]["by_year"](names[0]["by_year"](known), Format())
    assert [row[1] for row in block.rows].count("few") == 2, "one small cell, and one that keeps it from being computed"
    assert names[0]["by_year"](known)["n"].sum() == len(known)
    assert cell.strip() == "tables.joined.by_year(analyze.joined.by_year(known), fmt)"


def test_commands_on_the_pages_are_understood():
    said = [line.partition("#")[0].strip() for p in written()
            for code in blocks(str(p.relative_to(DOCS)), "sh") for line in code.splitlines()]
    said += re.findall(r"`(segments [a-z][^`<]*?)`", "\n".join(p.read_text() for p in written()))
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    for command in (c for c in said if c.startswith(("segments ", "make "))):
        program, *rest = shlex.split(re.sub(r"[][]", "", command).replace("DATE", "2026-06-30"))
        if program == "make":
            assert f"make {rest[0]} " in listed, command
        elif len(rest) > 1:
            parser().parse_args(rest)
    assert len(said) > 12


def test_the_example_for_spark_calls_what_exists():
    (code,) = blocks("how-to/spark.md", "python")
    tree = ast.parse(code)
    function = importlib.import_module("lib.analyze.features").customer_features
    call = next(n for n in ast.walk(tree)
                if isinstance(n, ast.Call) and ast.unparse(n.func).endswith("customer_features"))
    inspect.signature(function).bind(*call.args, **{k.arg: k.value for k in call.keywords})


def test_the_diagram_is_current():
    told = "python -m scripts.architecture > docs/architecture.svg"
    assert (DOCS / "architecture.svg").read_text(encoding="utf-8") == architecture.drawn(), told


def test_the_diagram_knows_a_circle():
    with pytest.raises(ValueError, match="a imports b imports a"):
        architecture.levels({"a": {"b"}, "b": {"a"}})


def test_no_line_of_the_diagram_runs_behind_a_box():
    """The lines as a browser draws them, point by point, against the boxes and the frame."""
    text = architecture.drawn()
    boxes = [tuple(map(float, box)) for box in
             re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)" rx', text)]
    lines = [points_of(path) for path in re.findall(r'<path d="([^"]+)"', text)]
    assert len(boxes) >= 20 and len(lines) >= 20
    hidden = [(box, point) for box in boxes for line in lines for point in line
              if box[0] + 1 < point[0] < box[0] + box[2] - 1 and box[1] + 1 < point[1] < box[1] + box[3] - 1]
    assert not hidden


def points_of(path: str) -> list[tuple[float, float]]:
    """Points along a path of straight lines and cubic curves."""
    here, found = (0.0, 0.0), []
    for command, numbers in re.findall(r"([MLC])([^MLC]+)", path):
        values = list(map(float, numbers.split()))
        ends = [here, *zip(values[::2], values[1::2], strict=True)]
        for i in range(41):
            t, knots = i / 40, ends if command != "M" else ends[1:]
            while len(knots) > 1:  # de Casteljau
                knots = [((1 - t) * a + t * c, (1 - t) * b + t * d) for (a, b), (c, d) in pairwise(knots)]
            found += knots
        here = ends[-1]
    return found


def test_the_diagram_leaves_out_what_follows():
    assert architecture.direct({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == [("a", "b"), ("b", "c")]


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda p: str(p.relative_to(DOCS)))
def test_links_lead_to_a_page_of_the_site(path):
    """Also those of pages that are included: on the site nothing outside docs/ can be reached."""
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    targets = [(path.parent / link).resolve() for link in links]
    assert [t for t in targets if not (t.exists() and t.is_relative_to(DOCS))] == []


def test_every_page_is_in_the_contents_of_the_site():
    listed = re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M)
    assert sorted(listed) == sorted(str(p.relative_to(DOCS)) for p in DOCS.rglob("*.md"))


def test_printed_pages_are_included_and_not_copied():
    for name, source in (("contributing", "CONTRIBUTING.md"), ("changelog", "CHANGELOG.md"),
                         ("data-dictionary", "data/README.md")):
        assert page(f"{name}.md").split('"')[1] == source and len(page(f"{name}.md").splitlines()) == 1
        assert (ROOT / source).is_file()
