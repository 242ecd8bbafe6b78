"""The declared environment, the locks and what the code imports are in step."""

import ast
import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from lib.paths import ROOT
from scripts.lock import extras, groups, requirements, split_name

ENVIRONMENT = ROOT / "environment.yml"
EXTRAS = extras(ROOT / "pyproject.toml")
GROUPS = groups(ROOT / "pyproject.toml")
BASE = [Requirement(r) for r in requirements(ENVIRONMENT)]
# import name: name on the Python index, where they differ
INDEX_NAMES = {"yaml": "pyyaml", "sklearn": "scikit-learn", "ibis": "ibis-framework"}
# declared without an import: commands, plug-ins, the packaging itself, and what engines load by name
TOOLS = {"pytest-xdist", "jupyterlab", "ipykernel", "ruff", "setuptools", "nbconvert", "duckdb", "sqlglot", "openpyxl"}

# pydantic-core comes with pydantic, at the one version that pydantic allows; markupsafe with jinja2, zmq with
# jupyter_client and tornado with jupyterlab, of whose interfaces they are part: what a filter returns, what a client
# waits for, what the server speaks
BROUGHT = {"pydantic-core", "markupsafe", "zmq", "tornado"}


def locked(name: str) -> dict[str, list[Version]]:
    """Every package of a lock and its versions: two where Python's versions differ."""
    found: dict[str, list[Version]] = {}
    for name_, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", (ROOT / name).read_text(), re.M):
        found.setdefault(canonicalize_name(name_), []).append(Version(version))
    return found


def sources() -> list[tuple[str, str]]:
    """Each Python source of lib, scripts, tests and the notebooks' cells."""
    code = [(str(p.relative_to(ROOT)), p.read_text(encoding="utf-8"))
            for folder in ("lib", "scripts", "tests") for p in sorted((ROOT / folder).rglob("*.py"))]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code.append((path.name, "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")))
    return code


def third_party(text: str) -> set[str]:
    tree = ast.parse(text)
    modules = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    modules += [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    first = {m.split(".")[0] for m in modules}
    local = {"lib", *(p.stem for p in (ROOT / "scripts").iterdir()), "conftest", "tests", "scripts",
             *(p.stem for p in (ROOT / "tests").rglob("*.py"))}
    return first - set(sys.stdlib_module_names) - local


def test_environment_has_only_known_keys_and_channels():
    content = yaml.safe_load(ENVIRONMENT.read_text(encoding="utf-8"))
    assert set(content) == {"name", "channels", "dependencies"}
    assert content["channels"] == ["conda-forge", "nodefaults"]
    assert [d for d in content["dependencies"] if not isinstance(d, str)] == [{"pip": ["-e ."]}]


def test_every_dependency_has_a_floor_and_a_cap():
    entries = [d for d in yaml.safe_load(ENVIRONMENT.read_text())["dependencies"] if isinstance(d, str)]
    entries += [r for wanted in (EXTRAS | GROUPS).values() for r in wanted]
    for entry in entries:
        assert re.fullmatch(r">=[\d.]+,<[\d.]+", split_name(entry)[1]), entry


@pytest.mark.parametrize("lock, wanted", [
    ("requirements.lock", BASE),
    *((f"requirements-{extra}.lock", [Requirement(r) for r in wanted]) for extra, wanted in (EXTRAS | GROUPS).items()),
])
def test_locked_versions_satisfy_the_declared_ranges(lock, wanted):
    versions = locked(lock)
    for requirement in wanted:
        assert canonicalize_name(requirement.name) in versions, f"{requirement.name} is not in {lock}: make lock"
        for version in versions[canonicalize_name(requirement.name)]:
            assert version in requirement.specifier, f"{requirement} but {version} is locked"


def test_locks_of_extras_agree_with_the_base():
    base = locked("requirements.lock")
    for extra in EXTRAS:
        for name, versions in locked(f"requirements-{extra}.lock").items():
            assert name not in base or set(versions) <= set(base[name])


def test_every_locked_package_has_hashes_and_no_machine_path():
    for path in ROOT.glob("requirements*.lock"):
        entries = re.split(r"^(?=[A-Za-z0-9._-]+(?:\[[^]]*\])?==)", path.read_text(), flags=re.M)[1:]
        assert entries
        assert not [e for e in entries if "--hash=sha256:" not in e]
        assert not re.search(r"(^|\s)/\w|file:|--index", path.read_text())


def test_imports_are_declared_and_declarations_are_imported():
    declared = {canonicalize_name(r.name) for r in BASE}
    optional = {canonicalize_name(Requirement(r).name) for wanted in EXTRAS.values() for r in wanted}
    used = {}
    for name, text in sources():
        for module in third_party(text):
            used.setdefault(canonicalize_name(INDEX_NAMES.get(module, module)), name)
    assert not {m: where for m, where in used.items() if m not in declared | optional | BROUGHT}
    assert not declared - used.keys() - TOOLS


def test_the_installed_python_fits():
    python = next(d for d in yaml.safe_load(ENVIRONMENT.read_text())["dependencies"] if d.startswith("python>"))
    assert Version(".".join(map(str, sys.version_info[:3]))) in Requirement(python).specifier
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"


def test_git_keeps_the_package():
    ignored = subprocess.run(["git", "check-ignore", "lib/__init__.py"], cwd=ROOT, capture_output=True, text=True)
    assert ignored.stdout == ""


def test_the_name_map_turns_conda_names_into_index_names(tmp_path):
    path = tmp_path / "environment.yml"
    path.write_text("dependencies:\n  - python>=3.11\n  - python-duckdb>=1.4,<2\n  - ibis-duckdb>=12\n"
                    "  - matplotlib-base\n  - pandas>=3,<4\n  - pip:\n      - -e .\n")
    assert requirements(path) == ["duckdb>=1.4,<2", "ibis-framework[duckdb]>=12", "matplotlib", "pandas>=3,<4"]
