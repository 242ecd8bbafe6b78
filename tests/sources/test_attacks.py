"""Hostile column maps, paths, URLs and archives: all refused, nothing outside the folder read, nothing written."""

import gzip
import io
import tarfile
import zipfile

import duckdb
import openpyxl
import pytest

from lib import sources
from lib.contracts import UserError
from lib.product import Product
from lib.settings import read_settings

SECRET = "the-secret-of-another-folder"
HEAD = "KundenNr;Beleg;Datum;Betrag\n"
ROW = "007;a;01.02.2026;1,50\n"
COLUMNS = {"customer_id": "KundenNr", "order_id": "Beleg", "ordered_at": "Datum", "amount": "Betrag"}


@pytest.fixture
def place(tmp_path):
    """A root with one good file, and a secret beside it; returns the root."""
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    (root / "data/orders.csv").write_text(HEAD + ROW)
    (tmp_path / "secret.csv").write_text(f"{HEAD}{SECRET};a;01.02.2026;1\n")
    with duckdb.connect(tmp_path / "secret.duckdb") as con:
        con.execute(
            f"CREATE TABLE t AS SELECT '{SECRET}' AS \"KundenNr\", 'a' AS \"Beleg\", "
            "'01.02.2026' AS \"Datum\", '1' AS \"Betrag\""
        )
    return root


def everything(folder) -> dict:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(minimal, root, **source) -> str:
    """The words of the refusal; files on both sides of the root are as before, and the secret is in no word."""
    before = everything(root.parent)
    listed = {"delimiter": ";", "decimal": ",", "dates": "%d.%m.%Y", "columns": COLUMNS, "path": "data/orders.csv"}
    if "url" in source:
        listed.pop("path")
    with pytest.raises((UserError, ValueError)) as refusal:
        settings = Product.model_validate(minimal | {"sources": {"transactions": listed | source}})
        sources.read(settings, root=root)
    assert SECRET not in str(refusal.value)
    assert everything(root.parent) == before
    return str(refusal.value)


PATHS = [
    "../secret.csv",
    "data/../../secret.csv",
    "/etc/passwd",
    "//etc/passwd",
    "data/./../../secret.csv",
    "file:///etc/passwd",
    "https://example.org/x.csv",
    "s3://bucket/x.csv",
    "~/secret.csv",
    "$HOME/x.csv",
    "..",
    "data/*.csv",
    "data/orders.csv;../secret.csv",
    "C:\\secret.csv",
    "data\\..\\..\\secret.csv",
    "/proc/self/environ",
    "/dev/stdin",
    "data/orders.csv\0.txt",
    "read_csv('../secret.csv')",
    "data/orders.csv'; ATTACH '../secret.duckdb",
]


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_lead_elsewhere(minimal, place, path):
    refused(minimal, place, path=path)


URLS = [
    "duckdb:///../secret.duckdb",
    "duckdb:///%2e%2e/secret.duckdb",
    "duckdb:////etc/passwd",
    "duckdb://",
    "duckdb://../secret.duckdb",
    "duckdb:///secret.duckdb?access_mode=READ_WRITE",
    "duckdb://md:db",
    "duckdb:///data/orders.csv",
    "sqlite:///../secret.duckdb",
    "file:///etc/passwd",
    "parquet:///etc/passwd",
    "csv://../secret.csv",
    "https://example.org/t",
    "ftp://example.org/t",
    "polars://../secret.csv",
    "datafusion:///",
    "pickle:///x",
    "postgresql://u:hunter2@h/d",
    "postgresql://u@h/d?password=hunter2",
    "postgresql://u@h/d?passfile=/etc/passwd",
    "postgresql://u@h/d?options=-c%20x%3D1",
    "postgresql://u@h/d#x",
    "postgresql://u@h/d?sslkey=/etc/passwd",
    "postgresql://u@[::1/d",
    "javascript:alert(1)",
    ":",
    "mysql://u:@h/d",
]


@pytest.mark.parametrize("url", URLS)
def test_urls_that_reach_for_files_or_hold_secrets(minimal, place, url):
    said = refused(minimal, place, url=url, table="t")
    assert "hunter2" not in said


INJECTED = [
    "amount FROM read_csv('../secret.csv') --",
    "a\" UNION SELECT content FROM read_text('../secret.csv') --",
    "a; COPY raw_transactions TO '../out.csv'",
    "a); ATTACH '../secret.duckdb' AS s; --",
    'Betrag"',
    "*",
    "c0, (SELECT 1)",
    "Betrag') FROM read_text('../secret.csv') --",
    "\0",
    "Betrag\nBeleg",
    "$1",
    "?",
]


@pytest.mark.parametrize("header", INJECTED)
def test_headers_are_only_ever_names(minimal, place, header):
    refused(minimal, place, columns=COLUMNS | {"amount": header})


@pytest.mark.parametrize("name", ["x\"; COPY t TO '../out'; --", "_file", "a b", "a;b", "(select 1)", "x" * 80])
def test_names_of_attributes_are_only_ever_names(minimal, place, name):
    (place / "data/who.csv").write_text("id;x\n007;1\n")
    listed = {
        "customers": {"path": "data/who.csv", "delimiter": ";", "columns": {"customer_id": "id", name: "x"}},
        "transactions": {"path": "data/orders.csv", "delimiter": ";", "columns": COLUMNS},
    }
    before = everything(place.parent)
    with pytest.raises((UserError, ValueError)):
        sources.read(Product.model_validate(minimal | {"sources": listed}), root=place)
    assert everything(place.parent) == before


@pytest.mark.parametrize("header", ["a'b", "a--", "x) FROM y", "*", "c0", "_line", "🙂", "a\\b", "$$"])
def test_a_hostile_header_of_a_file_is_a_name_like_any_other(minimal, place, header):
    (place / "data/orders.csv").write_text(HEAD.replace("Betrag", header).replace(";", "|") + ROW.replace(";", "|"))
    listed = {"path": "data/orders.csv", "delimiter": "|", "decimal": ",", "columns": COLUMNS | {"amount": header}}
    raw = sources.read(Product.model_validate(minimal | {"sources": {"transactions": listed}}), root=place)
    assert raw.tables["transactions"].table.amount.to_pandas().tolist() == ["1,50"]


@pytest.mark.parametrize(
    "declared",
    [
        {"delimiter": "', compression='x"},
        {"delimiter": "\n"},
        {"encoding": "zlib"},
        {"encoding": "unicode_escape"},
        {"encoding": "rot13"},
        {"encoding": "../secret"},
        {"encoding": "idna"},
        {"encoding": "undefined"},
        {"constants": {'currency"; --': "EUR"}},
        {"sheet": "'../x'", "path": "data/book.xlsx"},
    ],
)
def test_declarations_are_values(minimal, place, declared):
    book = openpyxl.Workbook()
    book.active.append(["KundenNr"])
    book.save(place / "data/book.xlsx")
    refused(minimal, place, **declared)


def test_values_of_declarations_are_bound(minimal, place):
    listed = {
        "path": "data/orders.csv",
        "delimiter": ";",
        "decimal": ",",
        "columns": COLUMNS,
        "nulls": ["') OR 1=1 --"],
        "constants": {"currency": "'); COPY raw_transactions TO '../out'; --"},
    }
    before = everything(place.parent)
    raw = sources.read(Product.model_validate(minimal | {"sources": {"transactions": listed}}), root=place)
    assert raw.tables["transactions"].table.currency.to_pandas().tolist() == [listed["constants"]["currency"]]
    assert everything(place.parent) == before


def zipped(*members: tuple[str, bytes], flags: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    data = bytearray(out.getvalue())
    if flags:
        data[data.index(b"PK\x03\x04") + 6] |= flags
        data[data.index(b"PK\x01\x02") + 8] |= flags
    return bytes(data)


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("../../evil.csv")
        info.size = len(HEAD + ROW)
        archive.addfile(info, io.BytesIO((HEAD + ROW).encode()))
    return out.getvalue()


def book(parts: dict[str, bytes]) -> bytes:
    """A workbook with parts replaced."""
    made, out = io.BytesIO(), io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.active.append(list(COLUMNS.values()))
    workbook.active.append(["7", "a", "01.02.2026", "1"])
    workbook.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w") as new:
        for name in {*old.namelist(), *parts}:
            new.writestr(name, parts.get(name) or old.read(name))
    return out.getvalue()


ENTITY = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&b;</t></si></sst>'
)
GOOD = (HEAD + ROW).encode()
BOMB = bytes(40 << 20)
ARCHIVES = {
    "two members.zip": zipped(("a.csv", GOOD), ("../../b.csv", GOOD)),
    "bomb.zip": zipped(("a.csv", BOMB)),
    "encrypted.zip": zipped(("a.csv", GOOD), flags=1),
    "nested.zip": zipped(("a.zip", zipped(("a.csv", GOOD)))),
    "gz in zip.zip": zipped(("a.csv.gz", gzip.compress(GOOD))),
    "pickle.zip": zipped(("a.csv", b"\x80\x04\x95" + b"x" * 90)),
    "html.zip": zipped(("a.csv", b"<html>Sign in</html>")),
    "nothing.zip": zipped(),
    "many.zip": zipped(*((f"{i}.csv", GOOD) for i in range(2000))),
    "cut.zip": zipped(("a.csv", GOOD))[:-30],
    "bomb.csv.gz": gzip.compress(BOMB),
    "nested.csv.gz": gzip.compress(gzip.compress(GOOD)),
    "tar.csv.gz": tar(),
    "zip in.csv.gz": gzip.compress(zipped(("a.csv", GOOD))),
    "entities.xlsx": book({"xl/sharedStrings.xml": ENTITY}),
    "bomb.xlsx": book({}) and zipped(("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", BOMB)),
    "parts.xlsx": zipped(*((f"xl/{i}.xml", b"<a/>") for i in range(2000))),
    "no book.xlsx": zipped(("a.csv", GOOD)),
    "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "broken.xlsx": book({"xl/workbook.xml": b"<workbook"}),
    "link.xlsx": book({"xl/workbook.xml": b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><workbook/>'}),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_are_no_table(minimal, place, name):
    (place / "data" / name).write_bytes(ARCHIVES[name])
    refused(minimal, place, path=f"data/{name}")


def test_a_member_that_names_another_folder_is_read_and_never_written(minimal, place):
    (place / "data/orders.zip").write_bytes(zipped(("../../evil.csv", GOOD)))
    before = everything(place.parent)
    listed = {"path": "data/orders.zip", "delimiter": ";", "columns": COLUMNS}
    raw = sources.read(Product.model_validate(minimal | {"sources": {"transactions": listed}}), root=place)
    assert raw.tables["transactions"].rows == 1 and everything(place.parent) == before


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        "id: acme\nid: acme\n",
        "!!python/object/apply:os.system [id]\n",
        "a: " + "[" * 2000,
        "{" * 50,
        "\0",
        "x" * 1_100_000,
    ],
)
def test_yaml_tricks(tmp_path, text):
    path = tmp_path / "x.yml"
    path.write_text(text)
    with pytest.raises(UserError):
        read_settings(path, Product)
