"""What must hold between the tables of this step, whatever the data."""

from __future__ import annotations

import pandas as pd

from lib.contracts import ContractError


def check(features, *, whole: tuple = (), part: tuple = ()) -> int:
    """Customers checked. Raises ContractError when tables disagree on who they are.

    Every table of ``whole`` must hold exactly the customers of `features`, every one of ``part`` only such
    customers, each once per key. What was not measured is passed over.
    """
    if not isinstance(features, pd.DataFrame):
        return 0
    known = set(features["customer_key"])
    if len(known) != len(features):
        raise ContractError("features: a customer has more than one row")
    for table in (t for t in whole if isinstance(t, pd.DataFrame)):
        if len(table) != len(features) or set(table["customer_key"]) != known:
            raise ContractError(f"a table with {', '.join(table.columns[:4])}: not the customers of features")
    for table in (t for t in part if isinstance(t, pd.DataFrame)):
        if not set(table["customer_key"]) <= known:
            raise ContractError(f"a table with {', '.join(table.columns[:4])}: customers that features do not hold")
    return len(features)
