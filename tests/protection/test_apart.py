"""Protected attributes are loaded apart, only to be compared: they match the base and are saved nowhere."""

import pytest
from pydantic import ValidationError

from lib import collect, sources
from lib.contracts import NotMeasured
from tests.collect.collect_cases import CUSTOMERS, ORDERS

FILES = {"customers": CUSTOMERS + "1;2024-01-01;1990;; north \n2;2024-01-01;1950;;south\n3;2024-01-01;2000;;\n",
         "transactions": ORDERS + "1;a;2026-01-01;5;x\n"}
BASIS = {"owner": "CRM", "purpose": "tailor offers", "lawful_basis": "contract", "retention_days": 1095}


def test_they_carry_the_pseudonyms_of_the_base_and_are_in_no_artefact(shop):
    settings, root = shop(FILES, data_protection=BASIS | {"compare": ["city", "age"]})
    rules = sources.rules(settings)
    found = collect.collect(sources.read(settings, root=root), rules, keep=[])
    apart = collect.attributes_apart(sources.read_apart(settings, root), rules, ["city", "age"])
    assert set(apart["customer_key"]) == set(found.tables["customers"]["customer_key"]) and len(apart) == 3
    assert sorted(apart["city"].dropna()) == ["north", "south"]
    assert sorted(apart["age"]) == [26, 36, 76]
    assert not {"city", "age", "birth_year"} & set(found.tables["customers"])


def test_only_what_is_compared_is_read(shop):
    settings, root = shop(FILES, data_protection=BASIS | {"compare": ["city"]})
    raw = sources.read_apart(settings, root)
    assert set(raw.tables) == {"customers"} and set(raw.tables["customers"].columns) == {"customer_id", "city"}


def test_nothing_is_read_where_nothing_is_named(shop):
    settings, root = shop(FILES, data_protection=BASIS)
    raw = sources.read_apart(settings, root)
    assert isinstance(raw, NotMeasured) and "compare" in raw.needed
    assert isinstance(collect.attributes_apart(raw, sources.rules(settings), []), NotMeasured)


def test_a_column_that_is_not_mapped_cannot_be_compared(shop):
    with pytest.raises(ValidationError, match="gender"):
        shop(FILES, data_protection=BASIS | {"compare": ["gender"]})
