"""The product file: everything valid loads, every fault is one screen with file, key and the nearest valid key."""

import datetime as dt

import pytest

from lib.contracts import UserError
from lib.product import load_product, read_product
from lib.settings import read_yaml

ASSUMED = {"id": "A1", "objective": "widen", "effect": 0.03, "low": 0.01, "high": 0.05, "source": "a trade study"}


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
    (lambda c: c["sources"]["transactions"].update(quarantine_limit=5), "write 0.05 for 5 %"),
    (lambda c: c["sources"]["transactions"].update(scale=[5, 1]), "the lowest answer first"),
    (lambda c: c["sources"]["transactions"].update(scales={"q1": [7, 7]}), "scales.q1: 7 to 7 is no scale"),
    (lambda c: c.update(strategy={"margin_rate": 35}), "strategy.margin_rate: 35 is no share: it lies between 0 and 1; "
                                                       "write 0.35 for 35 %"),
    (lambda c: c.update(strategy={"margin_rate": -0.1}), "strategy.margin_rate: -0.1 is no share"),
    (lambda c: c.update(costs={"collecting": 1, "analysing": 1, "margin_rate": 35}), "costs.margin_rate: 35 is no"),
    (lambda c: c.update(costs={"collecting": 1, "analysing": 1, "margin_rate": 0}), "costs.margin_rate:"),
    (lambda c: c.update(strategy={"saturation": 0.6}), "less than or equal to 0.5"),
    (lambda c: c.update(strategy={"capacity": -5}), "strategy.capacity:"),
    (lambda c: c.update(strategy={"cost_per_contact": -0.1}), "strategy.cost_per_contact:"),
    (lambda c: c.update(strategy={"knock_outs": {"reach": 30}}), "strategy.knock_outs.reach: 30 is no share"),
    (lambda c: c.update(strategy={"knock_outs": {"fit": 11}}), "strategy.knock_outs.fit:"),
    (lambda c: c.update(strategy={"weights": {"size": 60, "value": 60}}), "the weights sum to 120"),
    (lambda c: c.update(strategy={"weights": {"size": 110, "value": -10}}), "must not be negative"),
    (lambda c: c.update(strategy={"ratings": {"fit": {"source": "us", "default": 12}}}), "ratings.fit.default:"),
    (lambda c: c.update(strategy={"ratings": {"fit": {"source": "us", "segments": {"a": -1}}}}), "segments.a:"),
    (lambda c: c.update(strategy={"channels": ["E-Mail"]}), "strategy.channels.0:"),
    (lambda c: c.update(strategy={"channels": []}), "strategy.channels:"),
    (lambda c: c.update(strategy={"assumptions": [ASSUMED | {"effect": 3, "high": 9}]}), "write 0.03 for 3 %"),
    (lambda c: c.update(strategy={"assumptions": [ASSUMED | {"low": 0.05}]}), "are not in this order"),
    (lambda c: c.update(strategy={"assumptions": [ASSUMED | {"objective": "widn"}]}), "'activate', 'deepen', 'widen'"),
    (lambda c: c.update(strategy={"assumptions": [ASSUMED, ASSUMED | {"id": "A2"}]}), "have the objective 'widen'"),
    (lambda c: c.update(strategy={"assumptions": [ASSUMED, ASSUMED | {"objective": "refer"}]}), "have the id 'A1'"),
    (lambda c: c.update(strategy={"assumptions": [ASSUMED | {"source": ""}]}), "strategy.assumptions.0.source:"),
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
