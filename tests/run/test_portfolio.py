"""The page over all products outlives a batch: what failed stays until the product publishes."""

import datetime as dt
import json
import os
import socket
import threading
import time

import pytest

from lib.contracts import UserError
from lib.run import folder, lock as locking, portfolio
from lib.run.outcome import Outcome


@pytest.fixture
def places(tmp_path, monkeypatch):
    for module, name in ((portfolio, "REPORTS"), (portfolio, "RUNS"), (folder, "RUNS"), (locking, "RUNS")):
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
    portfolio.note(Outcome("meals", "failed", "KeyError: Anna", as_of="2026-06-30", step="02_collect", of_data=True))
    portfolio.note(Outcome("teamflow", "published"))
    for _ in range(2):  # another batch writes it too
        assert "Step 2 Collect: it ended with KeyError" in page(places) and "Anna" not in page(places)
    publish(places, now + dt.timedelta(minutes=1))
    assert "it ended with" not in page(places)


def test_every_date_that_failed_stays_until_that_date_is_published(places):
    for day in ("2026-06-30", "2026-07-31"):
        portfolio.note(Outcome("meals", "failed", f"it ran longer than 9 s on {day}", as_of=day))
    assert all(f"it ran longer than 9 s on {day}" in page(places) for day in ("2026-06-30", "2026-07-31"))
    publish(places, dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    assert "on 2026-07-31" in page(places) and "on 2026-06-30" not in page(places)


def test_a_summary_that_vanishes_or_is_torn_is_no_crash(places):
    publish(places, dt.datetime.now(dt.UTC))
    summary = places / "REPORTS/meals/2026-06-30/summary.json"
    summary.symlink_to(places / "nowhere")  # listed, and not there when it is read
    assert "<html" in page(places)
    summary.unlink()
    summary.write_text('{"product": "me')
    with pytest.raises(UserError, match="no JSON"):
        portfolio.write_portfolio()


def test_a_torn_record_of_one_product_ends_no_batch_and_is_said_when_it_is_over(places):
    publish(places, dt.datetime.now(dt.UTC))
    record = places / "REPORTS/meals/2026-06-30/run.json"
    record.write_text('{"started_at": "20')
    failed = Outcome("meals", "failed", "it ran longer than 9 s", as_of="2026-06-30")
    portfolio.note(failed)
    watched = portfolio.Watched()
    watched.ended(failed)
    with pytest.raises(UserError, match="no JSON"):
        portfolio.finish([failed])
    record.unlink()
    assert "it ran longer than 9 s" in page(places)


def test_a_product_whose_file_is_gone_is_named_by_its_id(places):
    portfolio.note(Outcome("no-such-product", "mistake", "there is no such file", as_of="2026-06-30"))
    assert "no-such-product" in page(places) and "there is no such file" in page(places)


@pytest.mark.parametrize("alive, here, since, silent, running", [
    (True, True, 0, 9999, True), (False, True, 0, 0, False), (True, True, 10**6, 0, False),  # its number, given again
    (False, False, 0, 0, True), (False, False, 0, 9999, False),
])
def test_a_run_that_was_killed_does_not_go_on(places, alive, here, since, silent, running):
    pid, host = os.getpid() if alive else 2**22 + 1, socket.gethostname() if here else "another"
    began = time.strftime(locking.CLOCK, time.localtime(time.time() - since))
    lock = places / "RUNS/meals/lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"process {pid} on {host}, since {began}")
    os.utime(lock, (time.time() - silent,) * 2)
    assert (f"since {began}" in page(places)) is running


def test_the_holder_of_a_lock_says_that_it_lives_and_that_it_ends(places):
    with locking.product_lock("meals"):
        lock = places / "RUNS/meals/lock"
        os.utime(lock, (0, 0))
        locking.beat()
        assert time.time() - lock.stat().st_mtime < locking.SILENT
        locking.let_go()  # as a process does that is about to end with the lock in its hands
        assert "Being run now" not in page(places)


def test_a_page_that_another_batch_began_earlier_does_not_replace_a_newer_one(places, monkeypatch):
    """The other one has read what failed, and is held up before it writes; meanwhile one more product fails."""
    has_read, goes_on, drawn = threading.Event(), threading.Event(), portfolio.portfolio_page

    def held_up(runs):
        if not has_read.is_set():
            has_read.set()
            goes_on.wait(60)
        return drawn(runs)

    monkeypatch.setattr(portfolio, "portfolio_page", held_up)
    other, this = (threading.Thread(target=portfolio.write_portfolio) for _ in range(2))
    other.start()
    has_read.wait(60)
    portfolio.note(Outcome("meals", "failed", "it ran longer than 9 s", as_of="2026-06-30"))
    this.start()
    this.join(0.5)
    goes_on.set()
    other.join(60)
    this.join(60)
    assert "it ran longer than 9 s" in (places / "REPORTS/index.html").read_text(encoding="utf-8")


def test_a_batch_that_hangs_while_it_writes_the_page_keeps_nobody_else_from_it(places):
    with locking.page_lock():
        assert "<html" in page(places)


def test_a_lock_that_was_given_back_says_nothing(places):
    with locking.product_lock("meals"):
        assert "Being run now" in page(places)
    assert "Being run now" not in page(places)
