"""Signals to each process of a run, at a random moment; `make faults` tries each kind at many."""

import pytest

from tests.faults.kinds import kinds

pytestmark = pytest.mark.full


@pytest.mark.parametrize("name", [fault.name for fault in kinds(None) if fault.strike and "SIG" in fault.name])
def test_whatever_is_killed_or_stopped_loses_nothing(hit, name):
    hit(name)
