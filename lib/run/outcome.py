"""How the run of one product can end, and what the command's exit code says."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass

from lib.contracts import Blocked, UserError
from lib.personal import masked

PUBLISHED, REFUSED, FAILED, MISTAKE = "published", "refused", "failed", "mistake"
BLOCKED, LOCKED, TEMPORARY = "blocked", "locked", "temporary"
INTERRUPTED, PASSED_OVER, KEPT = "interrupted", "passed over", "kept"
EXIT_CODES = {
    PUBLISHED: 0,
    PASSED_OVER: 0,    # its optional data are not installed
    KEPT: 0,           # only some steps were asked for: they are done, and nothing is published
    FAILED: 1,
    MISTAKE: 2,        # in the command, the product file or an input file
    REFUSED: 3,        # the base cannot carry segments; the report saying so is published
    BLOCKED: 4,        # data protection forbids to go on: consent that is declared cannot be relied on
    LOCKED: 5,         # another run of the product is going on
    TEMPORARY: 75,     # disk or memory ran out: try again
    INTERRUPTED: 130,
}
WORST_FIRST = (INTERRUPTED, FAILED, TEMPORARY, LOCKED, MISTAKE, BLOCKED, REFUSED, PASSED_OVER, KEPT, PUBLISHED)
# the names of exceptions in a cell: what a kernel hands over is the name and the text only
BY_EXCEPTION = {"Refused": REFUSED, "UserError": MISTAKE, "Blocked": BLOCKED, "MemoryError": TEMPORARY}
SAY_THEMSELVES = ("Refused", "UserError", "Blocked")  # their text is meant for the reader
DISK_FULL = ("No space left on device", "Disk quota exceeded")
FRAME = "  File "  # begins the parts of a traceback that hold places and code, not values
LONGEST_CAUSE = 300
DIED = "its process died"
QUOTED = re.compile(r"(?:(?<!\w)|(?<=\bb))(['\"])([^'\"\n]+)\1(?!\w)")
OF_DATA = re.compile(r"(?=.{3})\S*[\d@ ]")  # column names stay: they have no digit or space
READ = re.compile(r"((?:convert string|literal for|time data|input_value=)[^'\"\n]*)(['\"])[^'\"\n]+\2")  # no number
NUMBERED = re.compile(r"[\w/.+-]*(?:\d[\w/.+-]*){4}")  # [ours] digits of an id; a count is lost with them


@dataclass(frozen=True)
class Outcome:
    """How the run of one product ended: state, one-line cause, and where to look."""

    product: str
    state: str
    cause: str = ""
    fix: str = ""
    as_of: str = ""
    run_id: str = ""
    step: str = ""
    seconds: float = 0.0
    report: str = ""
    log: str = ""
    of_data: bool = False  # nobody wrote its cause for readers: it may hold what the data hold

    def as_dict(self) -> dict:
        return {**asdict(self), "exit_code": EXIT_CODES[self.state]}


class Stopped(Exception):
    """A step ended without success: the state that this means, the kind of error and its one-line cause.

    ``of_data``: as of `Outcome`.
    """

    def __init__(self, state: str, error: str, cause: str, fix: str = "", *, of_data: bool = False):
        super().__init__(masked(cause))
        self.state, self.error, self.cause, self.fix = state, error, one_line(masked(cause)), fix
        self.of_data = of_data


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The code of the worst outcome."""
    states = {o.state for o in outcomes}
    return next((EXIT_CODES[s] for s in WORST_FIRST if s in states), 0)


def state_of(error: str, text: str) -> str:
    """What an exception means for the run, by its name and text."""
    if any(sign in text for sign in DISK_FULL):
        return TEMPORARY
    return BY_EXCEPTION.get(error, FAILED)


def unexpected(error: str, text: str) -> Stopped:
    """What an error means for which nobody wrote a cause: without what it quotes, which may be a customer's value."""
    return Stopped(state_of(error, text), error, f"{error}: {without_values(text)}", of_data=True)


def without_values(text: str) -> str:
    """The text of an error without what may be of the data: contacts, what it quotes, numbers of many digits."""
    text = READ.sub(r"\1\2…\2", masked(text))
    return NUMBERED.sub("…", QUOTED.sub(lambda m: f"{m[1]}…{m[1]}" if OF_DATA.match(m[2]) else m[0], text))


def one_line(text: str) -> str:
    """The text on one line, cut: a cause, not a story."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CAUSE else line[: LONGEST_CAUSE - 1] + "…"


def as_stopped(error: Exception) -> Stopped:
    """What an error means for the run; the traceback of one that nobody expected goes to the worker's log."""
    if isinstance(error, Stopped):
        return error
    if isinstance(error, UserError):
        state = BLOCKED if isinstance(error, Blocked) else MISTAKE
        cause = " ".join(p for p in (error.what, error.where and f"({error.where})") if p)
        return Stopped(state, type(error).__name__, cause, error.fix)
    told = (part if part.startswith(FRAME) else without_values(part) for part in traceback.format_exception(error))
    with suppress(OSError):  # the worker's log, whose disk may be full
        sys.stderr.write("".join(told))
    return unexpected(type(error).__name__, str(error))
