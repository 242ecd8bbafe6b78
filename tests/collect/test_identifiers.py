"""Direct identifiers in mapped columns: left out or masked, counted, and nowhere in what step 2 makes."""

import pytest

from lib.contracts import Blocked

DAYS = [f"2026-0{1 + i % 6}-{1 + i % 27:02d}" for i in range(40)]
MAIL = "max.muster{}@web.de"


def customers(column: list[str], header: str = "city") -> str:
    rows = [f"C{i:03d};2025-01-01;1980;;{value}" for i, value in enumerate(column)]
    return "\n".join([f"id;since;born;erased;{header}", *rows]) + "\n"


def orders(n: int = 40) -> str:
    return "\n".join(["customer;order;at;amount", *(f"C{i:03d};O{i:03d};{DAYS[i]};10.00" for i in range(n))]) + "\n"


def attribute(name: str) -> dict:
    return {"customers": {"columns": {"customer_id": "id", "signup_date": "since", "birth_year": "born", name: "city"}}}


def note(result, source: str, column: str) -> dict:
    (found,) = result.quality[(result.quality["source"] == source)
                              & result.quality["rule"].str.startswith(f"{column}: holds")].to_dict("records")
    return found


@pytest.mark.parametrize(("value", "what"), [
    (MAIL, "e-mail addresses"), ("+49 171 12345{:02d}", "phone numbers"), ("DE89 3704 0044 0532 0130 00", "IBANs"),
    ("4111 1111 1111 1111", "card numbers"), ("078-05-11{:02d}", "national ids"), ("10.0.0.{}", "IP addresses"),
    ("C{:03d}", "ids of customers"), ("https://max{}@host.de/x", "addresses with a user"),
])
def test_an_attribute_of_identifiers_is_not_kept(collected, value, what):
    result = collected({"customers": customers([value.format(20 + i) for i in range(40)]), "transactions": orders()})
    assert {"table": "customers", "column": "city", "reason": f"holds {what}"} in result.collected["dropped_columns"]
    assert "city" not in result.tables["customers"] and "city" not in result.collected["kept_columns"]["customers"]
    found = note(result, "customers", "city")
    assert found["severity"] == "warning" and found["rows_affected"] >= 20 and found["first_lines"].startswith("2")


@pytest.mark.parametrize(("name", "what", "value"), [
    ("last_name", "names of people", "Kowalczyk{}"), ("email", "e-mail addresses", "none{}"),
    ("phone_number", "phone numbers", "17112345{}"), ("street", "postal addresses", "Hauptstr. {}"),
    ("iban", "accounts or national ids", "see file {}"), ("contact_name", "names of people", "Herr K{}"),
    ("name", "names of people", "Odalys K{}")])
def test_an_attribute_whose_name_says_it_is_not_kept(collected, name, what, value):
    result = collected({"customers": customers([value.format(i) for i in range(40)]), "transactions": orders()},
                       sources_of=attribute(name))
    assert {"table": "customers", "column": name, "reason": f"holds {what}"} in result.collected["dropped_columns"]
    assert name not in result.tables["customers"]


@pytest.mark.parametrize(("name", "values"), [
    ("email", ["yes", "no"]), ("plan_name", ["Basic", "Pro", "Team"]), ("city", ["Berlin", "Köln", "Rome", "Lyon"]),
    ("visits", ["1204567", "2304567", "3404567"]), ("score", ["0.12345678", "0.2345678", "0.3456789"]),
    ("height", ["171.5", "182.25", "169.0"]), ("seen", ["2026-01-01", "2026-02-03", "2026-03-04"])])
def test_other_attributes_stay_as_they_are(collected, name, values):
    column = [values[i % len(values)] for i in range(40)]
    result = collected({"customers": customers(column), "transactions": orders()}, sources_of=attribute(name))
    assert result.tables["customers"][name].astype("str").nunique() == len(values)
    assert not result.quality["rule"].str.contains("holds").any()


def test_a_single_cell_is_masked_and_counted(collected):
    cities = ["Berlin", "Köln", "Rome"] * 13 + ["ask max@web.de"]
    result = collected({"customers": customers(cities), "transactions": orders()})
    assert set(result.tables["customers"]["city"]) == {"Berlin", "Köln", "Rome", "ask [e-mail address]"}
    found = note(result, "customers", "city")
    assert (found["severity"], found["rows_affected"], found["first_lines"]) == ("repaired", 1, "41")


def events(cells: dict[int, str]) -> str:
    rows = [f"C{i:03d};{DAYS[i]};{cells.get(i, 'search')}" for i in range(40)]
    return "\n".join(["customer;at;what", *rows]) + "\n"


def test_a_column_of_the_contract_is_masked_or_stops_the_run(collected):
    result = collected({"events": events({7: MAIL.format(1)})})
    assert set(result.tables["events"].execute()["feature"]) == {"search", "[e-mail address]"}
    with pytest.raises(Blocked) as stopped:
        collected({"events": events({i: MAIL.format(i) for i in range(10, 16)})})
    text = str(stopped.value)
    assert "events: 6 cells of feature hold e-mail addresses" in text and "lines 12, 13, 14, 15, 16" in text
    assert "web.de" not in text


def test_a_card_among_quantities_is_no_number(collected):
    text = orders().replace("customer;order;at;amount", "customer;order;at;amount;how many")
    lines = [line + ";2" if i else line for i, line in enumerate(text.splitlines())]
    lines[9] = lines[9].removesuffix("2") + "4111111111111111"
    result = collected({"transactions": "\n".join(lines) + "\n"}, sources_of={"transactions": {
        "quarantine_limit": 0.5, "columns": {"customer_id": "customer", "order_id": "order", "ordered_at": "at",
                                             "amount": "amount", "quantity": "how many"}}})
    found = note(result, "transactions", "quantity")
    assert (found["rows_affected"], found["first_lines"]) == (1, "10")
    assert set(result.tables["transactions"].execute()["quantity"]) == {2.0}
    assert result.quarantine["line"].tolist() == [10] and "4111" not in result.quarantine["row"].str.cat()


def test_a_campaign_known_by_a_contact_stops_the_run(collected):
    files = {"transactions": orders(), "campaigns": "id;from;to;cost\nmax@web.de;2026-01-01;2026-02-01;1\n"}
    with pytest.raises(Blocked, match="campaigns: 1 cell of campaign holds e-mail addresses"):
        collected(files)
