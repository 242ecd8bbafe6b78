"""What the documents say is true now: generated pages equal their source, commands and keys exist."""

import json
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
import types
from fnmatch import fnmatch

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

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
    task = read[1]["spec"]["jobTemplate"]["spec"]
    job = task["template"]["spec"]["containers"][0]
    tried_again = set(EXIT_CODES.values()) - {0} - set(task["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"])
    assert tried_again == {5, 75, 130}
    said = re.findall(r"^segments ([a-z][^#\n]*)", page, re.M) + re.findall(r"bin/segments ([a-z][^>|\n]*)", page)
    for command in (*said, " ".join(job["args"])):
        assert parser().parse_args(shlex.split(command)).command in ("run", "due")
    assert len(said) == 6


@pytest.fixture
def airflow(monkeypatch):
    """Airflow's names as the recipe uses them: what is decorated is kept. It is no dependency, for one file."""
    kept: dict = {"tasks": {}}

    def task(function=None, **options):
        if function is None:
            return lambda f: task(f, **options)
        kept["tasks"][function.__name__] = (function, options)
        return type("Task", (), {"__call__": lambda self: [], "expand": lambda self, **given: kept.update(given)})()

    def dag(**options):
        kept["dag"] = options
        return lambda function: function

    errors = {name: type(name, (Exception,), {}) for name in ("AirflowException", "AirflowFailException")}
    modules = {"airflow": {}, "airflow.sdk": {"dag": dag, "task": task}, "airflow.sdk.exceptions": errors}
    for name, content in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return kept | {"errors": errors, "kept": kept}


def test_the_dag_of_airflow_runs_what_is_due_and_tries_again_what_may_succeed(airflow, monkeypatch):
    dag = runpy.run_path(str(ROOT / "docs/recipes/airflow_dag.py"))
    assert airflow["kept"]["product"] == [] and not airflow["kept"]["dag"]["catchup"]
    due, run = (airflow["kept"]["tasks"][name][0] for name in ("due", "run"))
    said = []

    def command(words, **_):
        said.append(words[1:])
        assert parser().parse_args(words[1:]).command in ("run", "due")
        listed = '[{"product": "meals", "due": true}, {"product": "teamflow", "due": false}]'
        return subprocess.CompletedProcess(words, code, listed, "")

    monkeypatch.setattr(dag["subprocess"], "run", command)
    code = 0
    assert due() == ["meals"] and run("meals") is None and said[-1] == ["run", "--due", "meals"]
    again, never = (airflow["errors"][name] for name in ("AirflowException", "AirflowFailException"))
    for code in set(EXIT_CODES.values()) - {0, 3}:
        with pytest.raises(again if code in (5, 75, 130) else never):
            run("meals")


def test_the_container_holds_what_the_command_needs():
    """Each file that it copies is there and let in, its locks are those of the extras, its command is declared."""
    lines = (ROOT / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    said = [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]
    assert said[0][0] == "FROM" and {"RUN", "COPY", "USER", "ENTRYPOINT"} <= {word for word, _ in said}
    python = re.fullmatch(r"python:(3\.\d+)-slim", said[0][1])[1]
    assert Version(python) in SpecifierSet(">=3.11,<3.15")
    copied = [name for word, rest in said if word == "COPY" for name in rest.split()[:-1]]
    let_in = [line[1:] for line in (ROOT / "Containerfile.dockerignore").read_text().splitlines() if line[0] == "!"]
    for name in copied:
        assert (ROOT / name).exists() and any(fnmatch(name, pattern) for pattern in let_in), name
    installed = re.findall(r"-r (\S+)", " ".join(rest for _, rest in said))
    assert set(installed) <= set(copied) and {"requirements.lock", "requirements-cluster.lock"} <= set(installed)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert json.loads(dict(said)["ENTRYPOINT"]) == list(project["scripts"])
    assert project["readme"] in copied and "lib" in copied


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
