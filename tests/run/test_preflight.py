"""An installation in which no notebook or no figure could be made is told before anything starts."""

import importlib.util
from types import SimpleNamespace

import pytest

from lib.contracts import UserError
from lib.run import preflight
from lib.run.supervisor import environment


def test_this_installation_is_complete():
    preflight._refuse_incomplete()


@pytest.mark.parametrize("package, found, told", [
    ("ipykernel", None, "no kernel"), ("matplotlib", None, "DejaVu"), ("matplotlib", "without fonts", "DejaVu")])
def test_what_is_missing_is_named_with_the_way_out(monkeypatch, tmp_path, package, found, told):
    known = importlib.util.find_spec

    def find_spec(name):
        if name != package:
            return known(name)
        return found and SimpleNamespace(origin=str(tmp_path / "__init__.py"))

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(UserError, match=told) as refusal:
        preflight.preflight([])
    assert "make" in refusal.value.fix


def test_a_worker_has_folders_of_its_own_one_thread_and_fixed_hashes(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", "/elsewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    given = environment(tmp_path)
    own = ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR", "TMPDIR")
    assert {given[name].rpartition("/")[0] for name in own} == {str(tmp_path)}
    assert len({given[name] for name in own}) == len(own) and "JUPYTER_PATH" not in given
    assert (given["OMP_NUM_THREADS"], given["OPENBLAS_NUM_THREADS"], given["PYTHONHASHSEED"]) == ("1", "1", "0")
