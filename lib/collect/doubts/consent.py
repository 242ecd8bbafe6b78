"""Doubts about consent: a basis of which there is no record."""

from __future__ import annotations

import ibis.expr.types as ir

from lib.contracts.raw import Rules


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about consent."""
    if rules.lawful_basis != "consent" or "consent" in states:
        return []
    return [{"source": next(iter(states)), "rule": "the lawful basis is consent, and there is no record of it",
             "severity": "warning", "rows_affected": 0, "first_lines": "",
             "meaning": "nobody can be shown to have agreed"}]
