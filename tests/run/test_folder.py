"""Publishing by rename: the old set stays until the new one is whole, and a killed publishing is completed."""

import contextlib
import json
import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest

from lib.run import folder as module, lock as locking
from lib.run.folder import MARKER, RunFolder, Unplaced, complete, sweep, write_whole
from lib.run.lock import product_lock
from lib.run.outcome import LOCKED, Stopped


@pytest.fixture
def places(tmp_path, monkeypatch):
    for of in (module, locking):
        monkeypatch.setattr(of, "RUNS", tmp_path / "work" / ".runs")
    monkeypatch.setattr(module, "WORK", tmp_path / "work")
    monkeypatch.setattr(module, "REPORTS", tmp_path / "reports")
    return tmp_path


def made(text: str) -> RunFolder:
    folder = RunFolder.create("acme", "2026-06-30")
    (folder.artefacts / "rfm.json").write_text(text)
    (folder.pages / "report.html").write_text(text)
    return folder


def contents(places) -> tuple[str, str]:
    return ((places / "work/acme/2026-06-30/rfm.json").read_text(),
            (places / "reports/acme/2026-06-30/report.html").read_text())


def test_publishing_replaces_both_sets(places):
    made("old").publish()
    assert contents(places) == ("old", "old")
    made("new").publish()
    assert contents(places) == ("new", "new")


def test_other_dates_are_left_alone(places):
    made("old").publish()
    other = RunFolder.create("acme", "2026-07-31")
    (other.pages / "report.html").write_text("july")
    other.publish()
    assert contents(places) == ("old", "old")


@pytest.mark.parametrize("steps", range(3))
def test_publishing_that_was_killed_is_completed_by_the_next_run(places, monkeypatch, steps):
    made("old").publish()
    folder, real, left = made("new"), module.swap, [steps]

    def swap(*arguments):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(*arguments)

    monkeypatch.setattr(module, "swap", swap)
    with contextlib.suppress(KeyboardInterrupt):
        folder.publish()
    monkeypatch.setattr(module, "swap", real)
    sweep("acme")
    assert contents(places) == ("new", "new")


def test_whoever_reads_next_completes_it_but_not_a_run_that_goes_on(places, monkeypatch):
    made("old").publish()
    folder, real = made("new"), module.swap
    other = made("not proved")
    monkeypatch.setattr(module, "swap", lambda *to: real(*to) if "work" in to[1].parts else None)
    folder.publish()
    monkeypatch.setattr(module, "swap", real)
    assert contents(places) == ("new", "old"), "killed between its two sets"
    with product_lock("acme"):
        complete("acme")
        assert contents(places) == ("new", "old")
    complete("acme")
    assert contents(places) == ("new", "new") and not folder.path.exists() and other.path.exists()
    complete("never-run")
    assert not (places / "work/.runs/never-run").exists()


def test_what_was_published_is_not_taken_back_by_publishing_again(places):
    made("old").publish()
    folder = made("new")
    folder.publish()
    folder.publish()
    assert contents(places) == ("new", "new")


def test_a_reader_never_meets_a_gap(places):
    """Somebody reads as fast as they can while sets replace each other."""
    made("0").publish()
    seen, missed, going = set(), [], threading.Event()

    def read():
        while not going.is_set():
            try:
                seen.add(contents(places)[1])
            except FileNotFoundError as error:
                missed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(1, 60):
        made(str(i)).publish()
    going.set()
    reader.join()
    assert not missed and len(seen) > 3


@pytest.mark.parametrize("renames", [0, 1, 2, 3])
def test_where_names_cannot_be_exchanged_it_is_completed_too(places, monkeypatch, renames):
    monkeypatch.setattr(module, "_exchanged", lambda one, other: False)
    made("old").publish()
    folder, real, left = made("new"), module.os.rename, [renames]

    def rename(*arguments):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(*arguments)

    monkeypatch.setattr(module.os, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        folder.publish()
    monkeypatch.setattr(module.os, "rename", real)
    sweep("acme")
    assert contents(places) == ("new", "new")


def test_sweeping_drops_runs_that_never_succeeded(places):
    made("old").publish()
    sweep("acme")
    broken = made("broken")
    sweep("acme")
    assert not broken.path.exists()
    assert contents(places) == ("old", "old")


def test_marker_names_product_and_date(places):
    folder = made("new")
    folder.publish()
    marked = json.loads((folder.path / MARKER).read_text())
    assert (marked["product"], marked["as_of"], set(marked["moves"])) == ("acme", "2026-06-30", {"work", "pages"})


def test_a_held_lock_says_who_holds_it(places):
    with product_lock("acme"):
        with pytest.raises(Stopped, match=r"process \d+ on .+, since") as caught, product_lock("acme"):
            pass
        with product_lock("other"):
            pass
    assert caught.value.state == LOCKED
    with product_lock("acme"):
        pass


def test_a_whole_file_is_replaced_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "run.json"
    write_whole(path, "a")
    write_whole(path, "b")
    assert path.read_text() == "b"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_published_is_on_the_disk_before_it_is_moved_and_its_place_after(places, monkeypatch):
    made("old").publish()
    folder, done = made("new"), []
    (folder.artefacts / "audiences").mkdir()
    (folder.artefacts / "audiences/a.csv").write_text("a")
    sync, swap = module._settle, module.swap

    def seen(path):
        done.append(("sync", str(path)))
        sync(path)

    def moved(new, place, aside):
        done.append(("move", str(new)))
        swap(new, place, aside)

    monkeypatch.setattr(module, "_settle", seen)
    monkeypatch.setattr(module, "swap", moved)
    files = [folder.artefacts, folder.artefacts / "rfm.json", folder.artefacts / "audiences",
             folder.artefacts / "audiences/a.csv", folder.pages, folder.pages / "report.html"]
    folder.publish()
    first = [kind for kind, _ in done].index("move")
    assert {str(p) for p in files} <= {path for _, path in done[:first]}
    assert done[first - 1] == ("sync", str(folder.path)), "the folder of the marker, after what it stands for"
    assert {str(places / "work/acme"), str(places / "reports/acme")} <= {path for _, path in done[first:]}


def test_a_place_on_another_file_system_is_told_and_published_once_it_is_mended(places, monkeypatch):
    shared = Path(tempfile.mkdtemp(dir="/dev/shm"))
    assert shared.stat().st_dev != places.stat().st_dev
    try:
        monkeypatch.setattr(module, "REPORTS", shared)
        folder = made("new")
        (folder.pages / "run.json").write_text('{"state": "published"}')
        with pytest.raises(Unplaced, match="cannot be put in its place") as told:
            folder.publish()
        assert "one file system" in told.value.fix
        with pytest.raises(Unplaced):
            complete("acme")
        monkeypatch.setattr(module, "REPORTS", places / "reports")
        complete("acme")
        assert contents(places) == ("new", "new")
        assert json.loads((places / "reports/acme/2026-06-30/run.json").read_text())["state"] == "published"
    finally:
        shutil.rmtree(shared)


def test_what_a_killed_process_had_begun_to_write_is_taken_away_once_nobody_writes_it(tmp_path):
    old, young = (tmp_path / f".index.html.{pid}.partial" for pid in (1, 2))
    for left in (old, young):
        left.write_text("half")
    os.utime(old, (0, 0))
    write_whole(tmp_path / "index.html", "whole")
    assert {p.name for p in tmp_path.iterdir()} == {"index.html", young.name}
