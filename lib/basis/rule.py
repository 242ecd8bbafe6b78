"""Rules over customer attributes, as product files write them: `role = 'office' and seats >= 5`.

Grammar: comparisons `= != < <= > >=` and `in (a, b)` of an attribute with a number or a quoted text, joined by
`and`, `or`, `not` and parentheses. A rule is parsed, never evaluated as code. A missing value matches nothing.
"""

from __future__ import annotations

import difflib
import operator
import re

import numpy as np
import pandas as pd

from lib.contracts import UserError

TOKEN = re.compile(r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<op><=|>=|!=|=|<|>)"
                   r"|(?P<mark>[(),])|(?P<word>[^\W\d]\w*))")
COMPARE = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
           ">=": operator.ge}
KEYWORDS = {"and", "or", "not", "in"}
LONGEST = 1000


def matches(rule: str, customers: pd.DataFrame) -> np.ndarray:
    """Which customers a rule holds for: one bool per row. Raises UserError naming rule, place and nearest attribute."""
    return _Parser(rule, customers).parse()


def attributes_named(rule: str) -> list[str]:
    """The attributes that a rule asks for, in its order. Raises UserError on what is no rule."""
    words = [text for kind, text in _tokens(rule) if kind == "word" and text not in KEYWORDS]
    return list(dict.fromkeys(words))


def _tokens(rule: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(rule.rstrip()):
        match = TOKEN.match(rule, place)
        if not match or len(rule) > LONGEST:
            raise UserError("a rule over customers cannot be read", where=f"{rule[:80]!r}, character {place + 1}",
                            fix="write it like: role = 'office' and seats >= 5")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


class _Parser:
    """Recursive descent over the tokens; each method consumes its part and gives one bool per row."""

    def __init__(self, rule: str, customers: pd.DataFrame):
        self.rule, self.customers, self.at = rule, customers, 0
        self.tokens = _tokens(rule)

    def parse(self) -> np.ndarray:
        result = self._any()
        if self.at < len(self.tokens):
            self._fail("does not end here")
        return result

    def _any(self) -> np.ndarray:
        result = self._all()
        while self._take("word", "or"):
            result = result | self._all()
        return result

    def _all(self) -> np.ndarray:
        result = self._one()
        while self._take("word", "and"):
            result = result & self._one()
        return result

    def _one(self) -> np.ndarray:
        if self._take("word", "not"):
            return ~self._one()
        if self._take("mark", "("):
            result = self._any()
            if not self._take("mark", ")"):
                self._fail("misses a closing parenthesis")
            return result
        return self._comparison()

    def _comparison(self) -> np.ndarray:
        column = self._column()
        if self._take("word", "in"):
            return np.any([self._compare(column, "=", v) for v in self._list()], axis=0)
        kind, op = self._next()
        if kind != "op":
            self._fail("needs a comparison here")
        return self._compare(column, op, self._value())

    def _column(self) -> str:
        kind, name = self._next()
        if kind != "word" or name in KEYWORDS:
            self._fail("needs an attribute here")
        if name not in self.customers or name == "customer_key":
            known = [c for c in self.customers if c != "customer_key"]
            near = difflib.get_close_matches(name, known, 1)
            raise UserError(f"a rule asks for the attribute {name!r}, which customers do not have",
                            where=repr(self.rule[:80]), fix=f"did you mean {near[0]!r}?" if near else
                            f"attributes: {', '.join(sorted(known)[:20])}")
        return name

    def _list(self) -> list:
        if not self._take("mark", "("):
            self._fail("needs a list in parentheses after `in`")
        values = [self._value()]
        while self._take("mark", ","):
            values.append(self._value())
        if not self._take("mark", ")"):
            self._fail("misses a closing parenthesis")
        return values

    def _value(self) -> float | str:
        kind, text = self._next()
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1]
        self._fail("needs a number or a quoted text here")
        return ""

    def _compare(self, column: str, op: str, value: float | str) -> np.ndarray:
        values = self.customers[column]
        numeric = pd.api.types.is_numeric_dtype(values)
        if numeric != isinstance(value, float):
            raise UserError(f"a rule compares {column!r} with the wrong kind of value", where=repr(self.rule[:80]),
                            fix=f"{column} holds {'numbers' if numeric else 'text'}")
        known = values.notna().to_numpy()
        result = np.zeros(len(values), dtype=bool)
        result[known] = COMPARE[op](values[known], value).to_numpy(dtype=bool)
        return result

    def _take(self, kind: str, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == (kind, text):
            self.at += 1
            return True
        return False

    def _next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            self._fail("ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def _fail(self, what: str) -> None:
        raise UserError(f"a rule over customers {what}", where=f"{self.rule[:80]!r}, part {self.at}",
                        fix="write it like: role = 'office' and seats >= 5")
