"""What must hold before anything is saved: the books add up, and only customers who may be analysed go on."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect.ledger import reconcile
from lib.contracts import ContractError, NotMeasured
from lib.contracts.counts import number_of


def check(collected) -> str:
    """A sentence part when everything holds. Raises ContractError naming the table or source that does not."""
    totals = reconcile(collected.ledger)
    customers = collected.tables["customers"]["customer_key"]
    if customers.duplicated().any() or len(customers) != collected.collected["n_customers"]:
        raise ContractError("customers: not one row for each customer who may be analysed")
    known = ibis.memtable(pd.DataFrame({"customer_key": customers}).astype("str"))
    held = [name for name in ("transactions", "events", "consents", "treatments")
            if not isinstance(collected.tables[name], NotMeasured)]
    for name in held:
        if strangers := _strangers(collected.tables[name], known, customers):
            raise ContractError(f"{name}: {number_of(strangers, 'row')} of customers who may not be analysed")
    return (f"{number_of(totals['rows'], 'row adds', 'rows add')} up; {number_of(len(held), 'table')} with nobody but "
            f"the {number_of(len(customers), 'customer')} of the base")


def _strangers(table, known: ir.Table, customers: pd.Series) -> int:
    if isinstance(table, ir.Table):
        return int(table.anti_join(known, "customer_key").count().execute())
    return int((~table["customer_key"].isin(customers)).sum())
