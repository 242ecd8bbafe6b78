"""One case of the bad-input catalogue: what comes in, and exactly what must come of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import yaml

from lib import collect, sources
from lib.contracts import Blocked, Refused, UserError
from lib.product import Product, read_product
from lib.sources import text
from tests.catalogue import clean

SEVERITIES = {"R": ("repaired", "excluded"), "Q": ("quarantined",), "W": ("warning",)}


@dataclass(frozen=True)
class Case:
    """``wanted``: E refused, X a refusal report, R repaired (or left out) and counted, Q set aside, W warned of, = read
    like the clean file.

    ``said`` is a pattern of the error, or of the rule in the quality table. ``rows`` and ``lines`` are the count and
    the first line numbers that must be named; ``fix`` a pattern of the advice. ``content``: what the table's file holds
    (text or bytes); ``beside``: other tables, clean unless given (``alone``: none); ``where``: what is named instead of
    the file; ``blocked``: exit code 4; ``source`` and ``product``: changes of declarations.
    ``more``: further files, by path; ``meanwhile``: what happens to the file between its hash and its reading;
    ``settings``: a text of the product file (YAML) and what stands in its place.
    """

    row: int
    table: str
    what: str
    wanted: str
    content: str | bytes
    said: str = ""
    rows: int | None = None
    lines: str = ""
    column: str = ""
    fix: str = ""
    name: str = ""
    where: str = ""
    alone: bool = False
    blocked: bool = False
    beside: dict[str, str | bytes] = field(default_factory=dict)
    source: dict = field(default_factory=dict)
    product: dict = field(default_factory=dict)
    more: dict[str, bytes] = field(default_factory=dict)
    meanwhile: Callable[[Path], None] | None = None
    settings: tuple[str, str] | None = None

    @property
    def id(self) -> str:
        return f"{self.row}-{self.table}-{re.sub('[^a-z0-9]+', '-', self.what.lower()).strip('-')}"

    @property
    def file(self) -> str:
        return self.name or f"{self.table}.csv"


def collected(case: Case, minimal: dict, folder):
    """What step 2 makes of the case. Raises UserError where it refuses."""
    settings = declared(case, minimal, folder)
    with disturbed(case):
        raw = sources.read(settings, root=folder)
    return collect.collect(raw, sources.rules(settings))


def disturbed(case: Case):
    """The reading of the case's file, with what happens to it in between."""
    if case.meanwhile is None:
        return contextlib.nullcontext()
    whole = text.load

    def load(backend, table, source, place, facts, scratch):
        if place.path.name == case.file:
            case.meanwhile(place.path)
        return whole(backend, table, source, place, facts, scratch)

    return mock.patch.object(text, "load", load)


def declared(case: Case, minimal: dict, folder) -> Product:
    """The case's files, written, and the product that declares them."""
    files = {} if case.alone else {t: clean.text(t) for t in clean.needed_beside(case.table)} | case.beside
    names = {t: f"{t}.csv" for t in files} | {case.table: case.file}
    for table, content in (files | {case.table: case.content}).items():
        data = content.encode() if isinstance(content, str) else content
        (folder / names[table]).parent.mkdir(exist_ok=True)
        (folder / names[table]).write_bytes(data)
    for path, data in case.more.items():
        (folder / path).write_bytes(data)
    listed = {t: {"path": names[t], "delimiter": ";", "columns": clean.COLUMNS[t]} for t in names}
    listed[case.table] |= case.source
    content = minimal | {"sources": listed} | case.product
    return _from_file(content, folder, *case.settings) if case.settings else Product.model_validate(content)


def _from_file(content: dict, folder, old: str, new: str) -> Product:
    written = yaml.safe_dump(content, sort_keys=False)
    assert old in written, written
    path = folder / "acme.yml"
    path.write_text(written.replace(old, new, 1))
    return read_product(path)


def verify(case: Case, minimal: dict, folder) -> None:
    """Assert that the case comes out exactly as wanted."""
    try:
        found = collected(case, minimal, folder)
    except UserError as refusal:
        assert case.wanted == "E", f"refused: {refusal}"
        _verify_refusal(case, refusal)
        return
    except Refused as refusal:
        assert case.wanted == "X" and re.search(case.said, str(refusal)), f"refused: {refusal}"
        assert refusal.needed, "nothing is said to be needed"
        return
    assert case.wanted not in "EX", "it was read without a word"
    collect.reconcile(found.ledger)
    if case.wanted == "=":
        spoken = found.quality[(found.quality["source"] == case.table) & (found.quality["rows_affected"] > 0)]
        assert spoken.empty, spoken[["rule", "rows_affected"]].to_string()
        return
    _verify_rule(case, found.quality)


def _verify_refusal(case: Case, refusal: UserError) -> None:
    screen = str(refusal)
    assert re.search(case.said, refusal.what), screen
    assert (case.where or case.file) in refusal.where, f"the file is not named: {screen}"
    assert case.column in screen, f"the column is not named: {screen}"
    assert case.lines in refusal.where, f"the lines are not named: {screen}"
    assert case.rows is None or re.search(rf"\b{case.rows}\b", refusal.what), f"the count is not named: {screen}"
    assert refusal.fix, f"no fix: {screen}"
    assert re.search(case.fix, refusal.fix), screen
    assert isinstance(refusal, Blocked) or not case.blocked, "it would not end with exit code 4"
    assert len(screen) < 1200, "longer than one screen"


def _verify_rule(case: Case, quality) -> None:
    of_table = quality[(quality["source"] == case.table) & (quality["rows_affected"] > 0)]
    match = of_table[of_table["rule"].str.contains(case.said) & of_table["severity"].isin(SEVERITIES[case.wanted])]
    listing = of_table[["rule", "severity", "rows_affected", "first_lines"]].to_string()
    assert len(match) == 1, f"wanted one rule like {case.said!r}, found:\n{listing}"
    rule = match.iloc[0]
    assert case.rows is None or rule["rows_affected"] == case.rows, listing
    assert case.lines in rule["first_lines"], listing
    assert case.column in rule["rule"], listing
    assert rule["meaning"], "no word on what it means"
