"""Which products should be run now: their review is due, or their data have changed since the last run."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.paths import REPORTS, WORK
from lib.run.folder import RUNS
from lib.run.manifest import FILE
from lib.settings import relative
from lib.sources import input_files
from lib.store import sha256

SHOWN = 3  # changed files that are named


@dataclass(frozen=True)
class Due:
    """One product: why it should be run now (empty: it should not), its last published day and its next review."""

    product: str
    reasons: tuple[str, ...]
    as_of: str = ""
    next_review: str = ""

    def as_dict(self) -> dict:
        return {**asdict(self), "due": bool(self.reasons)}

    def text(self) -> str:
        if self.reasons:
            return f"{self.product}: run it now, because {'; '.join(self.reasons)}"
        waits = f"next review on {self.next_review}" if self.next_review else "no review is planned"
        return f"{self.product}: nothing to do, last run for {self.as_of}, {waits}"


def due_for(settings, today: dt.date) -> Due:
    """Whether a product should be run on that day, for the as-of date that its file says."""
    done = sorted((REPORTS / settings.id).glob(f"*/{FILE}"))
    if not done:
        return Due(settings.id, ("it was never run",))
    last = json.loads(done[-1].read_text(encoding="utf-8"))
    review = _next_review(settings.id, last["as_of"])
    reasons = []
    if settings.as_of.isoformat() not in {path.parent.name for path in done}:
        reasons.append(f"its file says {settings.as_of}, and the last run is for {last['as_of']}")
    if review and review <= today.isoformat():
        reasons.append(f"its review was due on {review}")
    reasons += [*_changed(settings, last["inputs"]), *_broken(settings.id)]
    return Due(settings.id, tuple(reasons), last["as_of"], review)


def _next_review(product: str, as_of: str) -> str:
    with suppress(OSError, ValueError, KeyError):
        return json.loads((WORK / product / as_of / "advice.json").read_text(encoding="utf-8"))["next_review"]
    return ""  # refused, or its artefacts were purged


def _changed(settings, before: list[dict]) -> list[str]:
    """The inputs that are not what the last run read, by their content; a database is not asked."""
    try:
        found = input_files(settings)
    except UserError as error:
        return [f"{error.what} ({error.where})"]
    if found is None or not before:
        return []
    known = {i["file"]: i for i in before}
    changed = [p.shown for p in found if p.shown in known and not _same(p.path, known[p.shown])]
    new = [p.shown for p in found if p.shown not in known and not _is_list(p.shown, settings)]
    return [f"{number_of(len(names), 'input')} {said}: {', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''}"
            for names, said in ((changed, "changed since"), (new, "came since")) if names]


def _is_list(shown: str, settings) -> bool:
    """Whether a file is a list of codes or rates: the record of a run names sources only."""
    return any(shown in (source.rates, *(look.path for look in source.lookups.values()))
               for source in settings.sources.values())


def _same(path: Path, known: dict) -> bool:
    return path.stat().st_size == known["bytes"] and sha256(path) == known["sha256"]


def _broken(product: str) -> list[str]:
    left = [p for p in (RUNS / product).glob("*/") if p.is_dir()] if (RUNS / product).is_dir() else []
    return [f"a run of it broke off or failed ({relative(left[-1])})"] if left else []
