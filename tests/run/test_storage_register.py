"""Hand-overs and scored tables are on record wherever a product is run: with object storage, two machines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from lib.segments.model import signed
from tests.object_storage import downloaded, served, struck
from tests.run import score_driver
from tests.run.test_audience import DAY, content, files_of_today, plan
from tests.run.test_score import publish
from tests.segments.kinds import KINDS, customers

pytestmark = pytest.mark.full
SHARE = "from lib.run import mirror; mirror.share('acme')"


def run(root: Path, storage: dict[str, str], *commands: list[str]) -> list[str]:
    """What the commands say, one after the other in a process of their own; all succeed."""
    given = os.environ | storage | {"SEGMENTS_ROOT": str(root), "PYTHONPATH": os.getcwd()}
    words = [score_driver.__file__] if commands else ["-c", SHARE]
    done = subprocess.run([sys.executable, *words], cwd=root, env=given, capture_output=True, text=True, timeout=300,
                          input="\n".join(map(json.dumps, commands)))
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [t for t in told if t[0]], told
    return [out for _, out, _ in told]


@pytest.fixture(scope="module")
def machines(tmp_path_factory) -> list[Path]:
    """One has a published plan and model; both have the sources and a table of customers."""
    roots = [tmp_path_factory.mktemp(name) / "space" for name in ("one", "other")]
    for root in roots:
        (root / "products").mkdir(parents=True)
        (root / "reports").mkdir()
        (root / "products/acme.yml").write_text(yaml.safe_dump(content()))
        (root / "ids.txt").write_text("K-00020\n")
        files_of_today(root)
        customers(300, KINDS["k-means"]()).to_pandas().assign(
            customer_key=[f"K-{i:05d}" for i in range(300)]).to_parquet(root / "people.parquet")
    plan(roots[0], "acme")
    publish(roots[0], "acme", DAY, signed(KINDS["k-means"](), product="acme", draft=False))
    return roots


def test_what_two_machines_hand_over_at_once_and_score_is_named_by_either(machines, tmp_path):
    one, other = machines
    looks = []

    def meanwhile(request: str, content: bytes, asking: psutil.Process) -> int:
        """The other hands over between the first machine's hand-over and its telling so."""
        looks.extend([request] if request.startswith("GET ") and request.endswith("/published.json") else [])
        if len(looks) == 2:
            looks.append("")
            run(other, storage, ["audience", "acme", "--segment", "rare"])
        return 0

    with served(tmp_path / "log") as storage:
        run(one, storage)
        with struck(storage, meanwhile) as watched:
            run(one, watched, ["audience", "acme", "--segment", "steady"])
        run(other, storage, ["audience", "acme", "--dry-run"],
            ["score", "acme", "people.parquet", "--to", "scored.parquet"])
        erased = run(one, storage, ["erase", "acme", "--ids", "ids.txt", "--dry-run"])[0]
        files = downloaded(storage, tmp_path / "bucket")
    assert len(looks) > 3
    [register] = [yaml.safe_load(p.read_text()) for p in files if p.name == "processing_register.yaml"]
    handed = sorted(h["files"][0].split("-")[0] for h in register["handed_over"])
    assert (handed, [s["written_to"] for s in register["scores"]]) == (["rare", "steady"], ["scored.parquet"])
    assert erased.count("handed over on") == 2 and erased.count("the table scored.parquet") == 1, erased
