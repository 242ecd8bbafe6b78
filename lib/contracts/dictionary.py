"""The data dictionary, printed from the contracts: data/README.md.

    python -m lib.contracts.dictionary > data/README.md
"""

from __future__ import annotations

import sys
from itertools import groupby

from lib.contracts import ARTEFACTS, INPUTS
from lib.contracts.table import Column, Document, Table

INTRO = """# Data dictionary

`data/sample/` holds small synthetic tables, one folder a sample product. Your own raw files go to `data/<product>/`;
the artefacts of runs go to `data/work/<product>/<as-of>/`, at customer level and pseudonymised. Both stay out of git.

Money is whole minor units (cents) of the product's currency. Days and times are local to the product. `customer_key` is
a keyed pseudonym: personal data still. This page is printed from the contracts that check every table on save and load.
"""
INPUT_INTRO = """
## What you may bring

Only `transactions` or `events` is required. Names are mapped to the headers of your files in the product file; what is
not mapped is never read.
"""
ARTEFACT_INTRO = """
## What a run writes
"""


def data_dictionary() -> str:
    """The whole page as Markdown."""
    parts = [INTRO, INPUT_INTRO, *(_table(t) for t in INPUTS.values()), ARTEFACT_INTRO]
    for writer, artefacts in groupby(ARTEFACTS.values(), key=lambda a: a.written_by):
        parts.append(f"\n### Written by `{writer}`\n")
        parts += [_document(a) if isinstance(a, Document) else _table(a, level="####") for a in artefacts]
    return "\n".join(parts).rstrip() + "\n"


def _table(table: Table, level: str = "###") -> str:
    key = f" Key: {', '.join(f'`{k}`' for k in table.key)}." if table.key else ""
    more = [f"\nFurther columns: {table.open_columns}."] if table.open_columns else []
    rows = [f"| `{c.name}` | {c.dtype} | {c.unit} | {_cell(c)} |" for c in table.columns]
    return "\n".join([f"\n{level} {table.name}\n", f"One row per {table.one_row_per}.{key}\n",
                      "| column | type | unit | meaning |", "|---|---|---|---|", *rows, *more])


def _cell(column: Column) -> str:
    values = f"; one of: {', '.join(column.isin)}" if column.isin else ""
    presence = "" if column.required else " (optional)"
    return _escaped(f"{column.meaning}{values}{presence}")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _document(document: Document) -> str:
    rows = [f"| `{key}` | {_escaped(meaning)} |" for key, meaning in document.keys.items()]
    return "\n".join([f"\n#### {document.name}\n", f"{document.meaning}. A JSON document.\n", "| key | meaning |",
                      "|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
