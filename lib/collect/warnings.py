"""What a reader should know about rows that were kept: the doubts of every topic, in one list."""

from __future__ import annotations

import ibis.expr.types as ir

from lib.collect.doubts import answers, attributes, calendar, consent, histories, money, use
from lib.contracts.raw import Rules

TOPICS = (attributes, calendar, use, money, histories, consent, answers)  # modules of lib.collect.doubts


def warnings(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table with severity `warning`, and rules that nothing broke as `pass`."""
    return [doubt for topic in TOPICS for doubt in topic.doubts(states, rules)]
