"""Doubts about columns that the product named itself: `3,5` may be a number or two codes, and is read as a word."""

from __future__ import annotations

import ibis.expr.types as ir

from lib.collect import cells
from lib.collect.doubts.warning import LINES, warning
from lib.collect.screens import INTERNAL, OWN, kept
from lib.contracts.raw import SourceRules


def commas(name: str, table: ir.Table, source: SourceRules) -> list[dict]:
    """Rows of the quality table: columns without a contract whose every text is a number, some with a decimal comma."""
    rows = kept(table)
    texts = [c for c in rows.columns if c.startswith(OWN) and c not in INTERNAL and rows[c].type().is_string()
             and c.removeprefix(OWN) not in source.types]
    if not texts:
        return []
    measures = {f"{i}_{k}": v for i, c in enumerate(texts) for k, v in _facts(rows, c).items()}
    found = rows.aggregate(**measures).to_pyarrow().to_pylist()[0]
    return [_told(name, rows, c) for i, c in enumerate(texts)
            if found[f"{i}_comma"] and found[f"{i}_comma"] + found[f"{i}_plain"] == found[f"{i}_n"]]


def _facts(rows: ir.Table, column: str) -> dict:
    return {"n": rows[column].count(), "plain": cells.looks_numeric(rows[column]).sum(),
            "comma": _has_comma(rows, column).sum()}


def _has_comma(rows: ir.Table, column: str) -> ir.BooleanValue:
    return rows[column].contains(",") & cells.looks_numeric(rows[column], decimal=",")


def _told(name: str, rows: ir.Table, column: str) -> dict:
    found = rows.filter(_has_comma(rows, column))
    lines = found.order_by("line").limit(LINES).line.to_pyarrow().to_pylist()
    return warning(name, f"{column.removeprefix(OWN)}: numbers with a comma, read as words",
                   f'if they are numbers, declare sources.{name}.decimal: ","', int(found.count().execute()), lines)
