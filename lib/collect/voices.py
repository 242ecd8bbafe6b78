"""Surveys, interviews and messages: which rows go on, and the survey as a table of answers (method.md §2)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.collect.answering import careless_checks, marked, one_answer_a_wave
from lib.collect.cells import YES
from lib.collect.evidence import free_columns
from lib.collect.masking import masked
from lib.collect.scales import check_scales, nobody_answered, scale_of
from lib.collect.screens import (
    OWN,
    People,
    is_repeat,
    kept,
    kept_frame,
    people_checks,
    screened,
    time_checks,
    with_people,
)
from lib.collect.weights import check_weights
from lib.contracts import NotMeasured, Refused
from lib.contracts.raw import Rules, SourceRules

MAY_USE = (*YES, "granted")
SURVEY_FACTS = ("answered_at", "nps", "stated_frequency", "weight")
EMPTY = NotMeasured("nobody answered a question of the survey", "a survey with answers")


def survey_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The survey source with states. Strangers to the base stay: they are counted, and no customers.

    Raises UserError for answers off their scale, for weights that cannot be used, and for two different answers of a
    respondent in a wave; Refused when nobody answered anything and the survey is all there is.
    """
    source = rules.sources["survey"]
    if "wave" not in typed.columns:
        typed = typed.mutate(wave=ibis.literal("all"))
    typed = typed.mutate(wave=typed.wave.fill_null("all")).cache()
    check_scales(typed, source)
    check_weights(typed)
    table = with_people(typed, people).mutate(is_orphan=ibis.literal(False))
    table = marked(table.mutate(_repeat=is_repeat(table))).cache()
    checks = [("excluded", why.EQUAL_ROW, table._repeat), ("excluded", why.NO_ANSWER, table.is_empty),
              ("excluded", why.SAME_ANSWERS, table.is_again), *people_checks(table), *careless_checks(table, source)]
    if "answered_at" in table.columns:
        checks += time_checks(table.answered_at, rules)
    if not {"transactions", "events"} & set(rules.sources):
        _refuse_nothing(table)
    return one_answer_a_wave(screened(table, checks).drop("_repeat", "is_orphan").cache(), source)


def survey(table: ir.Table, source: SourceRules, base: pd.Series, items: list[str], others: list[str]):
    """Columns as the contract `survey`, or NotMeasured; items worded against their scale are turned.

    Columns that nobody answered are left out, and so is free text: it is evidence, not an answer on a scale.
    """
    frame = kept_frame(table)
    if frame.empty:
        return EMPTY
    empty, free = nobody_answered(kept(table)), free_answers(table)
    items = [i for i in items if i not in empty]
    others = [c for c in others if c not in (*empty, *free)]
    facts = [c for c in SURVEY_FACTS if c in frame]
    result = frame[["customer_key", "wave", *facts, *others, *items]].rename(columns={"answered_at": "answered_on"})
    for column in (c for c in others if pd.api.types.is_string_dtype(result[c])):
        result[column] = result[column].map(masked, na_action="ignore")
    for item in (i for i in items if i in source.reversed_items):
        low, high = scale_of(item, source)
        result[item] = low + high - result[item]
    result["in_base"] = result["customer_key"].isin(base)
    return result.sort_values(["customer_key", "wave"], ignore_index=True)


def free_answers(table: ir.Table) -> list[str]:
    """Columns of the survey, by their own names, in which people wrote sentences of their own."""
    return [c.removeprefix(OWN) for c in free_columns(kept(table).to_pandas())]


def interview_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The interviews source with states; without consent to its use an interview is left out."""
    if "customer_key" not in typed.columns:
        typed = typed.mutate(customer_key=ibis.null("string"))
    table = with_people(typed, people)
    checks = [("excluded", why.EQUAL_ROW, is_repeat(table))]
    if "consent" in table.columns:
        checks.append(("excluded", why.NOT_USABLE, ~table.consent.lower().isin(MAY_USE).fill_null(False)))
    if "held_at" in table.columns:
        checks += time_checks(table.held_at, rules)
    return screened(table.mutate(is_orphan=ibis.literal(False)), checks + people_checks(table)[:-1]).cache()


def text_table(typed: ir.Table, rules: Rules, people: People) -> ir.Table:
    """The texts source with states."""
    table = with_people(typed, people)
    checks = [("excluded", why.EQUAL_ROW, is_repeat(table)),
              *time_checks(table.written_at, rules), *people_checks(table)]
    return screened(table, checks).cache()


def _refuse_nothing(table: ir.Table) -> None:
    if not int(table.filter(~table.is_empty).count().execute()):
        raise Refused([EMPTY.reason], [EMPTY.needed])
