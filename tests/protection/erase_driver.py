"""Run in a workspace of its own (SEGMENTS_ROOT): artefacts of two as-of dates, then `segments erase`, and again."""

import contextlib
import hashlib
import io
import json
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lib import collect, engine, sources
from lib.paths import REPORTS, ROOT, WORK
from lib.product import load_product
from lib.run.commands import main
from lib.store import Store, manifest_of, sha256
from lib.strategy.files import machine_csv, workbook

DAYS = ("2026-05-31", "2026-06-30")
PLAN = {"campaign": "c", "registered_for": "x", "expires_on": "2026-07-30", "assumptions": [], "weights": {},
        "exported": {}, "judged_on": "2026-08-06", "analysis": "a", "decision": "d", "fingerprint": "f" * 64}


def build(day: str) -> None:
    """What step 2 saves, and beside it what later steps and pages make of customers."""
    settings = load_product("acme", as_of=day)
    collected = collect.collect(sources.read(settings), sources.rules(settings))
    work = Store.open(settings)
    work.save(**engine.materialise(collected.tables), ledger=collected.ledger, quality=collected.quality,
              collected=collected.collected, processing_register=collected.register, quarantine=collected.quarantine,
              barred=collected.barred,
              plan=PLAN)
    customers, voice = work.load("customers"), work.load("voice")
    keys = customers["customer_key"].tolist()
    by_hand(work.folder / "assignments.parquet", pd.DataFrame({"customer_key": keys, "segment": "a"}))
    by_hand(work.folder / "themes.parquet", pd.DataFrame({"theme": ["x", "y"], "example": voice["text"].tolist()[:2]}))
    document = {"centres": [1.5], "anchors": keys, "of": dict.fromkeys(keys, 1), "notes": [{"who": k} for k in keys]}
    (work.folder / "model.json").write_text(json.dumps(document))
    manifest_of(work.folder / "model.json").write_text(json.dumps(
        {"written_by": "04_create_segments", "rows": None, "sha256": sha256(work.folder / "model.json")}))
    machine = pd.DataFrame({"customer_key": keys, "campaign": "c", "segment": "a", "channel": "email", "arm": "treated",
                            "expires_on": "2026-07-30"})
    reader = pd.DataFrame({"customer_key": keys, "message": "=1+1"})
    work.save_audiences({"a-email.csv": machine_csv(machine)[0], "a-email.xlsx": workbook(reader)})
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text=str(keys))])
    (work.folder / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), work.folder / "notebooks" / "03_analyze.ipynb")
    nbformat.write(nbformat.v4.new_notebook(), work.folder / "notebooks" / "04_create_segments.ipynb")
    pages = REPORTS / "acme" / day
    pages.mkdir(parents=True)
    told = voice["text"].tolist() if day == DAYS[0] else ["aggregates only"]
    (pages / "report.html").write_text("<p>" + "</p><p>".join(told) + "</p>")


def by_hand(path: Path, frame: pd.DataFrame) -> None:
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    manifest_of(path).write_text(json.dumps({"written_by": "x", "rows": len(frame), "sha256": sha256(path)}))


def leave_behind() -> None:
    """A run that broke off, and the log of a worker: both hold ids as written."""
    broken = WORK / ".runs" / "acme" / "20260101T000000-dead"
    broken.mkdir(parents=True)
    (broken / "x.txt").write_text("K-00123")
    (WORK / ".runs" / "acme" / "worker.log").write_text("KeyError: 'K-00123'\n")


def tree() -> dict[str, str]:
    files = [p for folder in (WORK / "acme", REPORTS, WORK / ".runs") for p in folder.rglob("*") if p.is_file()]
    return {str(p.relative_to(ROOT)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files if p.name != "lock"}


def command(*arguments: str) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        code = main(list(arguments))
    return code, out.getvalue()


if __name__ == "__main__":
    for day in DAYS:
        build(day)
    leave_behind()
    before = tree()
    ids = sys.argv[1]
    told = {"dry": command("erase", "acme", "--ids", ids, "--dry-run"), "untouched": tree() == before,
            "erased": command("erase", "acme", "--ids", ids), "again": command("erase", "acme", "--ids", ids),
            "checked": command("check", "acme")}
    settings = load_product("acme")
    collected = collect.collect(sources.read(settings), sources.rules(settings))
    told["protection"] = collected.collected["protection"]
    told["keys"] = collected.tables["customers"]["customer_key"].tolist()
    told["users"] = collected.tables["events"].user_key.to_pandas().tolist()
    told["quarantined"] = collected.quarantine["customer_key"].dropna().tolist()
    collect.reconcile(collected.ledger)
    (ROOT / "told.json").write_text(json.dumps(told))
