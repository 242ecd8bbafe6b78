"""Doubts about the survey: strangers, careless answers, items turned or left empty."""

from __future__ import annotations

import ibis.expr.types as ir
import pandas as pd

from lib.collect import reasons as why
from lib.collect.base import analysable
from lib.collect.doubts.commas import commas
from lib.collect.doubts.warning import counted, warning
from lib.collect.scales import items, nobody_answered
from lib.collect.screens import kept, kept_frame
from lib.collect.waves import turned_items
from lib.contracts.raw import Rules

STRANGERS = "respondents who are not among the customers"
TURNED = "an item that changes its sign in one wave"


def doubts(states: dict[str, ir.Table], rules: Rules) -> list[dict]:
    """Rows of the quality table about the survey."""
    if "survey" not in states:
        return []
    answers = kept(states["survey"])
    return [*_who(answers, analysable(states, rules)), *_careless(answers), *_empty(answers), *_turned(answers),
            *commas("survey", states["survey"], rules.sources["survey"])]


def _who(answers: ir.Table, base: pd.Series) -> list[dict]:
    told = answers.select("customer_key", "line").to_pandas()
    strangers = told[~told["customer_key"].isin(base)]
    return [warning("survey", STRANGERS, "their answers count as the survey's, never as a customer's", len(strangers),
                    list(strangers["line"]))]


def _careless(answers: ir.Table) -> list[dict]:
    found = {why.STRAIGHT: answers.is_straight, why.FAST: answers.is_fast}
    return [counted("survey", rule, answers.filter(mark).select("line", rows=1),
                    "probably answered without reading; they can be left out (leave_out in the product file)")
            for rule, mark in found.items()]


def _empty(answers: ir.Table) -> list[dict]:
    rows = int(answers.count().execute())
    return [warning("survey", f"{column}: no answer in any row", "the column is dropped", rows)
            for column in nobody_answered(answers)] if rows else []


def _turned(answers: ir.Table) -> list[dict]:
    names = items(answers)
    if not names:
        return []
    frame = kept_frame(answers)
    found = turned_items(frame, names, "nps" if "nps" in frame else "")
    return [warning("survey", f"{f.item}: changes its sign in wave {f.wave}",
                    f"correlation with {f.against} {f.here:.2f} there; probably asked or coded the other way round",
                    f.n) for f in found.itertuples()] or [warning("survey", TURNED, "", 0)]
