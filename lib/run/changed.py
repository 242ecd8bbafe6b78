"""What of a product's inputs is no longer what a run of it read, told by content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.sources import list_files, source_files
from lib.store import sha256

LIVE = ("transactions", "events")  # that grow from day to day: without newer ones there is nothing new to review
NEVER, ALWAYS = dt.date.min, dt.date.max
SHOWN = 3  # files that are named


@dataclass(frozen=True)
class Changes:
    """What changed, in words; the last day that new orders or use may reach (NEVER without any, ALWAYS where that
    cannot be told); and what was not looked at, in words."""

    said: tuple[str, ...]
    reach: dt.date
    remarks: tuple[str, ...]


def changes(settings, before: list[dict]) -> Changes:
    """What of the inputs is not what was read ``before`` ({source, file, sha256, bytes} each, as a run records it).

    A file holds nothing after the day on which it was written. Databases are not asked. Lists of codes and rates count
    as far as the run has recorded them.
    """
    tables = {name for name, source in settings.sources.items() if source.url}
    try:
        files, lists = source_files(settings), list_files(settings)
    except UserError as error:
        return Changes((f"{error.what} ({error.where})",), NEVER, ())
    known = {i["file"]: i for i in before if i["source"] not in tables}
    listed = {place.shown: place for places in lists.values() for place in places}
    here = {place.shown: place for places in files.values() for place in places}
    found = here | listed
    changed = [name for name, place in found.items() if name in known and not _same(place.path, known[name])]
    new = [name for name in here if before and name not in known]
    gone = [name for name in known if name not in found]
    said = tuple(_said(names, word) for names, word in (
        (changed, "changed since"), (new, "came since"), (gone, "gone since")) if names)
    newer = {*changed, *new} if before else here.keys()
    return Changes(said, _reach(settings, files, newer, tables), _remarks(tables, before))


def _said(names: list[str], word: str) -> str:
    return f"{number_of(len(names), 'input')} {word}: {', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''}"


def _reach(settings, files: dict, newer: Iterable[str], tables: set[str]) -> dt.date:
    """The day on which the newest of the changed files with orders or use was written; of all sources without these."""
    living = [name for name in LIVE if name in settings.sources] or list(settings.sources)
    if tables & set(living):
        return ALWAYS
    written = [place.path.stat().st_mtime for name in living for place in files[name] if place.shown in newer]
    return dt.date.fromtimestamp(max(written)) if written else NEVER


def _remarks(tables: set[str], before: list[dict]) -> tuple[str, ...]:
    unasked = f"whether its {'table' if len(tables) == 1 else 'tables'} changed is not looked at"
    unknown = "its last run recorded no inputs to compare with"
    return (*((unasked,) if tables else ()), *(() if before else (unknown,)))


def _same(path: Path, known: dict) -> bool:
    return path.stat().st_size == known["bytes"] and sha256(path) == known["sha256"]
