"""Protected attributes, loaded apart: only to compare selection rates, never a feature, never saved (method.md §7)."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from lib.collect import cells, ids as written
from lib.contracts import measured
from lib.contracts.raw import Raw, Rules

AGES = ("birth_year", "age")


@measured
def attributes_apart(raw: Raw, rules: Rules, columns: Collection[str]) -> pd.DataFrame:
    """customer_key and the columns as text, of the source `customers`; `age` in years, where a year or an age is known.

    Of several rows of a customer the first counts. Nothing else of the source is looked at; who may not be analysed is
    still among the rows: join to those who may.
    """
    source = rules.sources["customers"]
    keys = written.customer_keys(written.book(raw, rules), rules).to_pandas().set_index("raw")["key"]
    table = raw.tables["customers"].table
    read = [c for c in table.columns if c in columns or c in AGES or c == "customer_id"]
    frame = table.order_by("_line").select(
        **{c: cells.as_written(table[c], source.nulls) for c in read}).to_pandas()
    found = pd.DataFrame({"customer_key": frame["customer_id"].map(keys)})
    for column in columns:
        found[column] = _age(frame, rules.as_of.year) if column == "age" else frame[column].str.strip()
    return found.dropna(subset=["customer_key"]).drop_duplicates("customer_key").reset_index(drop=True)


def _age(frame: pd.DataFrame, year: int) -> pd.Series:
    if "birth_year" in frame:
        return year - pd.to_numeric(frame["birth_year"], errors="coerce")
    return pd.to_numeric(frame["age"], errors="coerce")
