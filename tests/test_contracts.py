"""Contracts: each broken promise is named, without showing values; every artefact has one writer."""

import pandas as pd
import pytest

from lib.contracts import ARTEFACTS, INPUTS, ContractError, Document, NotMeasured, Table, measured

LIFECYCLE = pd.DataFrame({"period": [0, -1], "state": ["new", "dormant"], "n": [3, 4]})


def test_a_sound_table_is_sorted_and_typed():
    checked = ARTEFACTS["lifecycle"].check(LIFECYCLE)
    assert checked["period"].tolist() == [-1, 0]
    assert str(checked["n"].dtype) == "int64"
    assert LIFECYCLE["period"].tolist() == [0, -1]


@pytest.mark.parametrize(("broken", "told"), [
    (LIFECYCLE.drop(columns="n"), "n"),
    (LIFECYCLE.assign(state=["new", "Anna Secret"]), "isin"),
    (LIFECYCLE.assign(period=[0, 2]), "less_than"),
    (LIFECYCLE.assign(extra=1), "extra"),
    (LIFECYCLE.assign(period=0, state="new"), "unique"),
])
def test_each_broken_promise_is_named(broken, told):
    with pytest.raises(ContractError, match=told) as error:
        ARTEFACTS["lifecycle"].check(broken)
    assert "lifecycle (written by 03_analyze)" in str(error.value)
    assert "Anna" not in str(error.value).replace("isin", "")


def test_every_artefact_is_described():
    for artefact in ARTEFACTS.values():
        assert artefact.written_by.split("_")[0] in {"01", "02", "03", "04", "05", "06"}
        if isinstance(artefact, Document):
            assert artefact.keys and artefact.meaning
        else:
            assert all(c.meaning for c in artefact.columns), artefact.name
            assert set(artefact.key) <= {c.name for c in artefact.columns}


def test_only_transactions_or_events_are_required():
    assert {"transactions", "events", "customers", "survey", "consent"} <= set(INPUTS)
    assert all(isinstance(t, Table) and t.raw for t in INPUTS.values())


def test_a_step_answers_with_what_was_not_measured():
    @measured
    def double(x):
        return 2 * x

    missing = NotMeasured("no events", "a table of events")
    assert double(2) == 4
    assert double(missing) is missing
    assert not missing
