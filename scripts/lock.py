"""Compile the locks: environment.yml (conda names) -> requirements.lock, and one lock for each extra and each
dependency group of pyproject.

    make lock                 keeps locked versions where they still fit
    make lock UPGRADE=1       takes the newest that fit

Needs uv, PyYAML and packaging; `make lock` installs them into a folder of their own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BASE = "requirements.lock"
OLDEST_PYTHON = "3.11"
# conda-forge name: name on the Python index. All other names are the same on both.
NAMES = {"python-duckdb": "duckdb", "ibis-duckdb": "ibis-framework[duckdb]", "matplotlib-base": "matplotlib"}
NOT_FROM_INDEX = {"python", "pip"}  # the interpreter, and the installer that each venv brings
HEADER = "# Made by `make lock` from {source}. Do not edit.\n"


def requirements(environment: Path) -> list[str]:
    """The conda list as pip requirements: names mapped, interpreter and installer left out."""
    listed = yaml.safe_load(environment.read_text(encoding="utf-8"))["dependencies"]
    pairs = [split_name(entry) for entry in listed if isinstance(entry, str)]
    return [NAMES.get(name, name) + spec for name, spec in pairs if name not in NOT_FROM_INDEX]


def split_name(entry: str) -> tuple[str, str]:
    """`numpy>=2,<3` -> (`numpy`, `>=2,<3`)."""
    end = next((i for i, sign in enumerate(entry) if sign in "<>=!~ "), len(entry))
    return entry[:end], entry[end:].strip()


def extras(pyproject: Path) -> dict[str, list[str]]:
    """Each extra of the package and its requirements."""
    return tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"].get("optional-dependencies", {})


def groups(pyproject: Path) -> dict[str, list[str]]:
    """Each dependency group and its requirements: programs that run in an environment of their own."""
    return tomllib.loads(pyproject.read_text(encoding="utf-8")).get("dependency-groups", {})


def compile_lock(name: str, wanted: list[str], source: str, *, upgrade: bool, alone: bool = False) -> None:
    """One hashed lock for every Python and platform, written beside environment.yml; ``alone``: whatever the base has.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)  # uv writes the paths that it is given into the lock: work with bare names
        (work / "requirements.in").write_text("\n".join(wanted) + "\n", encoding="utf-8")
        for lock in {name, BASE}:
            if (ROOT / lock).is_file():
                shutil.copy(ROOT / lock, work / lock)
        command = ["uv", "pip", "compile", "requirements.in", "--universal", "--generate-hashes", "--no-header",
                   "--python-version", OLDEST_PYTHON, "--output-file", name, "--quiet"]
        command += ["--constraint", BASE] if name != BASE and not alone else []
        command += ["--upgrade"] if upgrade else []
        subprocess.run(command, cwd=work, check=True)
        (ROOT / name).write_text(HEADER.format(source=source) + (work / name).read_text(encoding="utf-8"),
                                 encoding="utf-8")


def main() -> None:
    upgrade = "--upgrade" in sys.argv
    compile_lock(BASE, requirements(ROOT / "environment.yml"), "environment.yml", upgrade=upgrade)
    for extra, wanted in extras(ROOT / "pyproject.toml").items():
        compile_lock(f"requirements-{extra}.lock", wanted, f"the extra {extra} of pyproject.toml", upgrade=upgrade)
    for group, wanted in groups(ROOT / "pyproject.toml").items():
        compile_lock(f"requirements-{group}.lock", wanted, f"the group {group} of pyproject.toml", upgrade=upgrade,
                     alone=True)


if __name__ == "__main__":
    main()
