"""`segments erase` with object storage: nothing of a person is left in the bucket, nor on a machine that reads it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collect.collect_cases import key
from tests.object_storage import downloaded, served
from tests.protection import erase_storage_driver
from tests.protection.search import strings_of
from tests.protection.test_erase import CALL, GONE, OTHERS, put_product

pytestmark = pytest.mark.full
NEEDLES = [*GONE, *GONE.values(), *(key(i) for i in GONE), *(key(f"{i}.0") for i in GONE)]


def held(files: list[Path], needles: list[str] = NEEDLES) -> set[tuple[str, str]]:
    """(file, text) for each text that stands in a file."""
    return {(p.name, n) for p in files for said in [strings_of(p)] for n in needles if n in said}


def files_of(root: Path) -> list[Path]:
    return [p for top in ("data/work", "reports") for p in (root / top).rglob("*") if p.is_file()]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The objects before and after, and the workspace of another machine that had fetched them before."""
    root, other = (tmp_path_factory.mktemp(n) / "space" for n in ("one", "other"))
    put_product(root)
    put_product(other)
    (root / "ids.txt").write_text("\n".join(GONE), encoding="utf-8")
    with served(tmp_path_factory.mktemp("s3") / "log") as storage:

        def run(space: Path, *words: str) -> str:
            given = os.environ | storage | {"SEGMENTS_ROOT": str(space), "PYTHONPATH": os.getcwd()}
            ended = subprocess.run([sys.executable, *words], env=given, capture_output=True, text=True, timeout=300)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        run(root, erase_storage_driver.__file__)
        run(other, "-c", CALL, "due", "acme")
        before, theirs = downloaded(storage, root.parent / "before"), held(files_of(other))
        said = run(root, "-c", CALL, "erase", "acme", "--ids", str(root / "ids.txt"))
        after = downloaded(storage, root.parent / "after")
        run(other, "-c", CALL, "due", "acme")
        shutil.rmtree(root)
    return before, theirs, said, after, other


def test_they_stood_in_both_sets_and_stand_in_no_object_afterwards(done):
    before, _, said, after, _ = done
    there = held(before)
    assert {n for _, n in there} >= {*GONE.values(), *(key(i) for i in GONE)}
    assert ("x.txt", "K-00123") in there, "the run that broke off"
    assert "2 ids erased" in said and len(after) > 30
    assert not held(after)


def test_everybody_else_is_still_there(done):
    _, _, _, after, _ = done
    assert {n for _, n in held(after, [key(i) for i in OTHERS])} == {key(i) for i in OTHERS}
    assert sum(p.name == "erased.json" for p in after) == 1, "another machine must leave them out, too"


def test_a_machine_that_had_fetched_them_forgets_them_with_its_next_command(done):
    _, theirs, _, _, other = done
    assert theirs and not held(files_of(other))
