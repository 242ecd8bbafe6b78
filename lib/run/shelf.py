"""Sets of files on object storage, each under one name that is replaced as a whole.

The files of a set are put first, under keys that nobody reads yet; then one object, `<name>.json`, that lists them with
their hashes. That object is the commit point: a reader finds the old set or the new one. It is replaced only when it
is still the one that was read before, so that of two machines one publishes and the other is told.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from lib.contracts import UserError
from lib.run.outcome import LOCKED, TEMPORARY, Stopped
from lib.store import sha256

STORE = os.environ.get("SEGMENTS_STORE", "")  # the URL; empty: what is published lies in data/work and reports only
SCHEMES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss")  # those that replace an object only if it is unchanged
CONTAINERS = ("abfs", "abfss")  # their URLs have the container where others have a user
TRIES = 3  # of reading a set that is replaced meanwhile
LEFT = dt.timedelta(days=1)  # files of no set that are older were left by a machine that died
PATIENT = {"max_retries": 4, "retry_timeout": dt.timedelta(seconds=30)}


@dataclass(frozen=True)
class Listing:
    """A set as it stands: {file: {key, sha256, bytes}} and the tag of the object that says so; None: there is none."""

    files: dict[str, dict] = field(default_factory=dict)
    tag: str | None = None


@dataclass(frozen=True)
class Shelf:
    """The sets below one prefix of the object storage."""

    prefix: str

    def listing(self, name: str) -> Listing:
        """The set of that name."""
        with _reached() as store:
            import obstore

            try:
                got = obstore.get(store, self._pointer(name))
            except FileNotFoundError:
                return Listing()
            return Listing(json.loads(bytes(got.bytes()))["files"], got.meta["e_tag"])

    def put(self, name: str, files: dict[str, Path], known: Listing, *, alone: bool = False) -> Listing:
        """Replace the set ``known``: files that it has already stay where they are. Returns the new one.

        ``files``: where each lies here. ``alone``: nobody else writes this set, so it is not compared. Raises Stopped
        when another machine has replaced it since, or the storage cannot be used.
        """
        place = f"{self.prefix}/{name}/{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(4)}"
        with _reached() as store:
            import obstore

            held = {}
            for file, path in files.items():
                facts = {"sha256": sha256(path), "bytes": path.stat().st_size}
                old = known.files.get(file)
                if old and facts["sha256"] == old["sha256"]:
                    held[file] = old
                    continue
                held[file] = {"key": f"{place}/{file}", **facts}
                obstore.put(store, held[file]["key"], path)
            mode = "overwrite" if alone else {"e_tag": known.tag} if known.tag else "create"
            pointer = json.dumps({"files": held}, indent=1, sort_keys=True).encode()
            try:
                tag = _replaced(store, self._pointer(name), pointer, mode)
            except Stopped:
                _delete(store, _keys(held) - _keys(known.files))
                raise
            self._sweep(store, name, keep=_keys(held), old=_keys(known.files))
        return Listing(held, tag)

    def get(self, listing: Listing, file: str, to: Path) -> None:
        """Fetch one file of a set; FileNotFoundError when the set was replaced meanwhile."""
        to.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with _reached() as store, to.open("wb") as stream:
            import obstore

            for chunk in obstore.get(store, listing.files[file]["key"]).stream():
                digest.update(chunk)
                stream.write(chunk)
        if digest.hexdigest() != listing.files[file]["sha256"]:
            raise Stopped(TEMPORARY, "Torn", f"{file} in the object storage is not what its set says",
                          "restore it, or publish the product again")

    def drop(self, name: str) -> None:
        """Delete a set."""
        known = self.listing(name)
        if known.tag:
            with _reached() as store:
                _delete(store, {self._pointer(name)})
                _delete(store, _keys(known.files))

    def _sweep(self, store, name: str, *, keep: set[str], old: set[str]) -> None:
        """Delete what the set held before, and what a machine left that died while it wrote: nobody reads that."""
        import obstore

        dead = dt.datetime.now(dt.UTC) - LEFT
        found = [meta for chunk in obstore.list(store, f"{self.prefix}/{name}/") for meta in chunk]
        _delete(store, (old | {m["path"] for m in found if m["last_modified"] < dead}) - keep)

    def _pointer(self, name: str) -> str:
        return f"{self.prefix}/{name}.json"


def safe(file: str) -> str:
    """The name of a file in a set, if it stays below its folder; what another program wrote there is not trusted."""
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file or not path.parts:
        raise UserError(f"the set on the object storage names a file {file[:60]!r}", where="SEGMENTS_STORE",
                        fix="somebody else wrote there: restore it")
    return file


def refuse_other(url: str) -> None:
    """Raises UserError for what is no URL of object storage, and for one that holds a secret: it would be handed to
    workers. It is never said, for the same reason."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        parts, password = urlsplit(""), None
    if parts.scheme not in SCHEMES:
        raise UserError("SEGMENTS_STORE is no URL of object storage",
                        fix="such as s3://bucket/folder; for a shared folder, set SEGMENTS_ROOT")
    user = parts.username is not None and parts.scheme not in CONTAINERS
    if user or password is not None or parts.query or parts.fragment:
        raise UserError("SEGMENTS_STORE holds more than a folder: a user, a password or a signed query",
                        fix="s3://bucket/folder alone; credentials come from the environment (AWS_ACCESS_KEY_ID, ...)")


def _keys(files: dict[str, dict]) -> set[str]:
    return {facts["key"] for facts in files.values()}


def _replaced(store, key: str, content: bytes, mode) -> str:
    import obstore
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    try:
        return obstore.put(store, key, content, mode=mode, use_multipart=False)["e_tag"]
    except (AlreadyExistsError, PreconditionError):
        with suppress(FileNotFoundError):
            there = obstore.get(store, key)
            if bytes(there.bytes()) == content:  # it was taken, and the answer lost: the client asked again by itself
                return there.meta["e_tag"]
        raise Stopped(LOCKED, "Outrun", "another machine has published this product meanwhile",
                      "run it again, on what was published") from None


def _delete(store, keys: set[str]) -> None:
    import obstore

    for key in keys:
        with suppress(FileNotFoundError):
            obstore.delete(store, key)


@contextmanager
def _reached() -> Iterator:
    """The object storage. Stopped when it cannot be used; UserError when it never can."""
    refuse_other(STORE)
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ModuleNotFoundError:
        raise UserError("SEGMENTS_STORE needs obstore, which is not installed", fix="make storage") from None
    try:
        yield from_url(STORE, client_options={"allow_http": _is_plain()}, retry_config=PATIENT)
    except FileNotFoundError:
        raise
    except BaseError as error:
        raise Stopped(TEMPORARY, type(error).__name__, f"the object storage cannot be used ({type(error).__name__})",
                      "SEGMENTS_STORE, and the credentials in the environment") from None


def _is_plain() -> bool:
    """Whether the endpoint is reached without encryption, as one inside a network may be."""
    return os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
