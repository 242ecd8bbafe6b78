"""Five exports through `segments new` and a run with nothing decided: a report or a clear refusal, always a draft.

Orders with cancellations, a ledger of subscriptions, events without money, accounts with their use, a survey alone.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lib.paths import ROOT
from tests.propose.exports import EXPORTS, write

pytestmark = pytest.mark.full

REFUSED = {"subscription": "payments follow the billing calendar", "survey": "neither orders nor events"}
CLAIMS = ("natural", "reproducible", "constructed")
UNREADABLE = re.compile(r"`|(?<!last )seen above|\bnan\b|: None\b|\bis None\b|\(None\b")
BARE_NUMBER = re.compile(r"\b1 [a-z]+s (?:are|have|were)\b|\b1 (?:rows|customers|columns|days|segments|variables)\b")


class Drafts:
    """A workspace with five exports, the product files proposed for them, and what the runs made."""

    def __init__(self, root: Path):
        self.root = root
        for name in EXPORTS:
            write(name, root / "data" / name)
        (root / "products").mkdir()
        (root / "notebooks").symlink_to(ROOT / "notebooks")
        shutil.copy(ROOT / "products" / "playbook.yml", root / "products")
        self.told = {name: self.segments("new", name) for name in EXPORTS}
        self.checked = {name: self.segments("check", name, "--json") for name in EXPORTS}
        self.run = self.segments("run", *EXPORTS, "--json")
        self.outcomes = {o["product"]: o for o in json.loads(self.run.stdout)}

    def segments(self, *arguments: str) -> subprocess.CompletedProcess:
        home = {"SEGMENTS_ROOT": str(self.root), "XDG_CONFIG_HOME": str(self.root.parent / "keys")}
        return subprocess.run([sys.executable, "-m", "lib.run.commands", *arguments], env={**os.environ, **home},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def report(self, name: str) -> Path:
        return self.root / Path(self.outcomes[name]["report"]).parent


@pytest.fixture(scope="module")
def drafts(tmp_path_factory) -> Drafts:
    return Drafts(tmp_path_factory.mktemp("drafts") / "space")


def test_each_ends_in_a_report_or_a_refusal_that_says_why(drafts):
    assert all(done.returncode == 0 for done in drafts.told.values()), drafts.told
    assert {name: o["exit_code"] for name, o in drafts.outcomes.items()} == {
        name: 3 if name in REFUSED else 0 for name in EXPORTS}, drafts.run.stdout
    assert drafts.run.returncode == 3
    for name, why in REFUSED.items():
        assert why in drafts.outcomes[name]["cause"] and drafts.outcomes[name]["fix"].startswith("needed: ")


@pytest.mark.parametrize("name", EXPORTS)
def test_the_check_foretells_how_the_run_ends(drafts, name):
    assert drafts.checked[name].returncode == drafts.outcomes[name]["exit_code"], drafts.checked[name].stdout


@pytest.mark.parametrize("name", EXPORTS)
def test_every_page_is_marked_as_a_draft_and_nobody_is_exported(drafts, name):
    pages = sorted(drafts.report(name).glob("*.html"))
    assert len(pages) == (4 if name in REFUSED else 7)
    for page in pages:
        assert "<strong>DRAFT" in page.read_text(encoding="utf-8"), page.name
    assert json.loads((drafts.report(name) / "summary.json").read_text(encoding="utf-8"))["draft"]
    kept = (drafts.root / "data" / "work" / name).rglob("audiences/*")
    assert not [p for p in kept if p.suffix in (".csv", ".xlsx")]


@pytest.mark.parametrize("name", EXPORTS)
def test_the_first_screen_answers_and_reads_well(drafts, name):
    summary = json.loads((drafts.report(name) / "summary.json").read_text(encoding="utf-8"))
    screen = summary["first_screen"]
    texts = [screen["headline"]["text"], *(s["text"] for s in screen["sentences"]), *(s["text"] for s in
             summary["statements"]), *(s["rule"] for s in screen["segments"])]
    assert not [t for t in texts if BARE_NUMBER.search(t)]
    assert not [t for t in texts if UNREADABLE.search(t)]
    if name in REFUSED:
        assert screen["headline"]["text"].startswith("Not segmented, because") and not screen["segments"]
    else:
        assert summary["lead"]["claim"] in CLAIMS and len(screen["segments"]) >= 2
        shares = [s["share"] for s in summary["segments"] if s["share"] is not None]
        assert sum(shares) <= 1 + 1e-9 and screen["actions"]


def test_what_was_left_to_the_person_is_listed(drafts):
    for name in EXPORTS:
        settings = yaml.safe_load((drafts.root / "products" / f"{name}.yml").read_text(encoding="utf-8"))
        assert not settings["data_protection"]["owner"] and "decisions are yours" in drafts.told[name].stdout
