"""Five real-looking exports become product files that load, say why, and hold no personal value."""

import re
from pathlib import Path

import pytest
import yaml

from lib.product import Product
from lib.propose import Looked, product_file, propose
from lib.run.look import look
from tests.propose.exports import EXPORTS, FIRST, LAST, write


@pytest.fixture(scope="module")
def proposals(tmp_path_factory) -> dict[str, tuple[str, Product]]:
    """Each export as text of its product file and as the product that it loads as."""
    found = {}
    for name in EXPORTS:
        folder = tmp_path_factory.mktemp(name)
        write(name, folder / name)
        seen = look(folder / name, folder)
        assert not seen.refused
        text = product_file(propose(seen.tables, name), f"data/{name}")
        found[name] = text, Product.model_validate(yaml.safe_load(text))
    return found


def mapped(settings: Product) -> dict[str, dict]:
    return {name: source.columns for name, source in settings.sources.items()}


def test_a_german_shop_without_amounts(proposals):
    text, settings = proposals["shop"]
    source = settings.sources["transactions"]
    assert mapped(settings) == {"transactions": {
        "customer_id": "KundenNr", "order_id": "Rechnungsnr", "ordered_at": "Rechnungsdatum", "quantity": "Menge",
        "price": "Einzelpreis", "category": "Artikelnr"}}
    assert (source.delimiter, source.encoding, source.decimal, source.dates) == (";", "cp1252", ",", "%d.%m.%Y %H:%M")
    assert source.sold_as == "negative refunds" and "starts with 'C'" in " ".join(text.split())
    assert (settings.currency, settings.timezone, settings.billing) == ("EUR", "Europe/Berlin", "transactional")
    assert "guess:" in line(text, "currency") and "POST" in text and "quantity x price" in text


def test_a_ledger_of_subscriptions(proposals):
    text, settings = proposals["subscription"]
    assert settings.business == "b2b" and "30 domains of companies" in " ".join(text.replace("#", "").split())
    assert (settings.billing, settings.currency, settings.as_of.isoformat()) == ("subscription", "USD", "2026-06-30")
    assert mapped(settings)["transactions"] == {
        "customer_id": "account_id", "order_id": "invoice_id", "ordered_at": "invoice_date", "amount": "mrr_usd",
        "category": "plan"}


def test_events_of_an_app_without_money(proposals):
    text, settings = proposals["app"]
    assert mapped(settings) == {"events": {"customer_id": "user_id", "occurred_at": "ts", "feature": "event_name"}}
    assert (settings.currency, settings.critical_event) == ("XXX", "lesson_finished")
    assert "own offset" in " ".join(text.split()) and "structured text" in text


def test_accounts_of_a_crm_with_their_use(proposals):
    text, settings = proposals["crm"]
    assert settings.business == "b2b" and settings.sources["customers"].sheet == "Accounts"
    assert mapped(settings)["customers"]["customer_id"] == "Account ID"
    assert mapped(settings)["events"] == {"customer_id": "account_id", "occurred_at": "usage_date", "feature": "module",
                                          "value": "actions", "user_id": "user_id"}
    assert settings.sources["events"].dates == "%m/%d/%Y" and settings.timezone == "Europe/Berlin"
    assert {"industry", "seats", "plan"} <= set(settings.bases.offer)
    assert "Owner E-Mail (an e-mail address" in text and "Phone (a phone number" in text


def test_a_survey_without_orders(proposals):
    text, settings = proposals["survey"]
    source = settings.sources["survey"]
    assert source.scale == (1, 7) and source.not_answered == ["99"] and source.delimiter == "\t"
    assert source.columns["nps"] == "Weiterempfehlung" and source.columns["pain"] == "Hauptproblem"
    assert settings.bases.never == ["geschlecht"] and {"altersgruppe", "region"} == set(settings.bases.offer)


@pytest.mark.parametrize("name", EXPORTS)
def test_what_a_person_decides_is_blank_and_listed(proposals, name):
    text, settings = proposals[name]
    protection = settings.data_protection
    assert (protection.owner, protection.purpose, protection.lawful_basis, protection.retention_days) == ("", "", "", 0)
    open_keys = {d.key for d in settings.undecided}
    assert {f"data_protection.{k}" for k in ("owner", "purpose", "lawful_basis", "retention_days")} <= open_keys
    assert settings.is_draft and text.count("# decide:") >= 5
    assert len(settings.icps) >= 2
    assert all(i.state == "draft" and not i.jobs and not i.pains and "unconfirmed" in i.source for i in settings.icps)


@pytest.mark.parametrize("name", EXPORTS)
def test_no_personal_value_reaches_the_file(proposals, name):
    text, _ = proposals[name]
    assert not re.search(r"[\w.]+@[\w.]+", text)
    assert not re.search(r"\+49", text)
    assert not {w.lower() for w in FIRST + LAST} & set(re.findall(r"[a-z]+", text.lower()))


@pytest.mark.parametrize(("domain", "business"), [
    ("gmail.com", "b2c"), ("{i}.yahoo.co.uk", "b2c"), ("example.org", "b2c"), ("firma{few}.example", "b2c"),
    ("firma{i}.example", "b2b")])
def test_addresses_at_work_say_b2b(tmp_path, domain, business):
    """Not those at providers of mail, nor those of one house, nor of a few."""
    rows = [f"{i % 90},2025-{1 + i % 12:02d}-{1 + i % 28:02d},{i}.50,p{i % 90}@" + domain.format(i=i % 40, few=i % 5)
            for i in range(600)]
    settings = proposed(tmp_path, "orders.csv", "\n".join(["customer_id,order_date,amount,email", *rows]))
    assert settings.business == business


@pytest.mark.parametrize("name", ["shop", "survey"])
def test_the_same_files_give_the_same_text(proposals, name, tmp_path):
    write(name, tmp_path / name)
    again = product_file(propose(look(tmp_path / name, tmp_path).tables, name), f"data/{name}")
    assert shown(again) == shown(proposals[name][0])


def test_ambiguous_dates_are_left_to_the_person(tmp_path):
    rows = [f"{i % 40},{1 + i % 12:02d}/{1 + i // 12 % 12:02d}/2025,{i}.50" for i in range(600)]
    settings = proposed(tmp_path, "orders.csv", "\n".join(["customer_id,order_date,amount", *rows]))
    assert settings.sources["transactions"].dates == "" and settings.as_of is None
    assert {d.key for d in settings.undecided if d.blocks} == {"as_of", "sources.transactions.dates"}
    assert {"currency"} <= {d.key for d in settings.undecided}


def test_a_folder_of_parts_is_one_table(tmp_path):
    (tmp_path / "in" / "orders").mkdir(parents=True)
    for part in range(2):
        rows = [f"{i},2025-0{1 + part}-{1 + i % 28:02d},{i}.50 " for i in range(60)]
        (tmp_path / "in" / "orders" / f"{part}.csv").write_text("\n".join(["customer_id,order_date,amount", *rows]))
    seen = look(tmp_path / "in", tmp_path)
    assert [t.rows.count().execute() for t in seen.tables] == [120]


@pytest.mark.parametrize("hostile", ["a: b #", "x\nids: [1]", "'", '"', "!!python/object", "*a", "<script>", "- y"])
def test_a_header_is_only_ever_text(tmp_path, hostile):
    quoted = '"' + hostile.replace('"', '""').replace("\n", " ") + '"'
    rows = [f"{i % 40},2025-02-{1 + i % 28:02d},{i}.50,{'ab'[i % 2]}" for i in range(200)]
    settings = proposed(tmp_path, "orders.csv", "\n".join([f"customer_id,order_date,amount,{quoted}", *rows]))
    assert set(settings.sources) == {"transactions"}


def proposed(folder: Path, name: str, content: str) -> Product:
    (folder / "in").mkdir()
    (folder / "in" / name).write_text(content + "\n", encoding="utf-8")
    text = product_file(propose(look(folder / "in", folder).tables, "acme"), "data/acme")
    return Product.model_validate(yaml.safe_load(text))


def line(text: str, key: str) -> str:
    return next(x for x in text.splitlines() if x.startswith(f"{key}:"))


def shown(text: str) -> str:
    """The text without the folder in which a test put its files."""
    return re.sub(r"path: \S+", "path", text)


def test_tables_that_hold_nothing_useful_say_what_they_were_taken_for(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "colours.csv").write_text("colour,hex\nred,f00\nblue,00f\n")
    assert propose(look(tmp_path / "in", tmp_path).tables, "acme") == [
        ("colours.csv", "no column says which customer a row is about; its columns: colour, hex")]
    assert isinstance(look(tmp_path / "in", tmp_path).tables[0], Looked)


def test_what_step_one_would_refuse_by_its_name_is_proposed_as_never(tmp_path):
    refused = ["Krankheit", "Staatsangehörigkeit", "faith group", "disabilities", "CivilStatus", "birth country",
               "native_language", "Geschlecht", "kinderzahl"]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "orders.csv").write_text("order_id,customer_id,order_date,amount\n" + "".join(
        f"o{i},c{i % 50},2026-0{1 + i % 6}-{1 + i % 28:02d},{10 + i}.50\n" for i in range(200)))
    (folder / "customers.csv").write_text(",".join(["customer_id", "region", *refused]) + "\n" + "".join(
        ",".join([f"c{i}", "no" if i % 2 else "so", *("uvw"[(i // k) % 3] for k in range(1, 10))]) + "\n"
        for i in range(50)), encoding="utf-8")
    text = product_file(propose(look(folder, tmp_path).tables, "in"), "data/in")
    found = Product.model_validate(yaml.safe_load(text))
    headers = found.sources["customers"].columns
    assert {headers[name] for name in found.bases.never} == set(refused)
    assert {headers[name] for name in found.bases.offer} == {"region"}
