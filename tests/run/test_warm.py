"""Kernels forked from a warm parent: the same as ordinary ones, gone with their parent, and replaced when in doubt."""

import ast
import json
import os
import subprocess
import sys

import pytest

from lib.run.supervisor import environment
from tests.run import warm_driver
from tests.run.warm_driver import imported


def drive(folder, what: str) -> dict:
    """What the driver told, in the environment that a worker has."""
    done = subprocess.run([sys.executable, warm_driver.__file__, str(folder), what], stdin=subprocess.DEVNULL,
                          env=environment(folder) | {"PYTHONPATH": os.getcwd()}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "told.json").read_text())


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    return drive(tmp_path_factory.mktemp("w"), "main")


def test_figures_tables_and_results_are_those_of_an_ordinary_kernel(told):
    figures = [o["image/png"] for o in told["warm"][1:] if "image/png" in o]
    assert len(figures) == len(set(figures)) == 3
    assert "<table" in told["warm"][-1]["text/html"]
    assert told["warm"][0].count("\n") == 3, "clusters, products, sums and processes were computed"
    assert told["warm"] == told["cold"]


def test_a_forked_kernel_draws_its_own_numbers(told):
    first, second = told["drawn"]
    assert not set(first[0].split()) & set(second[0].split())


def test_it_is_forked_and_leads_a_group_of_its_own(told):
    assert [json.loads(lines[1]) for lines in told["drawn"]] == [[told["pid"], True, True]] * 2


def test_its_death_is_noticed_and_changes_nothing_for_the_next(told):
    assert all("the kernel died" in cause for cause in told["died"])
    assert told["warm after deaths"] == {"warm": True, "reason": ""} and told["said before"] == []


def test_without_its_parent_kernels_start_cold_which_is_said_once(told):
    assert told["facts"]["warm"] is False
    assert told["said"] == [told["facts"]["reason"]] and "warm parent" in told["said"][0]


def test_in_doubt_there_is_no_warm_parent_and_no_orphan(tmp_path):
    told = drive(tmp_path, "alone")
    assert told["orphan"] < 10
    assert "2 threads" in told["threads"]
    assert told["missing"] == "no_such_library could not be imported (ModuleNotFoundError)"
    assert "Linux" in told["system"]


def test_the_warm_parent_loads_what_notebooks_import(tmp_path):
    """Of what the notebooks import and lib imports at the top of a module, only the query engine is left."""
    source = ("import ast, importlib, sys; from lib.run.forkable import INLINE, doubt\n"
              "from lib.run.code import modules\nfrom lib.run.warm import LIBRARIES\n"
              "for name in (*LIBRARIES, *modules()): importlib.import_module(name)\n"
              "assert not doubt() and INLINE not in sys.modules and 'duckdb' not in sys.modules\n"
              "before = set(sys.modules)\n"
              "from tests.run.warm_driver import imported\n"
              "for statement in imported(): exec(statement)\n"
              "print(sorted(set(sys.modules) - before - {'tests', 'tests.run', 'tests.run.warm_driver'}))\n")
    done = subprocess.run([sys.executable, "-c", source], env=environment(tmp_path) | {"PYTHONPATH": os.getcwd()},
                          capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == []
    assert len(imported()) > 8
