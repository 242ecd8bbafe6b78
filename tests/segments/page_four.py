"""Everything that notebook 04 computes and says of a lead segmentation, by its names there."""

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.figures import segments as figures
from lib.report.numbers import Format
from lib.report.words import growing, segments as words
from lib.segments.distinct import distinct, held_out, overall
from lib.segments.growth import sizes
from lib.segments.landscape import landscape
from lib.segments.model import assign, assignment_table, counted
from lib.segments.outside import outside_ledger, reconcile
from lib.segments.prediction import next_by_segment, prediction
from lib.segments.profile import crosstab, made_columns, profile, segment_table
from lib.segments.rules import rule_cards
from lib.segments.validation import validate

FMT = Format()
COLLECTED = {"protection": {"opted out": 42, "test or excluded id": 4}, "n_customers": 820}
ABSENT = NotMeasured("no survey", "a survey")
DAY, DAY_BEFORE = dt.date(2026, 6, 30), dt.date(2026, 5, 31)


def computed(model: dict, models: dict, placed: pd.DataFrame, before, found, lead, icp, collected=COLLECTED, *,
             smallest: int = 0) -> dict:
    """Tables and documents of the notebook; ``smallest``: fewer without a segment are counted with one."""
    assigned = assign(placed, model)
    told, earlier = (counted(table, model, smallest=smallest) for table in (placed, before))
    members = assignment_table(told, placed, models, smallest=smallest)
    cards = rule_cards(placed, assigned, model, money=FMT.money)
    segments = segment_table(placed, told, model, cards, next_by_segment(before, earlier))
    descriptors = held_out(placed, made_columns(model))
    ledger = outside_ledger(assigned, placed, model, collected=collected, icp=icp)
    return {"model": model, "members": members, "segments": segments, "found": found, "lead": lead, "ledger": ledger,
            "profile": profile(placed, told, made_columns(model)), "pairs": distinct(told, descriptors),
            "tests": overall(told, descriptors), "foreseen": prediction(before, earlier, seed=1),
            "map": landscape(placed, told, model), "crosstab": crosstab(members, model),
            "checked": validate(members, placed, voice=ABSENT, survey=ABSENT, icps=[], icp=icp, period_days=7, seed=1),
            "sizes": sizes(told, {DAY_BEFORE: earlier.iloc[:780]}, as_of=DAY),
            "counted": reconcile(ledger, collected)}


def said(made) -> dict:
    m = made
    return {
        "lead": words.lead(m["lead"]), "claim": words.claim(m["model"], m["segments"]),
        "cards": words.cards(m["segments"], m["checked"], m["sizes"], FMT), "value": words.value(m["segments"], FMT),
        "markers": words.markers(m["profile"], m["segments"], FMT),
        "overall": words.overall(m["tests"], m["segments"], FMT),
        "distinct": words.distinct(m["pairs"], m["segments"], FMT), "prediction": words.prediction(m["foreseen"], FMT),
        "validation": words.validation(m["checked"], m["segments"], FMT), "claims": words.claims(m["checked"], FMT),
        "outside": words.outside(m["ledger"], m["segments"], FMT), "reconciled": words.reconciled(m["counted"], FMT),
        "portable": words.portable(m["model"], FMT), "sizes": figures.sizes(m["segments"], FMT),
        "profiles": figures.profiles(m["profile"], m["segments"], FMT),
        "growth": growing.growth(m["sizes"], m["segments"], FMT),
        "over time": figures.over_time(m["sizes"], m["segments"], FMT),
        "map": figures.landscape(m["map"], m["segments"], FMT),
        "heat": figures.crosstab(m["crosstab"], m["segments"], "user_types", FMT)}
