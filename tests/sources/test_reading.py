"""Raw files: what is refused names file, line and fix; what is read arrives exactly as it was written."""

import gzip

import pandas as pd
import pytest

from lib import sources
from lib.contracts import UserError
from lib.product import Product

HEAD = "KundenNr;Beleg;Datum;Betrag\n"
ROW = "007;a;01.02.2026;1,50\n"


@pytest.mark.parametrize(("content", "said", "where"), [
    ("", "empty", "orders.csv"),
    (HEAD, "no rows", "orders.csv"),
    ("<html><body>Sign in", "web page", "orders.csv"),
    (b"PAR1" + b"x" * 20, "Parquet", "orders.csv"),
    (b"PK\x03\x04" + b"x" * 20, "spreadsheet", "orders.csv"),
    (b"\x80\x04\x95" + b"x" * 20, "pickle", "orders.csv"),
    ((HEAD + ROW).encode("utf-16"), "UTF-16", "orders.csv"),
    ((HEAD + ROW + "Müller;b;01.02.2026;1\n").encode("cp1252"), "not utf-8", "line 3"),
    (HEAD + ROW + "a\0;b;01.02.2026;1\n", "NUL", "line 3"),
    (HEAD + ROW + "5\x80;b;01.02.2026;1\n", "control characters", "line 3"),
    (HEAD + ROW + "\ufeff" + HEAD + ROW, "glued", "line 3"),
    (HEAD + ROW + '8;"b;01.02.2026;1\n9;c;01.02.2026;2\n', "unbalanced quote", "line 3"),
    (HEAD + ROW + '8;"b;01.02.2026;1\n9;c";01.02.2026;2\n', "stray quote", "line 3"),
    (HEAD + "7;a;01.02.2026;1;x\n" * 3, "none of 3 lines has the 4 fields", "lines 2, 3, 4"),
    (HEAD + ROW * 3 + "8;b;01.02.2026\n", "too many or too few fields", "line 5"),
    (HEAD.replace("Beleg", "Betrag") + ROW, "occurs 2 times", "orders.csv"),
    ("Who;;;What\n" + HEAD + ROW, "2 columns have no header: two header rows", "orders.csv"),
    ("KundenNr,Beleg,Datum,Betrag\n7,a,01.02.2026,1\n", "separated by", "orders.csv"),
    (gzip.compress((HEAD + ROW * 50).encode(), mtime=0)[:-9], "cut off", "orders.csv"),
    (gzip.compress(b"x" * 30_000_000, mtime=0), "200-fold", "orders.csv"),
])
def test_a_file_that_would_be_misread_is_refused(read, content, said, where):
    with pytest.raises(UserError) as refusal:
        read(content)
    assert said in refusal.value.what
    assert where in refusal.value.where


def test_a_missing_column_names_the_nearest_header(read):
    with pytest.raises(UserError, match="'Datum'") as refusal:
        read(HEAD.replace("Datum", "Datums") + ROW)
    assert "'Datums'" in refusal.value.fix


def test_values_arrive_as_written(read):
    values = ["007", "1E5", "NA", "null", "99999999999999999999", "True", "1.234,50", " x "]
    raw = read(HEAD + "".join(f"{v};{v};01.02.2026;{v}\n" for v in values), thousands=".")
    table = raw.table.order_by("_line").to_pandas()
    assert table["customer_id"].tolist() == table["amount"].tolist() == values
    assert table["_line"].tolist() == list(range(2, 10))


def test_only_mapped_columns_are_read(read):
    raw = read("KundenNr;E-Mail;Beleg;Datum;Betrag\n7;a@example.org;a;01.02.2026;1\n")
    assert raw.columns == ("customer_id", "order_id", "ordered_at", "amount")
    assert not raw.table.to_pandas().astype(str).apply(lambda c: c.str.contains("@")).any().any()


def test_every_row_of_a_large_file_keeps_its_line(read):
    """The engine keeps no order of rows, and reads on several threads: the numbers of lines do not depend on it."""
    n = 700_000  # several of the parts in which the engine reads and stores
    table = read(HEAD + "".join(f"{i};{i};01.02.2026;1\n" for i in range(2, n + 2))).table
    assert table.filter(table._line != table.order_id.cast("int64")).count().execute() == 0
    assert table.count().execute() == n


def test_lines_that_cannot_be_split_are_set_aside_and_the_others_keep_their_numbers(read):
    lines = [ROW, "8;b;01.02.2026\n", ROW, "9;c;01.02.2026;1;x\n", ROW]
    raw = read(HEAD + "".join(lines), quarantine_limit=0.5)
    assert raw.rejected["line"].tolist() == [3, 5]
    assert raw.table.order_by("_line")._line.to_pandas().tolist() == [2, 4, 6]


@pytest.mark.parametrize(("content", "rule"), [
    ("\ufeff" + HEAD + ROW, "byte-order mark"),
    (HEAD.replace("KundenNr", " kundennr ") + ROW, "case or spaces"),
    (HEAD + ROW + "\n" + ROW, "blank lines"),
    ((HEAD + ROW).replace("\n", "\r"), "line ends"),
    ((HEAD + ROW).replace("\n", "\r\n"), ""),
])
def test_documented_repairs_are_counted(read, content, rule):
    raw = read(content)
    assert raw.table.customer_id.to_pandas().iloc[0] == "007"
    assert [n["rule"] for n in raw.notes if rule in n["rule"]] if rule else {n["rule"] for n in raw.notes} <= {
        "numbers with a decimal sign ',', as declared"}


def test_a_declared_encoding_is_read(read):
    raw = read((HEAD + "Müller €;a;01.02.2026;1\n").encode("cp1252"), encoding="cp1252")
    assert raw.table.customer_id.to_pandas().tolist() == ["Müller €"]


def test_packed_text_and_a_folder_of_files(minimal, tmp_path):
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/1.csv").write_text(HEAD + ROW)
    (tmp_path / "orders/2.csv.gz").write_bytes(gzip.compress((HEAD + ROW * 2).encode()))
    minimal["sources"]["transactions"]["path"] = "orders"
    raw = sources.read(Product.model_validate(minimal), root=tmp_path)
    assert [(f["file"], f["rows"]) for f in raw.files] == [("orders/1.csv", 1), ("orders/2.csv.gz", 2)]
    assert all(len(f["sha256"]) == 64 for f in raw.files)
    assert raw.tables["transactions"].table.count().execute() == 3


def test_parquet_reads_like_text(read, tmp_path):
    frame = pd.DataFrame({"KundenNr": [7.0, None], "Beleg": ["007", "x"], "Betrag": [0.1 + 0.2, 1.776e-15],
                          "Datum": pd.to_datetime(["2026-02-01 10:00", "2026-02-02 00:00"])})
    frame.to_parquet(tmp_path / "made.parquet")
    raw = read((tmp_path / "made.parquet").read_bytes(), name="orders.parquet")
    table = raw.table.order_by("_line").to_pandas()
    assert table["customer_id"].tolist()[0] == "7" and pd.isna(table["customer_id"].tolist()[1])
    assert table["amount"].tolist() == ["0.3", "0"]
    assert table["ordered_at"].tolist()[0] == "2026-02-01 10:00:00"
    assert raw.native == {"customer_id", "amount", "ordered_at"}


def test_code_lists_and_constants(minimal, tmp_path):
    (tmp_path / "orders.csv").write_text(HEAD + ROW + ROW.replace(";a;", ";b;"))
    (tmp_path / "list.csv").write_text("code,name\na,Tea\n")
    source = minimal["sources"]["transactions"]
    source |= {"path": "orders.csv", "constants": {"currency": "EUR"},
               "lookups": {"category": {"path": "list.csv", "key": "code", "value": "name"}}}
    source["columns"]["category"] = "Beleg"
    raw = sources.read(Product.model_validate(minimal), root=tmp_path).tables["transactions"]
    table = raw.table.order_by("_line").to_pandas()
    assert table["category"].tolist()[0] == "Tea" and pd.isna(table["category"].tolist()[1])
    assert table["currency"].tolist() == ["EUR", "EUR"]
    assert [n["rows"] for n in raw.notes if "not in its list" in n["rule"]] == [1]
    (tmp_path / "list.csv").write_text("code,name\na,Tea\na,Coffee\n")
    with pytest.raises(UserError, match="more than once"):
        sources.read(Product.model_validate(minimal), root=tmp_path)


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "https://example.org/x.csv", "nowhere.csv"])
def test_only_files_below_the_repository(minimal, tmp_path, path):
    minimal["sources"]["transactions"]["path"] = path
    with pytest.raises(UserError):
        sources.read(Product.model_validate(minimal), root=tmp_path)


def test_a_link_in_the_data_folder_is_followed(minimal, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/orders.csv").write_text(HEAD + ROW)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/data").symlink_to(tmp_path / "elsewhere")
    minimal["sources"]["transactions"]["path"] = "data/orders.csv"
    raw = sources.read(Product.model_validate(minimal), root=tmp_path / "root")
    assert raw.files[0]["file"] == "data/orders.csv" and raw.tables["transactions"].rows == 1


def test_a_missing_data_package_is_one_line(minimal, tmp_path):
    minimal["sources"]["transactions"] |= {"package": "no_such_package_here", "path": "t.parquet"}
    settings = Product.model_validate(minimal)
    assert sources.missing_packages(settings) == ["no_such_package_here"]
    with pytest.raises(UserError) as refusal:
        sources.read(settings, root=tmp_path)
    assert "make realdata" in str(refusal.value) and "\n" not in str(refusal.value)


def test_no_key_no_run(minimal, monkeypatch, tmp_path):
    monkeypatch.delenv("SEGMENTS_KEY", raising=False)
    monkeypatch.delenv("SEGMENTS_KEY_FILE", raising=False)
    assert sources.rules(Product.model_validate(minimal)).key == sources.PUBLIC_KEY
    real = Product.model_validate(minimal | {"public_data": False})
    with pytest.raises(UserError, match="no key"):
        sources.rules(real)
    monkeypatch.setenv("SEGMENTS_KEY", sources.PUBLIC_KEY.decode())
    with pytest.raises(UserError, match="public sample key"):
        sources.rules(real)
    monkeypatch.setenv("SEGMENTS_KEY", "short")
    with pytest.raises(UserError, match="shorter"):
        sources.rules(real)
    monkeypatch.delenv("SEGMENTS_KEY")
    (tmp_path / "key").write_text("a secret of good length\n")
    monkeypatch.setenv("SEGMENTS_KEY_FILE", str(tmp_path / "key"))
    rules = sources.rules(real)
    assert rules.key == b"a secret of good length" and "secret" not in repr(rules)


def test_two_digit_years_are_refused(minimal):
    minimal["sources"]["transactions"]["dates"] = "%d.%m.%y"
    with pytest.raises(UserError, match="two-digit"):
        sources.rules(Product.model_validate(minimal))
