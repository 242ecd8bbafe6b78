"""`segments erase ID --ids FILE`: people who asked for it leave every artefact, and no later run brings them back.

First their marks are kept, so that a run that reads them again leaves them out; then every file of the product is
rewritten without them. What is out of reach is said: raw sources, files handed over, backups.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from lib import sources
from lib.collect.erased import mark, pseudonyms_of
from lib.collect.ids import book
from lib.collect.pseudonyms import normalised
from lib.contracts import UserError
from lib.contracts.counts import in_lines, number_of
from lib.paths import REPORTS, WORK
from lib.run import outbox
from lib.run.folder import RUNS, sweep, write_whole
from lib.run.lock import product_lock
from lib.run.register import FILE as REGISTER, Erasure, exported, read_register, register_file, write_register
from lib.run.scrub import Change, Forget, scrub
from lib.settings import relative
from lib.store import to_json

SHORTEST_WORD = 6  # signs: a shorter id is a number or word that any file holds; ids stand nowhere but by mistake
SHORTEST_TEXT = 12  # signs: shorter texts are not one person's
KINDS = ("customer", "user")


@dataclass
class Erased:
    """What an erasure did, or would do."""

    product: str
    n_ids: int
    dry: bool
    changes: list[Change] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    rerun: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    strangers: list[int] = field(default_factory=list)
    other_keys: list[str] = field(default_factory=list)

    def text(self) -> str:
        verb = "would be erased" if self.dry else "erased"
        lines = [f"{self.product}: {number_of(self.n_ids, 'id')} {verb}; later runs leave "
                 f"{'it' if self.n_ids == 1 else 'them'} out"]
        if self.strangers:
            lines.append(f"  {number_of(len(self.strangers), 'of them stands', 'of them stand')} in no artefact "
                         f"({in_lines(_some(self.strangers))} of the ids): was the id written as in the sources?")
        lines += ["removed:" if not self.dry else "to be removed:", *(f"  {c}" for c in self.changes)] if (
            self.changes) else ["nothing to remove: no artefact holds them"]
        lines += ["withdrawn, because their words stood on the pages:", *(f"  {w}" for w in self.withdrawn)] if (
            self.withdrawn) else []
        lines += ["out of reach, for you to do:", *(f"  {b}" for b in self.beyond)]
        lines += ["published figures are aggregates and stay as they are until the next run; run again:",
                  *(f"  segments run {self.product} --as-of {day}" for day in self.rerun)] if self.rerun else []
        return "\n".join(lines)


def read_ids(name: str) -> list[str]:
    """One id a line, of a file or (`-`) of standard input; in their order, blank lines as "". Raises UserError."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        lines = data.decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise UserError("the ids are no UTF-8 text", fix="one id a line, saved as UTF-8") from None
        raise UserError("the file of ids cannot be read", where=Path(name).name[:80], fix="one id a line") from None
    if "\0" in "".join(lines) or not any(normalised(line) for line in lines):
        raise UserError("there are no ids in it", fix="one id a line, as the sources write them")
    return lines


def erase(settings, lines: list[str], *, kind: str = KINDS[0], dry: bool = False,
          today: dt.date | None = None) -> Erased:
    """Take the people out of everything that the product has. Raises Stopped while a run of the product goes on."""
    key = sources.pseudonym_key(settings.id, settings.public_data)
    keys = {number: pseudonyms_of(line, kind, key) for number, line in enumerate(lines, 1) if normalised(line)}
    with product_lock(settings.id):
        done = Erased(settings.id, len({k[0] for k in keys.values()}), dry)
        every = frozenset(k for group in keys.values() for k in group)
        if not dry:
            sweep(settings.id)
            _remember(settings, every, key)
        forget = Forget(every, _words(settings.id, lines, every))
        _scrub_all(done, forget)
        _recall(done, forget, key)
        done.beyond = _beyond(settings, done, every, kind)
        found = set().union(*(c.found for c in done.changes))
        done.strangers = [n for n, group in keys.items() if not found & {*group, normalised(lines[n - 1])}]
        if not dry:
            _record(settings, done, today or dt.date.today())
    return done


def _remember(settings, keys: Iterable[str], key: bytes) -> None:
    """Keep the marks first: from here on no run takes them in, even if the rest is broken off."""
    key_id = sources.rules(settings).key_id  # Blocked when the list there is of another key
    known = sources.erased_list(settings.id)
    marks = sorted({*known["marks"], *(mark(k, key) for k in keys)})
    _write_list(settings.id, {**known, "key_id": key_id, "marks": marks})


def _write_list(product: str, content: dict) -> None:
    path = sources.erased_file(product)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, to_json(content))


def _words(product: str, lines: list[str], keys: frozenset[str]) -> frozenset[str]:
    """Ids as written, and the texts of these people, where they are long enough to be theirs alone."""
    words = {w for line in lines for w in (line.strip(), normalised(line)) if len(w) >= SHORTEST_WORD}
    for path in (WORK / product).glob("*/voice.parquet"):
        voice = pq.read_table(path, columns=["customer_key", "text"]).to_pandas()
        words |= {t for t in voice.loc[voice["customer_key"].isin(keys), "text"] if len(t) >= SHORTEST_TEXT}
    return frozenset(words)


def _scrub_all(done: Erased, forget: Forget) -> None:
    """Artefacts, audiences and notebooks of every as-of date, then the pages, then what runs left behind."""
    own = {REGISTER, "erased.json"}
    for folder in _folders(WORK / done.product):
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".manifest.json")):
            if change := path.name not in own and scrub(path, forget, dry=done.dry):
                done.changes.append(change)
                done.rerun.append(folder.name)
    for folder in _folders(REPORTS / done.product):
        if any(scrub(p, forget, dry=True) for p in folder.rglob("*") if p.is_file()):
            done.withdrawn.append(relative(folder))
            done.rerun.append(folder.name)
            if not done.dry:
                shutil.rmtree(folder)
    for log in (RUNS / done.product).glob("*.log"):
        if change := scrub(log, forget, dry=done.dry):
            done.changes.append(change)
    done.rerun = sorted({*done.rerun, *sources.erased_list(done.product)["rerun"]})


def _recall(done: Erased, forget: Forget, key: bytes) -> None:
    """Audiences with own ids that wait to be sent: deleted whole where they hold one of these people."""
    for folder in outbox.campaigns(done.product):
        if held := outbox.held_in(folder, forget.keys, key):
            done.changes.append(Change(folder, f"deleted; for the others: segments audience {done.product}",
                                       frozenset(held)))
            if not done.dry:
                shutil.rmtree(folder)


def _folders(place: Path) -> list[Path]:
    return sorted(p for p in place.glob("*") if p.is_dir())


def _beyond(settings, done: Erased, keys: frozenset[str], kind: str) -> list[str]:
    """What this command cannot rewrite."""
    done.other_keys = _other_keys(settings)
    told = [*_in_sources(settings, keys, kind), *done.other_keys]
    for folder in _folders(WORK / settings.id):
        touched = {c.path.name for c in done.changes if c.path.parent == folder / "audiences"}
        told += [f"audience {a['file']} of {folder.name} held them: whoever received it must remove them "
                 f"(it expires on {a['expires_on']})" for a in exported(folder) if a["file"] in touched]
    told += [f"the table {s.written_to}, scored on {s.on}, may hold them: remove them there"
             for s in read_register(settings).scores]
    told += [f"the files of {h.campaign}, handed over on {h.on} to {h.written_to}, may hold them: whoever received "
             f"them must remove them (they expire on {h.expires_on})" for h in read_register(settings).handed_over]
    return [*told, "backups, and copies made elsewhere"]


def _in_sources(settings, keys: frozenset[str], kind: str) -> list[str]:
    """Sources that still hold the ids: by name and count of rows."""
    try:
        rules, raw = sources.rules(settings), sources.read(settings)
    except UserError as error:
        return [f"the raw sources could not be looked through ({error.what})"]
    ids = book(raw, rules)
    theirs = ids[(ids["column"] == f"{kind}_id") & ids["text"].map(
        lambda t: bool(keys.intersection(pseudonyms_of(t, kind, rules.key))))]
    names = {name: ", ".join(dict.fromkeys(f["file"] for f in raw.files if f["source"] == name)) for name in raw.tables}
    return [f"{names[source]} ({source}) still holds {rows['text'].nunique():,} of them in "
            f"{number_of(rows['rows'].sum(), 'row')}"
            for source, rows in theirs.groupby("source", sort=False)]


def _other_keys(settings) -> list[str]:
    """As-of dates whose pseudonyms were made with another key: these people cannot be told there."""
    key_id, told = sources.rules(settings).key_id, []
    for folder in _folders(WORK / settings.id):
        entry = folder / "processing_register.json"
        made_with = json.loads(entry.read_text(encoding="utf-8")).get("key_id", "") if entry.is_file() else ""
        if made_with not in ("", key_id):
            told.append(f"{relative(folder)} was made with another key: erase again with that key, or delete it")
    return told


def _record(settings, done: Erased, today: dt.date) -> None:
    """The erasure in the register, and the dates to run again in the list."""
    _write_list(settings.id, {**sources.erased_list(settings.id), "rerun": done.rerun})
    if done.changes or done.withdrawn:
        register = read_register(settings)
        register.erasures.append(Erasure(on=today, ids=done.n_ids, as_of=done.rerun))
        write_register(register, register_file(settings.id))


def run_again(product: str, as_of: str) -> None:
    """A run of that day was published: it is no longer due."""
    known = sources.erased_list(product)
    if as_of in known["rerun"]:
        _write_list(product, {**known, "rerun": [day for day in known["rerun"] if day != as_of]})


def _some(numbers: list[int], most: int = 5) -> str:
    return ", ".join(map(str, numbers[:most])) + (", ..." if len(numbers) > most else "")
