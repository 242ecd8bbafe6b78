"""Step 2: clean, reconcile, protect. `collect` makes every artefact of the step from raw tables and rules."""

from lib.collect.apart import attributes_apart
from lib.collect.checks import check
from lib.collect.collected import Collected, allowed_columns, collect, sample_customers
from lib.collect.ledger import reconcile
from lib.collect.opening import mark_orders

__all__ = ["Collected", "allowed_columns", "attributes_apart", "check", "collect", "mark_orders", "reconcile",
           "sample_customers"]
