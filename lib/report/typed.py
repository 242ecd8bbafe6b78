"""The numbers of a table, read back from how its page writes them: a spreadsheet then holds what its readers see.

No more is known here than the page says: not a digit more, and nothing of a cell that is suppressed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from babel.numbers import get_currency_symbol, get_decimal_symbol, get_group_symbol

from lib.report.numbers import Format

MINUS = "−\u2011-"  # the plain one last: it stands in sets of characters
SPACE = "[ \u00a0\u202f]"
UNITS = "%|pp|points?|days?"
PLURALS = {"point": "points", "day": "days"}
UNIT = rf"(?:{SPACE}?(?:{UNITS})(?!\w))?"
PAIRS = (" / ", " → ")  # two numbers in a cell become two columns


@dataclass(frozen=True)
class Number:
    """A number as written: its value (of 12 %, .12), its decimals, and what stands before and behind it."""

    value: float
    decimals: int
    before: str = ""
    behind: str = ""

    @property
    def kind(self) -> tuple[str, str]:
        return self.before, self.behind

    def format(self, decimals: int) -> str:
        """The number format of a spreadsheet that shows it with so many decimals."""
        digits = "#,##0" + ("." + "0" * decimals if decimals else "")
        if self.behind == "%":
            return f"{digits}%"
        return _quoted(self.before) + digits + _quoted(self.behind and f" {self.behind}")


@dataclass(frozen=True)
class Column:
    """A column of a spreadsheet: texts and numbers; and the column of the page that it comes from."""

    head: str
    cells: list[str | Number]
    source: str


@dataclass(frozen=True)
class Reader:
    """Reads the numbers of one product's pages."""

    fmt: Format

    def columns(self, table: dict) -> list[Column]:
        """Columns of a table of the summary: one more for each end of an interval, and for what else a cell says."""
        found = []
        for place, head in enumerate(table["columns"]):
            cells = [row[place] for row in table["rows"]]
            found += self._numeric(head, cells, table["caption"]) if head in table["numeric"] else [
                Column(head, cells, head)]
        return found

    def number(self, text: str) -> Number | None:
        """The number that is the whole text, else None."""
        found = re.fullmatch(self._one, text)
        return found and self._of(found[0])

    def _numeric(self, head: str, cells: list[str], caption: str) -> list[Column]:
        for sign in PAIRS:
            halves = [self._halves(cell, sign) for cell in cells]
            if any(halves):
                names = _names(head, caption, sign)
                return [Column(name, [half[i] if half else cell if i == 0 else "" for half, cell in
                                      zip(halves, cells, strict=True)], name) for i, name in enumerate(names)]
        parts = [self._parts(cell) for cell in cells]
        main, *others = zip(*parts, strict=True) if parts else ((), (), (), (), ())
        names = (f"{head}: from", f"{head}: to", f"{head}: in brackets", f"{head}: remark")
        return [Column(head, list(main), head),
                *(Column(name, list(column), head) for name, column in zip(names, others, strict=True) if any(column))]

    def _halves(self, cell: str, sign: str) -> list[Number] | None:
        numbers = [self.number(part) for part in cell.split(sign)]
        return numbers if len(numbers) == 2 and all(numbers) else None

    def _parts(self, cell: str) -> tuple:
        """Number, ends of its interval, another number in brackets, and the rest; the whole text where it has none."""
        found = self._cell.fullmatch(cell)
        if not found:
            return cell, "", "", "", ""
        main, low, high, other, rest = found.groups()
        return (self._of(main), *(self._of(n) if n else "" for n in (low, high, other)), (rest or "").strip(",; "))

    @cached_property
    def _one(self) -> str:
        group, decimal = (re.escape(s(locale=self.fmt.locale)) for s in (get_group_symbol, get_decimal_symbol))
        money = f"(?:{re.escape(self._symbol)})?"
        signed = rf"[+{MINUS}]?"
        return rf"{signed}{money}{SPACE}?{signed}\d(?:\d|{group}(?=\d))*(?:{decimal}\d+)?(?:{SPACE}?{money}){UNIT}"

    @cached_property
    def _cell(self) -> re.Pattern:
        one = self._one
        return re.compile(rf"({one})(?: \(({one}) to ({one})\))?(?: \(({one})\))?((?:[,;] (?!\d)| of ).*)?", re.S)

    @cached_property
    def _symbol(self) -> str:
        return get_currency_symbol(self.fmt.currency, locale=self.fmt.locale)

    def _of(self, text: str) -> Number:
        """A text that the pattern found, as a number."""
        unit = m[1] if (m := re.search(rf"({UNITS})$", text)) else ""
        group, decimal = get_group_symbol(locale=self.fmt.locale), get_decimal_symbol(locale=self.fmt.locale)
        digits = re.search(rf"\d(?:[\d{re.escape(group + decimal)}]*\d)?", text)[0].replace(group, "")
        whole, _, part = digits.partition(decimal)
        value = float(f"{whole}.{part or 0}") * (-1 if re.match(rf"[^\d]*[{MINUS}]", text) else 1)
        value = round(value / 100, len(part) + 2) if unit == "%" else value
        money = self._symbol in text
        first = money and text.index(self._symbol) < text.index(digits[0])
        behind = self._symbol if money and not first else PLURALS.get(unit, unit)
        space = " " if self._symbol[-1:].isalpha() else ""
        return Number(value, len(part), self._symbol + space if first else "", behind)


def decimals(columns: list[Column]) -> dict[tuple, int]:
    """How many decimals numbers are shown with, by column of the page and unit: as many as the longest of them has."""
    most: dict[tuple, int] = {}
    for column in columns:
        for number in (c for c in column.cells if isinstance(c, Number)):
            key = (column.source, *number.kind)
            most[key] = max(most.get(key, 0), number.decimals)
    return most


def _names(head: str, caption: str, sign: str) -> list[str]:
    """Names of the two columns that a column of pairs becomes."""
    if sign in head:
        return head.split(sign, 1)
    said = re.search(rf"(\w+){re.escape(sign)}(\w+)", caption)
    return [f"{head}: {word}" for word in (said.groups() if said else ("first", "second"))]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"' if text else ""
