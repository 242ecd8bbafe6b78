"""Payloads × sinks: whatever a product, a file or a customer says, at whatever place of a page, stays text."""

import pytest

from lib.report.safety import check_page
from tests.report.hostile import EVERY
from tests.report.page_reader import Page
from tests.report.sinks import Product

pytestmark = pytest.mark.full  # two pages a payload
FOLDS = ("details", "summary")  # long texts may be folded, which changes no meaning


@pytest.fixture(scope="module")
def product() -> Product:
    return Product()


def bones(html: str) -> list:
    return [(n.tag, sorted(set(n.attrs) - {"id", "href", "class"})) for n in Page(html).nodes if n.tag not in FOLDS]


def test_there_are_enough_of_both(product):
    sinks = product.attacked("x")[1]
    assert len(set(EVERY)) >= 60
    assert len(sinks) >= 25, sorted(sinks)


@pytest.mark.parametrize("payload", EVERY, ids=range(len(EVERY)))
def test_a_text_is_a_text_in_every_sink(product, payload):
    """The pages keep their elements and attributes, and pass the gate that stands before publishing."""
    plain, attacked = product.attacked("x")[0], product.attacked(payload)[0]
    for name, html in attacked.items():
        check_page(html)
        assert bones(html) == bones(plain[name]), name
