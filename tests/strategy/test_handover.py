"""What leaves and what is carried on: audience files in the work folder, artefacts of the newest earlier run."""

import datetime as dt
import json

from lib.contracts import ARTEFACTS, NotMeasured
from lib.store import Store

DAY = dt.date(2026, 6, 30)
PLAN = {"campaign": "c", "registered_for": "x", "expires_on": "2026-07-30", "assumptions": [], "weights": {},
        "exported": {}, "judged_on": "2026-08-06", "analysis": "a", "decision": "d", "fingerprint": "f" * 64}
MODEL = dict.fromkeys(ARTEFACTS["model"].keys, "x")


def test_a_second_export_replaces_the_first(tmp_path):
    work = Store("acme", DAY, tmp_path, tmp_path)
    work.save(plan=PLAN)
    assert work.save_audiences({"a-email.csv": b"one", "b-push.csv": b"two"}) == ["a-email.csv", "b-push.csv"]
    assert work.save_audiences({"a-email.csv": b"three"}) == ["a-email.csv"]
    folder = work.folder / "audiences"
    assert json.loads((folder / "a-email.csv.manifest.json").read_text())["expires_on"] == "2026-07-30"
    assert json.loads((folder / "a-email.csv.manifest.json").read_text())["plan"] == PLAN["fingerprint"]
    assert (folder / "a-email.csv").read_bytes() == b"three" and not (folder / "b-push.csv").exists()
    assert work.save_audiences(NotMeasured("no consents")) == [] and not folder.exists()


def test_the_newest_earlier_run_that_has_it_answers(tmp_path):
    for month in (4, 5):
        Store("acme", dt.date(2026, month, 30), tmp_path, tmp_path).save(model=MODEL)
    Store("acme", dt.date(2026, 4, 30), tmp_path, tmp_path).save(plan={**PLAN, "campaign": "april"})
    work = Store("acme", DAY, tmp_path, tmp_path)
    assert work.newest_earlier("plan")["campaign"] == "april"
    assert isinstance(work.newest_earlier("advice"), NotMeasured)
