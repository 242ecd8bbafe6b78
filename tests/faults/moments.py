"""Every kind of fault at many random moments, several cases side by side, and the table of what was seen."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

from lib import paths, run, store
from tests.faults.harness import VIOLATIONS, Fault, prepared, tried
from tests.faults.kinds import built_shim, kinds
from tests.run import conftest
from tests.side_by_side import side_by_side

AT_ONCE = 2  # cases a processor: a part of each is waiting
LOST = tuple(v for v in VIOLATIONS if v != "not resumed")
CODE = [*sorted(Path(run.__file__).parent.glob("*.py")), Path(store.__file__), Path(paths.__file__),  # what kept
        *sorted(Path(__file__).parent.glob("*.[cp]*")), Path(conftest.__file__)]  # results depend on


def rows(moments: int, *, kept: Path | None = None) -> list[dict]:
    """Rows of {kind; moments; hit: at how many the run was still going on; how often each violation was seen; resumed:
    after how many the next run published the same artefacts to the byte; taken over: the finished steps that these
    runs went on from}: every kind at so many random moments, and all together. ``kept`` as for `side_by_side`.

    What the second run said after a violation goes to standard error: the moment alone does not bring it back.
    """
    names = [fault.name for fault in kinds(None)]
    jobs = [(name, moment) for moment in range(moments) for name in names]
    found = side_by_side(_case, jobs, workers=AT_ONCE * (os.cpu_count() or 1), kept=kept, code=CODE)
    for (name, moment), case in zip(jobs, found, strict=True):
        if seen := [v for v in VIOLATIONS if case[v]]:
            sys.stderr.write(f"{name}, moment {moment}: {', '.join(seen)}\n{case['told']}\n")
    by_kind = {name: [case for (kind, _), case in zip(jobs, found, strict=True) if kind == name] for name in names}
    return [_row(kind, cases) for kind, cases in {**by_kind, "all": found}.items()]


def _row(kind: str, cases: list[dict]) -> dict:
    def counted(what: str) -> int:
        return sum(case[what] for case in cases)

    return {"kind": kind, "moments": len(cases), "hit": counted("hit"), **{v: counted(v) for v in LOST},
            "resumed": f"{1 - counted('not resumed') / len(cases):.0%}", "taken over": counted("taken over")}


def _case(name: str, moment: int) -> dict:
    good, known, _ = _ground()
    return tried(known[name], good, moment)


@cache
def _ground() -> tuple[Path, dict[str, Fault], tempfile.TemporaryDirectory]:
    """The workspace that this process copies for each case, the kinds, and the folder that vanishes with the process.

    Each process makes its own, at the pace of a machine on which the others work, too: moments are drawn within it.
    """
    folder = tempfile.TemporaryDirectory(prefix="segments-faults-")
    shim = built_shim(Path(folder.name))
    return prepared(Path(folder.name) / "good"), {fault.name: fault for fault in kinds(shim)}, folder
