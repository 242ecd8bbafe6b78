"""Rows set aside are kept with their reason, as many as the books say, and name nobody."""

import json

from lib import collect
from lib.contracts import ARTEFACTS
from tests.collect.collect_cases import CUSTOMERS, key

ALL = {"quarantine_limit": 1.0}
COLUMNS = {"customer_id": "id", "birth_year": "born", "city": "city", "contact_name": "name", "remark": "remark"}
PEOPLE = """id;born;city;name;remark
1;1980;A;Ann Smith;call +49 30 1234567
2;1850;B;Bob Jones;mail bob@example.org or 1
3;abcd;B;Cy Young;K-4711 knows
"""
ORDERS = """customer;order;at;amount
1;a;2026-02-30;5
1;b;2026-01-01;1.234.56
;c;2026-01-03;7.50
2;d;2026-01-04
3;e;2026-01-05;2
1;f;2026-01-06;030 1234567
1;g;2026-01-07;1
"""


def found(collected, keep=None):
    return collected({"customers": PEOPLE, "transactions": ORDERS}, keep=keep, sources_of={
        "customers": ALL | {"columns": COLUMNS}, "transactions": ALL})


def test_every_quarantined_row_is_kept_with_its_place_and_reason(collected):
    table = ARTEFACTS["quarantine"].check(found(collected).quarantine)
    got = {(r.source, r.file, r.line): (r.reason, None if r.customer_key != r.customer_key else r.customer_key)
           for r in table.itertuples()}
    assert got == {
        ("customers", "customers.csv", 3): ("birth_year: out of range", key("2")),
        ("customers", "customers.csv", 4): ("birth_year: not a whole number", key("3")),
        ("transactions", "transactions.csv", 2): ("ordered_at: not a date as declared", key("1")),
        ("transactions", "transactions.csv", 3): ("amount: not an amount as declared", key("1")),
        ("transactions", "transactions.csv", 4): ("customer_id: missing", None),
        ("transactions", "transactions.csv", 5): ("too few or too many fields", None),
        ("transactions", "transactions.csv", 7): ("amount: not an amount as declared", key("1"))}


def test_as_many_as_the_ledger_says(collected):
    result = found(collected)
    books = result.ledger[result.ledger["state"] == "quarantined"].set_index(["source", "reason"])["rows"]
    assert result.quarantine.groupby(["source", "reason"]).size().sort_index().equals(books.sort_index())
    assert collect.check(result)


def test_of_who_may_not_be_analysed_only_the_place_stays(collected):
    consent = "customer;channel;status;at\n" + "".join(
        f"{i};analytics;{said};2025-01-01\n" for i, said in enumerate(["withdrawn", "granted", "granted"], 1))
    table = collected({"customers": PEOPLE, "transactions": ORDERS, "consent": consent}, sources_of={
        "customers": ALL | {"columns": COLUMNS}, "transactions": ALL}).quarantine
    assert set(table["customer_key"].dropna()) == {key("2"), key("3")}
    assert set(table.loc[table["line"].isin([2, 3, 7]) & (table["source"] == "transactions"), "row"]) == {"{}"}


def test_cells_are_as_written_and_name_nobody(collected):
    table = found(collected).quarantine
    cells = {(r.source, r.line): json.loads(r.row) for r in table.itertuples()}
    assert cells["transactions", 2] == {"ordered_at": "2026-02-30", "amount": "5"}
    assert cells["transactions", 5] == {}
    assert cells["transactions", 7]["amount"] == "[number]"  # a phone number in a wrong column
    assert cells["customers", 3] == {"birth_year": "1850", "city": "B", "remark": "mail [e-mail address] or 1"}
    assert not any(leak in " ".join(table["row"]) for leak in ("Jones", "Young", "bob@", "1234567"))


def test_columns_that_the_basis_does_not_need_are_left_out(collected):
    table = found(collected, keep=["city"]).quarantine
    assert [set(json.loads(r)) for r in table.loc[table["source"] == "customers", "row"]] == [{"city"}, {"city"}]


def test_clean_files_leave_an_empty_table_of_the_right_shape(collected):
    result = collected({"customers": CUSTOMERS + "1;2020-01-01;1980;;A\n", "transactions": "customer;order;at;amount\n"
                        "1;a;2026-01-01;5\n"})
    assert ARTEFACTS["quarantine"].check(result.quarantine).empty
