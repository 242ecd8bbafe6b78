"""Who may not be analysed leaves from every table, for one counted reason; nothing of him stays."""

import datetime as dt

import pytest

from lib import collect
from lib.contracts import UserError
from tests.collect.collect_cases import CUSTOMERS, ORDERS, key, rows_of, states

PEOPLE = CUSTOMERS + """\
1;2020-01-01;1980;;A
2;2020-01-01;1980;2026-08-01;A
3;2020-01-01;2010;;A
4;2020-01-01;2009;;B
5;2020-01-01;;;B
6;2020-01-01;1980;;B
7;2026-07-01;1980;;B
8;2020-01-01;1980;;B
T;2020-01-01;1980;;B
1;2020-01-01;1980;;A
"""
CONSENT = "customer;channel;status;at\n" + "".join(f"{i};analytics;granted;2025-01-01\n" for i in "123457") + """\
1;email;granted;2025-01-01
4;Marketing;Objected;2026-09-01
5;analytics;withdrawn;2026-08-01
8;analytics;granted;2026-07-15
9;analytics;granted;2025-01-01
"""
ACTIVE = ORDERS + "".join(f"{i};o{i};2026-01-01;5;x\n" for i in "123456789T")
EXCLUDE = {"sources_of": {"customers": {"exclude_ids": ["T"]}}}


@pytest.fixture
def found(collected):
    return collected({"customers": PEOPLE, "transactions": ACTIVE, "consent": CONSENT,
                      "events": ACTIVE.replace("amount", "what")}, **EXCLUDE)


def test_each_leaves_for_the_first_of_his_reasons(found):
    assert found.tables["customers"]["customer_key"].tolist() == [key("1")]
    assert {k: n for k, n in found.collected["protection"].items() if n} == {
        "test or excluded id": 1, "erased on request": 1, "may be younger than the minimum age": 1,
        "without consent for analytics": 3, "objected to marketing": 1, "signed up after the as-of date": 1}
    assert states(found, "customers")["excluded", "equal to an earlier row"] == 1


def test_he_leaves_from_every_table(found):
    for name in ("transactions", "events", "consents"):
        assert set(rows_of(found.tables[name])["customer_key"]) == {key("1")}, name
    assert states(found, "transactions")["excluded", "id not among the customers"] == 1
    assert states(found, "transactions")["kept", ""] == 1


def test_the_most_restrictive_record_holds_and_a_withdrawal_counts_whatever_its_date(collected):
    people = CUSTOMERS + "".join(f"{i};2020-01-01;1980;;A\n" for i in range(1, 4))
    records = ("customer;channel;status;at\n1;email;granted;2026-01-01\n1;email;withdrawn;2025-01-01\n"
               "2;email;granted;2025-01-01\n2;email;objected;2026-12-01\n3;email;granted;2026-12-01\n")
    found = collected({"customers": people, "transactions": ACTIVE, "consent": records},
                      data_protection={"owner": "x", "purpose": "y", "lawful_basis": "contract", "retention_days": 999})
    consents = found.tables["consents"].set_index("customer_key")["status"].to_dict()
    assert consents == {key("1"): "withdrawn", key("2"): "objected"}
    assert found.collected["n_customers"] == 3


def test_a_consent_file_in_another_format_is_refused(collected):
    records = "customer;channel;status;at\n" + "".join(f"C-{i};analytics;granted;2025-01-01\n" for i in range(9))
    with pytest.raises(UserError, match="of 9 ids are no customer"):
        collected({"customers": PEOPLE, "transactions": ACTIVE, "consent": records}, **EXCLUDE)


def test_expired_rows_leave_and_the_minimum_age_must_be_proved(collected):
    found = collected({"transactions": ORDERS + "1;a;2026-01-01;5;x\n1;b;2024-01-01;5;x\n"},
                      data_protection={"owner": "x", "purpose": "y", "lawful_basis": "contract", "retention_days": 365})
    assert states(found, "transactions")["excluded", "older than the retention period"] == 1
    young = CUSTOMERS + "1;2020-01-01;2010;;A\n"
    summer = collected({"customers": young, "transactions": ACTIVE})
    winter = collected({"customers": young, "transactions": ACTIVE}, as_of=dt.date(2026, 12, 31))
    assert (summer.collected["n_customers"], winter.collected["n_customers"]) == (0, 1)


def test_one_customer_with_two_different_rows_is_refused_with_the_line(collected):
    with pytest.raises(UserError) as refusal:
        collected({"customers": CUSTOMERS + "1;2020-01-01;1980;;A\n1;2020-01-01;1980;;B\n", "transactions": ACTIVE})
    assert "two different rows" in refusal.value.what and "lines 2" in refusal.value.where


def test_a_partial_table_of_customers_makes_nobody_an_orphan(collected):
    found = collected({"customers": CUSTOMERS + "1;2020-01-01;1980;;A\n", "transactions": ACTIVE},
                      sources_of={"customers": {"partial": True}})
    assert len(found.tables["customers"]) == found.collected["n_customers"] == 10
    assert found.tables["customers"]["city"].notna().sum() == 1


def test_only_columns_that_the_basis_needs_go_on(collected):
    files = {"customers": CUSTOMERS + "1;2020-01-01;1980;;A\n", "transactions": ACTIVE}
    assert {"age", "city"} <= set(collected(files).tables["customers"])
    lean = collected(files, keep=["city"])
    assert set(lean.tables["customers"]) == {"customer_key", "signup_date", "city"}
    assert {d["column"] for d in lean.collected["dropped_columns"]} == {"birth_year", "erased_at"}


def test_attributes_may_have_any_name(collected):
    names = ["state", "reason", "line", "file", "fault", "amount", "code", "value"]
    text = "id;" + ";".join(names) + "\n" + "1;" + ";".join(f"{n}-1" for n in names) + "\n"
    found = collected({"customers": text, "transactions": ORDERS + "1;a;2026-01-01;5;x\n"}, sources_of={
        "customers": {"columns": {"customer_id": "id", **{n: n for n in names}}}})
    assert found.tables["customers"][names].iloc[0].tolist() == [f"{n}-1" for n in names]
    assert states(found, "customers") == {("kept", ""): 1}


def test_a_given_age_bars_minors_too(collected):
    found = collected({"customers": "id;age\n1;15\n2;16\n3;\n", "transactions": ACTIVE}, sources_of={
        "customers": {"columns": {"customer_id": "id", "age": "age"}}})
    assert found.tables["customers"]["customer_key"].tolist() == sorted([key("2"), key("3")])
    assert states(found, "customers")["excluded", "may be younger than the minimum age"] == 1


def test_the_sample_is_the_smallest_pseudonyms_in_every_table(collected):
    found = collected({"transactions": ACTIVE, "events": ACTIVE.replace("amount", "what")})
    drawn = collect.sample_customers(found, n=3)
    expected = sorted(key(i) for i in "123456789T")[:3]
    assert sorted(drawn.tables["customers"]["customer_key"]) == expected
    assert sorted(rows_of(drawn.tables["transactions"])["customer_key"]) == expected
    assert sorted(rows_of(drawn.tables["events"])["customer_key"]) == expected
    assert drawn.collected["n_customers"] == 10
