"""What a repository needs to be picked up: its files can be read, and what they call exists."""

import json
import re
import shlex
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml

from lib.paths import NOTEBOOKS, ROOT
from tests.test_environment import locked

FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+|\$\(READY\)):", (ROOT / "Makefile").read_text(), re.M))
(LOCAL,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
HOOKS = {hook["id"]: hook for hook in LOCAL["hooks"]}
NAME = re.compile(r"segments[ -]workbench", re.I)


def test_ci_runs_the_same_check_as_everybody():
    (workflow,) = (ROOT / ".github/workflows").glob("*.yml")
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    steps = [s["run"] for job in jobs.values() for s in job["steps"] if "run" in s]
    assert steps == ["bash .ci/run"]
    asked = jobs["check"]["strategy"]["matrix"]["python"]
    assert all(isinstance(v, str) and (3, 11) <= tuple(map(int, v.split("."))) < (3, 15) for v in asked)


@pytest.mark.parametrize("form", [f for f in FORMS if f.stem != "config"], ids=lambda f: f.stem)
def test_a_form_for_issues_is_one_that_github_reads(form):
    """The keys that the syntax for issue forms knows; a body of inputs with ids of their own."""
    content = yaml.safe_load(form.read_text())
    assert set(content) <= {"name", "description", "title", "labels", "assignees", "projects", "type", "body"}
    assert content["name"] and content["description"]
    kinds = {"markdown", "textarea", "input", "dropdown", "checkboxes"}
    assert {part["type"] for part in content["body"]} <= kinds
    ids = [part["id"] for part in content["body"] if part["type"] != "markdown"]
    assert ids and len(ids) == len(set(ids))
    for part in content["body"]:
        assert part["type"] == "markdown" or part["attributes"]["label"]
        assert part["type"] != "checkboxes" or part["attributes"]["options"]


def test_questions_and_changes_have_their_place():
    assert set(yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/config.yml").read_text())) == {
        "blank_issues_enabled", "contact_links"}
    said = (ROOT / ".github/pull_request_template.md").read_text()
    assert all((ROOT / p).exists() for p in re.findall(r"`([\w./]+\.\w+|\.ci/run|lib/\w+)`", said))


def test_the_dev_container_calls_what_exists():
    content = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    called = re.findall(r"make (\S+)", content["postCreateCommand"])
    makefile = (ROOT / "Makefile").read_text()
    assert called and all(t in TARGETS or t == ".venv/.ready" for t in called)
    assert "READY := $(VENV)/.ready" in makefile and "VENV := .venv" in makefile
    python = re.search(r"python:(3\.\d+)", content["image"])[1]
    assert (3, 11) <= tuple(map(int, python.split("."))) < (3, 15)


def test_binder_installs_the_lock_and_runs_a_sample():
    wanted = (ROOT / ".binder/requirements.txt").read_text().split()
    assert wanted == ["--require-hashes", "-r", "../requirements.lock"]
    assert (ROOT / ".binder" / wanted[-1]).is_file()
    post = ROOT / ".binder/postBuild"
    assert post.stat().st_mode & 0o111 and subprocess.run(["bash", "-n", post]).returncode == 0
    (sample,) = re.findall(r"^segments run (\w+)$", post.read_text(), re.M)
    assert (ROOT / f"products/{sample}.yml").is_file()


def test_the_citation_file_says_what_the_package_says():
    content = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = (ROOT / "pyproject.toml").read_text()
    assert {"cff-version", "message", "title", "authors"} <= set(content)
    assert f'version = "{content["version"]}"' in project and f'license = "{content["license"]}"' in project
    assert f"## {content['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_list_for_renaming_names_every_place_and_no_other():
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    found = {f for f in files.stdout.split("\n") if f and (ROOT / f).is_file() and f != "tests/test_repository.py"
             and NAME.search((ROOT / f).read_text(encoding="utf-8", errors="ignore"))}
    page = (ROOT / "docs/how-to/rename.md").read_text()
    listed = set(re.findall(r"^- \[ \] `([^`]+)`", page, re.M))
    assert found <= listed
    assert all((ROOT / f).is_file() for f in listed)
    assert listed - found == {".github/ISSUE_TEMPLATE/config.yml"}, "the one place without the name"


def test_hooks_run_the_tools_of_the_locks():
    assert set(HOOKS) == {"ruff", "nbstripout"}
    programs = {name: shlex.split(hook["entry"])[0] for name, hook in HOOKS.items()}
    assert programs == {name: f".venv/bin/{name}" for name in HOOKS}
    assert "ruff" in locked("requirements.lock") and "nbstripout" in locked("requirements-hooks.lock")
    assert all(re.match(HOOKS["nbstripout"]["files"], f"notebooks/{p.name}") for p in NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.full
def test_the_hook_makes_an_executed_notebook_what_it_was(tmp_path):
    """As papermill and JupyterLab leave a notebook, and as it was committed: the same bytes after the hook."""
    for source in sorted(NOTEBOOKS.glob("*.ipynb")):
        book = nbformat.read(source, as_version=4)
        book.metadata["papermill"] = {"duration": 3.0, "parameters": {"product": "acme"}}
        book.metadata.language_info.update(version="3.12.1", mimetype="text/x-python", file_extension=".py",
                                           pygments_lexer="ipython3", nbconvert_exporter="python",
                                           codemirror_mode={"name": "ipython", "version": 3})
        book.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
        for number, cell in enumerate(c for c in book.cells if c.cell_type == "code"):
            cell.execution_count = number
            cell.outputs = [nbformat.v4.new_output("stream", text="a customer's line")]
            cell.metadata["execution"] = {"iopub.execute_input": "2026-06-30T00:00:00Z"}
            cell.metadata["papermill"] = {"status": "completed"}
            cell.metadata["jupyter"] = {"outputs_hidden": True}
        path = tmp_path / source.name
        nbformat.write(book, path)
        program, *options = shlex.split(HOOKS["nbstripout"]["entry"])
        subprocess.run([sys.executable, "-m", "nbstripout", *options, str(path)], check=True)
        assert nbformat.read(path, as_version=4) == nbformat.read(source, as_version=4), source.name


@pytest.mark.full
def test_the_hooks_pass_on_what_is_committed(tmp_path):
    """In a copy of what they look at, with the .venv of this repository."""
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "lib", "notebooks", "pyproject.toml",
                            ".pre-commit-config.yaml"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run([sys.executable, "-m", "pre_commit", "run", "--all-files"], cwd=tmp_path, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Skipped" not in done.stdout and done.stdout.count("Passed") == 2
