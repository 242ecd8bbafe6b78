"""`segments purge`: what has outlived its retention is deleted, and audience files past their last day.

An as-of date's artefacts expire the declared retention after it; an audience file when its plan says. Pages are
aggregates and stay.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from lib.paths import OUTBOX, WORK
from lib.product import load_product, product_ids
from lib.run import outbox
from lib.run.folder import RUNS, sweep
from lib.run.lock import product_lock
from lib.run.register import Purge, exported, read_register, register_file, write_register
from lib.settings import relative
from lib.store import manifest_of

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class Purged:
    """What was deleted, or would be: whole as-of folders, audience files, those handed over, and folders of runs that
    broke off."""

    product: str
    dry: bool
    folders: list[Path] = field(default_factory=list)
    audiences: list[Path] = field(default_factory=list)
    handed_over: list[Path] = field(default_factory=list)
    runs: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def text(self) -> str:
        verb = "would be deleted" if self.dry else "deleted"
        reasons = ((self.folders, "older than its retention"), (self.audiences, "past its last day"),
                   (self.handed_over, "own ids, past their last day"),
                   (self.runs, "left by a run that broke off"))
        lines = [f"  {relative(path)}: {reason}" for paths, reason in reasons for path in paths]
        return "\n".join([f"{self.product}: {len(lines)} {verb}", *lines, *(f"  {r}" for r in self.remarks)])


def purge(product: str, today: dt.date, *, dry: bool = False) -> Purged:
    """Delete what has expired. Raises Stopped while a run of the product goes on.

    For a product that has no file any more the expiry noted with its artefacts holds.
    """
    settings = load_product(product, decided=False) if product in product_ids() else None
    with product_lock(product):
        done = Purged(product, dry)
        if settings and not settings.data_protection.retention_days:
            done.remarks.append("data_protection.retention_days is not decided: no artefact expires")
        for folder in sorted(p for p in (WORK / product).glob("*") if p.is_dir() and DAY.fullmatch(p.name)):
            expiry = _expiry(folder, settings)
            if expiry and expiry < today:
                done.folders.append(folder)
            else:
                done.audiences += _expired_audiences(folder, today)
        done.handed_over = [f for f in outbox.campaigns(product) if (outbox.expires_on(f) or dt.date.min) < today]
        if settings:
            done.remarks += [f"{h.written_to}, handed over on {h.on}, is past its last day {h.expires_on}: "
                             "delete it there"
                             for h in read_register(settings).handed_over
                             if h.expires_on < today and not h.written_to.startswith(relative(OUTBOX))]
            done.remarks += [f"{s.written_to}, scored on {s.on}, is past its last day {s.expires_on}: delete it there"
                             for s in read_register(settings).scores if s.expires_on and s.expires_on < today]
        done.runs = sorted(p for p in (RUNS / product).iterdir() if p.is_dir())
        if not dry:
            _delete(done)
            if settings and (done.folders or done.audiences or done.handed_over):
                register = read_register(settings)
                register.purges.append(Purge(on=today, as_of=[f.name for f in done.folders],
                                             audiences=[*(f"{a.parent.parent.name}/{a.name}" for a in done.audiences),
                                                        *(relative(f) for f in done.handed_over)]))
                write_register(register, register_file(product))
    return done


def products_with_artefacts() -> list[str]:
    """Every product that has artefacts, with or without a file."""
    return sorted(p.name for p in WORK.glob("*") if p.is_dir() and not p.name.startswith("."))


def _expiry(folder: Path, settings) -> dt.date | None:
    """The last day of an as-of folder; None while no retention is known."""
    if settings:
        days = settings.data_protection.retention_days
        return dt.date.fromisoformat(folder.name) + dt.timedelta(days=days) if days else None
    noted = [json.loads(p.read_text(encoding="utf-8")).get("expires_on", "") for p in folder.glob("*.manifest.json")]
    return min((dt.date.fromisoformat(day) for day in noted if day), default=None)


def _expired_audiences(folder: Path, today: dt.date) -> list[Path]:
    return [folder / "audiences" / a["file"] for a in exported(folder)
            if dt.date.fromisoformat(a["expires_on"]) < today]


def _delete(done: Purged) -> None:
    sweep(done.product)  # finishes a run that was killed while publishing
    for folder in [*done.folders, *done.handed_over]:
        shutil.rmtree(folder)
    for path in done.audiences:
        path.unlink(missing_ok=True)
        manifest_of(path).unlink(missing_ok=True)
