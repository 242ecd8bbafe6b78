"""Which lines are an order by themselves: said once, when lines are stored, so that nobody joins them again.

Most orders are lines of one day, all of them bought. Whoever adds those up by customer has no need to join them by
order, which is the dear part of every figure about orders.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def mark_orders(tables: dict) -> dict:
    """The tables with `opens` on `transactions`, which must be sorted by customer_key, order_key and time (Arrow).

    1 on the first line of an order whose lines are all bought, on one day; 0 on its further lines; empty on the lines
    of every other order (refunds, several days, nothing paid, amounts missing). Other tables pass as they are.
    """
    lines = tables.get("transactions")
    if not isinstance(lines, pa.Table) or not lines.num_rows:
        return tables
    first = _changes(lines, "customer_key") | _changes(lines, "order_key")
    odd = ~_bought(lines) | (_changes(lines, "ordered_on") & ~first)
    starts = np.flatnonzero(first)
    whole = np.repeat(~np.logical_or.reduceat(odd, starts), np.diff(starts, append=lines.num_rows))
    return tables | {"transactions": lines.append_column("opens", pa.array(first.astype("int64"), mask=~whole))}


def _bought(lines: pa.Table) -> np.ndarray:
    """Lines that are no refund and, where there are amounts, cost something."""
    kept = pc.invert(pc.fill_null(lines["is_refund"], False))
    if "amount" in lines.column_names:
        kept = pc.and_(kept, pc.fill_null(pc.greater(lines["amount"], 0), False))
    return kept.to_numpy()


def _changes(lines: pa.Table, column: str) -> np.ndarray:
    """Whether a line differs from the one before it."""
    values = lines[column]
    changed = pc.fill_null(pc.not_equal(values[1:], values[:-1]), True)
    return np.concatenate([[True], changed.to_numpy()])
