"""Every kind of fault at a few moments; `make faults` tries each at many."""

import pytest

from tests.faults.harness import VIOLATIONS, prepared, tried
from tests.faults.kinds import built_shim, kinds

pytestmark = pytest.mark.full
MOMENTS = 1


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("good") / "space")


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return built_shim(tmp_path_factory.mktemp("shim"))


@pytest.mark.parametrize("name", [fault.name for fault in kinds(None)])
def test_nothing_is_lost_and_nothing_lies(good, shim, name):
    fault = next(f for f in kinds(shim) if f.name == name)
    for moment in range(MOMENTS):
        found = tried(fault, good, moment)
        assert {v: found[v] for v in VIOLATIONS} == dict.fromkeys(VIOLATIONS, False), (name, moment)
