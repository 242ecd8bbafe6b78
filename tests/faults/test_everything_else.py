"""Cells, disks and files that fail or change while a run goes on; `make faults` tries each kind at many moments."""

import pytest

from tests.faults.kinds import kinds

pytestmark = pytest.mark.full


@pytest.mark.parametrize("name", [fault.name for fault in kinds(None) if not (fault.strike and "SIG" in fault.name)])
def test_whatever_fails_or_changes_loses_nothing(hit, name):
    hit(name)
