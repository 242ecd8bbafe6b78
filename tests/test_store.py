"""The store: what is saved is what is loaded, by contract; tampering, gaps and look-ahead are refused."""

import datetime as dt
import json
import resource

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lib.contracts import ARTEFACTS, ContractError, NotMeasured, Refused, UserError
from lib.store import Store, to_json

DAY = dt.date(2026, 6, 30)
LIFECYCLE = pd.DataFrame({"period": [-1, 0], "state": ["dormant", "new"], "n": [4, 3]})
READY = {"verdict": "no-go", "reasons": ["40 customers"], "needed": ["200 customers"], "checks": [], "n_customers": 40,
         "largest_k": 0, "lead_basis": "icp", "lead_rule": "b2c", "why_now": "x", "rfm": {}, "cost_value": None,
         "not_measured": []}


@pytest.fixture
def work(tmp_path) -> Store:
    return Store("acme", DAY, tmp_path, tmp_path, reports=tmp_path)


def test_the_summary_before_is_the_newest_earlier_one_that_is_published(work, tmp_path):
    assert work.summary_before() is None
    for day in ("2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31"):
        (tmp_path / "acme" / day).mkdir(parents=True)
        (tmp_path / "acme" / day / "summary.json").write_text(json.dumps({"as_of": day}))
    assert work.summary_before() == {"as_of": "2026-05-31"}
    assert Store("other", DAY, tmp_path, tmp_path, reports=tmp_path).summary_before() is None


def test_tables_come_back_equal(work):
    work.save(lifecycle=LIFECYCLE)
    pd.testing.assert_frame_equal(work.load("lifecycle"), LIFECYCLE)


def test_the_same_content_gives_the_same_bytes(work, tmp_path):
    work.save(lifecycle=LIFECYCLE)
    first = work.path("lifecycle").read_bytes()
    work.save(lifecycle=LIFECYCLE.iloc[::-1].copy())
    assert work.path("lifecycle").read_bytes() == first


def test_nothing_is_written_when_one_artefact_fails(work):
    with pytest.raises(ContractError):
        work.save(lifecycle=LIFECYCLE, retention=LIFECYCLE)
    assert not work.folder.exists()


def test_a_disk_that_is_full_leaves_no_half_of_a_manifest(work):
    """The artefact has room, and its manifest has not: no file may be larger than 100 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError):
            work.save(segments_sql="SELECT 1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [p.name for p in work.folder.iterdir() if p.suffix == ".sql"] and not list(work.folder.glob("*.json"))


def test_what_was_not_measured_stays_so(work):
    work.save(lifecycle=NotMeasured("one period only", "a second period"))
    assert work.load("lifecycle") == NotMeasured("one period only", "a second period")
    assert not work.has("lifecycle")
    work.save(lifecycle=LIFECYCLE)
    assert work.has("lifecycle")


def test_a_missing_artefact_names_its_notebook(work):
    with pytest.raises(UserError, match="notebooks/03_analyze.ipynb"):
        work.load("lifecycle")


def test_a_changed_file_is_refused(work):
    work.save(lifecycle=LIFECYCLE)
    path = work.path("lifecycle")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ContractError, match="changed after 03_analyze"):
        work.load("lifecycle")
    for spoiled in ("", "[]", "{}"):
        path.with_name(f"{path.name}.manifest.json").write_text(spoiled)
        with pytest.raises(ContractError, match="is no manifest"):
            work.load("lifecycle")


def test_a_no_go_is_refused_where_it_must_be(work):
    work.save(readiness=READY)
    assert work.load("readiness")["verdict"] == "no-go"
    with pytest.raises(Refused, match="40 customers"):
        work.require_go()


def test_raw_tables_are_checked_too(work):
    with pytest.raises(ContractError, match="customer_key"):
        work.save(transactions=pa.table({"who": ["a"]}))


def test_earlier_runs_are_found_and_later_ones_are_not(work, tmp_path):
    model = dict.fromkeys(ARTEFACTS["model"].keys)
    for day in (dt.date(2026, 4, 30), dt.date(2026, 5, 31), DAY, dt.date(2026, 7, 31)):
        Store("acme", day, tmp_path, tmp_path).save(model={**model, "as_of": day.isoformat()})
    assert work.earlier() == [dt.date(2026, 4, 30), dt.date(2026, 5, 31)]
    assert work.load_earlier("model", work.earlier()[-1])["as_of"] == "2026-05-31"


def test_an_earlier_artefact_of_another_version_is_not_measured_and_a_changed_one_is_refused(work, tmp_path):
    model = dict.fromkeys(ARTEFACTS["model"].keys)
    before = Store("acme", dt.date(2026, 5, 31), tmp_path, tmp_path)
    before.save(model={**model, "as_of": "2026-05-31"}, lifecycle=LIFECYCLE)
    assert len(work.newest_earlier("lifecycle")) == 2
    before._write("lifecycle", LIFECYCLE[["period", "state"]])  # as a version without the last column would have
    absent = work.newest_earlier("lifecycle")
    assert isinstance(absent, NotMeasured) and "--as-of 2026-05-31" in absent.needed
    path = before.folder / "lifecycle.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ContractError, match="changed after"):
        work.newest_earlier("lifecycle")


def test_json_is_strict_and_plain():
    text = to_json({"b": np.float64("nan"), "a": [np.int64(3), dt.date(2026, 1, 2), np.bool_(True)]})
    assert json.loads(text) == {"a": [3, "2026-01-02", True], "b": None}
    assert "NaN" not in text
