"""How respondents answered: not at all, twice, in one straight line, too fast (catalogue 92, 94, 95)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from lib.collect import reasons as why
from lib.collect.found import found_at
from lib.collect.scales import FACTS, on_scale
from lib.collect.screens import NOT_VALUES
from lib.contracts import UserError
from lib.contracts.counts import number_of
from lib.contracts.raw import SourceRules

FEWEST_ITEMS = 5  # [ours] items that must have been answered before one answer to all of them is a straight line
TOO_FAST = 1 / 3  # of the median time of the wave, a usual rule of online panels
MARKS = ("is_empty", "is_again", "is_straight", "is_fast")
CARELESS = {"straight-liners": ("is_straight", why.STRAIGHT), "speeders": ("is_fast", why.FAST)}


def marked(table: ir.Table) -> ir.Table:
    """The survey with MARKS: no answer at all, the same answers again, one answer to every item, too fast."""
    answers = _answers(table)
    return table.mutate(is_empty=ibis.and_(*(table[c].isnull() for c in answers)), is_again=_is_again(table, answers),
                        is_straight=_is_straight(table), is_fast=_is_fast(table))


def careless_checks(table: ir.Table, source: SourceRules) -> list[tuple]:
    """(state, reason, condition) for the careless respondents whom the product leaves out."""
    return [("excluded", CARELESS[kind][1], table[CARELESS[kind][0]]) for kind in source.leave_out]


def one_answer_a_wave(table: ir.Table, source: SourceRules) -> ir.Table:
    """Of different answers of a respondent in a wave the latest counts, where that is declared; else UserError."""
    going_on = table.state.isin(["kept", "repaired"])
    people = [table.customer_key, table.wave, going_on]
    twice = table.filter(going_on & (table.count().over(ibis.window(group_by=people)) > 1))
    dated = "answered_at" in table.columns
    count, where = found_at(twice, "customer_id")
    if count and not (source.answered_again == "latest" and dated):
        fix = "map `answered_at`, so that the latest can be told" if source.answered_again == "latest" else (
            "correct the file, or declare sources.survey.answered_again: latest")
        raise UserError(f"survey: {number_of(count, 'row is a different answer', 'rows are different answers')} of one "
                        "respondent in one wave", where=where, fix=fix)
    if not count:
        return table
    order = ibis.window(group_by=people, order_by=[table.answered_at.desc(), table.file, table.line.desc()])
    older = going_on & (ibis.row_number().over(order) > 0)
    return table.mutate(state=ibis.ifelse(older, "excluded", table.state),
                        reason=ibis.ifelse(older, why.OLDER_ANSWER, table.reason)).cache()


def _answers(table: ir.Table) -> list[str]:
    about = {*NOT_VALUES, *FACTS, *MARKS, "customer_key", "digest"}
    return [c for c in table.columns if c not in about and not c.startswith("_")]


def _is_again(table: ir.Table, answers: list[str]) -> ir.BooleanValue:
    """The same respondent gave the same answers in this wave before; when and how fast does not matter."""
    time = [table.answered_at] if "answered_at" in table.columns else []
    same = [table.customer_key, table.wave, *(table[c] for c in answers)]
    order = ibis.window(group_by=same, order_by=[*time, table.file, table.line])
    return table.customer_key.notnull() & (ibis.row_number().over(order) > 0)


def _is_straight(table: ir.Table) -> ir.BooleanValue:
    values = list(on_scale(table).values())
    if len(values) < FEWEST_ITEMS:
        return ibis.literal(False)
    answered = sum((v.notnull().cast("int64") for v in values[1:]), values[0].notnull().cast("int64"))
    same = ibis.least(*values) == ibis.greatest(*values)
    return (same & (answered >= FEWEST_ITEMS)).fill_null(False)


def _is_fast(table: ir.Table) -> ir.BooleanValue:
    if "seconds" not in table.columns:
        return ibis.literal(False)
    median = table.seconds.median().over(ibis.window(group_by=table.wave))
    return (table.seconds < TOO_FAST * median).fill_null(False)
