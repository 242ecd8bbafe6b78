"""A run that was broken off is gone on with, as if nothing had happened; and not where anything has changed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lib
from lib.run.code import code_files
from lib.run.order import STEPS
from tests.run.conftest import READINESS, Workspace
from tests.run.test_run import STARTED, wait_for_cell

COUNTED = "open('{0}.count', 'a').write('x')"  # cells run in the root
SLEEP = f"import os, pathlib, time\nif os.path.exists('sleep'): pathlib.Path({STARTED!r}).touch(); time.sleep(300)"


def prepared(root) -> Workspace:
    """Steps that count how often they ran; the third sleeps while there is a file `sleep`."""
    workspace = Workspace(root)
    workspace.put_orders("2,50")
    workspace.readiness(READINESS, COUNTED.format(STEPS[0]))
    for step in STEPS[1:]:
        workspace.put_light(step, COUNTED.format(step), *([SLEEP] if step == STEPS[2] else []))
    return workspace


def ran(workspace: Workspace) -> list[int]:
    counts = [workspace.root / f"{step}.count" for step in STEPS]
    return [len(path.read_text()) if path.exists() else 0 for path in counts]


def asked(workspace: Workspace, code: str) -> None:
    """Run some code on the workspace."""
    imports = "from lib.product import load_product; from lib.store import Store\n"
    subprocess.run([sys.executable, "-c", imports + code], env=workspace.environment | {"PYTHONPATH": os.getcwd()},
                   check=True)


def break_off(workspace: Workspace) -> None:
    (workspace.root / "sleep").touch()
    with workspace.start("run", "acme") as command:
        wait_for_cell(workspace, command)
        command.kill()
        command.wait()
    (workspace.root / "sleep").unlink()


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Workspace:
    workspace = prepared(tmp_path_factory.mktemp("resume") / "space")
    break_off(workspace)
    return workspace


@pytest.fixture
def again(broken, tmp_path, request) -> Workspace:
    """The workspace as the killed run left it. It keeps its place: paths are part of what a run depends on."""
    kept = tmp_path / "kept"
    shutil.copytree(broken.root, kept)
    yield broken
    shutil.rmtree(broken.root)
    shutil.move(kept, broken.root)


def test_finished_steps_hold_and_the_result_is_the_same_to_the_byte(again, tmp_path):
    code, outcome = again.run()
    assert (code, outcome["state"]) == (0, "published")
    assert ran(again) == [1, 1, 2, 1, 1, 1]
    steps = again.manifest()["steps"]
    assert [s.get("resumed", False) for s in steps.values()] == [True, True, False, False, False, False]
    whole = prepared(tmp_path / "whole")
    asked(whole, f"Store.open(load_product('acme')).save(readiness={READINESS!r})")
    for name in ("readiness.json", "readiness.json.manifest.json"):
        place = f"data/work/acme/2026-06-30/{name}"
        assert (again.root / place).read_bytes() == (whole.root / place).read_bytes()


def edit_notebook(workspace):
    workspace.put_light(STEPS[5], "1 + 1", COUNTED.format(STEPS[5]))


def edit_product(workspace):
    workspace.add_product("acme", name="Another name")


def edit_data(workspace):
    workspace.put_orders("3,50")


def spoil_artefact(workspace):
    path = next((workspace.root / "data/work/.runs/acme").glob("*/work/acme/*/readiness.json"))
    path.write_text(path.read_text() + " ")


def spoil_notebook(workspace):
    path = next((workspace.root / "data/work/.runs/acme").glob(f"*/notebooks/{STEPS[1]}.ipynb"))
    path.write_text(path.read_text()[:-40])


@pytest.mark.parametrize("change, arguments, wanted", [
    (edit_data, [], 2), (spoil_notebook, [], 1),
    *(pytest.param(*of, 2, marks=pytest.mark.full) for of in ((None, ["--force"]), (spoil_artefact, []))),
])
def test_what_has_changed_is_run_anew(again, change, arguments, wanted):
    if change:
        change(again)
    code, _ = again.run(*arguments)
    assert (code, ran(again)[0], ran(again)[1]) == (0, wanted, 2)


def test_some_steps_are_run_kept_gone_on_with_and_repeated(again):
    code, outcome = again.run("--steps", "3")
    assert (code, outcome["state"], ran(again)) == (0, "kept", [1, 1, 2, 0, 0, 0])
    assert not again.published.exists() and "goes on with step 4" in outcome["fix"]
    code, outcome = again.run("--steps", "5-6")
    assert (code, outcome["state"], outcome["step"], ran(again)) == (2, "mistake", STEPS[3], [1, 1, 2, 0, 0, 0])
    assert "step 4 is not done" in outcome["cause"]
    code, outcome = again.run("--steps", "2-6")
    assert (code, outcome["state"], ran(again)) == (0, "published", [1, 2, 3, 1, 1, 1])


def test_all_that_a_run_depends_on_is_in_its_key(tmp_path):
    """Asked of one process while things change: the key of an order is the same only when nothing has."""
    workspace = prepared(tmp_path / "space")
    code = ("import datetime, json, sys; from lib.product import load_product; from lib.run import order, resume\n"
            "for line in sys.stdin: print(resume.key_of(order.Order('acme', **json.loads(line)), load_product('acme'),"
            " datetime.date(2026, 7, 1)), flush=True)")
    environment = workspace.environment | {"PYTHONPATH": os.getcwd()}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        def key(**order) -> str:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        keys = [key(), key(parameters={"groups": 3}), key(variant="analyst")]
        assert keys[0] == key() == key(force=True, cold=True)
        for change in (edit_notebook, edit_product, edit_data):
            change(workspace)
            keys.append(key())
        process.stdin.close()
    assert len(set(keys)) == len(keys) == 6 and all(keys)


def test_every_file_of_the_library_counts_as_what_a_run_depends_on():
    library = Path(lib.__file__).parent
    assert {p for p in library.rglob("*") if p.is_file() and "__pycache__" not in p.parts} <= set(code_files())


def test_what_cannot_work_is_told_before_anything_starts(workspace):
    (workspace.root / "reports").write_text("a file where the folder should be")
    done = workspace.segments("run", "acme")
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    assert json.loads((workspace.root / "notebooks" / f"{STEPS[0]}.ipynb").read_text())  # nothing was run
    assert not (workspace.root / "data/work/.runs").exists()


def test_what_a_step_made_of_data_that_were_changed_and_changed_back_is_not_gone_on_with(tmp_path):
    workspace = prepared(tmp_path / "space")
    workspace.put_light(STEPS[1], COUNTED.format(STEPS[1]), "import os, pathlib\n"
                        "orders = pathlib.Path('data/acme/orders.csv')\nheld = orders.read_text()\n"
                        "if not os.path.exists('once'): orders.write_text('nothing'); orders.write_text(held)\n"
                        "pathlib.Path('once').touch()")
    code, outcome = workspace.run()
    assert (code, outcome["step"]) == (1, STEPS[1]) and "was changed while it ran" in outcome["cause"]
    assert workspace.run()[0] == 0
    assert ran(workspace)[:2] == [2, 2], "nothing of the first run was held"
