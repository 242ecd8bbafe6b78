"""What is known of a file before anybody has declared it: its columns, counted in the engine, as text."""

from __future__ import annotations

from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

MOST_FREQUENT = 60
SAMPLED = 3_000  # distinct values a column is judged by, drawn by hash
NOTHING = (
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "NULL",
    "null",
    "(null)",
    "None",
    "NaN",
    "nan",
    "\\N",
    "-",
    "--",
    "?",
    "k. A.",
    "k.A.",
    "keine Angabe",
    "unknown",
    "unbekannt",
    "s/d",
    "n.d.",
    "nd",
)


@dataclass(frozen=True)
class Looked:
    """One table of text: ``file`` as a reader knows it, its ``rows`` in the engine (one text column a header, named
    `c0`, `c1`, ...), and how the file is written. ``native`` names the columns that the file itself typed (Parquet, a
    sheet): plain numbers and ISO dates."""

    file: str
    headers: tuple[str, ...]
    rows: ir.Table = field(repr=False)
    delimiter: str = ""
    encoding: str = "utf-8"
    sheet: str = ""
    native: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column: rows, rows with a value, distinct values, the most frequent of them, and a sample of them.

    ``nothing`` are words for a missing value and how often they occur; they are not in the sample.
    """

    header: str
    name: str
    rows: int
    filled: int
    distinct: int
    frequent: tuple[tuple[str, int], ...]
    sample: tuple[str, ...]
    nothing: dict[str, int]

    @property
    def real(self) -> int:
        """Rows with a value that is no word for a missing one."""
        return self.filled - sum(self.nothing.values())

    @property
    def unique(self) -> bool:
        """Whether nearly every row has a value of its own."""
        return self.real > 0 and self.distinct >= 0.999 * self.real

    def share(self, *values: str) -> float:
        """Share of the rows with a value that hold one of the frequent values given."""
        return sum(n for v, n in self.frequent if v in values) / max(self.real, 1)


def columns_of(looked: Looked) -> list[Column]:
    """Every column of the table, counted."""
    names = [f"c{i}" for i in range(len(looked.headers))]
    texts = {n: looked.rows[n].strip().nullif("") for n in names}
    totals = (
        looked.rows.aggregate(
            rows=looked.rows.count(),
            **{f"f_{n}": t.count() for n, t in texts.items()},
            **{f"d_{n}": t.nunique() for n, t in texts.items()},
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    return [_column(looked, h, n, texts[n], totals) for h, n in zip(looked.headers, names, strict=True)]


def _column(looked: Looked, header: str, name: str, text: ir.StringValue, totals: dict) -> Column:
    counts = looked.rows.select(value=text).filter(ibis._.value.notnull()).group_by("value").aggregate(n=ibis._.count())
    nothing = {r["value"]: r["n"] for r in _rows(counts.filter(counts.value.isin(NOTHING)))}
    real = counts.filter(counts.value.notin(NOTHING))
    frequent = _rows(real.order_by([ibis.desc("n"), "value"]).limit(MOST_FREQUENT))
    sample = _rows(real.order_by([real.value.hash(), "value"]).limit(SAMPLED))
    return Column(
        header,
        name,
        totals["rows"],
        totals[f"f_{name}"],
        totals[f"d_{name}"] - len(nothing),
        tuple((r["value"], r["n"]) for r in frequent),
        tuple(r["value"] for r in sample),
        nothing,
    )


def _rows(table: ir.Table) -> list[dict]:
    return table.to_pyarrow().to_pylist()
