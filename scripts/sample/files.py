"""Files as the sources have them: the same rows in the same bytes on every rerun."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd

PACKED = ("events", "nutzung_taeglich")  # the two long tables, to keep the repository small


def write(tables: dict[str, pd.DataFrame], folder: Path, *, sep: str = ",", decimal: str = ".") -> None:
    """Each table as <name>.csv (the long ones .csv.gz), UTF-8, one kind of line end, no index."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        text = table.to_csv(index=False, sep=sep, decimal=decimal, lineterminator="\n").encode("utf-8")
        path = folder / file_name(name)
        path.write_bytes(gzip.compress(text, 9, mtime=0) if name in PACKED else text)


def file_name(table: str) -> str:
    return f"{table}.csv.gz" if table in PACKED else f"{table}.csv"
