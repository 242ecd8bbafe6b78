"""Amounts in several currencies brought to the product's own, exactly, by the rates that the product gives."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as types
import ibis.expr.types as ir
import pandas as pd

AMOUNT, RATE = types.Decimal(20, 6), types.Decimal(18, 10)  # their product is exact, and fits the engine's 38 digits
LARGEST = 10**12  # amounts from here on could not be multiplied exactly, and are no amounts of one line
FIRST, LAST = "0001-01-01", "9999-12-31"


@ibis.udf.scalar.builtin(name="multiply", signature=((AMOUNT, RATE), types.Decimal(38, 16)))
def _times(amount, rate):
    """The engine's own, which multiplies decimals of two scales; Ibis has it for one."""


def converted(table: ir.Table, amount: ir.DecimalValue, day: ir.TimestampValue, rates, own: str,
              digits: int) -> ir.Table:
    """The table with `minor` (the amount in minor units of the product's currency), `is_rated` (its own currency, or
    one with a rate on that day) and `is_converted`. Half a unit is rounded away from zero.

    ``rates`` are (currency, rate, first day or empty): what one unit of a currency is worth, until its next rate.
    """
    listed = ibis.memtable(_spans(rates))
    listed = listed.mutate(rate=listed.rate.cast(RATE), since=listed.since.cast("timestamp"),
                           until=listed.until.cast("timestamp"))
    named = table.mutate(_code=table.currency.upper(), _exact=amount, _day=day)
    known = named.left_join(listed, [named._code == listed.code, named._day >= listed.since,
                                     named._day < listed.until])
    is_own = (known._code == own).fill_null(False)
    sound = ibis.ifelse(known._exact.abs() < LARGEST, known._exact, ibis.null(known._exact.type())).cast(AMOUNT)
    one = ibis.literal(1).cast(RATE)
    worth = ibis.ifelse(is_own, one, ibis.coalesce(known.rate, one))  # without a rate the caller refuses the row
    result = known.mutate(minor=(_times(sound, worth) * 10**digits).round().try_cast("int64"),
                          is_rated=is_own | known.rate.notnull(), is_converted=~is_own & known.rate.notnull())
    return result.drop("_code", "_exact", "_day", *listed.columns).cache()


def _spans(rates) -> pd.DataFrame:
    """Columns code, rate, since, until: each rate holds until the next of its currency."""
    frame = pd.DataFrame(list(rates), columns=["code", "rate", "since"]).astype("str")
    frame["since"] = frame["since"].where(frame["since"] != "", FIRST)
    frame = frame.sort_values(["code", "since"], ignore_index=True)
    return frame.assign(until=frame.groupby("code")["since"].shift(-1).fillna(LAST).astype("str"))
