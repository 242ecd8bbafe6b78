"""The tutorial, command by command, on a workspace of its own; and the site, built with every link checked."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lib.paths import ROOT
from tests.docs.pages import blocks
from tests.report.page_reader import Page

pytestmark = pytest.mark.full
# what the Makefile does for each target of the tutorial, once .venv is there
TARGETS = {"product": "new", "check": "check", "run": "run"}
BEFORE, AFTER = ("make report",), ("make lab",)  # of the samples, and for a person


def merged(content: dict, change: dict) -> dict:
    """The product file with the lines of the tutorial written into it."""
    return {**content, **{k: merged(content[k], v) if isinstance(v, dict) and k in content else v
                          for k, v in change.items()}}


class Followed:
    """Somebody who types what the tutorial says."""

    def __init__(self, root: Path):
        self.root, self.done = root, {}
        (root / "products").mkdir(parents=True)
        shutil.copy(ROOT / "products/playbook.yml", root / "products")
        for name in ("notebooks", "data"):
            (root / name).mkdir() if name == "data" else (root / name).symlink_to(ROOT / name)
        (root / "data/sample").symlink_to(ROOT / "data/sample")
        for line in (line for code in blocks("tutorial.md", "sh") for line in code.splitlines()):
            self.type(line)

    def type(self, line: str) -> None:
        if line in BEFORE + AFTER:
            return
        words = shlex.split(line)
        if words[0] == "make":
            words = [sys.executable, "-m", "lib.run.commands", TARGETS[words[1]], words[2].removeprefix("NAME=")]
        if words[3:4] == ["check"]:
            self.decide()
        home = {"SEGMENTS_ROOT": str(self.root), "XDG_CONFIG_HOME": str(self.root.parent / "keys")}
        self.done[line] = subprocess.run(words, cwd=self.root, env={**os.environ, **home}, stdin=subprocess.DEVNULL,
                                         capture_output=True, text=True)

    def decide(self) -> None:
        path = self.root / "products/acme.yml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for block in blocks("tutorial.md", "yaml"):
            content = merged(content, yaml.safe_load(block))
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> Followed:
    return Followed(tmp_path_factory.mktemp("tutorial") / "space")


def test_every_command_works(followed):
    assert len(followed.done) == 5
    assert {line: d.stderr[-2000:] for line, d in followed.done.items() if d.returncode} == {}
    assert followed.done["make check NAME=acme"].stdout.rstrip().endswith("acme: ready")


def test_it_ends_with_the_page_and_the_parts_of_it_that_are_read(followed):
    folder = followed.root / "reports/acme/2026-06-30"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    screen = summary["first_screen"]
    assert not summary["draft"] and summary["lead"]["claim"] in ("natural", "reproducible", "constructed")
    assert len(screen["segments"]) >= 2 and screen["actions"] and screen["unknown"]
    headings = [n.text.strip() for n in Page((folder / "report.html").read_text(encoding="utf-8")).nodes
                if n.tag == "h2"]
    assert {"The segments", "What to do now", "What is not known"} <= set(headings)


def test_targets_do_what_the_test_does_in_their_place():
    for target, command in TARGETS.items():
        plan = subprocess.run(["make", "--dry-run", target, "NAME=acme"], cwd=ROOT, capture_output=True, text=True)
        assert f"segments {command} acme" in plan.stdout


def test_the_site_builds_and_no_link_leads_nowhere(tmp_path):
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    start = (tmp_path / "index.html").read_text(encoding="utf-8")
    linked = set(re.findall(r'<a\b[^>]*?href="([^"]+)"', start))
    assert {"tutorial.html", "method.html", "glossary.html", "product-file.html", "how-to/spark.html"} <= linked
    fetched = re.findall(r'<(?:script|link|img)\b[^>]*?(?:src|href)="([^"]+)"', start)
    assert fetched and not [f for f in fetched if f.startswith(("http:", "https:", "//"))]


def test_a_link_that_leads_nowhere_is_seen(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# A\n\n[b](b.md) [c](#c)\n")
    ours = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    (tmp_path / "mkdocs.yml").write_text(
        yaml.safe_dump({"site_name": "a", "strict": ours["strict"], "validation": ours["validation"]}))
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "b.md" in done.stderr and "#c" in done.stderr
