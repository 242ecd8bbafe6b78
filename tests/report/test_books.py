"""Counts of rows that are people: few who left, or why, cannot be had from any table of step 2, nor from run.json."""

import json

import numpy as np
import pandas as pd
import pytest

from lib.report.books import STATES, hidden_reasons, hidden_states
from lib.report.numbers import Format
from lib.report.protect import Sum
from lib.report.summary import _ledger
from lib.report.tables import collect
from lib.run.manifest import artefacts, inputs
from tests.report.test_suppress import attacked

FMT = Format()
LEFT = {"may be younger": 67, "erased": 20, "test id": 4, "no consent": 140}


def ledger(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["source", "state", "reason", "rows"])


CUSTOMERS = ledger(("customers", "in", "", 3004), ("customers", "kept", "", 2773),
                   *(("customers", "excluded", why, n) for why, n in LEFT.items()))


def test_few_who_left_are_told_apart_in_no_source():
    """Four test ids: with 20 who were erased they are `other reasons` of 24 elsewhere, so both stay unsaid."""
    orders = ledger(("transactions", "in", "", 4000), ("transactions", "kept", "", 3000),
                    ("transactions", "excluded", "erased", 397), ("transactions", "excluded", "test id", 4),
                    ("transactions", "excluded", "after the as-of date", 599))
    table = pd.concat([CUSTOMERS, orders], ignore_index=True)
    hid = table[hidden_reasons(table, LEFT, FMT.smallest)]
    assert set(zip(hid["source"], hid["reason"], strict=True)) == {
        (s, r) for s in ("customers", "transactions") for r in ("erased", "test id")}


def test_few_rows_of_orders_are_no_people_and_a_row_set_aside_is_a_fact_about_data():
    table = ledger(("transactions", "in", "", 100), ("transactions", "kept", "", 95),
                   ("transactions", "quarantined", "no date", 3), ("transactions", "excluded", "twice", 2),
                   ("customers", "in", "", 40), ("customers", "kept", "", 38), ("customers", "quarantined", "no id", 2))
    assert not hidden_reasons(table, {}, FMT.smallest).any()


@pytest.mark.parametrize("seed", range(8))
def test_few_people_cannot_be_computed_from_the_reasons_of_a_source(seed):
    """Known: every count shown, the rows of the source, and those of each state."""
    rng = np.random.default_rng(seed)
    counts = np.append(rng.choice([0, 3, 7, 15, 60], 5), 300)
    table = ledger(*(("survey", "excluded", reason, n) for reason, n in zip("abcde", counts, strict=False)),
                   ("survey", "kept", "", 300))
    out = hidden_reasons(table, {}, FMT.smallest)
    few = (counts > 0) & (counts < FMT.smallest)
    known = [Sum(tuple(range(6)))] + [Sum(tuple(range(5)))] * int(counts[:5].sum() >= FMT.smallest)
    ranges = attacked(counts, known, out)
    assert not (few & ~out).any() and (np.subtract(*ranges[few][:, ::-1].T) >= FMT.smallest).all()


FILES = [{"source": "customers", "file": "c.csv", "rows": 3004, "kept": 2773, "repaired": 0, "quarantined": 0,
          "excluded": 231, "sha256": "x", "bytes": 9},
         {"source": "interviews", "file": "i.csv", "rows": 24, "kept": 18, "repaired": 0, "quarantined": 0,
          "excluded": 6, "sha256": "y", "bytes": 9},
         {"source": "transactions", "file": "t.csv", "rows": 100, "kept": 96, "repaired": 0, "quarantined": 4,
          "excluded": 0, "sha256": "z", "bytes": 9}]


def test_of_a_file_of_people_neither_few_nor_the_rest_are_counted():
    out = hidden_states(pd.DataFrame(FILES), FMT.smallest)
    assert out.to_numpy().tolist() == [[False] * 4, [True, False, False, True], [False] * 4]


def test_tables_and_summary_and_run_json_hide_the_same(tmp_path):
    collected = {"sources": FILES, "protection": LEFT}
    table = pd.concat([CUSTOMERS, ledger(
        ("interviews", "in", "", 24), ("interviews", "kept", "", 18), ("interviews", "excluded", "erased", 6),
        ("transactions", "in", "", 100), ("transactions", "kept", "", 96),
        ("transactions", "quarantined", "no date", 4))], ignore_index=True).assign(amount=np.nan, customers=0)
    by_source = {row[0]: row[1:] for row in collect.ledger(table, collected, FMT).rows}
    by_file = {row[0]: row[2:] for row in collect.files(collected, FMT).rows}
    for rows in (by_source, by_file):
        assert rows["interviews"] == ["24", "few", "0", "0", "few"] and rows["transactions"][3] == "4"
        assert "few" not in rows["customers"]
    kept = _ledger(table.to_dict("records"), collected, 2773, FMT)
    assert {(r["source"], r["reason"]) for r in kept if r["rows"] is None} == {
        ("customers", "erased"), ("customers", "test id"), ("interviews", "erased"), ("interviews", "")}
    rates = {"source": "transactions", "file": "rates.csv", "sha256": "0", "bytes": 3}
    (tmp_path / "collected.json").write_text(json.dumps({"sources": FILES, "lists": [rates]}))
    *files, last = inputs(tmp_path, FMT.smallest)
    read = {i["source"]: [i[s] for s in STATES] for i in files}
    assert last == rates
    assert read["interviews"] == [None, 0, 0, None] and read["transactions"] == [96, 0, 4, 0]


def test_rules_hide_what_the_ledger_hides():
    quality = pd.DataFrame([("customers", why, "excluded", 3004, n, "", "why") for why, n in LEFT.items()],
                           columns=["source", "rule", "severity", "rows_in", "rows_affected", "first_lines", "meaning"])
    shown = {row[1]: row[3] for row in collect.quality(quality, {"protection": LEFT}, FMT.smallest, FMT).rows}
    assert shown == {"no consent": "140", "may be younger": "67", "erased": "few", "test id": "few"}


def test_run_json_counts_no_rows_of_tables_of_customers(tmp_path):
    """2,773 customers and 2,772 assignments would tell of one."""
    for name, rows in (("features", 2773), ("themes", 105)):
        (tmp_path / f"{name}.manifest.json").write_text(json.dumps(
            {"name": name, "sha256": "x", "rows": rows, "written_by": "s"}))
    assert {a["name"]: a["rows"] for a in artefacts(tmp_path)} == {"features": None, "themes": 105}
