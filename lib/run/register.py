"""The register of processing activities of a product (GDPR article 30): one file, carried on by every run.

data/work/<id>/processing_register.yaml. It holds counts and no person; counts may be small, so it stays beside the
artefacts and is not among the pages. A failed run leaves it as it was.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lib.contracts import UserError
from lib.paths import WORK
from lib.run.folder import RunFolder, write_whole
from lib.settings import relative

FILE = "processing_register.yaml"
LEFT = ("scores", "handed_over")  # entries of what is customer level and lies elsewhere since


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Audience(_Strict):
    """An audience file as it was exported."""

    file: str
    rows: int | None = None
    expires_on: dt.date


class Run(_Strict):
    """What one run processed."""

    run_id: str
    as_of: dt.date
    started_at: dt.datetime
    state: str
    key_id: str = Field("", description="fingerprint of the key of the pseudonyms; two keys cannot be compared")
    people: int | None = None
    left_out: dict[str, int] = Field({}, description="customers who left before features, by reason")
    sources: list[str] = []
    artefacts: list[str] = []
    audiences: list[Audience] = []


class Erasure(_Strict):
    """One erasure on request: how many ids, and which as-of dates were to be computed again."""

    on: dt.date
    ids: int
    as_of: list[dt.date] = []


class Purge(_Strict):
    """One deletion of what had expired."""

    on: dt.date
    as_of: list[dt.date] = []
    audiences: list[str] = []


class Score(_Strict):
    """A table of customers that a saved model was applied to: what came out is customer level, and has a last day."""

    on: dt.date
    model: str
    table: str
    written_to: str
    rows: int
    expires_on: dt.date | None = None


class HandOver(_Strict):
    """An audience with the product's own ids, written for those who send."""

    on: dt.date
    campaign: str
    written_to: str
    files: list[str]
    rows: int = Field(description="customers in the files, both arms")
    expires_on: dt.date


class Register(_Strict):
    """The whole file."""

    product: str
    name: str
    owner: str
    purpose: str
    lawful_basis: str
    legitimate_interest: str = ""
    impact_assessment: str = ""
    retention_days: int | None
    minimum_age: int
    public_data: bool = False
    categories: dict[str, list[str]] = {}
    recipients: str = ""
    measures: list[str] = []
    runs: list[Run] = []
    erasures: list[Erasure] = []
    purges: list[Purge] = []
    scores: list[Score] = []
    handed_over: list[HandOver] = []


class _Dumper(yaml.SafeDumper):
    """YAML without aliases: every entry can be read by itself."""

    def ignore_aliases(self, data) -> bool:
        return True


def register_file(product: str) -> Path:
    """Where the register of a product is."""
    return WORK / product / FILE


def read_register(settings) -> Register:
    """The register with the product's declarations of today and everything on record. Raises UserError."""
    path, protection = register_file(settings.id), settings.data_protection
    declared = {"product": settings.id, "name": settings.name, "owner": protection.owner, "purpose": protection.purpose,
                "lawful_basis": protection.lawful_basis, "legitimate_interest": protection.legitimate_interest,
                "impact_assessment": protection.impact_assessment, "public_data": settings.public_data,
                "retention_days": protection.retention_days or None, "minimum_age": protection.minimum_age}
    if not path.is_file():
        return Register(**declared)
    try:
        known = Register.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError):
        raise UserError("the register of processing activities cannot be read", where=relative(path),
                        fix="restore the file from a backup, or move it away: the next run begins a new one") from None
    return known.model_copy(update=declared)


def carry_over(old: Path, new: Path) -> None:
    """Add to the register at ``new`` what only the one at ``old`` says has left. One that cannot be read adds nothing.
    """
    try:
        ours, theirs = (Register.model_validate(yaml.safe_load(p.read_text(encoding="utf-8"))) for p in (old, new))
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError):
        return
    known = {name: getattr(theirs, name) for name in LEFT}
    added = {name: [e for e in getattr(ours, name) if e not in known[name]] for name in LEFT}
    if any(added.values()):
        write_register(theirs.model_copy(update={name: known[name] + added[name] for name in LEFT}), new)


def write_register(register: Register, path: Path) -> None:
    """Write the register, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, yaml.dump(register.model_dump(mode="json"), Dumper=_Dumper, sort_keys=False, allow_unicode=True,
                                width=120))


def enter_run(settings, folder: RunFolder, manifest: dict) -> None:
    """Add the run to a copy of the register in its run folder, from where it is published with the run."""
    register, artefacts = read_register(settings), folder.artefacts
    path = artefacts / "processing_register.json"
    entry = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    run = Run(run_id=folder.run_id, as_of=folder.as_of, started_at=manifest["started_at"], state=manifest["state"],
              key_id=entry.get("key_id", ""), people=entry.get("people"), left_out=entry.get("left_out", {}),
              sources=entry.get("sources", []), artefacts=[a["name"] for a in manifest["artefacts"]],
              audiences=[Audience(**a) for a in exported(artefacts)])
    kept = {k: entry[k] for k in ("categories", "recipients", "measures") if k in entry}
    write_register(register.model_copy(update={**kept, "runs": [*register.runs, run]}), folder.register)


def exported(artefacts: Path) -> list[dict]:
    """The audience files below a folder of artefacts: file, rows, expires_on."""
    manifests = [json.loads(p.read_text(encoding="utf-8"))
                 for p in sorted((artefacts / "audiences").glob("*.manifest.json"))]
    return [{"file": m["name"], "rows": m["rows"], "expires_on": m["expires_on"]} for m in manifests]
