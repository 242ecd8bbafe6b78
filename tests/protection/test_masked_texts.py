"""Devices, postal addresses and ids without a digit leave free texts; what only looks like them stays."""

import pytest

from lib.collect.masking import known_ids, masked
from lib.collect.named import named
from tests.protection.planted import addresses, devices, letters_only


@pytest.mark.parametrize("told", [*addresses(), *devices()])
def test_none_of_it_is_left(told):
    text = masked(f"Late again. I am at {told}. Fine otherwise.")
    assert text in {f"Late again. I am at [{kind}]. Fine otherwise." for kind in ("address", "device", "number")}


@pytest.mark.parametrize("text", ["We cook 3 Sunday dinners, 5 of them at 10:30", "the rue is 3 minutes away",
                                  "2 kids and 4 meals", "from 12:30 to 13:45", "half of 1200 recipes", "aa:bb"])
def test_plain_words_stay(text):
    assert masked(text) == text


def test_ids_of_capitals_are_masked_and_words_are_none():
    ids = letters_only(300)
    assert len(set(ids)) == 300
    known = known_ids([*ids, "OFFICE1", "Plan", "abcdefgh", "VIP"])
    assert known == {*ids, "OFFICE1"}
    assert masked(f"I am {ids[7]}, VIP, with a Plan.", known) == "I am [id], VIP, with a Plan."


@pytest.mark.parametrize("column", ["device_id", "IMEI", "mac_address", "advertising_id"])
def test_a_column_that_says_it_holds_ids_of_devices_is_told(column):
    assert named(column, devices(), 100) == "ids of devices"
    assert named("device", devices(), 100) is None
