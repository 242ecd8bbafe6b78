"""Every kind of fault at many random moments, several cases side by side, and the table of what was seen."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

from lib import paths, run, scratch, store
from tests.faults.ground import prepared
from tests.faults.harness import VIOLATIONS, Fault, tried
from tests.faults.kinds import built_shim, kinds
from tests.run import conftest
from tests.side_by_side import side_by_side

AT_ONCE = 2  # cases a processor: a part of each is waiting
LOST = tuple(v for v in VIOLATIONS if v != "not resumed")
# what kept results depend on
CODE = [*sorted(Path(run.__file__).parent.glob("*.py")), *(Path(m.__file__) for m in (store, paths, scratch, conftest)),
        *sorted(Path(__file__).parent.glob("*.[cp]*"))]


def rows(moments: int, *, kept: Path | None = None) -> list[dict]:
    """Rows of {kind; moments; hit: at how many the run was still going on; how often each violation was seen; resumed:
    after how many the next run published the same artefacts to the byte; taken over: the finished steps that these
    runs went on from; gone after: the most seconds that a process outlived the run}: every kind at so many moments, and
    all together. Moments are random; where a cell does the harm they are its steps, one each. ``kept`` as for
    `side_by_side`.

    Orphans are processes that live 5 seconds after the run; here, where several cases share the processors, up to twice
    as long in proportion to the load: `gone after` says what it came to. What both runs said after a violation goes to
    standard error: the moment alone does not bring it back.
    """
    known = kinds(None)
    jobs = [(fault.name, moment) for moment in range(moments) for fault in known
            if fault.moments is None or moment < fault.moments]
    found = side_by_side(_case, jobs, workers=AT_ONCE * (os.cpu_count() or 1), kept=kept, code=CODE)
    for (name, moment), case in zip(jobs, found, strict=True):
        if seen := [v for v in VIOLATIONS if case[v]]:
            sys.stderr.write(f"{name}, moment {moment}: {', '.join(seen)}\n{case['told']}\n")
    by_kind = {fault.name: [case for (kind, _), case in zip(jobs, found, strict=True) if kind == fault.name]
               for fault in known}
    return [_row(kind, cases) for kind, cases in {**by_kind, "all": found}.items()]


def _row(kind: str, cases: list[dict]) -> dict:
    def counted(what: str) -> int:
        return sum(case[what] for case in cases)

    return {"kind": kind, "moments": len(cases), "hit": counted("hit"), **{v: counted(v) for v in LOST},
            "resumed": f"{1 - counted('not resumed') / len(cases):.0%}", "taken over": counted("taken over"),
            "gone after": f"{max(case['gone after'] for case in cases):.1f} s"}


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
