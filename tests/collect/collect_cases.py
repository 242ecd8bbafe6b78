"""Headers of small raw files, and what tests ask of step 2."""

import hashlib
import hmac

from lib.sources import PUBLIC_KEY

CUSTOMERS = "id;since;born;erased;city\n"
ORDERS = "customer;order;at;amount;kind\n"


def key(raw: str, kind: str = "customer") -> str:
    """The pseudonym by the standard library alone."""
    return hmac.new(PUBLIC_KEY, f"{kind}\x1f{raw}".encode(), hashlib.sha256).hexdigest()[:32]


def rows_of(table):
    """Rows of an artefact, raw or not, as a frame."""
    return table.to_pandas() if hasattr(table, "to_pandas") else table


def states(found, source: str) -> dict[tuple[str, str], int]:
    """Rows by state and reason of one source, without the total."""
    ledger = found.ledger[(found.ledger["source"] == source) & (found.ledger["state"] != "in")]
    return {(r.state, r.reason): r.rows for r in ledger.itertuples()}
