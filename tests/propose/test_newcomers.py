"""Exports as hotels, gyms, apps and form tools write them: each guess is right, marked, or refused with the way out."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import yaml
from openpyxl import Workbook

from lib.product import Product
from lib.propose import product_file, propose
from lib.propose.dates import counted
from lib.propose.words import likeness
from lib.run.look import look
from tests.propose.exports import FIRST

START = dt.datetime(2025, 6, 1, 8)


@pytest.fixture
def proposed(tmp_path):
    """A function: texts of files by name, to (text of the product file, the product), or why nothing was proposed."""

    def run(**files: str) -> tuple[str, Product] | list:
        folder = tmp_path / "acme"
        folder.mkdir()
        for name, text in files.items():
            Path(folder / f"{name}.csv").write_text(text, encoding="utf-8")
        found = propose(look(folder, tmp_path).tables, "acme")
        if isinstance(found, list):
            return found
        text = product_file(found, "data/acme")
        return " ".join(text.replace("#", " ").split()), Product.model_validate(yaml.safe_load(text))

    return run


def hotel() -> str:
    """Bookings in French: several lines a booking, cancelled ones with the price that was never paid."""
    rng = np.random.default_rng(1)
    lines = ["N° réservation;Code client;Date de réservation;Date d'arrivée;Prestation;Statut;Montant TTC"]
    for i in range(400):
        booked = START + dt.timedelta(days=int(rng.integers(0, 330)))
        state = rng.choice(["Confirmée", "Annulée"], p=[0.85, 0.15])
        for what, price in (("Hébergement", 240.5), ("Taxe de séjour", 5.76), ("Petit-déjeuner", 1128.0)):
            written = f"{price:,.2f}".replace(",", " ").replace(".", ",")
            lines.append(f"{5000 + i};CL{rng.integers(90):03d};{booked:%d/%m/%Y};"
                         f"{booked + dt.timedelta(days=20):%d/%m/%Y};{what};{state};{written}")
    return "\n".join(lines) + "\n"


def test_cancelled_bookings_are_no_money_and_city_tax_is_named(proposed):
    text, settings = proposed(bookings=hotel())
    source = settings.sources["transactions"]
    assert source.columns == {
        "customer_id": "Code client", "order_id": "N° réservation", "ordered_at": "Date de réservation",
        "amount": "Montant TTC", "category": "Prestation", "kind": "Statut"}
    assert source.void_kinds == ["Annulée"] and not source.refund_kinds and not source.sold_as
    assert "guess: values of Statut that sound as if nothing was sold" in text and "Confirmée count as sold" in text
    assert "Taxe de séjour; take their lines out" in text
    assert "Date d'arrivée (another date: Date de réservation was taken" in text


def ledger(amount=lambda cents: f"{cents / 100:.2f}") -> str:
    """Monthly payments by e-mail address, with failed ones and refunds, and a pause now and then."""
    rng = np.random.default_rng(2)
    lines = ["payment_id,member,charged_at,plan,amount,status"]
    for member in range(60):
        mail = f"{FIRST[member % 10]}{member}@mail{member % 3}.example".lower()
        for month in range(int(rng.integers(4, 12))):
            at = dt.datetime(2025, month + 1, 1 + member % 28, 9, 30, int(rng.integers(60)))
            for state, cents, later in [("failed", 2999, -2)] * (rng.random() < 0.2) + [("succeeded", 2999, 0)] + [
                    ("refunded", -2999, 3)] * (rng.random() < 0.1):
                on = at + dt.timedelta(days=later)
                lines.append(f"p{len(lines)},{mail},{on:%Y-%m-%d %H:%M:%S},Basic,{amount(cents)},{state}")
    return "\n".join(lines) + "\n"


def test_addresses_as_ids_are_declared_and_never_written(proposed):
    text, settings = proposed(payments=ledger())
    source = settings.sources["transactions"]
    assert source.columns["customer_id"] == "member" and settings.data_protection.ids_are_contacts
    assert "ids_are_contacts" in text and "guess: no column but member says who" in text and "@" not in text
    assert (source.void_kinds, source.refund_kinds) == (["failed"], ["refunded"])
    assert settings.billing == "subscription" and "a month after the one before" in text


def test_an_address_of_who_looks_after_a_customer_is_no_id(proposed):
    assert "no column says which customer" in proposed(payments=ledger().replace("member", "account owner"))[0][1]


def test_money_with_signs_and_brackets_is_seen_and_the_way_out_is_said(proposed):
    text, settings = proposed(payments=ledger(lambda c: f"(${-c / 100:.2f})" if c < 0 else f"${c / 100:.2f}"))
    assert settings.sources["transactions"].columns["amount"] == "amount" and settings.currency == "USD"
    assert "export plain numbers" in text and "guess: the values of amount carry a dollar sign" in text


def test_moments_counted_since_1970_are_dates_and_numbers_like_them_are_not(proposed):
    rng = np.random.default_rng(3)
    days = [START + dt.timedelta(days=int(d), minutes=17) for d in rng.integers(0, 200, 900)]
    stamps = [int(d.replace(tzinfo=dt.UTC).timestamp() * 1000) for d in days]
    rows = [f"{s},u{rng.integers(60)},{rng.choice(['open', 'cook'])}" for s in stamps]
    rows += [row.replace(",u", ",bot_", 1) for row in rows[:5]]
    text, settings = proposed(events="event_time_ms,uid,event_name\n" + "\n".join(rows) + "\n")
    source = settings.sources["events"]
    assert "these ids look like tests" in text and "bot_" in text
    assert (source.dates, source.columns["occurred_at"]) == ("epoch_ms", "event_time_ms")
    assert settings.as_of <= max(days).date() and settings.as_of > max(days).date() - dt.timedelta(days=15)
    assert counted(tuple(str(s // 1000) for s in stamps)).formats == ("epoch_s",)
    assert counted(("4111111111111", "5500000000000")) is None  # thirteen digits of no moment of ours


def test_visits_without_a_word_of_what_was_done_are_use(proposed):
    rng = np.random.default_rng(4)
    rows = [f"m{rng.integers(50)},{START + dt.timedelta(hours=int(h)):%m/%d/%Y %I:%M %p},Riverside"
            for h in rng.integers(0, 4000, 600)]
    _, settings = proposed(visits="member id,checked_in,club\n" + "\n".join(rows) + "\n")
    assert set(settings.sources) == {"events"} and settings.sources["events"].dates == "%m/%d/%Y %I:%M %p"


def test_a_contract_is_used_by_visits_and_not_by_its_payments(proposed):
    rng = np.random.default_rng(6)
    visits = [f"{FIRST[m % 10]}{m}@mail{m % 3}.example,{START + dt.timedelta(hours=int(h)):%m/%d/%Y %I:%M %p}".lower()
              for m in range(60) for h in rng.integers(0, 4000, 9)]
    text, settings = proposed(payments=ledger(), visits="member,checked_in\n" + "\n".join(visits).upper() + "\n")
    assert settings.billing == "subscription" and settings.critical_event == "use"
    assert "guess: a contract pays whether it is used or not" in text


def test_answers_in_words_are_refused_with_the_way_out(proposed):
    rng = np.random.default_rng(5)
    words = ["stimme gar nicht zu", "teils/teils", "stimme voll zu"]
    rows = [f"{i};" + ";".join(rng.choice(words, 4)) for i in range(100)]
    told = proposed(umfrage="Antwort-ID;F1;F2;F3;F4\n" + "\n".join(rows) + "\n")
    assert "4 questions answered in words" in told[0][1] and "export the answers as numbers" in told[0][1]


def test_a_grid_of_a_form_is_named_by_its_items_and_lists_in_a_cell_divide_nobody(proposed):
    rng = np.random.default_rng(7)
    rows = [f"{i};{';'.join(map(str, rng.integers(1, 6, 3)))};{rng.choice(['18-29', '30-44', '45+'])};"
            f"\"{'; '.join(rng.choice(['App', 'Shop', 'Mail'], int(rng.integers(1, 4)), replace=False))}\""
            for i in range(150)]
    head = ("Antwort-ID;Zustimmung? [Preis zählt];Zustimmung? [Ich koche gern];Zustimmung? [Ich plane];Alter;"
            "Was nutzen Sie?")
    text, settings = proposed(umfrage=head + "\n" + "\n".join(rows) + "\n")
    assert {"preis_zaehlt", "ich_koche_gern", "ich_plane"} < set(settings.sources["survey"].columns)
    assert "Was nutzen Sie? (several answers in one cell" in text and settings.timezone == "Europe/Berlin"
    assert set(settings.sources["customers"].columns) == {"customer_id", "alter"}


def test_a_file_that_tells_nothing_is_refused_with_what_is_missing(proposed):
    told = proposed(stock="article,left\n" + "\n".join(f"a{i},{i}" for i in range(50)) + "\n")
    assert [why for _, why in told] == ["no column says which customer a row is about; its columns: article, left"]


def test_a_title_above_a_table_is_named_as_one(tmp_path):
    (tmp_path / "in").mkdir()
    book = Workbook()
    for row in (["Customer overview"], [], ["Plan", "Accounts", "ARR"], ["Team", 200, 1.5]):
        book.active.append(row)
    good = book.create_sheet("use")
    for row in (["user_id", "used_at"], ["u1", "2026-01-01"], ["u2", "2026-01-02"]):
        good.append(row)
    book.save(tmp_path / "in" / "crm.xlsx")
    seen = look(tmp_path / "in", tmp_path)
    (shown, why), = seen.refused
    assert shown.endswith("crm.xlsx, sheet Sheet") and why.startswith(
        "row 3 of sheet 'Sheet' is wider than its first row: a title or a summary stands above the table; ")
    assert [table.headers for table in seen.tables] == [("user_id", "used_at")], "one bad sheet hides no other"


def test_who_buys_once_is_said_to_have_no_second_row(proposed):
    rows = [f"{i},c{i},{START + dt.timedelta(days=i):%Y-%m-%d},{10 + i / 7:.2f}" for i in range(90)]
    text, _ = proposed(orders="order id,customer id,order date,total\n" + "\n".join(rows) + "\n")
    assert "nobody has a second row" in text and "several rows a customer" not in text


@pytest.mark.parametrize(("header", "phrase"), [
    ("Date d'arrivée", "date arrivee"), ("Date de la réservation", "date reservation"), ("de", "de")])
def test_small_words_of_headers_say_nothing(header, phrase):
    assert likeness(header, phrase) == 1.0
