"""What a killed process leaves among the temporary files is cleared by the next; what a living one uses is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from lib import engine, scratch

TAKES = "from lib import scratch; print(scratch.take(), flush=True); input()"
READS = """
from lib import engine
backend = engine.connect(memory=100 << 20)
backend.raw_sql("create table customers as select 'Ada Lovelace' as name from range(200000)").fetchall()
backend.raw_sql("checkpoint")
print("ready", flush=True)
input()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """An empty place for temporary files, in which nothing was swept yet."""
    place = tmp_path / "t"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(scratch.tempfile, "tempdir", None)
    scratch._sweep.cache_clear()
    return place


def started(code: str) -> tuple[subprocess.Popen, str]:
    """A process that runs the code, and the line that it printed."""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def test_a_folder_goes_with_its_block(temporary):
    with scratch.folder() as own:
        (own / "rows.csv").write_text("Ada Lovelace")
        assert own.parent == temporary
    assert not list(temporary.iterdir())


def test_what_a_killed_process_leaves_is_cleared_and_what_a_living_one_holds_is_not(temporary):
    (killed, left), (living, held) = started(TAKES), started(TAKES)
    with killed, living:
        killed.kill()
        killed.wait()
        assert Path(left).is_dir() and Path(held).is_dir()
        with scratch.folder() as own:
            assert {p.name for p in temporary.iterdir()} == {Path(held).name, own.name}
        living.communicate("\n")


def test_somebody_elses_folders_are_left_alone(temporary):
    for name in ("seg-foreign", "else"):
        (temporary / name).mkdir()
    (temporary / "else" / scratch.HELD).touch()
    with scratch.folder():
        assert {"seg-foreign", "else"} < {p.name for p in temporary.iterdir()}


def test_rows_of_an_engine_that_was_killed_are_cleared_by_the_next(temporary):
    process, _ = started(READS)
    with process:
        assert any(b"Ada Lovelace" in p.read_bytes() for p in temporary.rglob("*") if p.is_file()), "they lie there"
        process.kill()
        process.wait()
    before = set(temporary.iterdir())
    backend = engine.connect()
    assert before and not before & set(temporary.iterdir())
    backend.disconnect()
