"""Whether records of consent, erasure and age are still those that step 2 read: looked at again before any audience is
written."""

from __future__ import annotations

from pathlib import Path

from lib.contracts import Blocked, NotMeasured
from lib.contracts.raw import Raw
from lib.paths import ROOT
from lib.sources.reader import read

# columns that decide who may be contacted
DECIDES = {"consent": ("status",), "customers": ("erased_at", "birth_year", "age")}
AGES = ("birth_year", "age")


def refuse_old_records(settings, collected: dict, root: Path = ROOT) -> None:
    """Raises Blocked when a source of consent, erasure or age is not as it was when it was collected, or is gone.

    ``collected`` is the document of step 2. Nothing is read for a product without such a source.
    """
    asked = {name: settings.sources[name] for name, columns in DECIDES.items()
             if name in settings.sources and set(columns) & set(settings.sources[name].columns)}
    for name, source in asked.items():
        now = _read_only(settings, name, source, _that_tell(source), root)
        if _prints(now.files, name) != _prints(collected["sources"], name):
            what = "the records changed" if name == "consent" else "records of erasure or age may have changed"
            raise Blocked(f"{name}: {what} after they were collected", where=f"sources.{name}",
                          fix=f"run step 2 again, or: segments run {settings.id}")


def _that_tell(source) -> set[str]:
    """Columns to read so that its identity can be compared: of a file it is that of its bytes, whichever are read; of a
    table that of the rows in every column that step 2 read."""
    return {*source.columns, *source.constants} if source.url else {"customer_id", "channel", "status"}


def read_apart(settings, root: Path = ROOT) -> Raw | NotMeasured:
    """The source of customers with its ids and the protected columns that are to be compared, and nothing else."""
    columns, customers = settings.data_protection.compare, settings.sources.get("customers")
    if not columns:
        return NotMeasured("no protected attribute is named whose selection rates are to be compared",
                           "a column of customers to compare them by, such as gender "
                           "(data_protection.compare in the product file)")
    wanted = {"customer_id", *columns, *(AGES if "age" in columns else ())}
    return _read_only(settings, "customers", customers, wanted, root)


def _read_only(settings, name: str, source, columns: set[str], root: Path) -> Raw:
    """One source, of its columns only those named."""
    kept = {c: header for c, header in source.columns.items() if c in columns}
    narrow = source.model_copy(update={
        "columns": kept, "lookups": {c: look for c, look in source.lookups.items() if c in kept},
        "constants": {c: value for c, value in source.constants.items() if c in columns}})
    return read(settings.model_copy(update={"sources": {name: narrow}}), root)


def _prints(files, name: str) -> set[tuple[str, str]]:
    return {(f["file"], f["sha256"]) for f in files if f["source"] == name}
