"""What would stop a run, or keep it from publishing, is told before anything starts."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from lib.contracts import UserError
from lib.run import preflight
from lib.run.supervisor import environment
from lib.sources.places import Place
from tests.run.conftest import Workspace

OTHER = Path("/dev/shm")  # another file system, where there is one
AS_NOBODY = """
import os, sys
from lib.contracts import UserError
from lib.product import load_product
from lib.run.preflight import _refuse_unpublishable
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
try:
    _refuse_unpublishable(load_product("acme"))
except UserError as error:
    print(error)
"""
MOUNTED = 'mount --bind "$1/elsewhere" "$1/space/reports/acme" && shift && exec "$@"'
RUN = (*Workspace.program, "run", "acme")


def test_this_installation_is_complete():
    preflight._refuse_incomplete()


@pytest.mark.parametrize("found", [None, "without fonts"])
def test_a_font_that_is_missing_is_told_with_the_way_out(monkeypatch, tmp_path, found):
    known = importlib.util.find_spec

    def find_spec(name):
        if name != "matplotlib":
            return known(name)
        return found and SimpleNamespace(origin=str(tmp_path / "__init__.py"))

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(UserError, match="DejaVu") as refusal:
        preflight.preflight([])
    assert "make" in refusal.value.fix


def test_an_installation_whose_kernels_cannot_be_imported_is_told_before_anything_starts(workspace):
    done = workspace.broken("ipykernel.kernelapp").segments("run", "acme")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no kernel can be started" in done.stderr and "ImportError" in done.stderr and "make" in done.stderr
    assert not (workspace.root / "data/work/.runs").exists(), "nothing was run"


def test_a_worker_has_folders_of_its_own_one_thread_and_fixed_hashes(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", "/elsewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    given = environment(tmp_path)
    own = ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR", "TMPDIR")
    assert {given[name].rpartition("/")[0] for name in own} == {str(tmp_path)}
    assert len({given[name] for name in own}) == len(own) and "JUPYTER_PATH" not in given
    assert (given["OMP_NUM_THREADS"], given["OPENBLAS_NUM_THREADS"], given["PYTHONHASHSEED"]) == ("1", "1", "0")


def test_a_file_that_is_missing_is_not_called_unreadable(tmp_path):
    with pytest.raises(UserError, match="no such file") as refusal:
        preflight._refuse_unreadable(Place(tmp_path / "rates.csv", "data/acme/rates.csv"))
    assert refusal.value.where == "data/acme/rates.csv" and "permission" not in refusal.value.fix
    with pytest.raises(UserError, match="cannot be read"):
        preflight._refuse_unreadable(Place(tmp_path, "data/acme"))


@pytest.mark.skipif(not OTHER.is_dir() or OTHER.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev,
                    reason="there is no other file system")
def test_reports_on_another_file_system_than_data_are_refused(workspace):
    with tempfile.TemporaryDirectory(dir=OTHER) as elsewhere:
        (workspace.root / "reports").mkdir()
        (workspace.root / "reports/acme").symlink_to(elsewhere)
        assert_refused(workspace.segments("run", "acme"), workspace, "two file systems", "on one file system")
        assert not os.listdir(elsewhere)


def test_reports_that_are_a_mount_of_the_same_disk_are_refused(workspace, tmp_path):
    """As a container's volumes are: one device, and nothing can be moved between them all the same."""
    if subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("this system lets nobody mount")
    for folder in ("elsewhere", "space/reports/acme"):
        (tmp_path / folder).mkdir(parents=True)
    done = subprocess.run(["unshare", "-rm", "sh", "-c", MOUNTED, "sh", tmp_path, *RUN], env=workspace.environment,
                          text=True, capture_output=True, timeout=120)
    assert_refused(done, workspace, "two file systems", "on one file system")


@pytest.mark.parametrize("folder", ["reports/acme", "reports/acme/2026-06-30", "data/work/acme",
                                    "data/work/.runs/acme"])
def test_a_product_whose_folders_are_somebody_elses_is_refused(folder):
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others
        os.chmod(place, 0o755)
        workspace = Workspace(Path(place) / "space")
        for each in ("reports/acme/2026-06-30", "data/work/acme", "data/work/.runs/acme"):
            (workspace.root / each).mkdir(parents=True)
            for path in (workspace.root / each, *(workspace.root / each).parents[:2]):
                path.chmod(0o777)
        assert as_nobody(workspace) == ""
        (workspace.root / folder).chmod(0o555)
        told = as_nobody(workspace)
        assert "acme cannot be published" in told and f"where: {folder}\n" in told and "permission to write" in told


def test_a_folder_for_temporary_files_is_as_long_as_a_kernels_sockets_allow(workspace, tmp_path, monkeypatch):
    """With the longest that is let in a run publishes; with one character more it is refused."""
    room = preflight.zmq.IPC_PATH_MAX_LEN - len(preflight.SOCKET) - len(tempfile.gettempdir()) - 1
    with tempfile.TemporaryDirectory(prefix="t" * (room - 8)) as longest:
        monkeypatch.setenv("TMPDIR", longest)
        assert workspace.run()[0] == 0
    with tempfile.TemporaryDirectory(prefix="t" * (room - 7)) as too_long:
        monkeypatch.setenv("TMPDIR", too_long)
        done = workspace.segments("run", "acme")
    assert done.returncode == 2 and "TMPDIR" in done.stderr and "too long" in done.stderr


def as_nobody(workspace: Workspace) -> str:
    """What a user is told to whom the machine gives no rights of its own."""
    return subprocess.run([sys.executable, "-c", AS_NOBODY], env=workspace.environment | {"PYTHONPATH": os.getcwd()},
                          text=True, capture_output=True, check=True).stdout


def assert_refused(done: subprocess.CompletedProcess, workspace: Workspace, cause: str, fix: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "acme cannot be published" in done.stderr and cause in done.stderr and fix in done.stderr
    assert not (workspace.root / "data/work/.runs").exists(), "nothing was run"


@pytest.mark.skipif(not OTHER.is_dir(), reason="this system has no second file system that everybody may write")
def test_a_product_that_cannot_be_published_keeps_no_other_from_running(workspace):
    workspace.add_product("borea")
    (workspace.root / "reports").mkdir()
    with tempfile.TemporaryDirectory(dir=OTHER) as elsewhere:
        (workspace.root / "reports/borea").symlink_to(elsewhere)
        done = workspace.segments("run", "--all", "--json")
        named = workspace.segments("run", "acme", "borea", "--json")
    states = {o["product"]: (o["state"], o["cause"]) for o in json.loads(done.stdout)}
    assert states["acme"][0] == "published" and states["borea"][0] == "mistake" and done.returncode == 2
    assert "two file systems" in states["borea"][1]
    assert named.returncode == 2 and "two file systems" in named.stderr
    assert {o["state"] for o in json.loads(named.stdout)} == {"mistake"}, "nothing was started, and machines are told"
