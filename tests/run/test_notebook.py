"""A notebook's success is proved; every way of not succeeding is told apart."""

import json

import nbformat
import pytest

from lib.contracts import UserError
from lib.run import client, manifest, notebook as module
from lib.run.notebook import declared, execute, prove, typed, warnings_of
from lib.run.outcome import FAILED, MISTAKE, REFUSED, TEMPORARY, Stopped, state_of
from tests.run.conftest import light, notebook

PARAMETERS = {"product": "acme", "as_of": "2026-06-30"}


@pytest.fixture
def run(tmp_path, monkeypatch, workspace):
    """Executes a notebook of the given cells; gives the executed file and the folder of artefacts."""
    monkeypatch.setenv("SEGMENTS_RUN_ID", "this-run")
    monkeypatch.setenv("SEGMENTS_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("SEGMENTS_ROOT", str(workspace.root))

    def executed(*cells: str, timeout: int = 60, **options):
        source, target = tmp_path / "braces {in} name.ipynb", tmp_path / "out {x}.ipynb"
        nbformat.write(notebook("01", *cells, **options), source)
        execute(source, target, PARAMETERS, timeout=timeout, on_cell=lambda index: None, sockets=tmp_path)
        return target, tmp_path / "work" / "acme" / "2026-06-30"

    return executed


def test_success_is_proved_by_closing_and_hashes(run):
    target, artefacts = run('work.save(segments_sql="select 1")', wrote=["segments_sql"])
    assert prove(target, "this-run", artefacts)["wrote"] == ["segments_sql"]
    with pytest.raises(Stopped, match="closing of this run"):
        prove(target, "another-run", artefacts)
    (artefacts / "segments_sql.sql").write_text("select 2")
    with pytest.raises(Stopped, match="hash"):
        prove(target, "this-run", artefacts)
    for spoiled in ("", "[]", "{}"):
        (artefacts / "segments_sql.sql.manifest.json").write_text(spoiled)
        with pytest.raises(Stopped, match="no manifest"):
            prove(target, "this-run", artefacts)
        assert manifest.artefacts(artefacts) == []


def test_a_promised_artefact_that_is_missing_is_no_success(run):
    with pytest.raises(Stopped, match="wrote rfm, which is not there"):
        prove(*_with_id(run(wrote=["rfm"])))


def test_a_last_cell_without_closing_is_no_success(run):
    with pytest.raises(Stopped, match="closing"):
        prove(*_with_id(run(last="42")))


def test_sys_exit_is_no_success(run):
    target, artefacts = run("import sys; sys.exit(0)")  # papermill reports success here
    with pytest.raises(Stopped, match="did not run to its end"):
        prove(target, "this-run", artefacts)


@pytest.mark.parametrize("cell, state, text", [
    ("1 / 0", FAILED, "ZeroDivisionError"),
    ("import sys; sys.exit(3)", FAILED, "sys.exit"),
    ("from lib.contracts import UserError; raise UserError('no column Preis')", MISTAKE, "no column Preis"),
    ("from lib.contracts import Refused; raise Refused(['too few'], ['more'])", REFUSED, "too few"),
    ("raise OSError(28, 'No space left on device')", TEMPORARY, "No space left"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", FAILED, "kernel died"),
])
def test_each_failure_has_its_state_and_cause(run, cell, state, text):
    with pytest.raises(Stopped, match=text) as caught:
        run(cell)
    assert caught.value.state == state


def test_an_output_that_no_page_can_hold_is_no_success(tmp_path):
    target = tmp_path / "out.ipynb"
    with target.open("wb") as stream:
        stream.truncate(60_000_000)
    with pytest.raises(Stopped, match="printed more than 50 MB"):
        prove(target, "this-run", tmp_path)


@pytest.mark.parametrize("cell, told, fix", [
    ("import time; time.sleep(60)", "longer than 2 s", "--cell-timeout"),
    ("import os; os._exit(1)", "kernel died", "--jobs")])
def test_what_ran_before_a_cell_that_does_not_end_can_be_read(run, tmp_path, cell, told, fix):
    with pytest.raises(Stopped, match=told) as caught:
        run("print('so far')", cell, timeout=2)
    assert fix in caught.value.fix and "executed notebook" in caught.value.fix
    assert "so far" in (tmp_path / "out {x}.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize("cell, told, fix", [
    ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "did not answer for 3 s", "run it again"),
    ("while True: print('x' * 100_000)", "printed more than 50 MB", "print less"),
    ("print('x' * 60_000_000)", "printed more than 50 MB", "print less"),  # over before anybody looks
])
def test_a_kernel_that_is_frozen_or_prints_without_end_is_given_up(run, monkeypatch, cell, told, fix):
    monkeypatch.setattr(client, "SILENT", 3)
    with pytest.raises(Stopped, match=told) as caught:
        run(cell)
    assert caught.value.state == FAILED and fix in caught.value.fix


def test_a_busy_kernel_is_not_taken_for_a_frozen_one(run, monkeypatch):
    monkeypatch.setattr(client, "SILENT", 3)
    run("import ctypes; ctypes.PyDLL(None).sleep(6)")  # it holds what every thread of Python needs


def test_parameters_are_declared_and_typed(tmp_path):
    path = tmp_path / "n.ipynb"
    nbformat.write(notebook("01"), path)
    known = declared(path)
    assert known == {"product": "str", "as_of": "str", "groups": "int"}
    assert typed({"groups": "5", "product": "007"}, known) == {"groups": 5, "product": "007"}
    with pytest.raises(UserError, match="did you mean 'groups'"):
        typed({"group": "5"}, known)
    with pytest.raises(UserError, match="is no int"):
        typed({"groups": "many"}, known)
    with pytest.raises(UserError, match="no notebook has a parameter"):
        typed({'product="x";import os;z': "1"}, known)


def test_a_parameter_that_papermill_would_skip_is_refused(tmp_path):
    book = notebook("01")
    book.cells[1].source = book.cells[1].source.replace("# day", "# day; empty = today")
    nbformat.write(book, tmp_path / "n.ipynb")
    with pytest.raises(UserError, match="does not declare as_of"):
        declared(tmp_path / "n.ipynb")


def test_warnings_are_counted_and_their_texts_left_out(tmp_path):
    book = notebook("01")
    book.cells[1].outputs = [nbformat.v4.new_output("stream", name="stderr", text=(
        "/x.py:3: FutureWarning: Ada Lovelace\n  f()\n/y.py:4: FutureWarning: b\n/z.py:1: UserWarning: c\n"))]
    nbformat.write(book, tmp_path / "n.ipynb")
    assert warnings_of(tmp_path / "n.ipynb") == {"FutureWarning": 2, "UserWarning": 1}
    assert "Ada" not in json.dumps(warnings_of(tmp_path / "n.ipynb"))


def test_a_full_disk_is_temporary_whatever_raises():
    assert state_of("ArrowException", "Write failed: No space left on device") == TEMPORARY


def _with_id(executed):
    target, artefacts = executed
    return target, "this-run", artefacts


def test_what_is_there_to_try_is_in_no_batch(tmp_path):
    """Such a cell is dropped before a run: it would fail here, and it is not in the executed notebook."""
    book, target = light("6 * 7"), tmp_path / "out.ipynb"
    book.cells.append(nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["try"]}))
    nbformat.write(book, tmp_path / "n.ipynb")
    execute(tmp_path / "n.ipynb", target, PARAMETERS, timeout=60, on_cell=lambda index: None, sockets=tmp_path)
    assert "6 * 7" in (ran := target.read_text(encoding="utf-8")) and "1 / 0" not in ran


@pytest.mark.parametrize("errors, begins, tries, state", [
    ([RuntimeError("Kernel didn't respond in 60 seconds")], False, 2, None),
    ([RuntimeError("Kernel died before replying to kernel_info")] * 2, False, 2, "failed"),
    ([RuntimeError("raised in a cell")], True, 1, "failed"), ([ValueError("no kernel's")], False, 1, "failed")])
def test_a_kernel_that_does_not_start_is_tried_once_more_and_a_cell_never(monkeypatch, tmp_path, errors, begins, tries,
                                                                          state):
    left, seen = list(errors), []

    def tried(notebook, target, parameters, timeout, started, sockets):
        seen.append(notebook)
        if left:
            if begins:
                started(None, 0)
            raise left.pop(0)

    monkeypatch.setattr(module, "_execute", tried)
    told = None
    try:
        execute(tmp_path / "n.ipynb", tmp_path / "out.ipynb", {}, timeout=5, on_cell=lambda i: None, sockets=tmp_path)
    except Stopped as stopped:
        told = stopped
    assert (len(seen), told and told.state) == (tries, state)
    if not begins and tries == 2 and told:
        assert told.cause.startswith("no kernel could be started") and "worker.log" in told.fix
