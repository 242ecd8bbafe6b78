"""The register of processing: entered by each published run, cited on every page, left as it was by a failed one."""

import datetime as dt
import json

import pytest
import yaml

from lib.contracts.raw import Rules
from lib.decisions import undecided
from lib.product import Product
from lib.run.order import STEPS
from tests.run.conftest import Workspace

PLAN = {"campaign": "c", "registered_for": "x", "expires_on": "2026-07-30", "assumptions": [], "weights": {},
        "exported": {}, "judged_on": "2026-08-06", "analysis": "a", "decision": "d", "fingerprint": "f" * 64}
ENTRY = {"purpose": "p", "lawful_basis": "consent", "owner": "o", "legitimate_interest": "", "impact_assessment": "no",
         "key_id": "0a1b2c3d", "retention_days": 1095, "minimum_age": 16, "as_of": "2026-06-30",
         "categories": {"transactions": ["amount"]}, "compared": [], "sources": ["transactions"],
         "people": 900,
         "left_out": {"erased on request": 2}, "recipients": "r", "measures": ["m"], "remark": ""}


@pytest.fixture(scope="module")
def after(tmp_path_factory):
    """A workspace after a run that exported, after one that failed, and after purges: what was there each time."""
    space = Workspace(tmp_path_factory.mktemp("register") / "space")
    space.put(STEPS[1], f"work.save(processing_register={ENTRY!r}, plan={PLAN!r})",
              "work.save_audiences({'a-email.csv': b'customer_key\\r\\n1\\r\\n'})",
              wrote=["processing_register", "plan"])
    told = {"run": space.run(), "register": read(space)}
    page = (space.published / "report.html").read_text(encoding="utf-8")
    space.put_light(STEPS[0], "1 / 0")
    told |= {"failed": space.run()[0], "after failure": read(space)}
    for day, options in (("2026-07-30", []), ("2026-07-31", ["--dry-run"]), ("2026-07-31", []), ("2029-06-30", [])):
        done = space.segments("purge", "acme", "--on", day, *options)
        told[day, *options] = done.stdout
        told[day, *options, "left"] = sorted(p.name for p in (space.root / "data/work/acme").rglob("*") if p.is_file())
    return space, told, page


def read(space: Workspace) -> dict:
    return yaml.safe_load((space.root / "data/work/acme/processing_register.yaml").read_text(encoding="utf-8"))


def test_a_published_run_is_entered_and_cited(after):
    _, told, page = after
    assert told["run"][0] == 0
    (run,) = told["register"]["runs"]
    assert run["run_id"] == told["run"][1]["run_id"] and run["state"] == "published" and run["people"] == 900
    assert run["left_out"] == {"erased on request": 2} and run["key_id"] == "0a1b2c3d"
    assert run["audiences"] == [{"file": "a-email.csv", "rows": 1, "expires_on": "2026-07-30"}]
    assert {"processing_register", "plan", "readiness"} <= set(run["artefacts"])
    assert told["register"]["categories"] == {"transactions": ["amount"]}
    assert f"data/work/acme/processing_register.yaml, entry acme {run['run_id']}" in page
    assert "public key, which protects nobody" in page, "public data without a notice of its own still has a banner"


def test_a_failed_run_leaves_it_as_it_was(after):
    assert after[1]["failed"] == 1
    assert after[1]["after failure"] == after[1]["register"]


def test_an_audience_is_deleted_after_its_last_day_and_artefacts_after_the_retention(after):
    space, told, _ = after
    assert "a-email.csv" in told["2026-07-30", "left"]
    assert "audiences/a-email.csv: past its last day" in told["2026-07-31", "--dry-run"]
    assert "a-email.csv" in told["2026-07-31", "--dry-run", "left"]
    assert not {"a-email.csv", "a-email.csv.manifest.json"} & set(told["2026-07-31", "left"])
    assert "readiness.json" in told["2026-07-31", "left"]
    assert "data/work/acme/2026-06-30: older than its retention" in told["2029-06-30",]
    assert told["2029-06-30", "left"] == ["processing_register.yaml"]
    assert (space.published / "report.html").is_file(), "pages are aggregates"
    purges = read(space)["purges"]
    assert [(p["as_of"], p["audiences"]) for p in purges] == [
        ([], ["2026-06-30/a-email.csv"]), (["2026-06-30"], [])]


def test_artefacts_note_their_own_expiry(after, tmp_path):
    from lib.store import Store

    store = Store("acme", dt.date(2026, 6, 30), tmp_path, tmp_path, retention_days=30)
    store.save(plan=PLAN)
    assert json.loads((store.folder / "plan.json.manifest.json").read_text())["expires_on"] == "2026-07-30"


def test_legitimate_interests_need_their_balance_on_record(minimal):
    minimal["data_protection"]["lawful_basis"] = "legitimate interests"
    keys = [d.key for d in undecided(Product.model_validate(minimal))]
    assert "data_protection.legitimate_interest" in keys
    minimal["data_protection"]["legitimate_interest"] = "retention; weighed on 2026-01-01"
    assert not undecided(Product.model_validate(minimal))


def test_two_keys_have_two_fingerprints_that_do_not_tell_them():
    one, other = (_rules(k) for k in (b"k" * 32, b"l" * 32))
    assert one.key_id != other.key_id and len(one.key_id) == 8
    assert "k" * 32 not in repr(one)


def _rules(key: bytes) -> Rules:
    return Rules(dt.date(2026, 6, 30), "UTC", "EUR", 2, 1, 16, "contract", {}, key)
