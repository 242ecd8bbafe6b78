"""Which column says who: by its header, its values, and whether the values of other files meet it."""

from __future__ import annotations

from dataclasses import replace

from lib.propose.headers import COLUMNS
from lib.propose.looked import Looked
from lib.propose.roles import Table
from lib.propose.shapes import Shape
from lib.propose.words import likeness, words_of

CONTACT = "e-mail address"
# words of headers that speak of who looks after a customer
STAFF = {"agent", "advisor", "assignee", "berater", "csm", "manager", "owner", "rep", "sales", "staff", "vendeur"}
LEAST_MEETING = 0.3  # share of the smaller side's ids that must be in the other [ours]


def with_customers(tables: list[Table]) -> list[Table]:
    """The tables with their column of customers, where there is one."""
    candidates = [(t, s) for t in tables for s in t.shapes if _candidate(s)]
    met: dict[int, float] = {}
    for i, (one, a) in enumerate(candidates):
        for other, b in candidates[i + 1 :]:
            if one is not other and (share := meeting(one.looked, a, other.looked, b)) >= LEAST_MEETING:
                met[id(a)] = max(met.get(id(a), 0), share * likeness(b.header, COLUMNS["customer_id"]))
                met[id(b)] = max(met.get(id(b), 0), share * likeness(a.header, COLUMNS["customer_id"]))
    named = [
        replace(
            t,
            who=max(
                (s for s in t.shapes if _candidate(s)),
                default=None,
                key=lambda s: (
                    likeness(s.header, COLUMNS["customer_id"])
                    + met.get(id(s), 0)
                    + 0.2 * any(w in s.header.lower() for w in ("id", "nr", "no", "key"))
                ),
            ),
        )
        for t in tables
    ]
    return [t if t.who else replace(t, who=_address(t)) for t in named]


def _address(table: Table) -> Shape | None:
    """The column of customers' addresses, where nothing else says who: never the address of an employee."""
    addresses = [s for s in table.shapes if s.personal == CONTACT and s.column.distinct > 1]
    found = [s for s in addresses if not words_of(s.header) & STAFF]
    return max(found, key=lambda s: (likeness(s.header, COLUMNS["customer_id"]), s.column.real), default=None)


def meeting(one: Looked, a: Shape, other: Looked, b: Shape) -> float:
    """Share of the distinct ids of the smaller side that the other side has too."""
    left = one.rows.select(v=one.rows[a.column.name].strip()).filter(lambda t: t.v != "").distinct()
    right = other.rows.select(v=other.rows[b.column.name].strip()).filter(lambda t: t.v != "").distinct()
    both = left.semi_join(right, "v").count().execute()
    return both / max(min(a.column.distinct, b.column.distinct), 1)


def _candidate(shape: Shape) -> bool:
    whole = shape.kind != "number" or (shape.number.whole and shape.number.low >= 0)
    return (
        shape.kind in ("id", "number", "category")
        and whole
        and not shape.personal
        and shape.column.distinct > 1
        and likeness(shape.header, COLUMNS["customer_id"]) >= 0.45
    )
