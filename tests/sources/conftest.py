"""A product whose transactions are one file of the test's making."""

import pytest

from lib import sources
from lib.product import Product


@pytest.fixture
def settings_of(minimal, tmp_path):
    """Settings of a product whose one file holds `content`."""

    def make(content: str | bytes, name: str = "orders.csv", **source):
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        minimal["sources"]["transactions"] |= {"path": name, **source}
        return Product.model_validate(minimal)

    return make


@pytest.fixture
def read(settings_of, tmp_path):
    def run(content, name: str = "orders.csv", **source):
        return sources.read(settings_of(content, name, **source), root=tmp_path).tables["transactions"]

    return run
