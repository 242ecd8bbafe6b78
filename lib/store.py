"""The one door to disk for artefacts: checked on save and on load, a manifest beside each.

Artefacts of one product and as-of date live in one folder, so that a history exists from the first run on.
A batch writes into a run folder (SEGMENTS_WORK) and publishes it at once; earlier dates are read from where
they were published.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lib.contracts import ARTEFACTS, ContractError, Document, NotMeasured, Refused, Table, UserError
from lib.paths import REPORTS, WORK

ABSENT = "__not_measured__"  # marks a saved reason; no document has such a key


@dataclass(frozen=True)
class Store:
    """The artefacts of one product at one as-of date."""

    product: str
    as_of: dt.date
    root: Path = WORK
    published: Path = WORK
    retention_days: int = 0
    reports: Path = REPORTS

    @classmethod
    def open(cls, settings) -> Store:
        """The store of a product; a batch points it to its run folder through the environment."""
        return cls(settings.id, settings.as_of, Path(os.environ.get("SEGMENTS_WORK", WORK)), WORK,
                   settings.data_protection.retention_days)

    @property
    def folder(self) -> Path:
        return self.root / self.product / self.as_of.isoformat()

    def save(self, **artefacts) -> list[str]:
        """Save artefacts by name: DataFrame, dict, pyarrow Table (raw), text (`*_sql`), or NotMeasured.

        Each is checked against its contract first; nothing is written when any fails.
        Returns the names written. Raises ContractError.
        """
        checked = {name: _checked(name, value) for name, value in artefacts.items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, value in checked.items():
            self._write(name, value)
        return list(checked)

    def load(self, name: str):
        """An artefact: DataFrame, dict, text or NotMeasured. Raises UserError naming the notebook that makes it.

        Loading `readiness` never refuses; `require_go` does.
        """
        return self._load(self.folder, name)

    def path(self, name: str) -> Path | NotMeasured:
        """The Parquet file of a raw table, for the engine to scan. Raises UserError when it was never made."""
        if (path := self.folder / f"{name}.parquet").is_file():
            self._verify(path)
            return path
        return self.load(name)

    def has(self, name: str) -> bool:
        """Whether the artefact exists and was measured."""
        return self._file(self.folder, name) is not None and not isinstance(self.load(name), NotMeasured)

    def require_go(self) -> dict:
        """The readiness document; raises Refused after a no-go, in JupyterLab as in the batch."""
        readiness = self.load("readiness")
        if readiness["verdict"] == "no-go":
            raise Refused(readiness["reasons"], readiness["needed"])
        return readiness

    def earlier(self) -> list[dt.date]:
        """As-of dates before this one that were published with a model, oldest first."""
        folders = (self.published / self.product).glob("*/model.json")
        dates = sorted(dt.date.fromisoformat(f.parent.name) for f in folders)
        return [d for d in dates if d < self.as_of]

    def load_earlier(self, name: str, as_of: dt.date):
        """An artefact of an earlier published run."""
        return self._load(self.published / self.product / as_of.isoformat(), name)

    def all_earlier(self, name: str) -> list:
        """The artefact of every earlier published run that has it, oldest first; without those of other versions."""
        found = []
        for day in self.earlier():
            path = self._file(self.published / self.product / day.isoformat(), name)
            try:
                made = self.load_earlier(name, day) if path is not None else NotMeasured("not made")
            except ContractError:
                self._verify(path)  # changed by hand: that is an error
                continue
            found += [] if isinstance(made, NotMeasured) else [made]
        return found

    def newest_earlier(self, name: str):
        """The artefact of the newest earlier published run that has it, else NotMeasured.

        NotMeasured too when another version of this code made it, with other columns: this run is not lost for that.
        """
        for day in reversed(self.earlier()):
            path = self._file(self.published / self.product / day.isoformat(), name)
            if path is not None:
                try:
                    return self.load_earlier(name, day)
                except ContractError:
                    self._verify(path)  # changed by hand: that is an error
                    return NotMeasured(f"{name} of {day.isoformat()} was made by another version of this code",
                                       f"that day run again: segments run {self.product} --as-of {day.isoformat()}")
        return NotMeasured("there is no earlier run of this product", "a run for an earlier as-of date")

    def summary_before(self) -> dict | None:
        """The summary.json of the newest earlier as-of date whose report is published."""
        found = (self.reports / self.product).glob("*/summary.json")
        days = sorted(path for path in found if path.parent.name < self.as_of.isoformat())
        return json.loads(days[-1].read_text(encoding="utf-8")) if days else None

    def save_audiences(self, files: dict[str, bytes] | NotMeasured) -> list[str]:
        """Write the audience files (customer level, never under reports/), in place of every earlier one of this day.

        ``files``: content by file name; NotMeasured or empty leaves none. Returns the names written. Each expires on
        the day that the plan says, which must be saved before; its manifest holds the fingerprint of that plan.
        """
        folder = self.folder / "audiences"
        shutil.rmtree(folder, ignore_errors=True)
        plan = self.load("plan") if files else {}
        for name, content in (files or {}).items():
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / name
            path.write_bytes(content)
            rows = content.count(b"\r\n") - 1 if path.suffix == ".csv" else None
            self._write_manifest(path, name, rows, "05_strategy", plan["expires_on"], plan=plan["fingerprint"])
        return sorted(files or {})

    def load_audiences(self) -> dict[str, bytes]:
        """The machine files of this day's audiences by name, each as it was written under the plan that is saved.

        Raises ContractError for a file that was changed, or that another plan was saved for.
        """
        plan, found = self.load("plan"), {}
        for path in sorted((self.folder / "audiences").glob("*.csv")):
            self._verify(path)
            if told_of(path)["plan"] != plan["fingerprint"]:
                raise ContractError(f"{path.name} was written under another plan; run that step again")
            found[path.name] = path.read_bytes()
        return found

    def _load(self, folder: Path, name: str):
        path = self._file(folder, name)
        if path is None:
            raise self._missing(name)
        self._verify(path)
        if path.suffix == ".sql":
            return path.read_text(encoding="utf-8")
        if path.suffix == ".parquet":
            return _from_arrow(pq.read_table(path), ARTEFACTS[name])
        content = json.loads(path.read_text(encoding="utf-8"))
        if ABSENT in content:
            return NotMeasured(content[ABSENT], content["needed"])
        return ARTEFACTS[name].check(content)

    def _verify(self, path: Path) -> None:
        manifest = told_of(path)
        if manifest["sha256"] != sha256(path):
            raise ContractError(f"{path.name} was changed after {manifest['written_by']} wrote it; run that step again")

    def _missing(self, name: str) -> UserError:
        writer = ARTEFACTS[name].written_by if name in ARTEFACTS else "an earlier notebook"
        return UserError(f"no {name} for {self.product} at {self.as_of}",
                         fix=f"run notebooks/{writer}.ipynb, or: segments run {self.product}")

    @staticmethod
    def _file(folder: Path, name: str) -> Path | None:
        candidates = (folder / f"{name}.parquet", folder / f"{name}.json", folder / f"{name}.sql")
        return next((c for c in candidates if c.is_file()), None)

    def _write(self, name: str, value) -> None:
        for stale in (self.folder / f"{name}{suffix}" for suffix in (".parquet", ".json", ".sql")):
            stale.unlink(missing_ok=True)
        path = self.folder / f"{name}{_suffix(value)}"
        if isinstance(value, pd.DataFrame):
            table = pa.Table.from_pandas(value, preserve_index=False).replace_schema_metadata()
            _put(path, lambda partial: pq.write_table(table, partial))
        elif isinstance(value, pa.Table):
            _put(path, lambda partial: pq.write_table(value, partial))
        else:
            _put_text(path, value if isinstance(value, str) else to_json(value))
        rows = len(value) if isinstance(value, pd.DataFrame) else getattr(value, "num_rows", None)
        writer = ARTEFACTS[name].written_by if name in ARTEFACTS else "04_create_segments"
        self._write_manifest(path, name, rows, writer, self._expiry())

    def _write_manifest(self, path: Path, name: str, rows: int | None, writer: str, expires_on: str, **more) -> None:
        manifest = {"name": name, "product": self.product, "as_of": self.as_of.isoformat(), "rows": rows,
                    "written_by": writer, "expires_on": expires_on, "sha256": sha256(path), **more}
        _put_text(manifest_of(path), to_json(manifest))

    def _expiry(self) -> str:
        """The day after which `segments purge` deletes what this store holds; empty while no retention is decided."""
        return (self.as_of + dt.timedelta(days=self.retention_days)).isoformat() if self.retention_days else ""


def to_json(content) -> str:
    """Strict JSON with sorted keys: the same content gives the same bytes; NaN becomes null."""
    return json.dumps(_plain(content), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def sha256(path: Path) -> str:
    """Hash of a file's bytes, read in chunks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked(name: str, value):
    if isinstance(value, NotMeasured):
        return {ABSENT: value.reason, "needed": value.needed}
    if isinstance(value, str):
        return value
    artefact = ARTEFACTS[name]
    if isinstance(artefact, Document):
        return artefact.check(value)
    if isinstance(value, pa.Table):
        _check_raw(artefact, value)
        return value
    return artefact.check(value)


def _check_raw(artefact: Table, value: pa.Table) -> None:
    promised = [c.name for c in artefact.columns if c.required]
    missing = [c for c in promised if c not in value.column_names]
    unknown = [c for c in value.column_names if c not in {c.name for c in artefact.columns}]
    if missing or (unknown and not artefact.open_columns):
        raise ContractError(f"{artefact.name}: missing {missing}, unknown {unknown}")


def _from_arrow(table: pa.Table, artefact: Table) -> pd.DataFrame:
    frame = table.to_pandas()
    text = [f.name for f in table.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    return artefact.check(frame.astype(dict.fromkeys(text, "str"))) if not artefact.raw else frame


def _suffix(value) -> str:
    if isinstance(value, pd.DataFrame | pa.Table):
        return ".parquet"
    return ".sql" if isinstance(value, str) else ".json"


def manifest_of(path: Path) -> Path:
    """Where the manifest of an artefact is."""
    return path.with_name(path.name + ".manifest.json")


def told_of(path: Path) -> dict:
    """The manifest of an artefact. Raises ContractError where what stands there is none."""
    try:
        content = json.loads(manifest_of(path).read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict) or not {"sha256", "written_by"} <= set(content):
        raise ContractError(f"{manifest_of(path).name} is no manifest; run the step that wrote it again")
    return content


def _put(path: Path, write: Callable[[Path], None]) -> None:
    """Have a file whole or not at all: a disk may be full before it is."""
    partial = path.with_suffix(path.suffix + ".partial")
    write(partial)
    os.replace(partial, path)


def _put_text(path: Path, text: str) -> None:
    _put(path, lambda partial: partial.write_text(text, encoding="utf-8") and None)


def _plain(value):
    """JSON-ready copy: NumPy scalars and dates turned, NaN and infinities to null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
