"""What a contract is: columns with types, units and meanings, checked on every save and load."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:  # a check imports it, which takes a third of a second
    import pandera.pandas as pa

from lib.contracts.counts import number_of

DTYPES = {
    "text": "str",
    "int": "int64",
    "float": "float64",
    "bool": "bool",
    "date": "datetime64[us]",
    "time": "datetime64[us]",
}


class ContractError(ValueError):
    """A table or document does not hold what its contract promises."""


@dataclass(frozen=True)
class Column:
    """One column: its name, type (a key of DTYPES), unit, meaning, and the values it may hold."""

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    isin: tuple[str, ...] = ()
    required: bool = True

    def schema(self) -> pa.Column:
        import pandera.pandas as pa

        checks = []
        if self.low is not None:
            checks.append(pa.Check.ge(self.low))
        if self.high is not None:
            checks.append(pa.Check.le(self.high))
        if self.isin:
            checks.append(pa.Check.isin(list(self.isin)))
        return pa.Column(
            DTYPES[self.dtype], checks, nullable=self.nullable, required=self.required, coerce=True
        )


@dataclass(frozen=True)
class Table:
    """A table artefact: who writes it, what one row is, its key and its columns.

    ``open_columns`` allows further columns whose names come from the data (attributes, survey items);
    ``raw`` marks tables that stay in the engine and never travel through pandas.
    """

    name: str
    written_by: str
    one_row_per: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    open_columns: str = ""
    raw: bool = False

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with contract dtypes, sorted by key; raises ContractError naming every fault."""
        import pandera.pandas as pa

        schema = pa.DataFrameSchema(
            {c.name: c.schema() for c in self.columns},
            strict=not self.open_columns,
            unique=list(self.key) or None,
        )
        try:
            checked = schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            raise ContractError(f"{self.name} (written by {self.written_by}): {_faults(error)}") from None
        order = [c.name for c in self.columns if c.name in checked]
        order += [c for c in checked if c not in order]
        return checked[order].sort_values(list(self.key), ignore_index=True) if self.key else checked[order]


@dataclass(frozen=True)
class Document:
    """A JSON artefact: the keys it must hold, with meanings; further keys are allowed."""

    name: str
    written_by: str
    meaning: str
    keys: dict[str, str] = field(default_factory=dict)

    def check(self, content: dict) -> dict:
        """The content unchanged; raises ContractError when a promised key is missing."""
        missing = [k for k in self.keys if k not in content]
        if missing:
            raise ContractError(f"{self.name} (written by {self.written_by}): no {', '.join(missing)}")
        return content


def _faults(error: pa.errors.SchemaErrors) -> str:
    """Each failed check once, with how many rows failed it; never the failing values themselves."""
    cases = error.failure_cases
    unknown = cases["check"] == "column_in_schema"  # here the failing value is a column's name
    cases = cases.assign(column=cases["column"].where(~unknown, cases["failure_case"]))
    grouped = cases.groupby(["column", "check"], dropna=False).size()
    return "; ".join(f"{column}: {check} ({number_of(rows, 'case')})" for (column, check), rows in grouped.items())
