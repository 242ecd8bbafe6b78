"""What is published lies on object storage: a local S3 server, and two workspaces as machines that share nothing."""

import hashlib
import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from lib.contracts import UserError
from lib.run import shelf
from lib.run.order import STEPS
from lib.run.outcome import Stopped
from tests.object_storage import served
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


@pytest.mark.parametrize("name", ["../x", "/etc/x", "work/../../x", "work\\x", ""])
def test_a_set_cannot_name_a_file_elsewhere(name):
    with pytest.raises(UserError, match="names a file"):
        shelf.safe(name)


