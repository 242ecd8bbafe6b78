"""What several tests share: a valid product file to start from, and small tables that show each case."""

import copy
import gc
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from lib.paths import PRODUCTS
from lib.run.kernel import OBJECTS

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


def pytest_collection_finish() -> None:
    """Look for garbage as a kernel does: seldom, not among what is loaded. Queries are made of many small objects."""
    gc.freeze()
    gc.set_threshold(OBJECTS)


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


@pytest.fixture
def server(tmp_path_factory):
    """A throw-away PostgreSQL server on a socket of its own; run by another user where this one is root."""
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    tools = Path(next(f for f in found if f)).resolve().parent
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/segments-pg-XXXXXX"], text=True).strip())
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")

    def run(*command):
        subprocess.run([*as_user, *map(str, command)], check=True, capture_output=True, cwd=folder, timeout=120)

    try:
        run(tools / "initdb", "-D", folder / "data", "-U", "crm", "-A", "trust", "--no-sync")
        run(tools / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o",
            f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
        yield folder
    finally:
        subprocess.run([*as_user, str(tools / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop"],
                       capture_output=True, cwd=folder, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)
