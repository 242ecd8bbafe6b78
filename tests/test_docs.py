"""What the documents say is true now: generated pages equal their source, commands and keys exist."""

import re
import shlex
import subprocess
import sys

import pytest
import yaml

from lib.contracts import ARTEFACTS
from lib.paths import NOTEBOOKS, ROOT
from lib.product import Product
from lib.reference import _models, reference
from lib.run.options import parser
from lib.run.outcome import EXIT_CODES
from scripts import evidence

README = ROOT / "README.md"


def test_the_product_file_reference_is_current():
    assert (ROOT / "docs/product-file.md").read_text() == reference(), "python -m lib.reference > docs/product-file.md"


def test_the_evidence_is_printed_from_the_files_of_its_simulations():
    assert evidence.PAGE.read_text() == evidence.page(), "make evidence writes both"


def test_every_key_of_the_product_file_is_described():
    def undescribed(model):
        for name, field in model.model_fields.items():
            inner = _models(field.annotation)
            if not inner and not field.description:
                yield f"{model.__name__}.{name}"
            for nested, _ in inner:
                yield from undescribed(nested)

    assert not list(undescribed(Product))


def test_make_targets_in_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", README.read_text(), re.M))
    missing = [t for t in named if not re.search(rf"^{t}:", makefile, re.M)]
    assert {"report", "test"} <= named
    assert not missing


def test_segments_commands_in_the_readme_exist():
    said = set(re.findall(r"segments (run|check|new|score|erase|purge|due)\b", README.read_text()))
    command = [sys.executable, "-m", "lib.run.commands", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said
    assert all(command in told.stdout for command in said)


def test_recipes_for_schedulers_are_sound():
    """Their YAML can be read, and every command in them is one that the parser understands."""
    page = (ROOT / "docs/schedule.md").read_text()
    read = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.S)]
    assert [bool(r) for r in read] == [True, True]
    job = read[1]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    said = re.findall(r"^segments ([a-z][^#\n]*)", page, re.M) + re.findall(r"bin/segments ([a-z][^>|\n]*)", page)
    for command in (*said, " ".join(job["args"])):
        assert parser().parse_args(shlex.split(command)).command in ("run", "due")
    assert len(said) == 6


def test_the_exit_codes_of_the_recipes_are_those_of_the_command():
    page = (ROOT / "docs/schedule.md").read_text()
    assert {int(n) for n in re.findall(r"^\| (\d+) \|", page, re.M)} == set(EXIT_CODES.values())


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/schedule.md"])
def test_relative_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / page).read_text())
    assert not [link for link in links if not ((ROOT / page).parent / link).exists()]


def test_each_artefact_names_a_notebook_that_exists():
    notebooks = {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
    assert {artefact.written_by for artefact in ARTEFACTS.values()} <= notebooks
