"""What is published of a product, and whether all of it is of one run."""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import nbformat
import yaml

from lib.report.blocks import MIME
from lib.run.order import STEPS

AS_OF = "2026-06-30"
REGISTER = "processing_register.yaml"
PAGES = {"run.json", "summary.json", "report.html", "report.xlsx", *(f"{step}.html" for step in STEPS)}
MANIFEST, NOTEBOOKS = ".manifest.json", "notebooks"


def published(root: Path, product: str) -> dict[str, str]:
    """Digest of every published file of the product, pages, artefacts and register, by its path."""
    return {str(p.relative_to(root)): digest(p) for place in ("reports", "data/work")
            for p in sorted((root / place / product).rglob("*")) if p.is_file()}


def artefacts(root: Path, product: str) -> dict[str, str]:
    """Digest of every artefact and audience file of the day, manifests included, by its path below the day.

    Executed notebooks are left out: they hold times.
    """
    day = _day(root, product)
    found = {str(p.relative_to(day)): p for p in sorted(day.rglob("*")) if p.is_file()}
    return {name: digest(path) for name, path in found.items() if not name.startswith(f"{NOTEBOOKS}/")}


def run_of(root: Path, product: str) -> dict:
    """The published run.json; nothing where there is none that can be read."""
    with suppress(OSError, ValueError):
        return json.loads((root / "reports" / product / AS_OF / "run.json").read_text(encoding="utf-8"))
    return {}


def is_whole(root: Path, product: str) -> bool:
    """Whether what is published is one run's: pages, artefacts, audiences, executed notebooks and register."""
    run = run_of(root, product)
    try:
        return (run.get("state") == "published" and _pages_are_of(run, root / "reports" / product / AS_OF)
                and _artefacts_are_of(run, _day(root, product)) and _notebooks_are_of(run, _day(root, product))
                and _register_ends_with(run, root, product))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, yaml.YAMLError):
        return False


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _day(root: Path, product: str) -> Path:
    return root / "data/work" / product / AS_OF


def _pages_are_of(run: dict, folder: Path) -> bool:
    files = list(folder.glob("*"))
    return {p.name for p in files} == PAGES and all(run["run_id"].encode() in _content(p) for p in files)


def _content(page: Path) -> bytes:
    if page.suffix != ".xlsx":
        return page.read_bytes()
    with zipfile.ZipFile(page) as book:
        return b"".join(book.read(name) for name in book.namelist())


def _artefacts_are_of(run: dict, day: Path) -> bool:
    """Whether there is every artefact that the run says it wrote, with the audiences of its plan and nothing else, each
    as its manifest promises."""
    promised = {a["name"]: a["sha256"] for a in run["artefacts"]}
    files = [p for p in sorted(day.rglob("*")) if p.is_file() and NOTEBOOKS not in p.parts]
    manifests = {p: json.loads(p.read_text(encoding="utf-8")) for p in files if p.name.endswith(MANIFEST)}
    kept = {p.with_name(p.name.removesuffix(MANIFEST)): m["sha256"] for p, m in manifests.items()}
    listed = {m["name"]: m["sha256"] for p, m in manifests.items() if p.parent == day}
    plan = json.loads((day / "plan.json").read_text(encoding="utf-8"))["fingerprint"]
    return (listed == promised and set(files) == {*manifests, *kept}
            and all(digest(path) == sha256 for path, sha256 in kept.items())
            and all(m["plan"] == plan for p, m in manifests.items() if p.parent != day))


def _notebooks_are_of(run: dict, day: Path) -> bool:
    books = {p.name: nbformat.read(p, as_version=4) for p in (day / NOTEBOOKS).glob("*")}
    shown = [o.data[MIME]["run"] for b in books.values() for o in b.cells[-1].outputs if MIME in o.get("data", {})]
    return set(books) == {f"{step}.ipynb" for step in STEPS} and shown == [run["run_id"]] * len(STEPS)


def _register_ends_with(run: dict, root: Path, product: str) -> bool:
    """Whether the newest entry is the run's, with the audiences that lie there."""
    register = yaml.safe_load((root / "data/work" / product / REGISTER).read_text(encoding="utf-8"))
    newest, audiences = register["runs"][-1], _day(root, product) / "audiences"
    return (newest["run_id"] == run["run_id"] and newest["state"] == "published"
            and sorted(newest["artefacts"]) == sorted(a["name"] for a in run["artefacts"])
            and [a["file"] for a in newest["audiences"]] == sorted(p.name for p in audiences.glob("*.csv")))
