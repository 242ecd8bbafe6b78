"""Which rows are sales: refunds, and rows in which nothing was sold (cancelled, failed, unpaid)."""

from __future__ import annotations

import re

import ibis

from lib.propose.roles import Table
from lib.propose.said import Said
from lib.propose.shapes import Shape
from lib.propose.words import plain

REFUND = re.compile(
    r"refund|credit|return|gutschrift|storno|retour|rembours|avoir|devol|abono|cancel|rueckgabe|reversal|chargeback")
VOID = re.compile(
    r"cancel|annul|stornier|^storno|fail|declin|void|no show|unpaid|abandon|expired|rejected|fehlgeschlagen|"
    r"abgelehnt|abgebrochen|nicht bezahlt|refuse|echou|impay|rechaz|fallid|anulad")
STATE = re.compile(r"\b(status|state|statut|etat|estado|zustand)\b")
SHOWN = 8


def kind_of(shape: Shape) -> str:
    """What a column of kinds tells: `refund`, `void`, or nothing of use.

    In a column of states a cancelled row is a sale that did not come about; in one of kinds (invoice, credit note) it
    takes back another row.
    """
    values = [plain(v) for v, _ in shape.column.frequent]
    is_state = bool(STATE.search(plain(shape.header)))
    if any(REFUND.search(v) and not (is_state and VOID.search(v)) for v in values):
        return "refund"
    return "void" if any(VOID.search(v) for v in values) else ""


def sales(table: Table, columns: dict[str, Shape]) -> dict[str, Said]:
    """`sold_as`, `refund_kinds` and `void_kinds` where amounts, prices or quantities are negative, or a column names
    refunds or what was not sold."""
    kind = columns.get("kind")
    void = _void(table, columns) if kind else []
    named = [v for v, _ in kind.column.frequent if REFUND.search(plain(v)) and v not in void] if kind else []
    found = {}
    if named:
        found["sold_as"] = Said("kind", f"{kind.header} names refunds")
        found["refund_kinds"] = Said(named, f"the values of {kind.header} that sound like refunds", "likely")
    if void:
        found["void_kinds"] = Said(void, _why_void(kind, [*void, *named]), "guess")
    return found if named else {**_negative(table, columns), **found}


def _void(table: Table, columns: dict[str, Shape]) -> list[str]:
    """Kinds in whose rows nothing was sold: by their words, unless they take back money (below zero)."""
    kind = columns["kind"]
    if not STATE.search(plain(kind.header)):
        return [v for v, _ in kind.column.frequent if VOID.search(plain(v)) and not REFUND.search(plain(v))]
    below = _below_zero(table, columns)
    return [v for v, _ in kind.column.frequent if VOID.search(plain(v)) and v not in below]


def _below_zero(table: Table, columns: dict[str, Shape]) -> set[str]:
    """Kinds of which most rows hold an amount below zero."""
    amount = columns.get("amount")
    if not amount:
        return set()
    rows = table.looked.rows
    below = rows[amount.column.name].strip().re_search(r"^-|^\(|^\W?-").fill_null(False)
    found = rows.select(kind=rows[columns["kind"].column.name].strip(), below=below.cast("float64"))
    found = found.group_by("kind").aggregate(share=ibis._.below.mean()).to_pyarrow().to_pylist()
    return {r["kind"] for r in found if (r["share"] or 0) > 0.5}


def _why_void(kind: Shape, taken: list[str]) -> str:
    rest = [v for v, _ in kind.column.frequent if v not in taken]
    also = f"; {', '.join(rest[:SHOWN])} count as sold" if rest else ""
    return f"values of {kind.header} that sound as if nothing was sold: their rows are left out, counted{also}"


def _negative(table: Table, columns: dict[str, Shape]) -> dict[str, Said]:
    """`sold_as` where amounts, prices or quantities are below zero."""
    held = [columns[n] for n in ("amount", "quantity", "price") if n in columns]
    negative = [s for s in held if s.number and s.number.negative > 0]
    if not negative:
        return {}
    order = columns.get("order_id")
    mark, share = _cancelled(table, negative[0], order) if order else ("", 0.0)
    why = f"{negative[0].header} is below zero in some rows"
    if share > 0.5:
        cancelled = f"in {share:.0%} of them {order.header} starts with {mark!r}, the mark of a cancellation"
        return {"sold_as": Said("negative refunds", f"{why}; {cancelled}", "likely")}
    return {"sold_as": Said("negative refunds", f"{why}, and no other column says what that means", "guess")}


def _cancelled(table: Table, amount: Shape, order: Shape) -> tuple[str, float]:
    """The letter with which most orders of negative rows begin and no other order does, and the share of those rows."""
    rows, mark = table.looked.rows, ibis._[order.column.name].strip().substr(0, 1).upper()
    below = rows[amount.column.name].strip().re_search(r"^-|^\(")
    counts = rows.mutate(mark=mark, below=below).group_by(["mark", "below"]).aggregate(n=ibis._.count()).to_pandas()
    negative = counts[counts["below"].fillna(False).astype(bool)].set_index("mark")["n"]
    letters = negative[[str(m).isalpha() for m in negative.index]] if len(negative) else negative
    if letters.empty:
        return "", 0.0
    letter = letters.idxmax()
    others = counts[~counts["below"].fillna(False).astype(bool) & (counts["mark"] == letter)]["n"].sum()
    return (letter, float(letters.max() / negative.sum())) if others < letters.max() else ("", 0.0)
