"""What is published lies on object storage: a local S3 server, and two workspaces as machines that share nothing."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lib.contracts import UserError
from lib.run import shelf
from lib.run.order import STEPS
from lib.run.outcome import Stopped
from tests.object_storage import Fault, served, struck
from tests.run.conftest import READINESS, Workspace
from tests.run.test_run import STARTED, wait_for_cell

pytestmark = pytest.mark.full
COUNTED = "open('{0}.count', 'a').write('x')"  # cells run in the root
SLEEP = (f"import os, pathlib, time\nif os.path.exists('sleep'): pathlib.Path({STARTED!r}).touch()\n"
         "while os.path.exists('sleep'): time.sleep(0.1)")
DAY = "2026-06-30"


class Machine(Workspace):
    """A workspace whose published sets lie on the storage."""

    def __init__(self, root: Path, storage: dict[str, str]):
        super().__init__(root)
        self.storage = storage
        self.put_orders("2,50")
        self.readiness(READINESS, COUNTED.format(STEPS[0]))
        for step in STEPS[1:]:
            self.put_light(step, COUNTED.format(step), *([SLEEP] if step == STEPS[2] else []))

    @property
    def environment(self) -> dict:
        return super().environment | self.storage

    def ran(self) -> list[int]:
        return [len(p.read_text()) if (p := self.root / f"{step}.count").exists() else 0 for step in STEPS]

    def files(self) -> dict[str, bytes]:
        places = {"work": self.root / "data/work/acme", "reports": self.root / "reports/acme"}
        return {f"{name}/{p.relative_to(place)}": p.read_bytes() for name, place in places.items()
                for p in place.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """The environment that leads to a bucket."""
    with served(tmp_path_factory.mktemp("s3") / "log") as environment:
        yield environment


@pytest.fixture
def here(storage, monkeypatch):
    """The shelf of this process."""
    for name, value in storage.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(shelf, "STORE", storage["SEGMENTS_STORE"])
    return shelf.Shelf


@pytest.fixture(scope="module")
def machines(storage, tmp_path_factory):
    one, other = (Machine(tmp_path_factory.mktemp(name) / "space", storage) for name in ("one", "other"))
    for notebook in (one.root / "notebooks").iterdir():
        shutil.copy(notebook, other.root / "notebooks")  # cells have ids of chance
    return one, other


def test_what_one_machine_publishes_is_whole_on_the_storage_and_read_by_another(machines, here):
    one, other = machines
    code, outcome = one.run()
    assert (code, outcome["state"]) == (0, "published")
    listing, published = here("acme").listing("published"), one.files()
    assert {f: facts["sha256"] for f, facts in listing.files.items()} == {
        f: hashlib.sha256(content).hexdigest() for f, content in published.items()}
    wanted = {f"reports/{DAY}/report.html", f"work/{DAY}/readiness.json", "work/processing_register.yaml"}
    assert wanted <= published.keys()
    due = json.loads(other.segments("due", "acme", "--json").stdout)[0]
    assert (due["due"], due["as_of"]) == (False, DAY)
    assert other.files() == published
    assert here("acme").listing("run").tag is None


def test_a_run_that_broke_off_is_gone_on_with_on_another_machine(machines):
    one, other = machines
    (one.root / "sleep").touch()
    began = one.ran()
    with one.start("run", "acme") as command:
        wait_for_cell(one, command)
        command.send_signal(signal.SIGKILL)
    code, outcome = other.run()
    assert (code, outcome["state"]) == (0, "published")
    assert [new - old for new, old in zip(one.ran(), began, strict=True)] == [1, 1, 1, 0, 0, 0]
    assert other.ran() == [0, 0, 1, 1, 1, 1]
    assert [s.get("resumed", False) for s in other.manifest()["steps"].values()] == [True, True, *[False] * 4]
    (one.root / "sleep").unlink()
    assert one.segments("due", "acme").returncode == 0
    assert one.files() == other.files()


def test_of_two_machines_at_once_one_publishes_and_the_other_is_told(machines, here):
    one, other = machines
    (one.root / "sleep").touch()
    (one.root / STARTED).unlink()
    with one.start("run", "acme", "--json", "--force") as command:
        wait_for_cell(one, command)
        assert other.run("--force")[0] == 0
        (one.root / "sleep").unlink()
        out, _ = command.communicate(timeout=200)
    [outcome] = json.loads(out)
    assert (command.returncode, outcome["state"]) == (5, "locked")
    assert "another machine has published" in outcome["cause"]
    assert one.files() == other.files()  # fetched when the batch ended
    run = json.loads(other.files()[f"reports/{DAY}/run.json"])
    assert f"reports/{DAY}/run.json" in here("acme").listing("published").files
    assert one.manifest()["run_id"] == run["run_id"]


def test_what_is_purged_on_one_machine_is_gone_on_the_storage_and_on_the_other(machines, here):
    one, other = machines
    for machine in machines:
        machine.add_product("acme", data_protection={"owner": "a", "purpose": "b", "lawful_basis": "consent",
                                                     "retention_days": 30})
    done = one.segments("purge", "acme", "--on", "2027-01-01")
    assert done.returncode == 0, done.stderr
    assert not [f for f in here("acme").listing("published").files if f.startswith(f"work/{DAY}/")]
    assert other.segments("due", "acme").returncode == 0
    assert not (other.root / f"data/work/acme/{DAY}").exists() and (other.published / "report.html").is_file()


def after_the_commit(number: signal.Signals) -> Fault:
    """With its next request whoever put the set gets the signal, once."""
    came = []

    def fault(request: str, content: bytes, asking: psutil.Process) -> int:
        if len(came) == 1:
            asking.send_signal(number)
        if came or request.startswith("PUT ") and request.endswith("/published.json"):
            came.append(request)
        return 0
    return fault


def at_the_drop(harm: Callable[[psutil.Process], int | None]) -> Fault:
    """When the run that was kept is taken away."""
    return lambda request, content, asking: harm(asking) or 0 if b">segments/acme/run.json<" in content else 0


FAULTS = {"killed after the commit": (after_the_commit(signal.SIGKILL), 1),
          "ended after the commit": (after_the_commit(signal.SIGTERM), 1),
          "killed at the drop": (at_the_drop(psutil.Process.kill), 1),
          "the drop is refused": (at_the_drop(lambda asking: 403), 0)}


@pytest.mark.parametrize("name", FAULTS)
def test_what_was_put_there_is_not_replaced_by_what_it_replaced(machines, here, name):
    """A run comes to its end on the storage, and not here: the next one, of another date, begins with its set."""
    one, (fault, code) = machines[0], FAULTS[name]
    before = one.manifest()["run_id"]
    with struck(one.storage, fault) as storage:
        done = subprocess.run([*one.program, "run", "acme", "--force", "--json"], env=one.environment | storage,
                              capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    put = {f: facts for f, facts in here("acme").listing("published").files.items() if f"/{DAY}/" in f}
    assert one.run("--as-of", "2026-05-31")[0] == 0
    held = here("acme").listing("published").files
    assert {f: facts for f, facts in held.items() if f"/{DAY}/" in f} == put
    assert {f: facts["sha256"] for f, facts in held.items()} == {
        f: hashlib.sha256(content).hexdigest() for f, content in one.files().items()}
    assert one.manifest()["run_id"] != before


MARKED = "from lib.run.folder import RunFolder, RUNS; RunFolder(RUNS / 'acme' / {0!r}, 'acme', {1!r})._marked()"
TASK = ("from unittest.mock import Mock; from lib.run import supervisor; from lib.run.order import Order; "
        "from lib.run.watch import limits; print(supervisor.run([Order('acme', as_of='2026-05-31')], jobs=1, "
        "show=Mock(), limits=limits(600, None, 1))[0].state)")


def test_what_a_killed_run_had_begun_to_publish_does_not_replace_what_others_published_since(machines, here):
    """As on a worker of a cluster, where no command came before that would have finished it."""
    one, other = machines
    with struck(one.storage, after_the_commit(signal.SIGKILL)) as storage:
        subprocess.run([*one.program, "run", "acme", "--force"], env=one.environment | storage, capture_output=True)
    [left] = (p.name for p in (one.root / "data/work/.runs/acme").iterdir() if (p / "pages").is_dir())
    subprocess.run([sys.executable, "-c", MARKED.format(left, DAY)], env=one.environment, check=True)
    assert other.run("--force")[0] == 0
    newest = other.manifest()["run_id"]
    done = subprocess.run([sys.executable, "-c", TASK], env=one.environment, capture_output=True, text=True)
    assert done.stdout == "published\n", done.stderr
    assert newest != left and one.manifest()["run_id"] == newest
    assert {f: facts["sha256"] for f, facts in here("acme").listing("published").files.items()} == {
        f: hashlib.sha256(content).hexdigest() for f, content in one.files().items()}


def test_a_storage_that_cannot_be_used_is_told_before_anything_starts(machines):
    one = machines[0]
    before = one.files()
    for change, code, told in (({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 75, "cannot be used"),
                               ({"SEGMENTS_STORE": "/srv/store"}, 2, "no URL of object storage")):
        done = subprocess.run([*one.program, "run", "acme"], env=one.environment | change, capture_output=True,
                              text=True)
        assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr
    assert one.files() == before


def test_a_set_is_replaced_as_a_whole_or_not_at_all(here, tmp_path):
    kept, added = tmp_path / "kept", tmp_path / "added"
    kept.write_text("kept")
    added.write_text("added")
    first = here("borea").put("published", {"a": kept}, shelf.Listing())
    with pytest.raises(OSError):
        here("borea").put("published", {"a": added, "b": tmp_path / "missing"}, first)
    assert here("borea").listing("published") == first
    with pytest.raises(Stopped, match="another machine"):
        here("borea").put("published", {"a": added}, shelf.Listing())
    second = here("borea").put("published", {"a": kept, "b": added}, first)
    assert second.files["a"] == first.files["a"]
    here("borea").get(second, "b", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "added"
    third = here("borea").put("published", {"a": kept}, second)
    with pytest.raises(FileNotFoundError):
        here("borea").get(second, "b", tmp_path / "back")
    assert here("borea").listing("published") == third


def test_a_set_whose_acceptance_was_not_heard_is_ours_and_stays(here, storage, tmp_path, monkeypatch):
    """The server keeps the object and answers 500; asked again it says that somebody has replaced it."""
    asked = []

    def fault(request: str, content: bytes, asking: psutil.Process) -> int:
        method, path = request.split()
        if path.endswith("/cirrus/published.json") and method == "PUT":
            asked.append(path)
            url, kind = storage["AWS_ENDPOINT_URL"] + path, {"Content-Type": "application/json"}
            if len(asked) == 1:
                urllib.request.urlopen(urllib.request.Request(url, content, kind, method="PUT")).close()
                return 500
        return 0

    (tmp_path / "a").write_text("content")
    with struck(storage, fault) as watched:
        monkeypatch.setenv("AWS_ENDPOINT_URL", watched["AWS_ENDPOINT_URL"])
        put = here("cirrus").put("published", {"a": tmp_path / "a"}, shelf.Listing())
    monkeypatch.setenv("AWS_ENDPOINT_URL", storage["AWS_ENDPOINT_URL"])
    assert len(asked) == 2 and here("cirrus").listing("published") == put
    here("cirrus").get(put, "a", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "content"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "work/../../x", "work\\x", ""])
def test_a_set_cannot_name_a_file_elsewhere(name):
    with pytest.raises(UserError, match="names a file"):
        shelf.safe(name)


SECRET = "tops3cret"


@pytest.mark.parametrize("url, told", [
    (f"s3://id:{SECRET}@bucket/folder", "a user, a password"), (f"s3://{SECRET}@bucket/folder", "a user, a password"),
    (f"az://container/folder?sig={SECRET}", "signed query"), (f"gs://bucket/folder#{SECRET}", "signed query"),
    (f"abfss://container:{SECRET}@account.dfs.core.windows.net/folder", "a user, a password"),
    (f"https://bucket.example.org/?X-Amz-Signature={SECRET}", "no URL of object"), (f"s3://[{SECRET}", "no URL of")])
def test_a_url_with_a_secret_is_refused_and_not_said(monkeypatch, url, told):
    monkeypatch.setattr(shelf, "STORE", url)
    with pytest.raises(UserError, match=told) as refused:
        shelf.Shelf("acme").listing("published")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("url", ["s3://bucket/folder", "gs://bucket", "az://container/a/b",
                                 "abfss://container@account.dfs.core.windows.net/folder"])
def test_a_url_of_a_folder_is_not_refused(url):
    shelf.refuse_other(url)
