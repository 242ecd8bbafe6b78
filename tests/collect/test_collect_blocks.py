"""What readers of step 2 see: every number is in the values, and nobody is told apart by subtraction."""

import datetime as dt
import re

import pandas as pd
import pytest

from lib.contracts import NotMeasured
from lib.report.blocks import Absent
from lib.report.figures import collect as figures
from lib.report.numbers import Format
from lib.report.tables import collect as tables
from lib.report.words import collect as words

FMT = Format("en", "EUR")
LEDGER = pd.DataFrame(
    [("transactions", "in", "", 1000, 50, 90_000.0), ("transactions", "kept", "", 900, 50, 80_000.0),
     ("transactions", "repaired", "rounded", 20, 9, 5_000.0),
     ("transactions", "quarantined", "not a number", 3, 2, 0.0),
     ("transactions", "excluded", "erased on request", 77, 5, 5_000.0)],
    columns=["source", "state", "reason", "rows", "customers", "amount"])


def collected(**counts: int) -> dict:
    return {"protection": counts, "n_customers": 40, "period": [dt.date(2026, 1, 1), dt.date(2026, 6, 30)],
            "sources": [{"source": "transactions", "file": "a.csv", "rows": 1000, "newest": "2026-06-28",
                         "customers": 30, "coverage": 0.75}]}


def test_the_books_in_a_sentence():
    said = words.books({"sources": 1, "rows": 1000, "amount": 90_000.0}, LEDGER, FMT)
    assert "1,000 rows" in said.text and "920 go on, 92 %" in said.text and "€900" in said.text
    assert said.values["share_on"] == 0.92 and said.values["money_share"] == pytest.approx(85 / 90)


@pytest.mark.parametrize(("counts", "told", "kept_back"), [
    ({"erased": 40, "minors": 30, "objected": 3}, ["40 erased", "33 for other reasons"], ["objected", "minors"]),
    ({"erased": 40, "minors": 30, "objected": 20}, ["40 erased", "30 minors", "20 objected"], ["other"]),
    ({"erased": 4, "minors": 3}, ["ewer than 10 customers"], ["7", "4", "3"]),
    ({"erased": 6, "minors": 7, "objected": 0}, ["13 customers"], ["6", "7"]),
    ({"erased": 0}, ["Nobody"], []),
])
def test_small_groups_of_people_are_not_told_apart(counts, told, kept_back):
    said = words.protection(collected(**counts), 10, FMT)
    assert all(part in said.text for part in told), said.text
    numbers = re.findall(r"\w+", said.text.replace("10", ""))
    assert not [k for k in kept_back if k in numbers or (k.isalpha() and k in said.text)]


def test_the_waterfall_ends_at_what_was_kept():
    picture = figures.ledger(LEDGER, 10, FMT)
    bars = picture.ax.patches
    assert [b.get_width() for b in bars] == [1000, 77, 3, 920]
    assert bars[1].get_x() == 923 and bars[2].get_x() == 920
    assert picture.title == "92 % of the rows of transactions go on" and picture.values["kept"] == 920


def test_tables_count_what_the_ledger_counts():
    block = tables.ledger(LEDGER, FMT)
    assert block.rows[0] == ["transactions", "1,000", "900", "20", "3", "77"]
    assert tables.sources(collected(), dt.date(2026, 6, 30), FMT).rows[0][3:] == ["28 June 2026", "2 days", "30 (75 %)"]


def test_rows_of_few_people_are_not_counted_in_public():
    quality = pd.DataFrame([("customers", "erased", "excluded", 50, 4, "3, 9", "left"),
                            ("customers", "date", "quarantined", 50, 1, "7", "unreadable")],
                           columns=["source", "rule", "severity", "rows_in", "rows_affected", "first_lines", "meaning"])
    rows = tables.quality(quality, collected(erased=4), 10, FMT).rows
    assert rows[1][3:6] == ["fewer than 10", "50", ""] and rows[0][3:6] == ["1", "50", "7"]


def test_absence_is_shown():
    assert isinstance(words.base(NotMeasured("nothing read"), FMT), Absent)
    assert isinstance(figures.ledger(LEDGER.assign(source="texts"), 10, FMT), Absent)
