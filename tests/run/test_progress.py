"""What a batch says while it runs and at its end."""

import io
import os
import pty
import struct
from fcntl import ioctl
from termios import TIOCSWINSZ

import pytest

from lib.run.outcome import FAILED, INTERRUPTED, PASSED_OVER, PUBLISHED, REFUSED, Outcome, exit_code
from lib.run.progress import Progress, table

DONE = Outcome("acme", PUBLISHED, as_of="2026-06-30", seconds=90.0, report="reports/acme/2026-06-30/report.html")
BROKEN = Outcome("borea", FAILED, "KeyError: 'x'", step="03_analyze", as_of="2026-06-30", seconds=30.0, log="run.ipynb")


def event(cell: int) -> dict:
    return {"event": "cell", "number": 3, "step": "03_analyze", "cells": 10, "cell": cell}


def test_elsewhere_than_on_a_terminal_it_is_one_line_a_step():
    stream = io.StringIO()
    progress = Progress(stream)
    for cell in range(10):
        progress.cell("acme", event(cell))
    progress.ended(DONE)
    lines = [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()]
    assert lines == ["acme: 3/6 03_analyze", "acme: published after 90 s"]


@pytest.mark.parametrize("lines, expected", [(40, "acme 3/6 analyze, cell 5/10"), (0, "acme: 3/6 03_analyze")])
def test_on_a_terminal_it_is_a_bar_if_the_terminal_has_lines(lines, expected):
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", lines, 100, 0, 0))
    with os.fdopen(theirs, "w") as stream:
        progress = Progress(stream)
        for cell in range(5):
            progress.cell("acme", event(cell))
        progress.ended(DONE)
        progress.close()
    shown = "".join(iter(lambda: said(ours), ""))
    os.close(ours)
    assert expected in shown


def test_the_table_says_state_cause_and_where_to_look():
    text = table([DONE, BROKEN])
    assert "acme" in text and "1.5  reports/acme/2026-06-30/report.html" in text
    assert "at 03_analyze: KeyError: 'x'" in text and "see run.ipynb" in text


@pytest.mark.parametrize("states, code", [
    ([PUBLISHED, PUBLISHED], 0), ([PUBLISHED, PASSED_OVER], 0), ([PUBLISHED, REFUSED], 3), ([REFUSED, FAILED], 1),
    ([FAILED, INTERRUPTED], 130), ([], 0),
])
def test_the_exit_code_is_that_of_the_worst_outcome(states, code):
    assert exit_code(Outcome(str(i), state) for i, state in enumerate(states)) == code


def said(terminal: int) -> str:
    """What a terminal was told since the last look; nothing more once who wrote to it has closed it."""
    try:
        return os.read(terminal, 1 << 16).decode()
    except OSError:
        return ""
