"""`segments new ID`: a commented product file from the files in data/<id>/, and a key outside the repository."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path

import yaml
from pydantic import ValidationError

from lib import scratch
from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.paths import DATA, PRODUCTS, ROOT, key_file
from lib.product import ID, RESERVED, Product
from lib.propose import Proposal, product_file, propose
from lib.run.folder import write_whole
from lib.run.look import Seen, look
from lib.settings import relative

USEFUL = """orders or invoices (who, when, how much), use of the product (who, when, what), or a survey (who, answers);
         also helpful: customers or accounts (attributes), consent, campaigns with who was treated, tickets"""


def new(product_id: str, *, force: bool = False) -> str:
    """Write products/<id>.yml and make its key; returns what to tell the user. Raises UserError; never overwrites."""
    path, folder = PRODUCTS / f"{product_id}.yml", DATA / product_id
    _refuse(product_id, path, folder, force)
    with scratch.folder() as own:
        seen = look(folder, own)
        proposal = propose(seen.tables, product_id, changed=_day(seen.newest)) if seen.tables else []
    if not isinstance(proposal, Proposal):
        raise _nothing_to_go_by(folder, seen, proposal)
    text = product_file(proposal, relative(folder))
    settings = _valid(text)
    PRODUCTS.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return _summary(settings, proposal, seen, _key(product_id))


def _refuse(product_id: str, path: Path, folder: Path, force: bool) -> None:
    if not ID.fullmatch(product_id) or product_id in RESERVED or product_id in ("sample", "work", "outbox"):
        raise UserError(
            f"{product_id[:80]!r} is no product id", fix="lower-case letters, digits, - and _ only, at most 64"
        )
    if path.exists() and not force:
        raise UserError(
            f"{relative(path)} is there already and is never overwritten",
            fix="edit it, choose another id, or say --force to replace it",
        )
    if not folder.is_dir() or not any(p for p in folder.iterdir() if not p.name.startswith(".")):
        raise UserError(
            f"there are no files in {relative(folder)}/",
            where=str(folder),
            fix=f"put your exports there (CSV, .csv.gz, .zip, .xlsx, Parquet) and say it again.\n  useful:  {USEFUL}",
        )


def _nothing_to_go_by(folder: Path, seen: Seen, taken: list[tuple[str, str]]) -> UserError:
    lines = [f"  - {file}: {why}" for file, why in [*taken, *seen.refused]][:20]
    return UserError(
        "\n".join(["none of the files holds orders, use of the product, or answers to a survey", *lines]),
        where=relative(folder),
        fix=f"add one.\n  useful:  {USEFUL}",
    )


def _valid(text: str) -> Product:
    """The proposal as the model reads it: what is written must load."""
    try:
        return Product.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        fault = error.errors()[0]
        raise UserError(
            f"the files led to a proposal that is not valid: {fault['msg'][:200]}",
            where=".".join(str(p) for p in fault["loc"]),
            fix="rename the column in question and try again",
        ) from None


def _key(product_id: str) -> Path:
    """The key of the product's pseudonyms: made once, readable by its owner only, outside the repository."""
    path = key_file(product_id)
    if path.resolve().is_relative_to(ROOT):
        raise UserError(
            "the key of the pseudonyms would lie inside the repository",
            where=str(path),
            fix="set XDG_CONFIG_HOME to a folder outside",
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path  # a new key would make every earlier pseudonym another person
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(32) + "\n")
    return path


def _summary(settings: Product, proposal: Proposal, seen: Seen, key: Path) -> str:
    lines = [f"products/{settings.id}.yml written, from {number_of(len(seen.tables), 'table')} in data/{settings.id}/:"]
    lines += [f"  {s.name:<13}{s.file}{_sheet(s)} ({s.why})" for s in proposal.sources]
    lines += [f"  not used     {file} ({why})" for file, why in [*proposal.unused, *seen.refused]]
    top = proposal.top
    lines.append(
        f"  as of {settings.as_of or '(open)'}, {settings.business}, {settings.billing}, "
        f"{settings.currency}, {settings.timezone}" + _guessed(top)
    )
    opened = settings.undecided
    lines += [f"{number_of(len(opened), 'decision is', 'decisions are')} yours:",
              *(f"  {d.key}: {d.what}" for d in opened)]
    lines += [
        "Until they are made a run is a draft: every page says so, and nobody is written into an audience.",
        f"Key of the pseudonyms: {key} (keep it safe, and out of every repository)",
        "Next:",
        f"  edit products/{settings.id}.yml",
        f"  make check NAME={settings.id}    (or: segments check {settings.id})",
        f"  make run NAME={settings.id}      (or: segments run {settings.id})",
    ]
    return "\n".join(lines)


def _sheet(source) -> str:
    return f", sheet {source.settings['sheet'].value}" if "sheet" in source.settings else ""


def _guessed(top: dict) -> str:
    guessed = [
        k for k in ("business", "stage", "billing", "currency", "timezone", "critical_event") if top[k].how == "guess"
    ]
    return f"; guesses: {', '.join(guessed)}" if guessed else ""


def _day(seconds: float) -> dt.date | None:
    return dt.datetime.fromtimestamp(seconds).date() if seconds else None
