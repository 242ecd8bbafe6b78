"""The product file: everything valid loads, every fault is one screen with file, key and the nearest valid key."""

import datetime as dt

import pytest

from lib.contracts import UserError
from lib.product import load_product, read_product
from lib.settings import read_yaml


def test_a_minimal_file_loads_with_defaults(minimal, product_file):
    settings = read_product(product_file(minimal))
    assert settings.as_of == dt.date(2026, 6, 30)
    assert settings.last_instant.isoformat() == "2026-06-30T23:59:59.999999+02:00"
    assert settings.data_protection.smallest_cell == 10


@pytest.mark.parametrize(("change", "told"), [
    (lambda c: c.update(buisness="b2c"), "did you mean 'business'"),
    (lambda c: c["sources"]["transactions"].update(delimeter=";"), "did you mean 'delimiter'"),
    (lambda c: c["icps"][0].update(pain=["x"]), "did you mean 'pains'"),
    (lambda c: c["sources"].update(transaction=c["sources"].pop("transactions")), "did you mean 'transactions'"),
    (lambda c: c["sources"]["transactions"]["columns"].update(ordered="x"), "did you mean 'ordered_at'"),
    (lambda c: c["sources"]["transactions"]["columns"].pop("customer_id"), "'customer_id' must be mapped"),
    (lambda c: c.pop("currency"), "currency: this key is missing"),
    (lambda c: c.update(as_of="30.06.2026"), "as_of:"),
    (lambda c: c.update(stage="grown"), "'new', 'early', 'scaling' or 'mature'"),
    (lambda c: c.update(timezone="Europe/Berlim"), "did you mean Europe/Berlin"),
    (lambda c: c.update(id="../up"), "id:"),
    (lambda c: c.update(id="con"), "id:"),
    (lambda c: c.update(lead={"segmentation": "rfm"}), "needs a `reason`"),
    (lambda c: c["data_protection"].pop("owner"), "data_protection.owner: this key is missing"),
    (lambda c: c.update(locale=True), "locale:"),
])
def test_each_fault_is_named(minimal, product_file, change, told):
    change(minimal)
    path = product_file(minimal)
    with pytest.raises(UserError) as error:
        read_product(path)
    assert told in str(error.value)
    assert path.name in str(error.value)
    assert len(str(error.value).splitlines()) <= 25


@pytest.mark.parametrize(("text", "told"), [
    ("id: a\nid: b\n", "occurs twice"),
    ("a: &x [1]\nb: *x\n", "aliases"),
    ("a: !!python/object/apply:os.system ['true']\n", "not readable"),
    ("- a\n- b\n", "keys and values"),
    ("a: [1\n", "not readable"),
])
def test_yaml_tricks_are_refused(tmp_path, text, told):
    path = tmp_path / "x.yml"
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        read_yaml(path)


def test_an_unknown_product_names_the_nearest(shipped_products):
    with pytest.raises(UserError, match="did you mean 'meals'"):
        load_product("meal")


def test_as_of_can_be_overridden_and_must_be_a_date():
    assert load_product("meals", as_of="2026-01-31").as_of == dt.date(2026, 1, 31)
    with pytest.raises(UserError, match="no date"):
        load_product("meals", as_of="2026-02-30")


def test_every_shipped_product_is_valid(shipped_products):
    assert {"meals", "teamflow"} <= set(shipped_products)
    for product in shipped_products:
        settings = load_product(product)
        assert len(settings.icps) >= 2
        assert settings.public_data
