"""The Makefile: what it offers, what it says on a machine that does not fit, and what it hands to the installer."""

import re
import shutil
import subprocess
import sys

import pytest

from lib.paths import ROOT


def make(*arguments: str, folder=ROOT, **options) -> subprocess.CompletedProcess:
    return subprocess.run(["make", "--no-print-directory", *arguments], cwd=folder, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, **options)


@pytest.fixture
def bare(tmp_path):
    """A folder with what set-up reads, and no .venv."""
    for name in ("Makefile", "requirements.lock", "requirements-realdata.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_help_is_the_default_and_lists_every_target():
    listed = set(re.findall(r"^  make ([a-z-]+)", make().stdout, re.M))
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    assert listed == set(targets)


def test_an_interpreter_that_does_not_fit_is_told_plainly(bare):
    done = make("report", "PYTHON=false", folder=bare)
    assert done.returncode != 0
    assert "Python 3.11 to 3.14 is needed" in done.stdout
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize("target, command", [
    ("report", "segments run --all"), ("test", '-m "not full"'), ("run", "segments run"),
    ("check", "segments check"),
])
def test_targets_set_up_first_and_then_do_one_thing(bare, target, command):
    plan = make("--dry-run", target, folder=bare).stdout
    setup = plan.index("--require-hashes -r requirements.lock")
    assert setup < plan.index("--no-deps --no-build-isolation -e .") < plan.index(command)


def test_set_up_is_done_once(bare):
    (bare / ".venv").mkdir()
    (bare / ".venv" / ".ready").touch()
    assert "require-hashes" not in make("--dry-run", "report", folder=bare).stdout
    assert "requirements-realdata.lock" in make("--dry-run", "realdata", folder=bare).stdout


def test_the_ci_entry_is_sound():
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT).returncode == 0
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


@pytest.mark.parametrize("asked", ["from lib.run.commands import main", "import lib.store"])
def test_on_windows_one_line_says_what_it_needs(asked):
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.platform = 'win32'; {asked}"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "Linux or macOS" in done.stderr and "WSL" in done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_where_one_installs_the_systems_are_named(page):
    before = (ROOT / page).read_text(encoding="utf-8").partition("make report")[0]
    assert all(system in before for system in ("Linux", "macOS", "Windows", "WSL"))
