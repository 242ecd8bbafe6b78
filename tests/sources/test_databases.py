"""Tables of databases: the same rows as their CSV, exact decimals, and no password anywhere."""

import datetime as dt
import decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from lib import sources
from lib.contracts import UserError
from lib.product import Product, read_product

COLUMNS = {"customer_id": "customer", "order_id": "order_no", "ordered_at": "placed", "amount": "amount"}
ROWS = [(f"{i:05d}", f"A{i}", dt.datetime(2026, 1, 1 + i % 28, 10, i % 60), decimal.Decimal(f"{i}.{i % 100:02d}"))
        for i in range(500)]
HUGE = ("00042", "A-huge", dt.datetime(2026, 2, 1), decimal.Decimal("12345678901234567.89"))
MAKE = "CREATE TABLE orders (customer VARCHAR, order_no VARCHAR, placed TIMESTAMP, amount NUMERIC(38, 2))"


@pytest.fixture
def at(minimal, tmp_path):
    """Reads a source of transactions that is declared as given."""

    def run(**source):
        listed = {"columns": COLUMNS, **source}
        return sources.read(Product.model_validate(minimal | {"sources": {"transactions": listed}}), root=tmp_path)

    return run


@pytest.fixture
def shop(tmp_path):
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute(MAKE)
        columns = dict(zip(("customer", "order_no", "placed", "amount"), zip(*ROWS, HUGE, strict=True), strict=True))
        con.register("made", pa.table(columns)).execute("INSERT INTO orders FROM made")
        con.execute("CREATE SCHEMA sales; CREATE TABLE sales.lines AS FROM orders LIMIT 7; CREATE TABLE nothing AS "
                    "FROM orders LIMIT 0")
        con.execute("CREATE VIEW spy AS SELECT content AS customer, '' AS order_no, '' AS placed, '' AS amount "
                    "FROM read_text('/etc/hostname')")
    return tmp_path / "shop.duckdb"


def csv_of(path: Path) -> None:
    lines = [f"{c};{o};{t:%Y-%m-%d %H:%M:%S};{a}" for c, o, t, a in [*ROWS, HUGE]]
    path.write_text("\n".join([";".join(COLUMNS.values()), *lines]) + "\n")


def texts(raw) -> list[tuple]:
    frame = raw.tables["transactions"].table.select(*COLUMNS).to_pandas()
    return sorted(frame.itertuples(index=False, name=None))


def test_a_duckdb_table_reads_like_its_csv(at, shop, tmp_path):
    csv_of(tmp_path / "orders.csv")
    table, file = at(url="duckdb:///shop.duckdb", table="orders"), at(path="orders.csv")
    assert texts(table) == texts(file)
    assert ("00042", "A-huge", "2026-02-01 00:00:00", "12345678901234567.89") in texts(table)
    assert table.tables["transactions"].native == {"ordered_at", "amount"}
    assert [(f["file"], f["rows"]) for f in table.files] == [("duckdb: shop.duckdb.orders", 501)]


def test_what_identifies_a_table_is_its_rows_in_any_order(at, shop):
    before = at(url="duckdb:///shop.duckdb", table="orders").files[0]
    with duckdb.connect(shop) as con:
        con.execute("CREATE TABLE turned AS FROM orders ORDER BY amount DESC; CREATE TABLE other AS FROM orders;"
                    "UPDATE other SET amount = amount + 0.01 WHERE order_no = 'A7'")
    turned, other = (at(url="duckdb:///shop.duckdb", table=t).files[0] for t in ("turned", "other"))
    assert before["sha256"] == turned["sha256"] != other["sha256"] and len(before["sha256"]) == 64
    assert before["bytes"] == turned["bytes"] > 0


def test_a_table_of_another_schema(at, shop):
    assert at(url="duckdb:///shop.duckdb", table="sales.lines").tables["transactions"].rows == 7


@pytest.mark.parametrize(("table", "said", "fix"), [
    ("order", "did you mean 'orders'", "orders"), ("sale.lines", "no such table|no schema", ""),
    ("nothing", "no rows", "right table"), ("orders; DROP TABLE orders", "no such table", "orders"),
    ("orders\" UNION SELECT 1 --", "no such table", "orders")])
def test_tables_are_found_in_the_databases_own_list(at, shop, table, said, fix):
    with pytest.raises(UserError, match=said) as refusal:
        at(url="duckdb:///shop.duckdb", table=table)
    assert fix in refusal.value.fix


def test_a_view_of_a_database_file_reads_no_other_file(at, shop):
    with pytest.raises(UserError) as refusal:
        at(url="duckdb:///shop.duckdb", table="spy")
    assert Path("/etc/hostname").read_text().strip() not in str(refusal.value)


def test_a_missing_column_names_the_nearest_one(at, shop):
    with pytest.raises(UserError, match="no column 'ammount'") as refusal:
        at(url="duckdb:///shop.duckdb", table="orders", columns=COLUMNS | {"amount": "ammount"})
    assert "'amount'" in refusal.value.fix


def test_a_password_is_refused_and_never_echoed(minimal, product_file, at):
    url = "postgresql://crm:hunter2@db/shop"
    minimal["sources"]["transactions"] = {"url": url, "table": "orders", "columns": COLUMNS}
    with pytest.raises(UserError, match="PGPASSWORD") as refusal:
        read_product(product_file(minimal))
    assert "hunter2" not in str(refusal.value)
    with pytest.raises(UserError) as refusal:
        at(url="postgresql://crm@127.0.0.1:9/shop?password=hunter2", table="orders")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.full  # needs the driver
def test_a_database_that_cannot_be_reached_is_one_screen_without_host_or_user(at, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    with pytest.raises(UserError, match="cannot be reached") as refusal:
        at(url="postgresql://crm@127.0.0.1:9/shop?connect_timeout=2", table="orders")
    assert not {"hunter2", "crm", "127.0.0.1"} & set(str(refusal.value).replace("@", " ").split())


@pytest.mark.parametrize("listed", [
    {"path": "orders.csv", "url": "duckdb:///x.duckdb", "table": "t"}, {"url": "duckdb:///x.duckdb"},
    {"table": "t"}, {}])
def test_a_source_is_a_file_or_a_table(minimal, listed):
    minimal["sources"]["transactions"] = {"columns": COLUMNS, **listed}
    with pytest.raises(ValueError, match="path|url"):
        Product.model_validate(minimal)


@pytest.mark.full
def test_a_postgres_table_reads_like_its_csv(at, server, tmp_path, monkeypatch):
    import psycopg

    with psycopg.connect(host=str(server), user="crm", dbname="postgres", autocommit=True) as con:
        con.execute(MAKE.replace("NUMERIC(38, 2)", "NUMERIC"))
        con.cursor().executemany("INSERT INTO orders VALUES (%s, %s, %s, %s)", [*ROWS, HUGE])
        con.execute("CREATE TABLE zoned AS SELECT customer, order_no, placed AT TIME ZONE 'Europe/Berlin' AS placed, "
                    "amount::float8 AS amount FROM orders LIMIT 5")
    csv_of(tmp_path / "orders.csv")
    monkeypatch.setenv("PGHOST", str(server))
    url = "postgresql://crm@/postgres"
    table, file = at(url=url, table="orders"), at(path="orders.csv")
    assert texts(table) == texts(file)
    assert at(url=url, table="public.orders").files[0]["sha256"] == table.files[0]["sha256"]
    zoned = at(url=url, table="zoned").tables["transactions"]
    assert zoned.native == {"amount"}
    assert all(v.endswith("+00") for v in zoned.table.ordered_at.to_pandas())
    with pytest.raises(UserError, match="did you mean 'orders'"):
        at(url=url, table="order")
