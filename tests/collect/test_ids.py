"""Ids as written: near-duplicates told with counts and lines and never merged, contacts refused, .0 read."""

import random

import pandas as pd
import pytest

from lib.collect import ids
from lib.collect.lookalikes import difference, skeleton
from lib.contracts import UserError
from tests.collect.collect_cases import CUSTOMERS, ORDERS, key, rows_of

PLAIN = "".join(f"K{i:04d};o{i};2026-01-01;5;x\n" for i in range(40))


def told(found, rule: str) -> tuple[int, str]:
    row = found.quality[found.quality["rule"] == rule].iloc[0]
    assert row["severity"] == "warning"
    return row["rows_affected"], row["first_lines"]


@pytest.mark.parametrize(("first", "second", "how"), [
    ("K17", "k17", "case"), ("K17", "K 17", "spaces or signs"), ("K-17", "K17", "spaces or signs"),
    ("A_1", "A\u20131", "spaces or signs"), ("00123", "123", "leading zeros"), ("007.0", "7", "leading zeros"),
    ("KATE1", "\u041aATE1", "look-alike letters"), ("O17", "017", "look-alike letters"),
    ("ALPHA", "\u0391LPHA", "look-alike letters"), ("Il1", "l11", "look-alike letters"),
    ("M\u00fcller7", "Muller7", "look-alike letters")])
def test_ids_that_a_person_would_take_for_one_another(first, second, how):
    assert skeleton(first) == skeleton(second) and difference(first, second) == difference(second, first) == how


@pytest.mark.parametrize(("first", "second"), [
    ("1-23", "12-3"), ("K1", "K10"), ("A1", "B1"), ("10", "100"), ("a.b", "ab"), ("1.5", "15"), ("K01", "K1")])
def test_ids_that_differ(first, second):
    assert skeleton(first) != skeleton(second)


def test_near_duplicates_are_told_and_never_merged(collected):
    odd = "k0003;p1;2026-02-01;7;x\nk0003;p2;2026-02-02;7;x\n\u041a0005;p3;2026-02-03;7;x\nK 0007;p4;2026-02-03;7;x\n"
    found = collected({"transactions": ORDERS + PLAIN + odd})
    assert told(found, "id almost equal to another: case") == (2, "42")
    assert told(found, "id almost equal to another: look-alike letters") == (1, "44")
    assert told(found, "id almost equal to another: spaces or signs") == (1, "45")
    keys = set(rows_of(found.tables["transactions"])["customer_key"])
    assert len(keys) == 43 and keys >= {key(i) for i in ("K0003", "k0003", "K0005", "\u041a0005", "K 0007")}


def test_ids_that_look_like_numbers_and_words_are_kept_apart(collected):
    words = ["NA", "null", "None", "nan", "True", "1E5", "100000", "1e5", "9223372036854775808", "9223372036854775809"]
    text = ORDERS + "".join(f"{w};o{i};2026-01-01;5;x\n" for i, w in enumerate(words))
    table = rows_of(collected({"transactions": text}).tables["transactions"])
    assert set(table["customer_key"]) == {key(w) for w in words} and table["customer_key"].is_unique


def test_lost_decimals_are_read_only_where_the_plain_id_exists(collected):
    people = CUSTOMERS + "".join(f"{i};2020-01-01;1980;;A\n" for i in range(1, 6)) + "9.0;2020-01-01;1980;;A\n"
    orders = ORDERS + "1.0;a;2026-01-01;5;x\n2.00;b;2026-01-01;5;x\n3;c;2026-01-01;5;x\n9.0;d;2026-01-02;5;x\n"
    found = collected({"customers": people, "transactions": orders})
    assert set(rows_of(found.tables["transactions"])["customer_key"]) == {key("1"), key("2"), key("3"), key("9.0")}
    repaired = found.ledger[found.ledger["reason"] == "id written as a decimal, read without .0"]
    assert repaired[["source", "rows"]].to_numpy().tolist() == [["transactions", 2]]


def test_missing_ids_take_their_money_into_the_books(collected):
    found = collected({"transactions": ORDERS + PLAIN + ";x1;2026-01-01;12.34;x\n \u200b;x2;2026-01-01;0.66;x\n"},
                      sources_of={"transactions": {"quarantine_limit": 1.0}})
    missing = found.ledger[found.ledger["reason"] == "customer_id: missing"].iloc[0]
    assert (missing["state"], missing["rows"], missing["amount"]) == ("quarantined", 2, 1300)


def test_a_file_in_which_every_id_is_missing_is_refused_and_where_that_is_allowed_in_the_books(collected):
    files = {"transactions": ORDERS + "".join(f";o{i};2026-01-01;5;x\n" for i in range(30))}
    with pytest.raises(UserError, match="quarantine_limit"):
        collected(files)
    found = collected(files, sources_of={"transactions": {"quarantine_limit": 1.0}})
    missing = found.ledger[found.ledger["reason"] == "customer_id: missing"].iloc[0]
    assert (missing["state"], missing["rows"], missing["amount"]) == ("quarantined", 30, 15_000)


def test_contacts_as_ids_are_a_decision_on_record(collected):
    text = ORDERS + PLAIN + "ann@example.org;z;2026-01-01;5;x\n"
    with pytest.raises(UserError) as refusal:
        collected({"transactions": text})
    assert "ann" not in str(refusal.value) and "1 id is an e-mail address" in refusal.value.what
    protection = {"owner": "x", "purpose": "y", "lawful_basis": "contract", "retention_days": 999,
                  "ids_are_contacts": True}
    found = collected({"transactions": text}, data_protection=protection)
    assert key("ann@example.org") in set(rows_of(found.tables["transactions"])["customer_key"])


@pytest.mark.parametrize("text", ["4711", "K-0815", "2024-12-3456", "+49", "00123456", "DE123456789", "a@b", "12 34",
                                  "9781234567897", "0049123"])
def test_what_is_no_contact(text):
    series = pd.Series([text])
    assert not ids._are_phones(series).any() and not ids._are_names(series).any() and not ids.E_MAIL.fullmatch(text)


def test_one_order_line_more_or_less_changes_no_book_of_ids(collected):
    lines = PLAIN.splitlines()
    random.Random(3).shuffle(lines)
    found = collected({"transactions": ORDERS + "\n".join(lines) + "\n"})
    assert found.quality.loc[found.quality["severity"] == "warning", "rule"].tolist() == [
        "all amounts equal", "the lawful basis is consent, and there is no record of it"]
