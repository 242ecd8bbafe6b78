"""Where rows are that a refusal speaks of: how many, in which file, in which lines."""

from __future__ import annotations

import ibis.expr.types as ir

from lib.contracts.counts import in_lines

LINES = 5  # line numbers named


def found_at(rows: ir.Table, column: str) -> tuple[int, str]:
    """Number of rows, and a sentence part naming file, column and first lines of them; empty when there is none."""
    count = int(rows.count().execute())
    if not count:
        return 0, ""
    first = rows.order_by(["file", "line"]).limit(LINES).select("file", "line").to_pyarrow().to_pylist()
    files = list(dict.fromkeys(r["file"] for r in first))
    lines = ", ".join(str(r["line"]) if len(files) == 1 else f"{r['file']}:{r['line']}" for r in first)
    return count, f"{', '.join(files)}, column {column}, {in_lines(lines)}"
