"""What the faults share: a workspace in which everything was published, and the library that lets writing fail."""

import pytest

from tests.faults.ground import prepared
from tests.faults.harness import VIOLATIONS, tried
from tests.faults.kinds import built_shim, kinds


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The workspace that each case copies."""
    return prepared(tmp_path_factory.mktemp("good") / "space")


@pytest.fixture(scope="module")
def hit(good, tmp_path_factory):
    """Tries a kind of fault at one moment, and asserts that nothing was lost and nothing lied."""
    known = {fault.name: fault for fault in kinds(built_shim(tmp_path_factory.mktemp("shim")))}

    def tell(name: str, moment: int = 0) -> None:
        found = tried(known[name], good, moment)
        assert {v: found[v] for v in VIOLATIONS} == dict.fromkeys(VIOLATIONS, False), found["told"]

    return tell
