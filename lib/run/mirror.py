"""What is published of a product, here and on object storage (SEGMENTS_STORE): fetched before a run, put after it.

Here it lies in data/work/<id> and reports/<id>, where notebooks and commands read it; on the storage it is one set.
A run that broke off is a set too, so that another machine can go on with it. Without SEGMENTS_STORE nothing is done.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lib.paths import REPORTS, WORK
from lib.run.folder import RUNS, RunFolder, Unplaced, complete, finish, swap, write_whole
from lib.run.lock import Locked, product_lock
from lib.run.outcome import LOCKED, TEMPORARY, Stopped
from lib.run.register import FILE as REGISTER, carry_over
from lib.run.shelf import STORE, TRIES, Listing, Shelf, safe
from lib.store import sha256

PLACES = {"work": WORK, "reports": REPORTS}  # first part of a file's name in a set: where it lies here
PUBLISHED, BROKEN_OFF = "published", "run"
RECORD = "shelf.json"  # beside the lock: the set that was fetched or put last


def refresh_each(products: Iterable[str]) -> None:
    """As `refresh`, but what keeps the proved run of one product from its place is left to the next run of that product
    to tell: it keeps no other from anything."""
    for product in products:
        with suppress(Unplaced):
            refresh([product])


def refresh(products: Iterable[str]) -> None:
    """Finish what a killed run had begun to publish, and fetch what other machines published. A product that is being
    run here is left to its run.

    Raises Stopped when the storage cannot be used.
    """
    for product in products:
        complete(product)
        if STORE:
            with suppress(Locked), product_lock(product):
                pull(product)


def pull(product: str) -> Listing:
    """Make what lies here the set on the storage, which is returned. Call it with the product's lock held.

    What was published here before there was a storage stays, and goes there with the next run. What a killed run had
    begun to publish is finished first: afterwards it would replace what others published since.
    """
    if not STORE:
        return Listing()
    finish(product)
    for _ in range(TRIES):
        listing, before = Shelf(product).listing(PUBLISHED), _record(product)
        if listing.tag in (None, before.tag):
            return listing
        with suppress(FileNotFoundError):  # it was replaced while it was read
            _fetch(product, listing, before)
            return listing
    raise Stopped(TEMPORARY, "Torn", "the set on the object storage misses a file", "publish the product again")


def publish(folder: RunFolder, known: Listing) -> Listing:
    """Put a proved run on the storage, in place of the set ``known`` that was fetched when it began. Returns the new
    one, for `published`. Raises Stopped.
    """
    if not STORE:
        return known
    product, day = folder.product, folder.as_of
    old = (f"work/{day}/", f"reports/{day}/")
    files = {name: path for name, path in _here(product).items() if not name.startswith(old)}
    files |= _below(folder.artefacts, old[0]) | _below(folder.pages, old[1])
    files[f"work/{folder.register.name}"] = folder.register
    return Shelf(product).put(PUBLISHED, files, known)


def published(product: str, listing: Listing) -> None:
    """The set that was put lies here, too. Not before: a run that is killed in between has its set fetched by the next.

    Raises nothing: a record that is not kept costs a comparison, and a run that is left there does no harm.
    """
    if STORE:
        with suppress(Stopped, OSError):
            _remember(product, listing)
            Shelf(product).drop(BROKEN_OFF)


def share(product: str) -> None:
    """Put what lies here on the storage, after people were erased or something was purged. Raises Stopped."""
    if STORE:
        with product_lock(product):
            push(product)


def share_register(product: str) -> None:
    """Put the register there, after a table was scored or an audience handed over. What another machine published
    meanwhile is fetched before; its entries and ours are kept. Raises Stopped.
    """
    if STORE:
        with product_lock(product):
            pull(product)
            push(product)


def push(product: str) -> None:
    """As `share`, with the product's lock held."""
    if not STORE:
        return
    known = Shelf(product).listing(PUBLISHED)
    if known.tag != _record(product).tag:
        raise Stopped(LOCKED, "Outrun", "another machine has published this product meanwhile", "do it again")
    _remember(product, Shelf(product).put(PUBLISHED, _here(product), known))
    Shelf(product).drop(BROKEN_OFF)


def keep(folder: RunFolder) -> None:
    """Put a run that is going on where another machine can go on with it."""
    if STORE:
        shelf = Shelf(folder.product)
        shelf.put(BROKEN_OFF, _below(folder.path, f"{folder.run_id}/"), shelf.listing(BROKEN_OFF), alone=True)


def fetch_broken_off(product: str) -> None:
    """Fetch the run of another machine that was kept, beside those that broke off here. Call it with the lock held."""
    listing = Shelf(product).listing(BROKEN_OFF) if STORE else Listing()
    ids = {safe(file).split("/")[0] for file in listing.files}
    for run_id in (i for i in ids if not (RUNS / product / i).exists()):
        try:
            for file in listing.files:
                Shelf(product).get(listing, file, RUNS / product / file)
        except (FileNotFoundError, Stopped):  # it goes on elsewhere, or was published
            shutil.rmtree(RUNS / product / run_id, ignore_errors=True)


def _fetch(product: str, listing: Listing, before: Listing) -> None:
    """Put each folder of the set in its place, whole; and take away what others took away."""
    stage = RUNS / product / f"fetched-{secrets.token_hex(4)}"
    wanted: dict[str, list[str]] = {}
    for file in listing.files:
        wanted.setdefault("/".join(safe(file).split("/")[:2]), []).append(file)
    here = _here(product)
    for group, files in wanted.items():
        held = {f for f in here if f == group or f.startswith(f"{group}/")}
        same = {f for f in held & set(files) if sha256(here[f]) == listing.files[f]["sha256"]}
        if same == held == set(files):
            continue
        for file in files:
            if file in same:
                (stage / file).parent.mkdir(parents=True, exist_ok=True)
                os.link(here[file], stage / file)
            else:
                Shelf(product).get(listing, file, stage / file)
        if group == f"work/{REGISTER}" and held:
            carry_over(here[group], stage / group)  # what has left is not undone by fetching
        swap(stage / group, _place(product, group), stage / "replaced" / group)
    gone = {"/".join(file.split("/")[:2]) for file in before.files} - wanted.keys()
    for place in (_place(product, group) for group in gone):
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    shutil.rmtree(stage, ignore_errors=True)
    _remember(product, listing)


def _here(product: str) -> dict[str, Path]:
    """The files of a product that are published here, by their names in a set."""
    return {name: path for part, place in PLACES.items() for name, path in _below(place / product, f"{part}/").items()}


def _below(folder: Path, prefix: str) -> dict[str, Path]:
    return {prefix + p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*"))
            if p.is_file() and not p.name.endswith(".partial")}


def _place(product: str, group: str) -> Path:
    part, _, rest = group.partition("/")
    return PLACES[part] / product / rest


def _record(product: str) -> Listing:
    path = RUNS / product / RECORD
    return Listing(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else Listing()


def _remember(product: str, listing: Listing) -> None:
    (RUNS / product).mkdir(parents=True, exist_ok=True)
    write_whole(RUNS / product / RECORD, json.dumps({"files": listing.files, "tag": listing.tag}))
