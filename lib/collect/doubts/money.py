"""Doubts about orders and their money."""

from __future__ import annotations

import ibis.expr.types as ir

from lib.collect.doubts.warning import counted
from lib.collect.screens import kept
from lib.contracts.raw import Rules


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about transactions."""
    if "transactions" not in states or "amount" not in states["transactions"].columns:
        return []
    return [_lone_refunds(kept(states["transactions"]))]


def _lone_refunds(lines: ir.Table) -> dict:
    orders = lines.group_by("order_key").aggregate(
        rows=lines.count(), line=lines.line.min(), sold=(~lines.is_refund).sum())
    return counted("transactions", "refund without its sale", orders.filter(orders.sold == 0),
                   "the sale is older than the data, or elsewhere; the refund counts")
