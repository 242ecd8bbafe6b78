"""Every input table and artefact, named once: columns, types, units, meanings, key and writer.

`INPUTS` are what a product's files are mapped to; `ARTEFACTS` is everything a run writes. One module a step.
Money is integer minor units of the product's currency (cents) everywhere; only lib/report writes euros.
"""

from lib.contracts import s01_basis, s02_collect, s03_analyze, s04_segments, s05_strategy, s06_monitor
from lib.contracts.answers import Blocked, NotMeasured, Refused, UserError, measured, requires
from lib.contracts.inputs import INPUTS, NO_CURRENCY
from lib.contracts.table import Column, ContractError, Document, Table

ARTEFACTS: dict[str, Table | Document] = {
    artefact.name: artefact
    for step in (s01_basis, s02_collect, s03_analyze, s04_segments, s05_strategy, s06_monitor)
    for artefact in step.ARTEFACTS
}

__all__ = [
    "ARTEFACTS", "INPUTS", "NO_CURRENCY", "Blocked", "Column", "ContractError", "Document", "NotMeasured", "Refused",
    "Table", "UserError", "measured", "requires",
]
