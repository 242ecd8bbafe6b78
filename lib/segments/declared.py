"""Rules of ideal profiles as product files write them, said in words: `seats >= 5` is "seats at least 5"."""

from __future__ import annotations

import re

from lib.contracts.labels import readable
from lib.segments.conditions import in_words

_TEXT = r"'[^']*'|\"[^\"]*\""
_NUMBER = r"-?\d+(?:\.\d+)?"
_COMPARISON = re.compile(rf"(?P<column>[^\W\d]\w*)\s*(?:(?P<op><=|>=|!=|=|<|>)\s*(?P<value>{_NUMBER}|{_TEXT})"
                         rf"|\bin\s*\((?P<several>(?:{_TEXT}|[^'\"()])*)\))")


def declared_in_words(rule: str, money=None) -> str:
    """The comparisons of a rule with labels and units, `and`, `or`, `not` and parentheses as they were written."""
    return _COMPARISON.sub(lambda found: _said(found, money), rule)


def _said(found: re.Match, money) -> str:
    column, op, value = found["column"], found["op"], found["value"]
    if op is None:
        values = [v.strip("'\"") for v in re.findall(f"{_TEXT}|{_NUMBER}", found["several"])]
        return in_words([[{"column": column, "op": "in", "value": values}]])
    value = value[1:-1] if value[0] in "'\"" else float(value)
    if op == "!=":
        equal = in_words([[{"column": column, "op": "=", "value": value}]], money)
        return equal.replace(f"{readable(column)} is ", f"{readable(column)} is not ", 1) \
            if isinstance(value, str) else equal.replace(" exactly ", " other than ", 1)
    return in_words([[{"column": column, "op": op, "value": value}]], money)
