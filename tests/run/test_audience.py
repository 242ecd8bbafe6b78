"""`segments audience` as a user meets it: own ids for the sender, looked at again on the day, and nowhere else."""

import csv
import datetime as dt
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook

from lib import collect, sources
from lib.contracts import ARTEFACTS
from lib.product import Product
from lib.sources import PUBLIC_KEY
from lib.store import Store
from lib.strategy.files import audience_files
from tests.conftest import MINIMAL
from tests.run import score_driver
from tests.strategy.test_audiences import PAYLOADS

DAY, LAST = "2026-06-30", "2999-12-31"
IDS = [f"K-{i:05d}" for i in range(60)]
WITHDREW, OBJECTED, ERASED_IN_FILE, MINOR, LEFT, ERASED_HERE, NOT_ANALYSED = IDS[:7]
CONTROL_WITHDREW = IDS[59]
DIRTY = {IDS[8]: "k é-7\u200b", IDS[9]: "=1+1", IDS[10]: "+49 30 1234567"}  # as the table of customers writes them
OUT = {WITHDREW, OBJECTED, ERASED_IN_FILE, MINOR, LEFT, ERASED_HERE, NOT_ANALYSED, IDS[9], CONTROL_WITHDREW}
SOURCES = {
    "customers": {"customer_id": "id", "birth_year": "born", "erased_at": "erased"},
    "consent": {"customer_id": "customer", "channel": "channel", "status": "status", "recorded_at": "at"},
    "transactions": {"customer_id": "customer", "order_id": "order", "ordered_at": "at", "amount": "amount"},
}


def own(i: str) -> str:
    return DIRTY.get(i, i)


def key(raw: str) -> str:
    return collect.ids.keyed([raw], "customer", PUBLIC_KEY)["key"][0].as_py()


def files_of_today(root: Path) -> None:
    """The sources, changed since the plan was made: people withdrew, were erased, or left."""
    born, erased = {MINOR: 2015}, {ERASED_IN_FILE: "2026-07-02"}
    lines = {"customers": [f"{own(i)};{born.get(i, 1980)};{erased.get(i, '')}" for i in IDS if i != LEFT],
             "transactions": [f"{own(i)};o{n};2026-05-01;5.00" for n, i in enumerate(IDS)],
             "consent": [f"{own(i)};{c};granted;2026-01-01" for i in IDS if i != LEFT for c in ("analytics", "email")]
             + [f"{WITHDREW};email;withdrawn;2026-07-03", f"{CONTROL_WITHDREW};email;withdrawn;2026-07-03",
                f"{OBJECTED};marketing;objected;2026-07-03", f"{NOT_ANALYSED};analytics;withdrawn;2026-07-03"]}
    folder = root / "data" / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in SOURCES.items():
        (folder / f"{name}.csv").write_text("\n".join([";".join(columns.values()), *lines[name]]) + "\n", "utf-8")


def content(product: str = "acme", **changes) -> dict:
    listed = {n: {"path": f"data/acme/{n}.csv", "delimiter": ";", "columns": c} for n, c in SOURCES.items()}
    listed["consent"] |= changes.pop("consent", {})
    return {**MINIMAL, "id": product, "sources": listed, **changes}


def filled(table: str, **columns) -> pd.DataFrame:
    """A table of the contract, with nothing said in the columns that are not given."""
    blank = {"text": "", "int": 0, "float": 0.5, "bool": False}
    rows = pd.DataFrame(columns)
    for c in ARTEFACTS[table].columns:
        if c.name not in rows and c.required:
            rows[c.name] = c.isin[0] if c.isin else blank[c.dtype]
    return rows


def plan(root: Path, product: str, *, expires: str = LAST, exported: str = "", key_id: str = "") -> Store:
    """What step 5 published: a plan, and the audience drawn under it."""
    work = root / "data" / "work"
    store = Store(product, dt.date.fromisoformat(DAY), work, work, 1095)
    campaign = f"{product}-20260630"
    rules = sources.rules(Product.model_validate(content(product)))
    store.save(
        plan={"campaign": campaign, "registered_for": DAY, "expires_on": expires, "assumptions": [], "weights": {},
              "exported": {"files": not exported, "reason": exported}, "judged_on": LAST, "analysis": "a",
              "decision": "d", "fingerprint": "f" * 64},
        strategies=filled("strategies", segment=["steady", "rare"], channel="email", message=["=1+1", "cook"],
                          offer="none", objective="activate"),
        segments=filled("segments", segment=["steady", "rare"], name=["Steady cooks", "Rare guests"], rank=[1, 2]),
        processing_register={**collect.document.register(rules, {"sources": [], "protection": {}, "n_customers": 60,
                                                                 "kept_columns": {}, "dropped_columns": []}),
                             "key_id": key_id or rules.key_id})
    machine = pd.DataFrame({
        "customer_key": [key(own(i)) for i in IDS], "campaign": campaign,
        "segment": ["steady" if n < 40 or n > 55 else "rare" for n in range(60)], "channel": "email",
        "arm": ["treated" if n < 50 else "control" for n in range(60)], "stratum": "1", "expires_on": expires})
    reader = pd.DataFrame({"segment": ["steady"], "channel": ["email"]})
    store.save_audiences({} if exported else audience_files(machine, reader))
    return store


def run(root: Path, *commands: list[str]) -> list[tuple[int, str, str]]:
    told = subprocess.run([sys.executable, score_driver.__file__], cwd=root, timeout=300, check=False, text=True,
                          capture_output=True, input="\n".join(map(json.dumps, commands)),
                          env={**os.environ, "SEGMENTS_ROOT": str(root), "PYTHONPATH": os.getcwd()})
    assert told.returncode == 0, told.stderr
    return [tuple(json.loads(line)) for line in told.stdout.splitlines()]


def rows_of(path: Path) -> list[dict]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


@pytest.fixture(scope="module")
def space(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("audience") / "space"
    (root / "products").mkdir(parents=True)
    (root / "reports").mkdir()
    files_of_today(root)
    more = {"acme": {}, "draft": {"why_now": ""}, "late": {}, "held": {}, "other-key": {}, "changed": {}, "none": {},
            "stale": {"consent": {"max_age_days": 5}}}
    for product, changes in more.items():
        (root / "products" / f"{product}.yml").write_text(yaml.safe_dump(content(product, **changes)))
        if product != "none":
            plan(root, product, expires="2026-07-30" if product == "late" else LAST,
                 exported="drafts" if product == "held" else "", key_id="0" * 8 if product == "other-key" else "")
    changed = root / "data/work/changed" / DAY / "audiences" / "rare-email.csv"
    changed.write_bytes(changed.read_bytes().replace(b"control", b"treated"))
    (root / "gone.txt").write_text(f"{ERASED_HERE}\n")
    (code, _, err), = run(root, ["erase", "acme", "--ids", "gone.txt"])
    assert code == 0, err
    return root


@pytest.fixture(scope="module")
def done(space) -> dict:
    """Every command that succeeds, in this order."""
    (space / "elsewhere").mkdir()
    away = space.parent / "crm"
    away.mkdir()
    commands = {"dry": ["--dry-run"], "all": ["--json"], "one": ["--segment", "rare", "--channel", "email", "--to",
                                                               str(away)]}
    told = run(space, *(["audience", "acme", *words] for words in commands.values()))
    return dict(zip(commands, told, strict=True))


FOLDER = Path("data/outbox/acme/acme-20260630")


def test_who_may_still_be_contacted_is_handed_over_by_the_products_own_ids(space, done):
    assert {name: code for name, (code, _, _) in done.items()} == dict.fromkeys(done, 0), done
    sent = {name: [r["customer_id"] for r in rows_of(space / FOLDER / f"{name}-email-send.csv")]
            for name in ("steady", "rare")}
    wanted = {"steady": {own(i) for i in IDS[:40]}, "rare": {own(i) for i in IDS[40:50]}}
    for name, ids in sent.items():
        assert len(ids) == len(set(ids))
        assert {i.replace("\u200b", "") for i in ids} == {
            w.replace("\u200b", "") for w in wanted[name] - {own(i) for i in OUT}}
    assigned = pd.concat([pd.DataFrame(rows_of(space / FOLDER / f"{n}-email-assigned.csv")) for n in sent])
    assert assigned["arm"].value_counts().to_dict() == {"treated": 42, "control": 9}
    assert not set(assigned["customer_id"]) & {own(i) for i in OUT}  # in neither arm, or the arms would differ
    assert set(assigned.loc[assigned["arm"] == "control", "customer_id"]).isdisjoint([*sent["steady"], *sent["rare"]])


def test_the_reasons_are_told_and_few_are_not_counted(done):
    told = json.loads(done["all"][1])
    assert told["left_out"] == dict.fromkeys(
        ["an id that a spreadsheet could run as a formula", "erased on request", "may be younger than the minimum age",
         "no longer in the data", "objected to marketing", "opted out", "without consent for analytics"])
    assert [(s["name"], s["treated"], s["control"]) for s in told["segments"]] == [
        ("Rare guests", 10, 6), ("Steady cooks", 32, 3)]
    assert "would be written" in done["dry"][1]


def test_no_id_stands_anywhere_else(space, done):
    """Not in what was said, not in the register, a manifest, an artefact or a log; and only the owner may read."""
    folders = (space / FOLDER, space / "data/acme", space.parent / "crm", space / "gone.txt")
    others = [p for p in space.rglob("*") if p.is_file() and not any(p.is_relative_to(f) for f in folders)]
    assert len(others) > 20
    said = "".join(out + err for _, out, err in done.values())
    texts = {p.name: p.read_bytes().decode("utf-8", "replace") for p in others} | {
        "said": said, "manifest": (space / FOLDER / "manifest.json").read_text()}
    assert not [(name, i) for name, text in texts.items() for i in (*IDS, DIRTY[IDS[8]][:5], DIRTY[IDS[10]])
                if i in text]
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (space / FOLDER).iterdir()}
    assert modes == {0o600} and stat.S_IMODE((space / FOLDER).stat().st_mode) == 0o700


def test_the_register_and_the_manifest_say_what_was_handed_over(space, done):
    register = yaml.safe_load((space / "data/work/acme/processing_register.yaml").read_text())
    assert [(h["campaign"], h["written_to"], h["rows"], h["expires_on"]) for h in register["handed_over"]] == [
        ("acme-20260630", str(FOLDER), 51, LAST), ("acme-20260630", "crm", 16, LAST)]
    assert len(json.loads((space / FOLDER / "manifest.json").read_text())["files"]) == 6
    assert sorted(p.name for p in (space.parent / "crm").iterdir()) == [
        "manifest.json", "rare-email-assigned.csv", "rare-email-send.csv", "rare-email-send.xlsx"]


def test_a_spreadsheet_of_text_says_what_to_send(space, done):
    sheet = load_workbook(space / FOLDER / "steady-email-send.xlsx").active
    rows = list(sheet.iter_rows(min_row=2))
    assert {c.data_type for row in rows for c in row} == {"s"} and {r[4].value for r in rows} == {"=1+1"}
    assert {r[1].value for r in rows} == {"Steady cooks"}


def test_what_was_handed_over_comes_back_as_the_source_of_assignments(space, done, tmp_path):
    """The next run reads the file as it is, and finds the arms that were drawn."""
    shutil.copy(space / FOLDER / "rare-email-assigned.csv", tmp_path / "assigned.csv")
    (tmp_path / "campaigns.csv").write_text("campaign;from;to\nacme-20260630;2026-07-01;2026-07-31\n")
    (tmp_path / "transactions.csv").write_text((space / "data/acme/transactions.csv").read_text())
    settings = Product.model_validate({**MINIMAL, "as_of": "2999-01-01", "data_protection": {
        **MINIMAL["data_protection"], "lawful_basis": "contract", "retention_days": 999_999, "ids_are_contacts": True},
        "sources": {
        "transactions": {"path": "transactions.csv", "delimiter": ";", "columns": SOURCES["transactions"]},
        "campaigns": {"path": "campaigns.csv", "delimiter": ";", "columns": {
            "campaign": "campaign", "starts_on": "from", "ends_on": "to"}},
        "assignments": {"path": "assigned.csv", "delimiter": ",", "columns": {
            c: c for c in ("campaign", "customer_id", "arm", "stratum", "assigned_at")}}}})
    back = collect.collect(sources.read(settings, root=tmp_path), sources.rules(settings)).tables["treatments"]
    found = back.set_index("customer_key")["arm"].to_dict()
    assert found == {key(i): "treated" if n < 10 else "control" for n, i in enumerate(IDS[40:56])}


REFUSALS = {
    "late": (4, "expired on 2026-07-30"), "draft": (4, "waits for decisions"), "held": (4, "drafts"),
    "other-key": (4, "made with another key"), "changed": (2, "was changed after"), "none": (2, "has no plan"),
    "stale": (4, "its newest record lies"), "acme --segment steadi": (2, "did you mean 'steady'"),
    "acme --channel fax": (2, "one of: email"), "acme --as-of 2026-05-31": (2, "no plan of 2026-05-31"),
    "acme --to reports": (2, "aggregates only"), "acme --to elsewhere": (2, "may be committed"),
    "acme --to data/work/acme": (2, "may be committed"), "acme --to ../nowhere": (2, "no such folder"),
    "acme": (2, "is there already")}


def test_refusals_fit_on_one_screen_name_nobody_and_write_nothing(space, done):
    before = {p: p.stat().st_mtime_ns for p in (space / "data/outbox").rglob("*")}
    told = run(space, *(["audience", *words.split()] for words in REFUSALS))
    for (words, (code, part)), (got, out, err) in zip(REFUSALS.items(), told, strict=True):
        assert (got, out) == (code, "") and part in err and err.count("\n") <= 3, (words, err)
        assert not any(i in err for i in IDS)
    assert {p: p.stat().st_mtime_ns for p in (space / "data/outbox").rglob("*")} == before


@pytest.mark.parametrize("column", ["customer_id", "campaign", "segment", "channel", "arm", "stratum", "assigned_at"])
def test_no_payload_passes_a_column_of_the_senders_files(column):
    from lib.strategy.files import machine_csv
    from lib.strategy.handover import PATTERNS

    good = {"customer_id": "é-1", "campaign": "a-1", "segment": "s", "channel": "email", "arm": "treated",
            "stratum": "s/1", "assigned_at": DAY}
    rows = pd.DataFrame([{**good, column: p} for p in PAYLOADS] + [good])
    assert machine_csv(rows, PATTERNS)[1] == len(PAYLOADS)


@pytest.mark.parametrize("legitimate", ["00123", "A_7", "_x", "Müller-7", "anna@example.org", "+49 30 1234567", "a b",
                                        "1e5", "urn:x/7#2"])
def test_legitimate_ids_leave_as_they_are(legitimate):
    from lib.strategy.files import machine_csv
    from lib.strategy.handover import PATTERNS

    content, refused = machine_csv(pd.DataFrame({"customer_id": [legitimate]}), PATTERNS)
    assert refused == 0 and content.decode().splitlines()[1] == legitimate


def test_erasure_and_purge_reach_what_waits_to_be_sent(space, done, tmp_path):
    root = shutil.copytree(space, tmp_path / "space")
    (root / "gone.txt").write_text(f"{IDS[20]}\n")
    dry, erased, again, purged = run(
        root, ["erase", "acme", "--ids", "gone.txt", "--dry-run"], ["erase", "acme", "--ids", "gone.txt"],
        ["audience", "acme"], ["purge", "acme", "--on", "3000-01-01"])
    assert dry[0] == erased[0] == again[0] == purged[0] == 0, (erased, again)
    for said in (dry[1], erased[1]):
        assert f"{FOLDER}: deleted" in said and "handed over on" in said and IDS[20] not in said
    assert "erased on request" in again[1]
    assert f"{FOLDER}: own ids, past their last day" in purged[1] and "crm, handed over on" in purged[1]
    assert not (root / FOLDER).exists()
