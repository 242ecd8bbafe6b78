"""Consent is looked at again before an audience is written."""

import duckdb
import pytest

from lib import collect, sources
from lib.contracts import Blocked
from tests.collect.collect_cases import CUSTOMERS, ORDERS

CONSENT = "customer;channel;status;at\n1;analytics;granted;2025-01-01\n1;email;granted;2025-01-01\n"


@pytest.fixture
def product(shop):
    settings, root = shop({"transactions": ORDERS + "1;a;2026-01-01;5;x\n", "consent": CONSENT})
    return settings, root, collect.collect(sources.read(settings, root=root), sources.rules(settings)).collected


def test_records_as_they_were_collected_pass(product):
    settings, root, collected = product
    (root / "transactions.csv").write_text(ORDERS)  # other sources may have moved on
    sources.refuse_old_records(settings, collected, root)


@pytest.mark.parametrize("text", [
    CONSENT.replace("email;granted", "email;withdrawn"), CONSENT + "2;email;granted;\n", ""])
def test_records_that_changed_block(product, text):
    settings, root, collected = product
    (root / "consent.csv").write_text(text)
    with pytest.raises(Blocked):
        sources.refuse_old_records(settings, collected, root)


def test_records_that_are_gone_block(product):
    settings, root, collected = product
    (root / "consent.csv").unlink()
    with pytest.raises(Blocked, match="no such file"):
        sources.refuse_old_records(settings, collected, root)


def test_without_such_a_source_there_is_nothing_to_look_at(shop):
    settings, root = shop({"transactions": ORDERS + "1;a;2026-01-01;5;x\n"})
    sources.refuse_old_records(settings, {"sources": []}, root)


@pytest.mark.parametrize(("source", "change"), [
    ("customers", ("1;2024-01-01;1990;;x", "1;2024-01-01;1990;2026-06-01;x")),
    ("customers", ("1;2024-01-01;1990;;x", "1;2024-01-01;2015;;x"))])
def test_an_erasure_or_an_age_that_changed_blocks(shop, source, change):
    settings, root = shop({"customers": CUSTOMERS + "1;2024-01-01;1990;;x\n",
                           "transactions": ORDERS + "1;a;2026-01-01;5;x\n", "consent": CONSENT})
    collected = collect.collect(sources.read(settings, root=root), sources.rules(settings)).collected
    sources.refuse_old_records(settings, collected, root)
    path = root / f"{source}.csv"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(Blocked, match="customers: records of erasure or age"):
        sources.refuse_old_records(settings, collected, root)


def into_tables(settings, root):
    """The same sources as tables of a DuckDB file."""
    with duckdb.connect(root / "shop.duckdb") as con:
        for name in settings.sources:
            con.execute(f"CREATE TABLE {name} AS FROM read_csv('{root / name}.csv', delim=';', header=true)")
    tables = {name: source.model_copy(update={"path": "", "url": "duckdb:///shop.duckdb", "table": name})
              for name, source in settings.sources.items()}
    return settings.model_copy(update={"sources": tables})


@pytest.fixture
def in_database(shop):
    settings, root = shop({"customers": CUSTOMERS + "1;2024-01-01;1990;;x\n", "consent": CONSENT,
                           "transactions": ORDERS + "1;a;2026-01-01;5;x\n"},
                          sources_of={"customers": {"constants": {"country": "AT"}}})
    settings = into_tables(settings, root)
    return settings, root, collect.collect(sources.read(settings, root=root), sources.rules(settings)).collected


def test_tables_as_they_were_collected_pass(in_database):
    settings, root, collected = in_database
    with duckdb.connect(root / "shop.duckdb") as con:
        con.execute("UPDATE transactions SET amount = 7")
    sources.refuse_old_records(settings, collected, root)


@pytest.mark.parametrize(("change", "said"), [
    ("UPDATE consent SET status = 'withdrawn' WHERE channel = 'email'", "consent: the records changed"),
    ('UPDATE consent SET "at" = DATE \'2025-02-01\'', "consent: the records changed"),
    ("UPDATE customers SET erased = '2026-06-01'", "customers: records of erasure"),
    ("UPDATE customers SET born = 2015", "customers: records of erasure")])
def test_records_in_a_table_that_changed_block(in_database, change, said):
    settings, root, collected = in_database
    with duckdb.connect(root / "shop.duckdb") as con:
        con.execute(change)
    with pytest.raises(Blocked, match=said):
        sources.refuse_old_records(settings, collected, root)
