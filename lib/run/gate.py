"""The privacy gate of a run: nothing is published while any text of it holds what names a person.

Pages, summary, manifests, documents and executed notebooks are searched; customer-level tables and audience files are
no texts for readers and stay in the work folder.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lib.collect.erased import mark
from lib.collect.pseudonyms import pseudonym
from lib.contracts import Blocked
from lib.contracts.counts import number_of
from lib.paths import NOTEBOOKS
from lib.personal import regions_of
from lib.report.privacy import Searched, declared_in, found_in, ordinary_in, strings, texts_of
from lib.run.folder import RunFolder
from lib.run.sheets import cells_of
from lib.sources.declared import pseudonym_key
from lib.sources.erased import erased_list

KINDS = {"customer_key": "customer", "user_key": "user", "order_key": "order", "session_key": "session"}
PEOPLE = ("customer_key", "user_key")  # only theirs may be a word of letters: visits are often named `swap` or `soon`
TEXTS = (".html", ".json", ".ipynb", ".sql", ".yaml", ".log", ".txt", ".csv", ".xlsx")
SHOWN = 3  # files named in the message


def check_run(folder: RunFolder, settings) -> None:
    """Raises Blocked naming the first files and what was found in each, never the value."""
    searched = searched_for(settings, folder.artefacts)
    published = {p.name: _texts(p) for p in _files(folder.pages)}
    kept = {p.name: _texts(p) for place in (folder.artefacts, folder.notebooks, folder.path)
            for p in _files(place, deep=place == folder.notebooks)}
    found = found_in(published, searched) | found_in(kept, searched, pseudonyms=False)
    if found:
        shown = "; ".join(f"{name}: {', '.join(kinds)}" for name, kinds in sorted(found.items())[:SHOWN])
        files = f"of {len(published) + len(kept)} files"
        raise Blocked(f"privacy gate: {number_of(len(found), f'{files} holds', f'{files} hold')} what names a person",
                      where=shown, fix="find the column it comes from, and leave it out of the product file's columns; "
                                       "the report published before stays")


def searched_for(settings, artefacts: Path) -> Searched:
    """What the gate looks for in the files of a run with these artefacts."""
    regions = regions_of(settings.timezone, settings.currency, settings.locale)
    declared = settings.model_dump(mode="json")
    ours = (text for path in sorted(NOTEBOOKS.glob("*.ipynb")) for text in _texts(path))
    return Searched(regions, declared_in(declared, regions), lambda words: ids_among(words, artefacts, settings),
                    ordinary_in([*strings(declared), *ours]))


def ids_among(words: Collection[str], artefacts: Path, settings) -> set[str]:
    """The words that are ids of the run's customers, users, orders or visits, of those who left before features, or of
    those who were erased."""
    tables = sorted(artefacts.glob("*.parquet"))
    if not tables or not words:  # nobody was read, and nobody needed a key
        return set()
    key = pseudonym_key(settings.id, settings.public_data)
    meant = {column: {pseudonym(w, kind, key): w for w in words if column in PEOPLE or not w.isalpha()}
             for column, kind in KINDS.items()}
    erased = frozenset(erased_list(settings.id)["marks"])
    gone = {w for named in meant.values() for k, w in named.items() if erased and mark(k, key) in erased}
    return gone | {meant[column][k] for path in tables for column, k in _hits(path, meant)}


def _hits(path: Path, meant: dict[str, dict[str, str]]):
    """Column and pseudonym of every word that the file knows, in batches: orders may be many millions."""
    file = pq.ParquetFile(path)
    columns = [c for c in meant if c in file.schema_arrow.names]
    for batch in file.iter_batches(columns=columns) if columns else ():
        for column in columns:
            values = batch.column(column).cast(pa.string())
            known = values.filter(pc.is_in(values, pa.array(sorted(meant[column]), pa.string())))
            yield from ((column, k) for k in pc.unique(known).to_pylist())


def _files(place: Path, *, deep: bool = False) -> list[Path]:
    return sorted(p for p in (place.rglob("*") if deep else place.glob("*")) if p.is_file() and p.suffix in TEXTS)


def _texts(path: Path) -> list[str]:
    if path.suffix == ".xlsx":
        sheets = cells_of(path)
        return [*sheets, *(v for rows in sheets.values() for row in rows for v in row if isinstance(v, str))]
    return texts_of(path.name, path.read_text(encoding="utf-8", errors="replace"))
