"""One row of the quality table with severity `warning`, or the rule as passed when nothing was found."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

LINES = 5  # line numbers shown for each doubt


def warning(source: str, rule: str, meaning: str, rows: int, lines: list[int] | str = ()) -> dict:
    """The doubt with the rows it is about and the first of their lines; `pass` when no row is."""
    shown = lines if isinstance(lines, str) else ", ".join(str(int(n)) for n in sorted(lines)[:LINES])
    return {"source": source, "rule": rule, "severity": "warning" if rows else "pass", "rows_affected": int(rows),
            "first_lines": shown if rows else "", "meaning": meaning}


def counted(source: str, rule: str, found: ir.Table, meaning: str) -> dict:
    """The doubt about ``found``, a table of `rows` and `line` (its first) for each thing that is doubtful."""
    rows = int(found.rows.sum().execute() or 0)
    lines = found.order_by(ibis.asc("line")).limit(LINES).line.to_pyarrow().to_pylist() if rows else []
    return warning(source, rule, meaning, rows, lines)
