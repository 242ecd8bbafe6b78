"""Survey items: which columns they are, on which scale each is answered, and what does not lie on it (catalogue 96)."""

from __future__ import annotations

import ibis.expr.types as ir

from lib.collect import cells
from lib.collect.found import LINES, found_at
from lib.collect.screens import OWN
from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import RawTable, SourceRules

NPS = (0, 10)
FACTS = ("customer_id", "wave", "answered_at", "weight", "seconds")  # about the respondent, not answers
MOSTLY = 0.8  # [ours] a column with this share of numbers among its answers is a scale with words in it
SHOWN, LARGEST_SHOWN = 3, 999  # codes that a refusal names: few and short, so that they are no ids


def items(table: ir.Table) -> list[str]:
    """Names of the columns of a typed survey that hold answers on a scale, without their prefix."""
    return [c.removeprefix(OWN) for c in table.columns if c.startswith(OWN) and table[c].type().is_numeric()]


def scale_of(item: str, source: SourceRules) -> tuple[int, int]:
    """Lowest and highest answer of an item: its own, else the common scale."""
    return source.scales.get(item, source.scale)


def turned_items(source) -> dict[str, tuple[int, int]]:
    """{item: (lowest, highest answer)} of the items that are turned, for whoever asks them again; {} without a survey.

    ``source`` is a source as the product file or `lib.contracts.raw` has it, or None.
    """
    return {} if source is None else {i: tuple(scale_of(i, source)) for i in source.reversed_items}


def codes_for(column: str, source: SourceRules) -> tuple[str, ...]:
    """Declared codes for no answer that hold in a column: none for facts, none that lie on the column's own scale."""
    if column in FACTS:
        return ()
    low, high = NPS if column == "nps" else scale_of(column, source)
    on_scale = {str(n) for n in range(low, high + 1)}
    return tuple(c for c in source.not_answered if c not in on_scale)


def check_scales(table: ir.Table, source: SourceRules) -> None:
    """Raises UserError for a code on the scale, a word among numbers, or an answer off its scale."""
    _refuse_codes_on_scale(source)
    _refuse_words(table, source)
    names = items(table)
    if not names:
        return
    off = {i: _off_scale(table, i, source) for i in names}
    counts = table.aggregate(**{i: c.fill_null(False).sum() for i, c in off.items()}).to_pyarrow().to_pylist()[0]
    worst = max(names, key=lambda i: counts[i] or 0)
    if counts[worst]:
        _refuse_off_scale(table.filter(off[worst]), worst, source, sum(1 for i in names if counts[i]) - 1)


def declared_codes(raw: RawTable, source: SourceRules) -> list[dict]:
    """Rows of the quality table: how often each column holds a declared code for no answer, read as missing."""
    found = []
    for column in (c for c in raw.columns if c not in FACTS):
        codes = codes_for(column, source)
        rows = raw.table.filter(raw.table[column].strip().isin(codes)) if codes else None
        if rows is not None and (n := int(rows.count().execute())):
            lines = rows.order_by(["_file", "_line"]).limit(LINES)["_line"].to_pyarrow().to_pylist()
            found.append({"source": "survey", "rule": f"{column}: declared code for no answer", "severity": "repaired",
                          "rows_affected": n, "first_lines": ", ".join(str(line) for line in lines),
                          "meaning": "read as not answered, never as a number"})
    return found


def _off_scale(table: ir.Table, item: str, source: SourceRules) -> ir.BooleanValue:
    low, high = scale_of(item, source)
    value = table[OWN + item]
    return (value < low) | (value > high)


def _refuse_codes_on_scale(source: SourceRules) -> None:
    low, high = source.scale
    if low >= high:
        raise UserError(f"survey: the scale {low} to {high} has no width", fix="scale: [lowest, highest]")
    wrong = [c for c in source.not_answered if c in {str(n) for n in range(low, high + 1)}]
    if wrong:
        raise UserError(f"survey: {', '.join(wrong)} is declared as no answer, and lies on the scale {low} to {high}",
                        where="sources.survey.not_answered", fix="correct the scale or the code")


def _refuse_off_scale(rows: ir.Table, item: str, source: SourceRules, others: int) -> None:
    low, high = scale_of(item, source)
    count, where = found_at(rows, item)
    also = f", as {number_of(others, 'further item has', 'further items have')}" if others else ""
    raise UserError(f"survey: {item} has {number_of(count, 'answer')} off its scale {low} to {high}{also}", where=where,
                    fix=f"declare codes for no answer{_codes(rows, item)} under sources.survey.not_answered, another "
                        f"scale under scales: {{{item}: [lowest, highest]}}, or types: {{{item}: text}} for no scale")


def _codes(rows: ir.Table, item: str) -> str:
    values = rows[OWN + item].name("v").as_table().distinct().order_by("v").limit(SHOWN + 1).v.to_pyarrow().to_pylist()
    short = len(values) <= SHOWN and all(abs(v) <= LARGEST_SHOWN for v in values)
    return f" ({', '.join(f'{v:g}' for v in values)})" if short else ""


def _refuse_words(table: ir.Table, source: SourceRules) -> None:
    """A word among the numbers of an item would turn the whole item into text."""
    texts = [c for c in table.columns if c.startswith(OWN) and table[c].type().is_string()
             and c.removeprefix(OWN) not in source.types]
    for column in texts:
        word = table[column].notnull() & ~cells.looks_numeric(table[column], decimal=source.decimal)
        n, words = table.aggregate(n=table[column].count(), w=word.sum()).to_pyarrow().to_pylist()[0].values()
        if words and words <= (1 - MOSTLY) * n:
            name = column.removeprefix(OWN)
            count, where = found_at(table.filter(word), name)
            raise UserError(f"survey: {number_of(count, 'word')} among {number_of(n, 'answer')} of {name} in numbers",
                            where=where,
                            fix=f"declare the codes under sources.survey.not_answered, or types: {{{name}: text}}")


def on_scale(table: ir.Table) -> dict[str, ir.FloatingValue]:
    """The answers of each item as an expression, by the item's name."""
    return {i: table[OWN + i].cast("float64") for i in items(table)}


def nobody_answered(table: ir.Table) -> list[str]:
    """Columns of the survey, by their own names, in which no row holds an answer; typed or coded."""
    answers = [c for c in table.columns if c.startswith(OWN)]
    counts = table.aggregate(**{c: table[c].count() for c in answers}).to_pyarrow().to_pylist()[0] if answers else {}
    return [c.removeprefix(OWN) for c, n in counts.items() if not n]
