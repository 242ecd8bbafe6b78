"""`segments score` as a user meets it: files and databases in and out, every refusal on one screen, nobody named."""

import datetime as dt
import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from lib.collect.pseudonyms import pseudonym
from lib.segments.model import OUTSIDE, assign, signed
from lib.segments.sql import sql
from lib.sources import PUBLIC_KEY
from lib.store import Store, manifest_of, sha256
from tests.conftest import MINIMAL
from tests.run import score_driver
from tests.run.conftest import NO_GO, READINESS
from tests.segments.kinds import KINDS, customers

OLD, NEW = "2026-05-31", "2026-06-30"
ERASED, BARRED, RAW = "K-00123", "K-00124", "K-00125"


def key(raw: str) -> str:
    return pseudonym(raw, "customer", PUBLIC_KEY)


def publish(root: Path, product: str, day: str, model: dict, *, readiness=READINESS, **more) -> Store:
    """What step 1, 2 and 4 of a run leave that a score reads."""
    work = root / "data" / "work"
    store = Store(product, dt.date.fromisoformat(day), work, work, 1095)
    barred = pd.DataFrame({"customer_key": [key(BARRED)], "barred_for": ["objected"]})
    model = {"draft": False, **model, "as_of": day}
    store.save(readiness=readiness, barred=barred, model=model, segments_sql=sql(model), **more)
    return store


def run(root: Path, *commands: list[str]) -> list[tuple[int, str, str]]:
    """The commands, one after the other, in a process of their own and from the workspace's folder."""
    told = subprocess.run([sys.executable, score_driver.__file__], cwd=root, timeout=300, check=True, text=True,
                          capture_output=True, input="\n".join(map(json.dumps, commands)),
                          env={**os.environ, "SEGMENTS_ROOT": str(root), "PYTHONPATH": os.getcwd()})
    return [tuple(json.loads(line)) for line in told.stdout.splitlines()]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Three hundred customers with raw ids: one was erased, one objected."""
    frame = customers(300, KINDS["k-means"]()).to_pandas()
    return frame.assign(customer_key=[f"K-{i:05d}" for i in range(300)])


@pytest.fixture(scope="module")
def space(tmp_path_factory, table) -> Path:
    """A workspace with products that have a model, a draft, somebody else's model, a damaged one, and a no-go."""
    root = tmp_path_factory.mktemp("score") / "space"
    (root / "products").mkdir(parents=True)
    (root / "reports").mkdir()
    for product, changes in {"acme": {}, "draft": {"why_now": ""}, "was-draft": {}, "stolen": {}, "damaged": {},
                             "strange": {}, "small": {}, "none": {}}.items():
        (root / "products" / f"{product}.yml").write_text(yaml.safe_dump({**MINIMAL, "id": product, **changes}))
    clusters = KINDS["k-means"]()
    publish(root, "acme", OLD, signed(KINDS["rfm"](), product="acme", draft=False))
    publish(root, "acme", NEW, signed(clusters, product="acme", draft=False))
    publish(root, "draft", NEW, signed(clusters, product="draft", draft=False))
    publish(root, "was-draft", NEW, signed(clusters, product="was-draft", draft=True))
    publish(root, "stolen", NEW, signed(clusters, product="acme", draft=False))
    publish(root, "strange", NEW, signed(clusters | {"lead": "horoscope"}, product="strange", draft=False))
    publish(root, "small", NEW, signed(clusters, product="small", draft=False), readiness=NO_GO)
    damaged = publish(root, "damaged", NEW, signed(clusters, product="damaged", draft=False)).folder / "model.json"
    damaged.write_text(damaged.read_text().replace('"k": 4', '"k": 3'))
    table.to_parquet(root / "people.parquet")
    with duckdb.connect(root / "shop.duckdb") as con:
        con.register("people", table)
        con.execute("CREATE TABLE people AS FROM people; CREATE SCHEMA crm; CREATE VIEW crm.shown AS FROM main.people")
    bad = {"missing": table.rename(columns={"breadth": "Bredth"}), "no_key": table.drop(columns="customer_key"),
           "words": table.assign(breadth=["lots", *["0.5"] * 299]), "twice": pd.concat([table, table.head(3)]),
           "day": table.assign(breadth=pd.Timestamp("2026-01-01")), "empty": table.head(0)}
    for name, frame in bad.items():
        frame.to_parquet(root / f"{name}.parquet")
    table.rename(columns={"customer_key": "id"}).to_csv(root / "people.csv", index=False)
    (root / "notes.xlsx").write_bytes(b"")
    (code, _, err), = run(root, ["erase", "acme", "--ids", str(ids_of(root))])
    assert code == 0, err
    return root


def ids_of(root: Path) -> Path:
    path = root / "ids.txt"
    path.write_text(f"{ERASED}\n{RAW}\n")
    return path


@pytest.fixture(scope="module")
def done(space) -> dict:
    """Every command that succeeds, with what it said."""
    commands = {
        "file": ["people.parquet", "--to", "out.parquet"], "csv": ["people.csv", "--key", "id", "--to", "out.csv"],
        "database": ["duckdb:///shop.duckdb", "--table", "people", "--to", "duckdb:///shop.duckdb"],
        "view": ["duckdb:///shop.duckdb", "--table", "crm.shown", "--to", "duckdb:///new.duckdb", "--to-table",
                 "found"],
        "old": ["people.parquet", "--to", "old.parquet", "--as-of", OLD, "--json"],
        "dry": ["people.parquet", "--to", "never.parquet", "--dry-run", "--json"]}
    told = run(space, *(["score", "acme", *words] for words in commands.values()),
               ["score", "acme", *commands["file"], "--replace"], ["purge", "acme", "--on", "2029-06-30", "--dry-run"],
               ["erase", "acme", "--ids", "ids.txt", "--dry-run"])
    return dict(zip([*commands, "again", "purge", "erase"], told, strict=True))


def expected(table: pd.DataFrame, kind: str) -> pd.Series:
    """Segment by raw id, by the Python; without who was erased or objected."""
    kept = table[~table["customer_key"].isin([ERASED, RAW, BARRED])]
    return assign(kept, KINDS[kind]()).set_index("customer_key")["segment"]


def test_every_way_in_and_out_places_the_same_customers_as_the_python(space, done, table):
    assert {name: told[0] for name, told in done.items()} == dict.fromkeys(done, 0), done
    with duckdb.connect(space / "shop.duckdb", read_only=True) as con:
        in_place = con.sql("FROM segments").df()
    with duckdb.connect(space / "new.duckdb", read_only=True) as con:
        elsewhere = con.sql("FROM found").df()
    wanted = expected(table, "k-means")
    for found in (pd.read_parquet(space / "out.parquet"), in_place, elsewhere,
                  pd.read_csv(space / "out.csv").rename(columns={"id": "customer_key"})):
        got = found.set_index("customer_key")["segment"]
        assert got.sort_index().to_dict() == wanted.to_dict()
        assert found["segment_name"].where(found["segment"] != OUTSIDE).dropna().str.startswith("Segment-").all()
        assert found["model"].nunique() == 1 and found["model"][0].startswith(f"{NEW}-")
        assert set(found["expires_on"].astype(str)) == {"2029-06-29"}
        assert found["probability"].isna().to_numpy().tolist() == (found["segment"] == OUTSIDE).tolist()
    old = pd.read_parquet(space / "old.parquet").set_index("customer_key")["segment"]
    assert old.sort_index().to_dict() == expected(table, "rfm").to_dict()


def test_what_is_said_is_counted_and_hides_who_is_few(done, table):
    said = json.loads(done["dry"][1])
    counts = expected(table, "k-means").value_counts()
    assert said["rows"] == 297 and said["left_out"] is None and said["model"].startswith(NEW)
    shown = {s["segment"]: s["n"] for s in said["segments"]}
    assert all(n is None or n == counts.get(s, 0) for s, n in shown.items())
    assert sum(n is not None for n in shown.values()) >= 3
    assert all(shown[s] is None for s, n in counts.items() if 0 < n < 10)
    text = done["file"][1]
    assert "297 customers of people.parquet" in text and "left out, because they were erased or may not be" in text
    assert "customer level, personal data; to be deleted after 2029-06-29" in text
    everything = "".join(out + err for _, out, err in done.values())
    assert not any(i in everything for i in (*table["customer_key"], key(ERASED), key(BARRED)))
    assert str(done) and "Traceback" not in everything


def test_a_file_has_a_manifest_and_the_register_an_entry_for_each(space, done):
    path = space / "out.parquet"
    manifest = json.loads(manifest_of(path).read_text())
    assert (manifest["sha256"], manifest["rows"], manifest["expires_on"]) == (sha256(path), 297, "2029-06-29")
    register = yaml.safe_load((space / "data/work/acme/processing_register.yaml").read_text())
    assert [s["written_to"] for s in register["scores"]][:6] == [
        "out.parquet", "out.csv", "duckdb: shop.duckdb.segments", "duckdb: new.duckdb.found", "old.parquet",
        "out.parquet"]
    assert {s["rows"] for s in register["scores"][:6]} == {297} and not (space / "never.parquet").exists()
    assert "out.csv, scored on" in done["purge"][1] and "past its last day 2029-06-29" in done["purge"][1]
    assert "the table out.csv, scored on" in done["erase"][1]


REFUSED = {
    "a column is missing": (["acme", "missing.parquet"], 2, ("'breadth'; did you mean 'Bredth'?", "missing.parquet")),
    "no key": (["acme", "no_key.parquet"], 2, ("'customer_key'", "--key names the column")),
    "words for numbers": (["acme", "words.parquet"], 2, ("no number: 'breadth' in 1 row",)),
    "a day for a number": (["acme", "day.parquet"], 2, ("'breadth' holds timestamp", "not a number")),
    "a customer twice": (["acme", "twice.parquet"], 2, ("3 whose key occurred before",)),
    "no rows": (["acme", "empty.parquet"], 2, ("no rows",)),
    "no such file": (["acme", "nothing.parquet"], 2, ("no such file",)),
    "another kind of file": (["acme", "notes.xlsx"], 2, (".parquet or .csv",)),
    "a database without a table": (["acme", "duckdb:///shop.duckdb"], 2, ("--table NAME",)),
    "no such table": (["acme", "duckdb:///shop.duckdb", "--table", "peeple"], 2, ("did you mean 'people'?",)),
    "a password": (["acme", "postgresql://crm:hunter2@db/shop", "--table", "people"], 2, ("PGPASSWORD",)),
    "SQLite": (["acme", "sqlite:///shop.db", "--table", "people"], 2, ("no tables are read from 'sqlite'",)),
    "no such product": (["acne", "people.parquet"], 2, ("acme",)),
    "no such model": (["acme", "people.parquet", "--as-of", "2026-04-30"], 2, (f"models: {OLD}, {NEW}",)),
    "no model at all": (["none", "people.parquet"], 2, ("has no model", "segments run none")),
    "another product's model": (["stolen", "people.parquet"], 2, ("made for 'acme', not for 'stolen'",)),
    "a model of an unknown kind": (["strange", "people.parquet"], 2, ("no model that this version knows: lead",)),
    "a model changed by hand": (["damaged", "people.parquet"], 2, ("damaged", "changed after 04_create_segments")),
    "a product that is a draft": (["draft", "people.parquet"], 4, ("draft", "why_now")),
    "a model of a draft": (["was-draft", "people.parquet"], 4, ("draft", "segments run was-draft")),
    "a base too small": (["small", "people.parquet"], 3, ("only 60 customers", "at least 300 customers")),
    "something is there": (["acme", "people.parquet", "--to", "people.csv"], 2, ("--replace",)),
    "no such folder": (["acme", "people.parquet", "--to", "nowhere/x.csv"], 2, ("no such folder",)),
    "a report": (["acme", "people.parquet", "--to", "reports/x.csv"], 2, ("aggregates only",)),
}


@pytest.fixture(scope="module")
def refused(space) -> dict:
    commands = [words if "--to" in words else [*words, "--to", "new.csv"] for words, _, _ in REFUSED.values()]
    return dict(zip(REFUSED, run(space, *(["score", *c] for c in commands)), strict=True))


@pytest.mark.parametrize("case", REFUSED)
def test_every_refusal_is_one_screen_says_what_to_do_and_writes_nothing(space, refused, table, case):
    code, out, err = refused[case]
    _, wanted, parts = REFUSED[case]
    assert code == wanted and not out, err
    assert all(part in err for part in parts), err
    assert len(err.splitlines()) <= 4 and "Traceback" not in err and "hunter2" not in err
    assert not (space / "new.csv").exists() and (str(space) not in err or case == "no such product")
    assert not any(i in err for i in table["customer_key"])


def test_nobody_is_scored_while_a_run_goes_on_or_where_the_list_of_the_erased_is_unreadable(space, tmp_path):
    root = shutil.copytree(space, tmp_path / "space")
    with next(root.rglob("acme/lock")).open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (locked,) = run(root, ["score", "acme", "people.parquet", "--to", "x.csv"])
    (root / "data/work/acme/erased.json").write_text("{}")
    (blocked,) = run(root, ["score", "acme", "people.parquet", "--to", "x.csv"])
    assert locked[0] == 5 and "another run of acme is going on" in locked[2]
    assert blocked[0] == 4 and "could come back" in blocked[2]
    assert not (root / "x.csv").exists()


def test_pseudonyms_of_who_was_erased_or_objected_are_known_too(space, table):
    hashed = table.assign(customer_key=[key(k) for k in table["customer_key"]])
    hashed.to_parquet(space / "hashed.parquet")
    (told,) = run(space, ["score", "acme", "hashed.parquet", "--to", "hashed_out.parquet"])
    found = set(pd.read_parquet(space / "hashed_out.parquet")["customer_key"])
    assert told[0] == 0 and found == {key(k) for k in expected(table, "k-means").index}


def test_a_kind_of_every_column_type_is_read_from_text(tmp_path, space):
    """Mixed data: numbers, texts and truth values of a CSV become what the SQL needs."""
    model = KINDS["mixed"]()
    publish(space, "none", OLD, signed(model, product="none", draft=False))
    rows = customers(500, model, seed=3).to_pandas()
    rows = rows[np.isfinite(rows[["active_days", "breadth", "seen", "seats"]]).all(axis=1) & (rows["plan"] != "")]
    rows.to_csv(space / "mixed.csv", index=False)
    (told,) = run(space, ["score", "none", "mixed.csv", "--as-of", OLD, "--to", "mixed_out.parquet"])
    found = pd.read_parquet(space / "mixed_out.parquet").set_index("customer_key")["segment"]
    wanted = assign(rows, model).set_index("customer_key")["segment"]
    assert told[0] == 0 and found[wanted.index].to_dict() == wanted.to_dict() and found.nunique() > 3
    shutil.rmtree(space / "data/work/none" / OLD)


def test_levels_and_columns_of_any_writing_are_placed_alike_in_a_database_by_url(space):
    """Quotes, backslashes, line ends, comments, blanks and empty texts, in a column whose name holds signs of SQL; with
    nulls, levels never seen, infinities and numbers beyond all bounds."""
    model = KINDS["odd words"]()
    publish(space, "none", NEW, signed(model, product="none", draft=False))
    rows = customers(2_000, model, seed=9)
    with duckdb.connect(space / "odd.duckdb") as con:
        con.register("rows", rows)
        con.execute("CREATE TABLE people AS FROM rows")
    (told,) = run(space, ["score", "none", "duckdb:///odd.duckdb", "--table", "people", "--as-of", NEW, "--to",
                          "odd_out.parquet"])
    assert told[0] == 0, told
    found = pd.read_parquet(space / "odd_out.parquet").set_index("customer_key")["segment"].sort_index()
    wanted = assign(rows.to_pandas(), model).set_index("customer_key")["segment"]
    assert found.to_dict() == wanted.to_dict() and found.nunique() == len(model["segments"]) + 1
    shutil.rmtree(space / "data/work/none" / NEW)


@pytest.mark.full  # needs a server
def test_a_postgres_table_is_placed_where_it_is_and_written_there(space, table, server, monkeypatch):
    import ibis

    monkeypatch.setenv("PGHOST", str(server))
    url = "postgresql://crm@/postgres"
    ibis.connect(url).create_table("people", table)
    words = ["score", "acme", url, "--table", "people", "--to", url, "--to-table"]
    first, again, there = run(space, [*words, "found"], [*words, "found"], [*words, "public.other"])
    assert (first[0], again[0], there[0]) == (0, 2, 0), (first, again, there)
    for name in ("found", "other"):
        found = ibis.connect(url).table(name).to_pandas().set_index("customer_key")["segment"]
        assert found.sort_index().to_dict() == expected(table, "k-means").to_dict()
