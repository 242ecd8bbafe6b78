"""The container file, as far as it can be tried without a builder: its steps replayed on the files that it lets in."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lib.paths import ROOT
from tests.run.conftest import Workspace

ABSENT = ("import sys; sys.path[:] = [p for p in sys.path if p != {0!r}]; sys.path.insert(0, {1!r}); "
          "from lib.run.commands import main; sys.argv[0] = 'segments'; sys.exit(main(sys.argv[1:]))")


SCRIPT = "import sys; from lib.run.__main__ import main; sys.exit(main())"  # what pip makes of the entry point
OTHER_CODE = "raise SystemExit('this is the code of the workspace')"


def steps() -> list[tuple[str, str]]:
    """(instruction, rest) of each step."""
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


def given() -> dict[str, str]:
    """The variables that the image sets."""
    return dict(pair.split("=") for word, rest in steps() if word == "ENV" for pair in rest.split())


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
    done = subprocess.run([sys.executable, "-c", code, "check", "acme"], cwd=workspace.root, env=inside(workspace),
                          capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    assert "acme" in done.stdout, done.stderr


def inside(workspace: Workspace) -> dict[str, str]:
    """The environment in the container, with the workspace where it is mounted."""
    ours = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return ours | given() | {"SEGMENTS_ROOT": str(workspace.root)}


@pytest.fixture(scope="module")
def installed(image, tmp_path_factory) -> list[str]:
    """The command of an environment that has the libraries and, as `pip install -e` leaves it, the image's code."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "segments.pth").write_text(f"{image}\n{sysconfig.get_path('purelib')}\n")
    (folder / "bin/segments").write_text(SCRIPT)
    return [str(folder / "bin/python"), str(folder / "bin/segments")]


@pytest.mark.parametrize("how", [[], ["--cold"]])
def test_a_run_is_of_the_code_of_the_image_and_not_of_what_is_mounted(installed, tmp_path, how):
    """The workspace may be a repository, as of the command in docs/schedule.md: its lib/ is another version."""
    workspace = Workspace(tmp_path / "mounted")
    workspace.put_orders("2,50")
    (workspace.root / "lib").mkdir()
    (workspace.root / "lib/__init__.py").write_text(OTHER_CODE)
    environment, run = inside(workspace), [*installed, "run", "acme", *how]
    mounted = subprocess.run(run, cwd=workspace.root, env=environment | {"PYTHONSAFEPATH": ""}, capture_output=True)
    assert mounted.returncode == 1, "what is mounted would be seen"
    done = subprocess.run(run, cwd=workspace.root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert workspace.manifest()["kernels"]["warm"] is (not how)


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
    assert given()["SEGMENTS_ROOT"] == dict(steps())["WORKDIR"] == "/workspace"
