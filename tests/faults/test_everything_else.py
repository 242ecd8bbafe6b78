"""Cells, disks and files that fail or change while a run goes on; `make faults` tries each kind at many moments.

And whether a mix of two runs would be seen, whatever of the one is left in the other.
"""

import shutil

import pytest

from tests.faults.ground import Space
from tests.faults.kinds import kinds
from tests.faults.published import MANIFEST, is_whole, published

pytestmark = pytest.mark.full


@pytest.mark.parametrize("name", [fault.name for fault in kinds(None) if not (fault.strike and "SIG" in fault.name)])
def test_whatever_fails_or_changes_loses_nothing(hit, name):
    hit(name)


def test_any_file_of_the_old_set_is_seen_among_the_new(good, tmp_path):
    space = Space.at(tmp_path / "s")
    shutil.copytree(good, space.root, symlinks=True)
    assert space.segments("run", "acme").returncode == 0
    assert is_whole(good, "acme") and is_whole(space.root, "acme")
    new = {name: (space.root / name).read_bytes() for name in published(space.root, "acme")}
    assert set(new) == set(published(good, "acme")) and len(new) == 10 + 10 + 6 + 1
    for name in new:  # each alone, and with the manifest that vouches for it
        for mixed in ({name}, {name, name + MANIFEST} & set(new)):
            for old in mixed:
                shutil.copy(good / old, space.root / old)
            assert not is_whole(space.root, "acme"), mixed
            for old in mixed:
                (space.root / old).write_bytes(new[old])
    assert is_whole(space.root, "acme")
    (space.root / "data/work/acme/2026-06-30/rest.json").write_text("{}")
    assert not is_whole(space.root, "acme")
