"""The amount of an order line that has none: quantity times price, exactly."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from lib.collect import cells

FACTOR = "decimal(19, 6)"  # of each factor: their product is exact to the twelfth place
LARGEST = 10**9            # a factor beyond this is no price and no quantity, and could not be multiplied exactly


def is_computed(columns) -> bool:
    """Whether amounts follow from the mapped columns: quantity and price are there, the amount is not."""
    return "amount" not in columns and {"quantity", "price"} <= set(columns)


def line_amount(quantity: ir.StringValue, price: ir.StringValue, digits: int, quantity_written: dict,
                price_written: dict) -> ir.IntegerValue:
    """Quantity x price of each line in minor units, half a unit rounded away from zero; missing where one is missing.

    ``quantity_written`` and ``price_written`` say how the texts are written, as for `cells.exact`.
    """
    factors = [cells.exact(quantity, **quantity_written), cells.exact(price, **price_written)]
    sound = ibis.and_(*(f.abs() < LARGEST for f in factors))
    safe = [ibis.ifelse(sound, f, ibis.null(cells.DECIMAL)).cast(FACTOR) for f in factors]
    return (safe[0] * safe[1] * 10**digits).round().try_cast("int64")
