"""Amounts that follow from quantity and price: to the cent, against Python's own decimals."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from lib import collect, sources
from lib.product import Product

LINES = [("2", "0,125"), ("3", "19,99"), ("-1", "4,95"), ("1000000", "0,333333"), ("7", "0"), ("0,5", "0,01"),
         ("12", "1234,5")]


@pytest.fixture
def found(minimal, tmp_path):
    rows = [f"K{i};A{i};{1 + i:02d}.06.2026;{q};{p}" for i, (q, p) in enumerate(LINES)]
    (tmp_path / "orders.csv").write_text("\n".join(["who;order;at;n;each", *rows]) + "\n")
    columns = {"customer_id": "who", "order_id": "order", "ordered_at": "at", "quantity": "n", "price": "each"}
    source = {"path": "orders.csv", "delimiter": ";", "decimal": ",", "dates": "%d.%m.%Y",
              "sold_as": "negative refunds", "columns": columns}
    settings = Product.model_validate(minimal | {"sources": {"transactions": source}})
    return collect.collect(sources.read(settings, root=tmp_path), sources.rules(settings))


def test_each_line_is_quantity_times_price_exactly(found):
    table = found.tables["transactions"].order_by("ordered_at").to_pandas()
    exact = [Decimal(q.replace(",", ".")) * Decimal(p.replace(",", ".")) * 100 for q, p in LINES]
    assert table["amount"].tolist() == [int(e.quantize(Decimal(1), ROUND_HALF_UP)) for e in exact]
    assert table["is_refund"].tolist() == [q.startswith("-") for q, _ in LINES]


def test_the_books_hold_that_money(found):
    totals = collect.reconcile(found.ledger)
    assert totals["amount"] == found.tables["transactions"].amount.sum().execute()
