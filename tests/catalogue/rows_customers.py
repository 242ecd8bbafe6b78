"""Rows 50 to 54: customers twice, customers known by contacts, impossible ages, accounts younger than their orders."""

import re

from tests.catalogue import clean
from tests.catalogue.case import Case

TABLES = [t for t in clean.TABLES if "customer_id" in clean.COLUMNS[t]]
OF_AGE = {"columns": {k: v for k, v in clean.COLUMNS["customers"].items() if k != "birth_year"} | {"age": "born"}}


def cell(line: int, **cells: str) -> str:
    return clean.with_cell("customers", {line: cells})


def aged(line: int, age: str) -> str:
    """Customers whose file gives an age instead of a year of birth."""
    rows = [re.sub(r";19(\d\d);", lambda m: f";{int(m[1]) - 40};", row) for row in clean.rows("customers")]
    rows[line - 2] = re.sub(r";\d+;;", f";{age};;", rows[line - 2])
    return clean.text("customers", rows)


def contacts(table: str, what: str, ids: dict[int, str], said: str, **more) -> Case:
    """Direct identifiers in the id column of some lines."""
    content = clean.with_cell(table, {n: {"customer_id": i} for n, i in ids.items()})
    lines = f"line{'s' if len(ids) > 1 else ''} {', '.join(str(n) for n in list(ids)[:5])}"
    return Case(51, table, what, more.pop("wanted", "E"), content, said, len(ids),
                lines, "customer_id", "ids_are_contacts", **more)


def history(*days: str) -> str:
    """Orders of one more customer."""
    return clean.with_rows("transactions", *(f"K7777;H{i:03d};{day} 09:{i:02d};12.50;tea;1"
                                             for i, day in enumerate(days)))


TWICE = [
    Case(50, "customers", "an equal row", "R", clean.with_rows("customers", clean.rows("customers")[3]),
         "equal to an earlier row", 1, "122"),
    Case(50, "customers", "an equal row but for spaces", "R",
         clean.with_rows("customers", clean.rows("customers")[3].replace("K0003", "K0003 ")), "equal to an earlier row",
         1, "122"),
    Case(50, "customers", "another city", "E", clean.with_rows("customers", "K0003;2025-04-04;1963;;Bonn"),
         "two different rows of a customer", 2, "lines 5, 122", "customer_id", "keep the newest"),
    Case(50, "customers", "three rows of two kinds", "E",
         clean.with_rows("customers", clean.rows("customers")[3], "K0003;2025-04-04;1964;;Ulm"),
         "two different rows of a customer", 2, "lines 5, 123", "customer_id", "keep the newest"),
]

CONTACTS = [contacts(t, "an e-mail address", {7: "ann.smith@example.org"}, "1 id is an e-mail address") for t in TABLES]
CONTACTS += [contacts(t, "phone numbers", {5: "+49 151 23456789", 9: "+4930123456", 11: "0049 30 1234567"},
                      "phone numbers") for t in TABLES]
CONTACTS += [contacts(t, "names", {n: f"{first} {last}" for n, first, last in zip(
    range(3, 18), ["Ann", "Bob", "Cleo"] * 5, ["Smith", "Jones", "Müller", "O'Brien", "Žižek"] * 3, strict=True)},
                      "names of people") for t in TABLES]
CONTACTS += [
    contacts("customers", "national phone numbers", {n: f"0151/23456{n:02d}" for n in range(3, 18)}, "phone numbers"),
    Case(51, "customers", "an e-mail address, as declared", "=",
         clean.with_cell("customers", {7: {"customer_id": "ann@example.org"}}),
         beside={"transactions": clean.with_cell("transactions", {7: {"customer_id": "ann@example.org"}})},
         product={"data_protection": {"owner": "CRM", "purpose": "offers", "lawful_basis": "contract",
                                      "retention_days": 1095, "ids_are_contacts": True}}),
    Case(51, "events", "an e-mail address as the person inside the account", "E",
         "customer;at;what;minutes;user\n" + "".join(f"{row};{'ann@example.org' if i == 5 else i}\n" for i, row in
                                                   enumerate(clean.rows("events"))),
         "1 id is an e-mail address", 1, "line 7", "user_id", "ids_are_contacts",
         source={"columns": clean.COLUMNS["events"] | {"user_id": "user"}})]

AGES = [
    Case(52, "customers", "born in the future", "Q", cell(8, birth_year="2031"), "birth_year: out of range", 1, "8"),
    Case(52, "customers", "150 years old", "Q", cell(119, birth_year="1876"), "birth_year: out of range", 1, "119"),
    Case(52, "customers", "no year of birth but a word", "Q", cell(2, birth_year="n. a."), "birth_year: not a whole", 1,
         "2"),
    Case(52, "customers", "several born in the future", "E",
         clean.with_cell("customers", {n: {"birth_year": "2031"} for n in (3, 4, 9)}), "birth_year: out of range", 3,
         "lines 3, 4, 9", "birth_year", "quarantine_limit"),
    Case(52, "customers", "a minor", "R", cell(10, birth_year="2015"), "younger than the minimum age", 1, "10"),
    Case(52, "customers", "a minor by age", "R", aged(10, "11"), "younger than the minimum age", 1, "10",
         source=OF_AGE),
    Case(52, "customers", "an age of 150", "Q", aged(10, "150"), "age: out of range", 1, "10", source=OF_AGE),
    Case(52, "customers", "a negative age", "Q", aged(10, "-3"), "age: out of range", 1, "10", source=OF_AGE)]

SIGNUP = [
    Case(53, "customers", "signed up after the first purchase", "W", cell(12, signup_date="2026-06-01"),
         "signed up after the first purchase", 1, "12"),
    Case(53, "customers", "signed up after the as-of date", "R", cell(12, signup_date="2026-08-01"),
         "signed up after the as-of date", 1, "12"),
    Case(53, "customers", "signed up on the day of the first purchase", "=", cell(12, signup_date="2026-01-11"))]

OLD = ("2023-08-01", "2023-08-20", "2023-09-05", "2023-09-30")
NEW = ("2026-05-01", "2026-05-09", "2026-05-30")
RECYCLED = [
    Case(54, "transactions", "silent for years, then active again", "W", history(*OLD, *NEW),
         "silent for long, then active again", 7, "122"),
    Case(54, "transactions", "one order long ago", "=", history(OLD[0], *NEW)),
    Case(54, "transactions", "one order every two years", "=", history("2023-07-05", "2024-12-28", "2026-06-20"))]

CASES = [*TWICE, *CONTACTS, *AGES, *SIGNUP, *RECYCLED]
