"""The page over all products outlives a batch: what failed stays until the product publishes."""

import datetime as dt
import json
import os
import socket

import pytest

from lib.run import folder, portfolio
from lib.run.outcome import Outcome


@pytest.fixture
def places(tmp_path, monkeypatch):
    for module, name in ((portfolio, "REPORTS"), (portfolio, "RUNS"), (folder, "RUNS")):
        monkeypatch.setattr(module, name, tmp_path / name)
    return tmp_path


def page(places) -> str:
    portfolio.write_portfolio()
    return (places / "REPORTS/index.html").read_text(encoding="utf-8")


def publish(places, at: dt.datetime) -> None:
    run = places / "REPORTS/meals/2026-06-30/run.json"
    run.parent.mkdir(parents=True, exist_ok=True)
    run.write_text(json.dumps({"started_at": at.isoformat(timespec="seconds")}))


def test_a_failure_stays_on_the_page_until_the_product_publishes(places):
    now = dt.datetime.now(dt.UTC)
    publish(places, now - dt.timedelta(hours=1))
    portfolio.note(Outcome("meals", "failed", "KeyError: Anna", as_of="2026-06-30", step="02_collect"))
    portfolio.note(Outcome("teamflow", "published"))
    for _ in range(2):  # another batch writes it too
        assert "02_collect did not finish" in page(places) and "Anna" not in page(places)
    publish(places, now + dt.timedelta(minutes=1))
    assert "did not finish" not in page(places)


def test_a_product_whose_file_is_gone_is_named_by_its_id(places):
    portfolio.note(Outcome("no-such-product", "mistake", "there is no such file", as_of="2026-06-30"))
    assert "no-such-product" in page(places) and "there is no such file" in page(places)


@pytest.mark.parametrize("alive, here, running", [(True, True, True), (False, True, False), (False, False, True)])
def test_a_run_that_was_killed_does_not_go_on(places, alive, here, running):
    pid, host = os.getpid() if alive else 2**22 + 1, socket.gethostname() if here else "another"
    lock = places / "RUNS/meals/lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"process {pid} on {host}, since 2026-07-01 03:12:00")
    assert ("since 2026-07-01 03:12:00" in page(places)) is running


def test_a_lock_that_was_given_back_says_nothing(places):
    with folder.product_lock("meals"):
        assert "Being run now" in page(places)
    assert "Being run now" not in page(places)
