"""The two honest ways of not answering: a figure that was not measured, and a step that is refused."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass


@dataclass(frozen=True)
class NotMeasured:
    """Stands where a figure would, when the data cannot carry it.

    ``reason`` says why in a sentence part ("no table of events"); ``needed`` what would change that.
    Every table, figure and sentence helper displays it; notebooks branch on nothing.
    """

    reason: str
    needed: str = ""

    def __bool__(self) -> bool:
        return False


class Refused(Exception):
    """The product must not go on: the base is too small or the data cannot carry segments.

    Carries the reasons and what would be needed, for the published refusal report (exit code 3).
    """

    def __init__(self, reasons: list[str], needed: list[str]):
        super().__init__("not segmented, because " + "; ".join(reasons))
        self.reasons, self.needed = reasons, needed


class UserError(Exception):
    """A mistake in a file, a setting or a command: shown on one screen, without a traceback (exit code 2).

    ``where`` names file, column and line as far as known; ``fix`` says what to do.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = ""):
        super().__init__("\n".join(part for part in (what, where and f"  where: {where}", fix and f"  fix:   {fix}") if part))
        self.what, self.where, self.fix = what, where, fix


class Blocked(UserError):
    """Data protection forbids to go on: a declared record of consent cannot be relied on, for instance (exit code 4)."""


def measured(step):
    """A step function that answers with the first NotMeasured among its arguments, when there is one."""

    @functools.wraps(step)
    def answer(*args, **kwargs):
        for value in (*args, *kwargs.values()):
            if isinstance(value, NotMeasured):
                return value
        return step(*args, **kwargs)

    return answer


def requires(*names: str):
    """Like `measured`, for steps that need only the arguments named: others may be NotMeasured."""

    def decorate(step):
        signature = inspect.signature(step)

        @functools.wraps(step)
        def answer(*args, **kwargs):
            given = signature.bind(*args, **kwargs).arguments
            for name in names:
                if isinstance(given.get(name), NotMeasured):
                    return given[name]
            return step(*args, **kwargs)

        return answer

    return decorate
