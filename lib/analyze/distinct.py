"""Distinct values per customer without a set per customer: each value is a bit, and the bits are joined.

A set of days for each of a million customers is most of what the features cost; 62 bits of one whole number are not.
"""

from __future__ import annotations

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pandas as pd

BITS, WORDS = 62, 8  # bits of a whole number of 64 that no engine reads as a sign; beyond 8 of them, sets are cheaper
_OF = "@"  # never in a column's name


def with_bits(rows: ir.Table, column: str, values) -> ir.Table:
    """The rows with a bit for their value among `values`, empty for another.

    Unchanged when the values are too many, or the engine cannot join bits in a group (Spark, through Ibis).
    """
    if not 0 < len(values) <= BITS * WORDS or not rows.get_backend().has_operation(ops.BitOr):
        return rows
    place, names = np.arange(len(values)), _names(column, len(values))
    bits = {n: np.where(place // BITS == j, np.int64(1) << (place % BITS), 0) for j, n in enumerate(names)}
    listed = ibis.memtable(pd.DataFrame({column: values} | bits),
                           schema={column: rows[column].type()} | dict.fromkeys(names, "int64"))
    return rows.left_join(listed, column).drop(f"{column}_right")


def measures(rows: ir.Table, column: str, name: str, values) -> dict:
    """What to aggregate by customer so that `counts` knows how many of `values`, all that occur, each of them has."""
    names = _names(column, len(values))
    if not names or names[0] not in rows.columns:
        return {name: rows[column].nunique()}
    return {f"{name}{_OF}{j}": rows[bit].bit_or().fill_null(0) for j, bit in enumerate(names)}


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """The aggregated table with the words of each measure turned to how many bits are set."""
    counted: dict[str, np.ndarray | pd.Series] = {}
    for column in table:
        name, _, word = column.partition(_OF)
        if word:
            counted[name] = counted.get(name, 0.0) + np.bitwise_count(table[column].to_numpy("int64")).astype("float64")
        else:
            counted[name] = table[column]
    return pd.DataFrame(counted)


def _names(column: str, n: int) -> list[str]:
    return [f"_bits{_OF}{column}{_OF}{j}" for j in range(-(-n // BITS))]
