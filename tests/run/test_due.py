"""`segments due`: a review whose day has come, new data, another as-of date, a run that broke off; and nothing else."""

import datetime as dt
import json

import pytest

from lib.product import Product
from lib.run import due as module
from lib.store import sha256
from tests.conftest import MINIMAL

TODAY = dt.date(2026, 7, 10)


@pytest.fixture
def product(tmp_path, monkeypatch):
    """A product that was run for 30 June, with a review due on 28 September."""
    for name, folder in {"REPORTS": "reports", "WORK": "data/work", "RUNS": "data/work/.runs"}.items():
        monkeypatch.setattr(module, name, tmp_path / folder)
    monkeypatch.setattr(module, "input_files", lambda s: module_places(tmp_path))
    orders = tmp_path / "orders.csv"
    orders.write_text("a;b\n")
    known = {"file": "orders.csv", "bytes": 4, "sha256": sha256(orders)}
    run = tmp_path / "reports/acme/2026-06-30/run.json"
    run.parent.mkdir(parents=True)
    run.write_text(json.dumps({"as_of": "2026-06-30", "inputs": [known]}))
    advice = tmp_path / "data/work/acme/2026-06-30/advice.json"
    advice.parent.mkdir(parents=True)
    advice.write_text(json.dumps({"next_review": "2026-09-28"}))
    return tmp_path


def module_places(root):
    from lib.sources.places import Place

    return [Place(p, p.name) for p in sorted(root.glob("*.csv"))]


def reasons(today=TODAY, **changes) -> tuple[str, ...]:
    return module.due_for(Product.model_validate(MINIMAL | changes), today).reasons


def test_nothing_is_due_before_its_time(product):
    assert reasons() == ()
    assert reasons(dt.date(2026, 9, 27)) == ()


def test_a_review_is_due_on_its_day(product):
    assert reasons(dt.date(2026, 9, 28)) == ("its review was due on 2026-09-28",)


def test_a_product_that_was_never_run_is_due(product):
    assert reasons(id="other") == ("it was never run",)


def test_data_are_told_by_content_not_by_time(product):
    (product / "orders.csv").touch()
    assert reasons() == ()
    (product / "orders.csv").write_text("a;c\n")
    assert reasons() == ("1 input changed since: orders.csv",)
    (product / "more.csv").write_text("x\n")
    assert reasons()[1] == "1 input came since: more.csv"


def test_another_as_of_date_is_due(product):
    assert reasons(as_of="2026-07-31") == ("its file says 2026-07-31, and the last run is for 2026-06-30",)


def test_a_run_that_broke_off_is_due(product):
    (product / "data/work/.runs/acme/20260701T000000-x").mkdir(parents=True)
    assert "broke off or failed" in reasons()[0]


def test_the_command_runs_what_is_due_and_nothing_else(published):
    told = json.loads(published.segments("due", "--json").stdout)
    assert [(d["product"], d["due"], len(d["reasons"])) for d in told] == [("acme", True, 1)]
    assert "no such file" in told[0]["reasons"][0]
    published.put_orders("2,50")
    done = published.segments("run", "--due")
    assert (done.returncode, done.stdout) == (0, "nothing is due\n")
