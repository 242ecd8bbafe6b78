"""Memory is what a container may take, where that is less than the machine has."""

import psutil
import pytest

from lib import machine

GB = 1 << 30


def put(folder, names, most, used, given_back=0):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{most}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\n{names[2]} {given_back}\n")


@pytest.fixture
def groups(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "OWN", tmp_path / "own")
    return tmp_path


def test_without_groups_it_is_the_machine(groups):
    assert machine.memory() == psutil.virtual_memory().total
    assert 0 < machine.free_memory() <= machine.memory()


@pytest.mark.parametrize("own", ["0::/\n", "0::/kubepods/pod1/box\n"])
def test_a_container_sees_its_limit_at_the_top(groups, own):
    """Whether or not it is told the path that the group has outside."""
    (groups / "own").write_text(own)
    put(groups / "cgroup", machine.SECOND, GB, GB // 2, GB // 4)
    assert (machine.memory(), machine.free_memory()) == (GB, GB - GB // 4)


def test_the_tightest_of_the_groups_above_counts(groups):
    (groups / "own").write_text("5:cpu:/a\n4:memory:/a/b\n0::/\n")
    put(groups / "cgroup/memory/a/b", machine.FIRST, 2**63 - 4096, 100)  # how version 1 writes: no limit
    put(groups / "cgroup/memory/a", machine.FIRST, 3 * GB, GB)
    assert (machine.memory(), machine.free_memory()) == (3 * GB, 2 * GB)


def test_no_limit_and_less_than_nothing(groups):
    (groups / "own").write_text("0::/a\n")
    put(groups / "cgroup/a", machine.SECOND, "max", GB)
    assert machine.memory() == psutil.virtual_memory().total
    put(groups / "cgroup/a", machine.SECOND, GB, 2 * GB)
    assert machine.free_memory() == 0
