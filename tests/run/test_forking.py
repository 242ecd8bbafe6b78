"""A process that forks others: one that answers late, one that nobody takes, one that the system has no room for."""

import json
import os
import subprocess
import sys

import pytest

from tests.run import forking_driver


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    """What the driver saw, in a process without threads, which pytest's is not."""
    folder = tmp_path_factory.mktemp("f")
    subprocess.run([sys.executable, forking_driver.__file__, str(folder)], env=os.environ | {"PYTHONPATH": os.getcwd()},
                   check=True, timeout=60)
    return json.loads((folder / "told.json").read_text())


def test_a_process_that_nobody_waits_for_any_more_does_nothing(told):
    """Asked for of a process that is frozen; and given up between the answer and whoever would have read it."""
    assert told["late"] == "no answer in 0 seconds"
    assert told["worked"] == ["four", "held", "one", "two"]


def test_where_the_system_has_no_room_it_says_so_and_keeps_those_that_run(told):
    assert "no process could be forked" in told["no room"] and told["meanwhile"] is None
    assert (told["ends"], told["held"]) == ([3, 3, 3], 3)
