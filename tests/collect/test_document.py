"""Coverage and freshness of each source, counted a second time from the files; and the page that shows them."""

import datetime as dt

import pandas as pd
import pytest

from lib.report.numbers import Format
from lib.report.tables import collect as tables
from tests.collect.collect_cases import CUSTOMERS, ORDERS

PEOPLE = pd.DataFrame({"id": range(1, 41), "since": "2020-01-01", "born": [2012 if i == 7 else 1980 for i in range(40)],
                       "erased": "", "city": "A"})
BUYS = pd.DataFrame({"customer": [1, 1, 2, 8, 99, 5, 6], "order": list("abcdefg"), "kind": "x", "amount": 5, "at": [
    "2026-01-01", "2026-05-02", "2026-06-11", "2026-06-29", "2026-06-30", "2026-07-09", "2026-02-02"]})
USES = pd.DataFrame({"customer": [3, 3, 4, 1], "at": "2026-03-03", "what": "f"})
SAID = pd.DataFrame({"customer": [1, 2, 77], "wave": "w", "at": ["2026-02-01", "2026-04-05", "2026-06-06"],
                     "pain": "x", "q1": [1, 2, 3], "q2": [3, 2, 1]})


def csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(sep=";", index=False)


@pytest.fixture
def found(collected):
    return collected({"customers": csv(PEOPLE), "transactions": csv(BUYS), "events": csv(USES), "survey": csv(SAID)})


def expected() -> dict[str, tuple]:
    """Newest day and customers of each source among the rows that count: of the 39 of age, up to the as-of day."""
    base = set(PEOPLE.loc[PEOPLE["born"] < 2010, "id"])
    facts = {"customers": ("2020-01-01", len(base))}
    for name, frame in (("transactions", BUYS), ("events", USES), ("survey", SAID)):
        counts = frame[frame["at"] <= "2026-06-30"]
        who = set(counts["customer"]) & base
        inside = counts[counts["customer"].isin(base)] if name != "survey" else counts  # strangers may be asked
        facts[name] = (inside["at"].max(), len(who))
    return facts


def test_coverage_and_freshness_are_those_of_the_rows_that_count(found):
    got = {s["source"]: (s["newest"], s["customers"]) for s in found.collected["sources"]}
    assert got == expected() and found.collected["n_customers"] == 39
    shares = {s["source"]: s["coverage"] for s in found.collected["sources"]}
    assert shares == {name: n / 39 for name, (_, n) in expected().items()}


def test_the_page_shows_them(found):
    block = tables.sources(found.collected, dt.date(2026, 6, 30), Format("en", "EUR", smallest=2))
    rows = {row[0]: " ".join(row) for row in block.rows}
    assert "3 (8" in rows["transactions"] and "19 days" in rows["transactions"]  # 11 to 30 June
    assert "3 (8" in rows["events"] and "2 (5" in rows["survey"]
    few = tables.sources(found.collected, dt.date(2026, 6, 30), Format("en", "EUR"))
    assert [row[-1] for row in few.rows if row[0] in ("transactions", "events", "survey")] == ["< 10"] * 3


def test_a_source_without_days_or_customers_says_so(collected):
    found = collected({"transactions": ORDERS + "1;a;2026-01-01;5;x\n", "customers": CUSTOMERS + "1;;1980;;A\n"})
    facts = {s["source"]: s for s in found.collected["sources"]}
    assert facts["customers"]["newest"] is None and facts["customers"]["coverage"] == 1.0
