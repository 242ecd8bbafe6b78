"""`segments run` on tiny notebooks: what is published, what is kept, and the exit codes."""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress

import psutil
import pytest

from lib.run.order import STEPS
from tests.faults.harness import processes_of
from tests.run.conftest import NO_GO, READINESS, Workspace, slower

STARTED = "started"
SLEEP = f"import time, pathlib; pathlib.Path({STARTED!r}).touch(); time.sleep(300)"  # cells run in the root


def test_a_proved_run_is_published_with_its_manifest(first_run):
    workspace, code, outcome = first_run
    assert (code, outcome["state"], outcome["exit_code"]) == (0, "published", 0)
    names = {p.name for p in workspace.published.iterdir()}
    assert names == {"run.json", "summary.json", "report.html", "report.xlsx", *(f"{step}.html" for step in STEPS)}
    manifest = workspace.manifest()
    assert manifest["state"] == "published"
    assert {s["state"] for s in manifest["steps"].values()} == {"done"}
    assert [a["name"] for a in manifest["artefacts"]] == ["readiness"]
    assert manifest["run_id"] == outcome["run_id"]
    assert manifest["kernels"] == {"warm": True, "reason": ""}
    assert manifest["parameters"] == {"product": "acme", "as_of": "2026-06-30", "groups": 5}
    assert (workspace.root / "reports" / "index.html").is_file()
    assert (workspace.root / "data/work/acme/2026-06-30/readiness.json").is_file()


def test_a_run_clears_what_a_killed_one_left_and_its_own(first_run):
    assert not [p for p in (first_run[0].root / "data/work/.runs/acme").iterdir() if p.is_dir()]


def test_a_failure_keeps_the_last_good_report(published):
    before, cause = {p.name: p.read_bytes() for p in published.published.iterdir()}, "success is not proved"
    published.put_light(STEPS[0], "import sys; sys.exit(0)")
    code, outcome = published.run()
    assert (code, outcome["state"], outcome["step"]) == (1, "failed", STEPS[0])
    assert cause in outcome["cause"]
    assert {p.name: p.read_bytes() for p in published.published.iterdir()} == before
    assert (published.root / outcome["log"]).is_file()
    assert outcome["report"] == "reports/acme/2026-06-30/report.html"
    index = (published.root / "reports/index.html").read_text(encoding="utf-8")
    assert f"Step 1 Identify basis: {cause}" in index
    assert "acme/2026-06-30/report.html" in index


def test_a_cell_that_spoils_the_manifest_of_an_artefact_is_a_failure_that_says_so(published):
    spoil = "(work.folder / 'readiness.json.manifest.json').write_text('')"
    published.put(STEPS[0], f"work.save(readiness={READINESS!r})", spoil, wrote=["readiness"])
    code, outcome = published.run()
    assert (code, outcome["state"], outcome["step"]) == (1, "failed", STEPS[0])
    assert "readiness.json.manifest.json is no manifest" in outcome["cause"]
    (left,) = (published.root / "data/work/.runs/acme").glob("*/pages/run.json")
    record = json.loads(left.read_text(encoding="utf-8"))
    assert (record["state"], record["artefacts"]) == ("failed", []) and "no manifest" in record["error"]["cause"]


def test_a_no_go_is_published_as_a_refusal(workspace):
    workspace.readiness(NO_GO)
    workspace.put_light(STEPS[2], "raise ValueError('too little to analyse')")
    code, outcome = workspace.run()
    assert (code, outcome["state"]) == (3, "refused")
    assert "only 60 customers" in outcome["cause"] and "at least 300 customers" in outcome["fix"]
    page = (workspace.published / "report.html").read_text(encoding="utf-8")
    assert "only 60 customers" in page and "at least 300 customers" in page
    states = {step: s["state"] for step, s in workspace.manifest()["steps"].items()}
    assert [states[step] for step in STEPS] == ["done", "done", "failed", "not run", "not run", "not run"]
    pages = {p.name for p in workspace.published.glob("0*.html")}
    assert pages == {f"{step}.html" for step in STEPS[:2]}


def test_steps_that_were_asked_for_end_in_the_refusal_and_publish_nothing(workspace):
    workspace.put_orders("2,50")
    workspace.readiness(NO_GO)
    workspace.put_light(STEPS[1], "1 / 0")  # runs where it can
    for steps in ("1-3", "4"):
        code, outcome = workspace.run("--steps", steps)
        assert (code, outcome["state"]) == (3, "refused") and "only 60 customers" in outcome["cause"]
        assert "at least 300 customers" in outcome["fix"] and "nothing is published" in outcome["fix"]
    assert not workspace.published.exists()


def test_a_page_over_all_products_that_cannot_be_written_is_told_after_the_outcomes(workspace):
    (workspace.root / "reports/index.html").mkdir(parents=True)
    workspace.put_light(STEPS[1], "1 / 0")
    done = workspace.segments("run", "acme", "--json")
    assert (done.returncode, json.loads(done.stdout)[0]["state"]) == (1, "failed")
    assert "the page over all products could not be written" in done.stderr and "Traceback" not in done.stderr
    workspace.put_light(STEPS[1])
    assert workspace.segments("run", "acme", "--json").returncode == 75


def test_a_product_that_fails_leaves_the_others_alone(workspace):
    workspace.add_product("borea")
    workspace.readiness(READINESS, "assert product != 'acme'")
    done = workspace.segments("run", "--all", "--jobs", "2", "--cold")
    assert done.returncode == 1, done.stdout
    assert "borea: each kernel starts anew, which takes longer: asked for with --cold" in done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if not line.startswith(" ")}
    assert " failed " in rows["acme"] and " published " in rows["borea"], done.stdout
    assert "reports/borea/2026-06-30/report.html" in rows["borea"]
    manifest = json.loads((workspace.root / "reports/borea/2026-06-30/run.json").read_text(encoding="utf-8"))
    assert manifest["kernels"] == {"warm": False, "reason": "asked for with --cold"}


def test_a_second_run_of_a_product_is_turned_away(workspace):
    workspace.put_light(STEPS[0], SLEEP)
    with workspace.start("run", "acme") as first:
        try:
            wait_for_cell(workspace, first)
            code, outcome = workspace.run()
            page = (workspace.root / "reports/index.html").read_text(encoding="utf-8")
        finally:
            first.send_signal(signal.SIGTERM)
    assert (code, outcome["state"]) == (5, "locked")
    assert "another run of acme" in outcome["cause"]
    assert "Being run now" in page and "First run" in page


def test_a_signal_stops_everything_in_time_and_the_next_run_goes_on(workspace):
    workspace.put_orders("2,50")
    workspace.put_light(STEPS[1], f"import os\nif not os.path.exists({STARTED!r}): {SLEEP}")
    with workspace.start("run", "acme") as command:
        wait_for_cell(workspace, command)
        below = psutil.Process(command.pid).children(recursive=True)
        began = time.monotonic()
        command.send_signal(signal.SIGTERM)
        command.communicate(timeout=20 * slower())
    assert command.returncode == 130
    assert time.monotonic() - began < 10 * slower()
    assert not [p for p in below if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    (left,) = (workspace.root / "data/work/.runs/acme").glob("*/pages/run.json")
    left = json.loads(left.read_text(encoding="utf-8"))
    assert (left["state"], left["steps"][STEPS[1]]["state"], left["error"]["cause"]) == (
        "interrupted", "interrupted", "stopped by a signal")
    assert workspace.run()[0] == 0
    assert [s.get("resumed", False) for s in workspace.manifest()["steps"].values()] == [True, *[False] * 5]


def test_a_signal_that_comes_again_does_not_keep_the_manifest_from_saying_so(workspace):
    """On a disk that takes half a second for each file that it writes."""
    workspace.put_light(STEPS[0], SLEEP)
    workspace.slow_disk(0.5)
    with workspace.start("run", "acme") as command:
        wait_for_cell(workspace, command)
        worker = psutil.Process(worker_of(workspace))
        with suppress(psutil.NoSuchProcess):
            while True:
                worker.terminate()
                time.sleep(0.05)
        command.communicate(timeout=60)
    (left,) = (workspace.root / "data/work/.runs/acme").glob("*/pages/run.json")
    assert json.loads(left.read_text(encoding="utf-8"))["state"] == "interrupted"


def test_workers_and_kernels_end_with_a_killed_supervisor(workspace):
    workspace.put_light(STEPS[0], SLEEP)
    with workspace.start("run", "acme") as command:
        wait_for_cell(workspace, command)
        below = psutil.Process(command.pid).children(recursive=True)
        command.kill()
        command.wait()
        _, alive = psutil.wait_procs(below, timeout=15)
    assert not alive


LEFT = """
import pathlib, psutil, subprocess, time
shell = subprocess.Popen("sleep 300 & echo $! > left", shell=True)
shell.wait()
left = psutil.Process(int(pathlib.Path("left").read_text()))
worker = next(p for p in psutil.Process().parents() if p.pid == left.ppid())  # none where it went to the first process
"""


@pytest.mark.parametrize("arguments, above", [((), "p.ppid()"), (("--cold",), "p.pid")])
def test_a_process_that_leaves_its_parent_is_the_workers_and_ends_with_the_run(workspace, arguments, above):
    """A server that a cell starts by a shell. The worker is the kernel's parent, or the parent of the warm parent."""
    workspace.put_light(STEPS[1], LEFT, f"p = psutil.Process().parent(); assert worker.pid == {above}")
    code, outcome = workspace.run(*arguments)
    left = int((workspace.root / "left").read_text())
    assert (code, outcome["state"]) == (0, "published") and not psutil.pid_exists(left)


def test_a_kernel_that_cannot_start_is_told_with_the_way_out(workspace):
    code, outcome = workspace.broken("ipykernel.kernelapp", of="lib.run.kernel").run("--cold")
    assert (code, outcome["step"]) == (1, STEPS[0])
    assert outcome["cause"] == "no kernel could be started: the kernel died before it answered"
    assert "make" in outcome["fix"] and "worker.log" in outcome["fix"]
    log = (workspace.root / "data/work/.runs/acme/worker.log").read_text()
    assert "a library of it is missing" in log


SPILLS = "import os, pathlib, tempfile; pathlib.Path(tempfile.gettempdir(), 'rows').write_text('A1'); "


@pytest.mark.parametrize("arguments", [(), ("--cold",)])
def test_a_kernel_that_dies_leaves_nothing_among_temporary_files(workspace, tmp_path, monkeypatch, arguments):
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    workspace.put_light(STEPS[0], f"{SPILLS}os.kill(os.getpid(), 9)")
    assert workspace.run(*arguments)[0] == 1
    assert not list((tmp_path / "t").iterdir())


def test_what_all_processes_left_that_were_killed_is_cleared_by_the_next_run(workspace, tmp_path, monkeypatch):
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    workspace.put_light(STEPS[1], SPILLS + SLEEP)
    with workspace.start("run", "acme") as command:
        wait_for_cell(workspace, command)
        every = [psutil.Process(command.pid), *psutil.Process(command.pid).children(recursive=True)]
        for process in every:
            process.suspend()  # so that none has the time to clear up
        for process in every:
            process.kill()
        command.wait()
        psutil.wait_procs(every, timeout=15)
    assert list((tmp_path / "t").rglob("rows"))
    workspace.put_light(STEPS[1])
    assert workspace.run()[0] == 0
    assert not list((tmp_path / "t").iterdir())


def test_a_killed_worker_is_a_failure_without_orphans(workspace):
    workspace.put_light(STEPS[0], SLEEP)
    with workspace.start("run", "acme", "--json") as command:
        supervisor = psutil.Process(command.pid)
        while not (workspace.root / "data/work/.runs/acme/lock").exists():
            time.sleep(0.01)
        supervisor.suspend()  # it does not see what the worker starts from here on
        wait_for_cell(workspace, command)
        below = supervisor.children(recursive=True)
        (worker,) = processes_of(command.pid)["worker"]
        assert worker.pid == worker_of(workspace)
        for below_it in worker.children(recursive=True):
            below_it.suspend()  # a frozen kernel does not notice that its parent is gone
        worker.kill()
        worker.wait()
        supervisor.resume()
        out, _ = command.communicate(timeout=30)
    assert command.returncode == 1
    assert "its process died (SIGKILL)" in json.loads(out)[0]["cause"]
    assert not psutil.wait_procs(below, timeout=1)[1]


def test_a_product_that_takes_too_long_is_stopped_and_its_old_report_named(published):
    published.put_light(STEPS[0], SLEEP)
    code, outcome = published.run("--timeout", "4")
    assert (code, outcome["state"]) == (1, "failed")
    assert "longer than 4 s" in outcome["cause"] and outcome["report"] == "reports/acme/2026-06-30/report.html"


@pytest.mark.parametrize("arguments, told", [
    (["run", "acne"], "did you mean 'acme'"),
    (["run", "../acme"], "no product id"),
    (["run"], "--all"),
    (["run", "acme", "--as-of", "30.06.2026"], "YYYY-MM-DD"),
    (["run", "acme", "-p", "group=5"], "did you mean 'groups'"),
    (["run", "acme", "-p", "groups=many"], "is no int"),
    (["run", "acme", "-p", "product=borea"], "no notebook has a parameter"),
    (["run", "acme", "--jobs", "0"], "at least 1"),
    (["walk"], "invalid choice"),
    (["check", "acne"], "did you mean 'acme'"),
])
def test_mistakes_in_the_command_are_told_on_one_screen(workspace, arguments, told):
    done = workspace.segments(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 25
    assert not (workspace.root / "data" / "work").exists()


def test_a_mistake_in_an_input_file_is_no_crash(workspace):
    workspace.put(STEPS[0], "from lib.contracts import UserError",
                  "raise UserError('no column Preis', where='orders.csv', fix='map it')")
    code, outcome = workspace.run()
    assert (code, outcome["state"]) == (2, "mistake")
    assert "no column Preis" in outcome["cause"]


@pytest.mark.parametrize("readiness", [READINESS, NO_GO])
def test_what_data_protection_blocks_is_not_published(published, readiness):
    before = {p.name: p.read_bytes() for p in published.published.iterdir()}
    published.readiness(readiness)
    published.put(STEPS[1], "from lib.contracts import Blocked", "raise Blocked('consent: stale', where='consent.csv')")
    code, outcome = published.run()
    assert (code, outcome["state"], outcome["step"]) == (4, "blocked", STEPS[1])
    assert "consent: stale" in outcome["cause"]
    assert {p.name: p.read_bytes() for p in published.published.iterdir()} == before
    assert "consent: stale" in (published.root / "reports/index.html").read_text(encoding="utf-8")


def test_a_product_without_its_data_package_is_passed_over(workspace):
    columns = {"customer_id": "a", "ordered_at": "c"}
    sources = {"transactions": {"package": "no_such_package", "path": "x.csv", "columns": columns}}
    (workspace.root / "products" / "acme.yml").unlink()
    workspace.add_product("borea", sources=sources)
    done = workspace.segments("run", "--all")
    assert done.returncode == 0
    assert "passed over" in done.stdout and "make realdata" in done.stdout
    done = workspace.segments("run", "borea")
    assert done.returncode == 2
    assert "make realdata" in done.stderr


def test_a_refusal_that_another_notebook_raises_is_published_too(workspace):
    workspace.put_light(STEPS[1], "from lib.contracts import Refused", "raise Refused(['no structure'], ['more'])")
    code, outcome = workspace.run()
    assert (code, outcome["state"]) == (3, "refused")
    assert workspace.manifest()["steps"][STEPS[3]]["state"] == "not run"


def test_check_reads_sources_and_writes_nothing(workspace):
    orders = workspace.root / "data" / "acme" / "orders.csv"
    orders.parent.mkdir(parents=True)
    orders.write_text("KundenNr;Beleg;Datum;Betrag\nA1;b1;01.05.2026;2,50\nA2;b2;02.05.2026;4,00\n"
                      "A2;b3;01.07.2026;9,99\n", encoding="utf-8")
    done = workspace.segments("check", "acme")
    assert (done.returncode, done.stderr) == (3, "")  # two customers are too few to segment
    assert "data/acme/orders.csv, 3 rows" in done.stdout and "2 kept" in done.stdout
    assert "after the as-of date (nothing after the as-of date is ever read), 1 row, first in line 4" in done.stdout
    assert "the base has fewer than 10 customers" in done.stdout and "needed: 120 customers" in done.stdout
    assert not (workspace.root / "data" / "work").exists()
    orders.unlink()
    missing = workspace.segments("check", "acme")
    assert missing.returncode == 2
    assert "no such file" in missing.stdout and "Traceback" not in missing.stderr
    assert "correct sources.transactions.path" in missing.stdout


def worker_of(workspace) -> int:
    """The process that holds the product's lock."""
    return int((workspace.root / "data/work/.runs/acme/lock").read_text(encoding="utf-8").split()[1])


def wait_for_cell(workspace, command, patience: float = 120) -> None:
    """Until the sleeping cell runs."""
    end = time.monotonic() + patience
    while not (workspace.root / STARTED).exists():
        if time.monotonic() > end or command.poll() is not None:
            command.kill()
            raise AssertionError("the cell never ran")
        time.sleep(0.1)


def test_pages_for_analysts_come_beside_the_usual_ones(workspace):
    workspace.put_light(STEPS[2], "1 + 41  # what only analysts see")
    code, outcome = workspace.run("--variant", "analyst")
    assert (code, outcome["state"]) == (0, "published")
    names = {p.name for p in workspace.published.glob("*.html")}
    assert names == {"report.html", "analyst.html", *(f"{s}{kind}.html" for s in STEPS for kind in ("", ".analyst"))}
    pages = {name: (workspace.published / name).read_text(encoding="utf-8") for name in names}
    assert "what only analysts see" in pages[f"{STEPS[2]}.analyst.html"]
    assert not [n for n in names if "analyst" not in n and "what only analysts see" in pages[n]]
    assert workspace.manifest()["variant"] == "analyst" and 'href="analyst.html"' in pages["report.html"]
    assert "acme/2026-06-30/analyst.html" in (workspace.root / "reports/index.html").read_text(encoding="utf-8")
    assert workspace.segments("run", "acme", "--variant", "analysts").returncode == 2


def test_ctrl_c_while_the_command_is_still_imported_says_nothing(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Struck:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'lib.run.commands': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Struck())\n")
    done = subprocess.run([*Workspace.program, "due"], env=os.environ | {"PYTHONPATH": f"{tmp_path}:{os.getcwd()}"},
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
