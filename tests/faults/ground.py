"""The workspace that faults strike: two products published from one input, and then another input to run them on.

What is new differs from what was published in every file, so that a mix of both can be told from either.
"""

from __future__ import annotations

import compileall
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from lib.paths import ROOT
from lib.run.order import STEPS
from tests.faults.published import artefacts, published
from tests.run.conftest import READINESS, Workspace

PRODUCTS = ("acme", "borea")  # the first is run in each case, the other in some
BEFORE, AMOUNT = "2,50", "3,50"  # in the input: of what was published, and of the run that is struck
TEMPORARY = "t"  # short: paths of sockets may have about 100 characters
FACTS = "facts.json"  # how long runs take that nothing hits, and the artefacts that they publish
FLAG = "fault"  # a file in the workspace: cells with a fault of their own look for it, so that notebooks stay the same
SLEEP = "import time; time.sleep(0.3)"
READ = "amount = open('data/acme/orders.csv').read().rsplit(';', 1)[1].strip()"  # the only one; cells run in the root
STORE = """
import datetime as dt, hashlib, os, pathlib
import pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from lib.store import Store
work = Store(product, dt.date.fromisoformat(as_of), pathlib.Path(os.environ['SEGMENTS_WORK']))
on, keys = dt.date(2026, 5, 1), ['f' * 32] * 8
"""
CONTENT = {  # what cells of these steps write, beside what the first does: tables of which the second needs the first,
    # and an audience with its plan
    STEPS[1]: ({"wrote": ["transactions"]}, """
minor = [int(amount.replace(',', '')) + i for i in range(8)]
work.save(transactions=pa.table({'customer_key': keys, 'order_key': keys, 'ordered_at': [pd.Timestamp(on)] * 8,
                                 'ordered_on': [on] * 8, 'amount': minor, 'is_refund': [False] * 8}))"""),
    STEPS[2]: ({"wrote": ["events"]}, """
paid = pq.read_table(work.path('transactions'))['amount'].to_pylist()
work.save(events=pa.table({'customer_key': keys, 'occurred_at': [pd.Timestamp(on)] * 8, 'occurred_on': [on] * 8,
                           'value': [v / 2 for v in paid]}))"""),
    STEPS[4]: ({"wrote": ["plan"], "exported": ["a-email.csv"]}, """
from lib.strategy.files import machine_csv
work.save(plan={'campaign': 'c', 'registered_for': as_of, 'expires_on': '2026-07-30', 'assumptions': [],
                'weights': {}, 'exported': {}, 'judged_on': '2026-08-06', 'analysis': 'a', 'decision': 'd',
                'fingerprint': hashlib.sha256(amount.encode()).hexdigest()})
content, _ = machine_csv(pd.DataFrame({'campaign': ['c'] * 3, 'segment': 'paid-' + amount.replace(',', '-')}))
work.save_audiences({'a-email.csv': content})"""),
}


class Space(Workspace):
    """A workspace with a folder for what killed processes leave, and a copy of the code: a run is right to fail when
    the code changes under it, and here somebody may be at work on it for the hours that faults take."""

    @property
    def environment(self) -> dict:
        return super().environment | {"PYTHONPATH": f"{self.root}/code", "TMPDIR": f"{self.root}/{TEMPORARY}"}

    def start(self, *arguments: str, **more) -> subprocess.Popen:
        return super().start(*arguments, cwd=self.root, **more)


def prepared(root: Path) -> Path:
    """A workspace with both products published, and an input that has changed since; cells of every step but the first
    look for the fault's flag. `FACTS` holds the paces of a run of one product and of both at once (seconds), and the
    artefacts of runs on the new input that nothing hit, by product: the digest of each file."""
    workspace = Space(root)
    shutil.copytree(ROOT / "lib", root / "code" / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(root / "code", quiet=2)  # as an installed one is, or each process of each case would do it
    (root / TEMPORARY).mkdir()
    workspace.add_product("borea")
    workspace.put_orders(BEFORE)
    workspace.put(STEPS[0], READ, f"work.save(readiness={READINESS!r} | {{'why_now': f'paid {{amount}}'}})",
                  wrote=["readiness"])
    for step in STEPS[1:]:
        made, cell = CONTENT.get(step, ({}, ""))
        cells = [READ, STORE, cell, SLEEP] if cell else [SLEEP]
        workspace.put_light(step, "\n".join(cells), *_harm(step), **made)
    both = _timed(workspace, *PRODUCTS, "--jobs", "2")
    before = {p: artefacts(root, p) for p in PRODUCTS}
    workspace.put_orders(AMOUNT)
    with tempfile.TemporaryDirectory(prefix="segments-fault-") as folder:
        shutil.copytree(root, Path(folder) / "space", symlinks=True)
        untouched = Space.at(Path(folder) / "space")
        one, _ = _timed(untouched, PRODUCTS[0]), _timed(untouched, PRODUCTS[1])
        wanted = {p: artefacts(untouched.root, p) for p in PRODUCTS}
        same = [n for p in PRODUCTS for n in wanted[p] if wanted[p][n] == before[p].get(n)]
        assert not same and all(len(w) == 2 * 5 for w in wanted.values()), f"a mix could not be told: {same}"
        assert not set(published(root, PRODUCTS[0]).items()) & set(published(untouched.root, PRODUCTS[0]).items())
    (root / FACTS).write_text(json.dumps({"pace": {"1": one, "2": both}, "wanted": wanted}))
    return root


def facts(good: Path) -> dict:
    return json.loads((good / FACTS).read_text())


def begun(command: subprocess.Popen, root: Path) -> None:
    """Wait until the command has made the folder of its run, or has ended."""
    while command.poll() is None and not any((root / "data/work/.runs/acme").glob("2*")):
        time.sleep(0.01)


def _timed(workspace: Space, *arguments: str) -> dict[str, float]:
    """Seconds until a run has begun its first product, and from there to its end."""
    began = time.monotonic()
    with workspace.start("run", *arguments) as command:
        begun(command, workspace.root)
        starting = time.monotonic() - began
        said = "".join(command.communicate())
    assert command.returncode == 0, said
    return {"starting": starting, "working": time.monotonic() - began - starting}


def _harm(step: str) -> list[str]:
    """A cell that runs the harm which the flag holds for its step."""
    return [f"import pathlib\nharm = pathlib.Path({FLAG!r})\n"
            f"step, _, code = harm.read_text().partition('\\n') if harm.exists() else ('', '', '')\n"
            f"if step == {step!r}: exec(code)"]
