"""The container file, as far as it can be tried without a builder: its steps replayed on the files that it lets in."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lib.paths import ROOT
from tests.run.conftest import Workspace

ABSENT = ("import sys; sys.path[:] = [p for p in sys.path if p != {0!r}]; sys.path.insert(0, {1!r}); "
          "from lib.run.commands import main; sys.argv[0] = 'segments'; sys.exit(main(sys.argv[1:]))")


def steps() -> list[tuple[str, str]]:
    """(instruction, rest) of each step."""
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """What the COPY steps put into the image, from the files that are sent to the builder."""
    rules = (ROOT / "Containerfile.dockerignore").read_text(encoding="utf-8").split()
    assert rules[0] == "*"
    let_in = [r[1:] for r in rules if r.startswith("!")]
    left_out = {r.removeprefix("**/") for r in rules[1:] if not r.startswith("!")}
    folder = tmp_path_factory.mktemp("image")
    for word, rest in steps():
        for name in rest.split()[:-1] if word == "COPY" else ():
            assert any(fnmatch(name, r) for r in let_in), f"{name} is not sent to the builder"
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*left_out))
            else:
                shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_files_of_the_image_are_all_that_the_command_needs(image, tmp_path):
    """`segments` of the copied files alone reads a product of a mounted workspace."""
    workspace = Workspace(tmp_path / "mounted")
    workspace.put_orders("2,50")
    code = ABSENT.format(str(ROOT), str(image))
    given = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"SEGMENTS_ROOT": str(workspace.root)}
    done = subprocess.run([sys.executable, "-P", "-c", code, "check", "acme"], cwd=workspace.root, env=given,
                          capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    assert "acme" in done.stdout, done.stderr


def test_it_installs_what_is_pinned_and_hashed_and_its_own_code_without_asking_an_index(image):
    said = " && ".join(rest for word, rest in steps() if word == "RUN")
    installs = [c.strip() for c in said.split("&&") if c.strip().startswith("pip ")]
    for command in installs:
        locks = re.findall(r"-r (\S+)", command)
        assert "--require-hashes" in command and locks or "--no-deps --no-build-isolation -e ." in command, command
        for lock in locks:
            assert "--hash=sha256:" in (image / lock).read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", (image / "requirements.lock").read_text(encoding="utf-8"), re.M))
    for needed in tomllib.loads((image / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]:
        wanted = Requirement(needed)
        assert wanted.specifier.contains(pinned[wanted.name]), f"{needed} is not installed when the code is built"


def test_it_runs_as_somebody_who_may_change_nothing_of_it():
    words = [word for word, _ in steps()]
    user = dict(steps())["USER"]
    made = next(rest for word, rest in steps() if word == "RUN" and "useradd" in rest)
    assert user not in ("root", "0") and made.split()[-1] == user and int(re.search(r"--uid (\d+)", made)[1]) >= 1000
    last = max(i for i, word in enumerate(words) if word in ("RUN", "COPY"))
    assert last < words.index("USER") < words.index("ENTRYPOINT"), "files are root's, and the command is not"
    assert not any("chown" in rest or "--chmod" in rest for _, rest in steps())
    assert dict(steps())["ENV"].split("=") == ["SEGMENTS_ROOT", "/workspace"]
