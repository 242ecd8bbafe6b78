"""`segments erase`: nothing of a person is left in an artefact or on a page, and no run brings the person back."""

import datetime as dt
import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from openpyxl import load_workbook

from lib.store import Store
from tests.collect.collect_cases import key
from tests.conftest import MINIMAL
from tests.protection import erase_driver
from tests.protection.search import strings_of

GONE = {"K-00123": "is the customer whose wish it was that nothing is left of him", "700456": "writes of other things"}
OTHERS = [f"K-{i:05d}" for i in range(200, 240)]
DIRTY = {"K-00123": " K-00123\u200b", "700456": "700456.0"}  # as orders have them
COLUMNS = {
    "customers": {"customer_id": "id", "signup_date": "since", "city": "city"},
    "transactions": {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount"},
    "events": {"customer_id": "customer", "user_id": "user", "occurred_at": "at", "feature": "what"},
    "texts": {"customer_id": "customer", "written_at": "at", "text": "text"},
    "consent": {"customer_id": "customer", "channel": "channel", "status": "status", "recorded_at": "at"},
}


def rows_of(name: str, customers: list[str]) -> list[str]:
    texts = GONE | {c: f"the planner of {i} families is what we like best here" for i, c in enumerate(OTHERS)}
    lines = {
        "customers": lambda i, c: f"{c};2025-01-01;Ulm",
        "transactions": lambda i, c: f"{DIRTY.get(c, c)};o{i};{'2026-05-01' if i else 'never'};5.00",
        "events": lambda i, c: f"{c};{c}-user;2026-05-02;planner",
        "texts": lambda i, c: f"{c};2026-05-03;{texts[c]}",
        "consent": lambda i, c: f"{c};analytics;granted;2025-01-01",
    }[name]
    return [lines(i, c) for i, c in enumerate(customers)]


def put_product(root: Path) -> None:
    """The product and its raw files, in a new workspace."""
    (root / "products").mkdir(parents=True)
    (root / "data" / "acme").mkdir(parents=True)
    for name, columns in COLUMNS.items():
        text = "\n".join([";".join(columns.values()), *rows_of(name, [*GONE, *OTHERS])]) + "\n"
        (root / "data" / "acme" / f"{name}.csv").write_text(text, encoding="utf-8")
    listed = {n: {"path": f"data/acme/{n}.csv", "delimiter": ";", "columns": c, "quarantine_limit": 0.5}
              for n, c in COLUMNS.items()}
    (root / "products" / "acme.yml").write_text(yaml.safe_dump({**MINIMAL, "sources": listed}), encoding="utf-8")


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> tuple[Path, dict]:
    """The workspace after `segments erase`, and what was told."""
    root = tmp_path_factory.mktemp("erase") / "space"
    put_product(root)
    ids = root / "ids.txt"
    ids.write_text("\ufeffK-00123\u200b \n\n700456\nK-99999-nobody\n", encoding="utf-8")
    subprocess.run([sys.executable, erase_driver.__file__, str(ids)], check=True, timeout=300,
                   env={**os.environ, "SEGMENTS_ROOT": str(root), "PYTHONPATH": os.getcwd()})
    ids.unlink()
    return root, json.loads((root / "told.json").read_text())


def test_nothing_of_them_is_left_in_any_file(done):
    root, _ = done
    files = [p for top in ("data/work", "reports") for p in (root / top).rglob("*") if p.is_file()]
    assert len(files) > 60
    needles = [*GONE, *GONE.values(), *(key(i) for i in GONE), *(key(f"{i}.0") for i in GONE)]
    left = {(str(p.relative_to(root)), n) for p in files for n in needles if n in strings_of(p)}
    assert not left


def test_everybody_else_stays_and_every_artefact_still_loads(done):
    root, _ = done
    for day in erase_driver.DAYS:
        store = Store("acme", dt.date.fromisoformat(day), root / "data/work", root / "data/work")
        assert len(store.load("customers")) == len(OTHERS)
        assert set(store.load("voice")["customer_key"]) == {key(i) for i in OTHERS}
        store.path("transactions")  # raises when its hash is not that of its manifest
        for name in ("consents", "ledger", "collected", "quality", "quarantine", "plan"):
            store.load(name)
        folder = store.folder
        model = json.loads((folder / "model.json").read_text())
        assert model["centres"] == [1.5] and len(model["anchors"]) == len(model["of"]) == len(model["notes"]) == 40
        assert (folder / "audiences/a-email.csv").read_bytes().count(b"\r\n") == 41
        sheet = load_workbook(folder / "audiences/a-email.xlsx").active
        assert sheet.max_row == 41 and {c.data_type for row in sheet.iter_rows() for c in row} == {"s"}
        assert not (folder / "notebooks/03_analyze.ipynb").exists()
        assert (folder / "notebooks/04_create_segments.ipynb").exists()


def test_it_says_what_went_and_what_it_cannot_reach(done):
    _, told = done
    code, said = told["erased"]
    assert code == 0
    for part in ("acme: 3 ids erased", "1 of them stands in no artefact (line 4 of the ids)",
                 "customers.parquet: 2 of 42 rows removed", "reports/acme/2026-05-31",
                 "data/acme/transactions.csv (transactions) still holds 2 of them in 2 rows", "backups",
                 "audience a-email.csv of 2026-06-30 held them", "segments run acme --as-of 2026-06-30"):
        assert part in said, said
    assert not any(i in said for i in GONE) and "nobody" not in said


def test_the_dry_run_says_the_same_and_touches_nothing(done):
    _, told = done
    assert told["untouched"]
    assert "customers.parquet: 2 of 42 rows removed" in told["dry"][1] and "would be erased" in told["dry"][1]


def test_twice_is_once(done):
    code, said = done[1]["again"]
    assert code == 0 and "nothing to remove" in said and "segments run acme --as-of 2026-06-30" in said


def test_a_raw_file_that_still_holds_them_does_not_bring_them_back(done):
    _, told = done
    assert told["protection"]["erased on request"] == 2
    assert sorted(told["keys"]) == sorted(key(i) for i in OTHERS)
    assert {key(f"{i}-user", "user") for i in GONE}.isdisjoint(told["users"]) and len(told["users"]) == len(OTHERS)
    assert not told["quarantined"], "a faulty row of theirs would be kept in the file of rows set aside"
    assert "erased on request" in told["checked"][1]


def test_the_list_of_the_erased_names_nobody_and_the_register_counts(done):
    root, _ = done
    listed = json.loads((root / "data/work/acme/erased.json").read_text())
    assert listed["rerun"] == list(erase_driver.DAYS) and len(listed["marks"]) >= 3
    register = yaml.safe_load((root / "data/work/acme/processing_register.yaml").read_text())
    assert [(e["ids"], e["as_of"]) for e in register["erasures"]] == [(3, list(erase_driver.DAYS))]


CALL = "import sys; from lib.run.commands import main; sys.exit(main(sys.argv[1:]))"


def command(root: Path, *words: str, **given) -> subprocess.CompletedProcess:
    """`segments` in a workspace."""
    return subprocess.run([sys.executable, "-c", CALL, *words], check=False, timeout=120, capture_output=True,
                          text=True, env={**os.environ, "SEGMENTS_ROOT": str(root), "PYTHONPATH": os.getcwd()}, **given)


def test_a_person_inside_an_account_leaves_alone(done, tmp_path):
    root = shutil.copytree(done[0], tmp_path / "space")
    told = command(root, "erase", "acme", "--users", "--ids", "-", input=f"{OTHERS[0]}-user\n")
    assert told.returncode == 0 and "acme: 1 id erased" in told.stdout, told.stderr
    for day in erase_driver.DAYS:
        folder = root / "data/work/acme" / day
        users = pq.read_table(folder / "events.parquet")["user_key"].to_pylist()
        assert key(f"{OTHERS[0]}-user", "user") not in users and key(f"{OTHERS[1]}-user", "user") in users
        assert key(OTHERS[0]) in pq.read_table(folder / "customers.parquet")["customer_key"].to_pylist()
    assert OTHERS[0] not in told.stdout + told.stderr


def test_nobody_is_erased_while_a_run_goes_on(done, tmp_path):
    root = shutil.copytree(done[0], tmp_path / "space")
    lock = next(root.rglob("acme/lock"))
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and p != lock}
    with lock.open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        told = command(root, "erase", "acme", "--ids", "-", input=f"{OTHERS[0]}\n")
    assert told.returncode == 5 and "another run of acme is going on" in told.stderr
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and p != lock} == before
    assert OTHERS[0] not in told.stdout + told.stderr and "Traceback" not in told.stderr
