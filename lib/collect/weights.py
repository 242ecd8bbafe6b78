"""Survey weights: every respondent has one, and none outweighs the rest (catalogue 98)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from lib.collect.found import found_at
from lib.contracts import UserError
from lib.contracts.counts import number_of

LARGEST = 20  # [ours] times the median weight of the wave; raking is usually trimmed at 5 to 8


def check_weights(table: ir.Table) -> None:
    """Raises UserError for weights that are missing, not above zero, or huge; nothing where no weight is mapped."""
    if "weight" not in table.columns:
        return
    median = table.weight.median().over(ibis.window(group_by=table.wave))
    table = table.mutate(_median=median)
    for rows, what, fix in (
            (table.weight.isnull(), "no readable weight", "give every respondent a weight, or map no weight at all"),
            (table.weight <= 0, "a weight of zero or less", "leave such respondents out of the file, or correct them"),
            (table.weight > LARGEST * table._median, f"a weight of more than {LARGEST} times the median of their wave",
             "trim the weights, or correct them")):
        count, where = found_at(table.filter(rows), "weight")
        if count:
            raise UserError(f"survey: {number_of(count, 'respondent has', 'respondents have')} {what}", where=where,
                            fix=fix)
