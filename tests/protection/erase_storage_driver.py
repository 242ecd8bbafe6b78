"""Run in a workspace of its own (SEGMENTS_ROOT) with object storage: fills it with what `erase_driver` builds.

Two as-of dates are published, and a run that broke off is kept.
"""

from lib.run import mirror
from lib.run.folder import RUNS, RunFolder
from tests.protection.erase_driver import DAYS, build, leave_behind

if __name__ == "__main__":
    for day in DAYS:
        build(day)
    mirror.share("acme")
    leave_behind()
    [path] = (p for p in (RUNS / "acme").iterdir() if p.is_dir())
    mirror.keep(RunFolder(path, "acme", DAYS[1]))
