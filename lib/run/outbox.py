"""Where audiences with the product's own ids lie until they are sent: data/outbox/<id>/<campaign>/, ignored by git.

These files name people. They are for their owner's eyes only, have a last day, and `segments erase` and
`segments purge` reach them here; a folder chosen with --to is out of their reach, and the register says where it is.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
from pathlib import Path

from lib.collect.erased import pseudonyms_of
from lib.contracts import UserError
from lib.paths import DATA, OUTBOX, REPORTS, ROOT, WORK
from lib.settings import relative
from lib.store import to_json

MANIFEST = "manifest.json"
SAMPLES = DATA / "sample"
OWNER_ONLY, FOLDER = 0o600, 0o700


def folder_for(product: str, campaign: str, to: str) -> Path:
    """The folder of a hand-over. Raises UserError where it would be published, committed, or lost among artefacts."""
    if not to:
        return OUTBOX / product / campaign
    if "\0" in to:
        raise UserError("this is no path", where="--to")
    folder = Path(to).resolve()
    where = f"--to: {relative(folder)}"
    if folder.is_relative_to(REPORTS.resolve()):
        raise UserError("reports/ holds aggregates only, and this names people", where=where, fix="another folder")
    inside = folder.is_relative_to(ROOT) and not folder.is_relative_to(DATA.resolve())
    if inside or any(folder.is_relative_to(p.resolve()) for p in (SAMPLES, WORK)):
        raise UserError("what lies there may be committed or published, and this names people", where=where,
                        fix=f"a folder outside the repository, or no --to: {relative(OUTBOX)}/")
    if not folder.is_dir():
        raise UserError("there is no such folder", where=where)
    return folder


def put(folder: Path, files: dict[str, bytes], manifest: dict, *, replace: bool) -> None:
    """Write the files for their owner only, each whole or not at all. Raises UserError where one stands already."""
    there = sorted(name for name in files if (folder / name).exists())
    if there and not replace:
        raise UserError(f"{there[0]} is there already", where=relative(folder),
                        fix="--replace: consent is looked at again and the file made anew")
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER)
    path = folder / MANIFEST
    known = json.loads(path.read_text(encoding="utf-8"))["files"] if path.is_file() else []
    listed = [f for f in known if f["file"] not in files] + manifest["files"]
    for name, content in {**files, MANIFEST: to_json({**manifest, "files": listed}).encode()}.items():
        partial = folder / f".{name}.{os.getpid()}.partial"
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as stream:
                stream.write(content)
            os.replace(partial, folder / name)
        finally:
            partial.unlink(missing_ok=True)


def campaigns(product: str) -> list[Path]:
    """The folders of a product's hand-overs."""
    return sorted(p for p in (OUTBOX / product).glob("*") if p.is_dir())


def expires_on(folder: Path) -> dt.date | None:
    """The last day of a hand-over; None where its manifest is gone or cannot be read."""
    try:
        return dt.date.fromisoformat(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["expires_on"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def held_in(folder: Path, keys: frozenset[str], key: bytes) -> set[str]:
    """The pseudonyms, of those asked for, whose ids stand in a hand-over."""
    ids = {row["customer_id"] for path in folder.glob("*.csv")
           for row in csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))}
    return keys & {p for one in ids for p in pseudonyms_of(one, "customer", key)}
