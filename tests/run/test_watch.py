"""What a worker may take: seen on real processes that are frozen, large, or share what they hold."""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from lib.run import commands, supervisor, watch
from lib.run.order import Order
from lib.run.watch import GB, Limits, Watch, limits

MB = 1e6
HOLD = "import os, time; held = bytearray(120_000_000); print('ready', flush=True); time.sleep(60)"
SHARE = "import os, time; held = bytearray(120_000_000); os.fork() and print('ready', flush=True); time.sleep(60)"


@pytest.fixture
def started():
    """Starts a process that does what the code says; gives it and its children once it is ready."""
    running = []

    def start(code: str) -> list[psutil.Process]:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
        running.append(process)
        assert process.stdout.readline() == b"ready\n"
        top = psutil.Process(process.pid)
        return [top, *top.children()]

    yield start
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_frozen_process_is_a_fault_after_a_while_and_one_that_goes_on_is_none(started, monkeypatch):
    monkeypatch.setattr(watch, "FROZEN", 0.3)
    [process] = started("import time; print('ready', flush=True); time.sleep(60)")
    looked = Watch(Limits(99, GB))
    assert looked.fault([process]) is None
    for _ in range(2):
        process.suspend()
        while process.status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
        assert looked.fault([process]) is None, "not at once: a machine may be suspended"
        time.sleep(0.5)
        state, cause, fix = looked.fault([process])
        assert (state, cause) == ("failed", "one of its processes was frozen for 0 s") and "run it again" in fix
        process.resume()
        while process.status() == psutil.STATUS_STOPPED:
            time.sleep(0.01)
        assert looked.fault([process]) is None


def test_memory_of_all_processes_is_counted_and_what_they_share_once(started):
    one, two = started(HOLD)[0], started(HOLD)[0]
    assert Watch(Limits(99, 200 * MB)).fault([one]) is None
    state, cause, fix = Watch(Limits(99, 200 * MB)).fault([one, two])
    assert (state, cause) == ("temporary", "it took more than 0.2 GB of memory") and "--memory" in fix
    pair = started(SHARE)
    assert len(pair) == 2 and Watch(Limits(99, 200 * MB)).fault(pair) is None


def test_time_runs_out_and_a_process_that_is_gone_is_no_fault(started):
    [process] = started("print('ready', flush=True)")
    process.wait()
    assert Watch(Limits(99, GB)).fault([process]) is None
    assert Watch(Limits(0, GB)).fault([])[:2] == ("failed", "it ran longer than 0 s")


@pytest.mark.parametrize("asked, at_once", [(8, 2), (1, 1), (None, 2)])
def test_more_jobs_than_products_take_no_memory_from_them(monkeypatch, asked, at_once):
    monkeypatch.setattr(watch, "free_memory", lambda: int(8 * GB))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(supervisor, "run", lambda orders, **how: how)
    how = commands._here([Order("a"), Order("b")], argparse.Namespace(jobs=asked, timeout=60, memory=None), show=None)
    assert how["jobs"] == at_once and how["limits"].memory == 8 * GB * watch.SHARE / at_once


def test_without_a_limit_each_may_take_an_equal_share_of_what_is_free(monkeypatch):
    monkeypatch.setattr(watch, "free_memory", lambda: int(8 * GB))
    assert limits(60, None, jobs=2) == Limits(60, 8 * GB * watch.SHARE / 2)
    assert limits(60, 3.0, jobs=2) == Limits(60, 3 * GB)
