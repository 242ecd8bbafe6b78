"""What is not used and why: files that nothing could be told of, and columns that no name was found for."""

from __future__ import annotations

from lib.contracts.counts import number_of
from lib.propose.attributes import refused
from lib.propose.roles import LEAST_ITEMS, Table
from lib.propose.shapes import Shape

MOST_HEADERS = 8  # headers shown of a file that cannot be told
FEWEST_ANSWERS, MOST_ANSWERS = 3, 11  # different answers of a question on a scale [ours]


def lacks(table: Table) -> str:
    """What a table would need to be of use, as far as it can be told."""
    if scale := in_words(table):
        return (f"{number_of(len(scale), 'question')} answered in words (such as {scale[0].column.frequent[0][0]!r}): "
                "export the answers as numbers, 1 for the lowest")
    if not table.who:
        return f"no column says which customer a row is about; its columns: {_headers(table)}"
    if not any(s.kind == "date" for s in table.shapes):
        return f"no column of dates could be read; its columns: {_headers(table)}"
    return f"it could not be told what it holds; its columns: {_headers(table)}"


def _headers(table: Table) -> str:
    shown = ", ".join(h[:40] for h in table.looked.headers[:MOST_HEADERS])
    return shown + (", ..." if len(table.looked.headers) > MOST_HEADERS else "")


def in_words(table: Table) -> list[Shape]:
    """Questions answered on one scale in words: columns that share all of a few answers, none of them a number."""
    few = [s for s in table.shapes if s.kind == "category" and s is not table.who
           and FEWEST_ANSWERS <= s.column.distinct <= MOST_ANSWERS]
    answers = [frozenset(v for v, _ in s.column.frequent) for s in few]
    common = max(set(answers), key=answers.count, default=frozenset())
    found = [s for s, a in zip(few, answers, strict=True) if a == common]
    return found if len(found) >= LEAST_ITEMS else []


def why_left(shape: Shape, taken: Shape | None) -> str:
    """Why a column of a table of activity or answers is not mapped; ``taken`` is the column of its main date."""
    if shape.kind == "date" and taken is not None and not shape.personal:
        return f"another date: {taken.header} was taken as the day that counts; exchange them if this one is"
    return refused(shape) or "no contract column for it"
