"""What several tests share: a valid product file to start from, and small tables that show each case."""

import copy

import pytest
import yaml

from lib.paths import PRODUCTS

MINIMAL = {
    "id": "acme", "name": "Acme Coffee Club", "business": "b2c", "stage": "scaling", "billing": "transactional",
    "currency": "EUR", "timezone": "Europe/Berlin", "as_of": "2026-06-30", "why_now": "tailoring campaigns",
    "critical_event": "order", "public_data": True,
    "data_protection": {"owner": "CRM", "purpose": "tailor offers", "lawful_basis": "consent", "retention_days": 1095},
    "sources": {"transactions": {
        "path": "data/acme/orders.csv", "delimiter": ";", "decimal": ",", "dates": "%d.%m.%Y",
        "columns": {"customer_id": "KundenNr", "order_id": "Beleg", "ordered_at": "Datum", "amount": "Betrag"}}},
    "icps": [
        {"name": "Office manager", "who": "role = 'office' and seats >= 5", "source": "12 interviews"},
        {"name": "Home barista", "who": "role = 'home'", "source": "survey"}],
}


@pytest.fixture
def minimal() -> dict:
    """The content of a small valid product file; change it freely."""
    return copy.deepcopy(MINIMAL)


@pytest.fixture
def product_file(tmp_path):
    """Writes a product file's content and returns its path."""

    def write(content: dict):
        path = tmp_path / "acme.yml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.fixture
def shipped_products() -> list[str]:
    return sorted(p.stem for p in PRODUCTS.glob("*.yml") if not p.stem.startswith("playbook"))
