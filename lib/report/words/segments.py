"""Sentences and cards of notebook 04: what leads, who the segments are, what holds, who is outside."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.contracts import NotMeasured
from lib.contracts.labels import NOTHING_SPENT, readable
from lib.report import inside
from lib.report.blocks import Card, Cards, Closing, Sentence, shows
from lib.report.numbers import Format
from lib.report.style import colour
from lib.report.suppress import NEXT, hidden, without_few_next
from lib.report.words import growing
from lib.report.words.analyze import together
from lib.report.words.ledger import outside, reconciled
from lib.report.words.people import JUDGED, claims, confusion, validation
from lib.report.words.typing import NOBODY_ASKED, asked

# beside what is defined here
__all__ = ["claims", "confusion", "outside", "reconciled", "together", "validation"]

CLAIMS = {"natural": "groups that exist in these data",
          "reproducible": "a cut through a continuum that would come out the same again",
          "constructed": "a cut we chose because it is useful"}
DOMINATED = "one customer makes most of it, or could be worked out from it"
REVENUE = ("revenue_share", "revenue_share_low", "revenue_share_high")
ALPHA = 0.05  # method.md §3.8


@shows
def lead(lead: dict) -> Sentence:
    """Which segmentation leads, and which rule spoke."""
    text = lead["rule"]
    return Sentence(f"{text[0].upper()}{text[1:]}.", {"rule": f"{text[0].upper()}{text[1:]}"}, tone="decision")


@shows
def claim(model: dict, segments: pd.DataFrame) -> Sentence:
    """The claim level of the segmentation in plain words, and which segments are rules."""
    text = f"These segments are {model['claim']}: {CLAIMS[model['claim']]}."
    by_rule = segments.loc[segments["claim"] != model["claim"], "name"].tolist()
    if by_rule:
        text += f" Set apart by a rule before any clustering, and so constructed: {', '.join(by_rule)}."
    empty = [s["name"] for s in model["segments"] if s["segment"] not in set(segments["segment"])]
    if empty:
        text += f" Known to the model, but with nobody in it now, and so without a card: {', '.join(empty)}."
    return Sentence(text, {"names": by_rule + empty}, tone="caveat" if model["claim"] == "constructed" else "finding")


@shows
def cards(segments: pd.DataFrame, validation, sizes: pd.DataFrame, fmt: Format) -> Cards:
    """A card per segment: name, size, growth, revenue, value, rule, claim level, evidence."""
    guarded = without_few_next(segments, fmt).assign(out=hidden(segments, "segments", fmt),
                                                     active=segments["next_active"]).sort_values("rank")
    merged = inside.with_rest(segments, fmt)
    grown = growing.since(sizes, segments, fmt)
    if not isinstance(validation, NotMeasured):
        validation = validation.assign(out=hidden(validation, "validation", fmt, inside.untold(segments, fmt)))
    made = [_card(row, validation, grown.get(row.segment), merged.get(row.segment), fmt)
            for row in guarded.itertuples()]
    columns = ["n", "share", "share_low", "share_high", *REVENUE, "mean_value", "value_low", "value_high",
               *NEXT, "slsw", "rule_accuracy", "rule_low", "rule_high", "name", "rule"]
    values = {f"{row['segment']}.{c}": row[c] for row in guarded.to_dict("records")
              for c in (("name",) if row["out"] else columns)}
    values |= {f"{s}.{k}": v for found in (grown, merged) for s, row in found.items() for k, v in row.items()}
    known = {k: v for k, v in values.items() if pd.notna(v)}
    return Cards(made, known | {"smallest": fmt.smallest} | _asked(validation))


@shows
def value(segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Who brings the money, and who is the largest group."""
    every, segments = segments, segments[~hidden(segments, "segments", fmt)]
    if segments.empty:
        return Sentence(f"Sizes are not shown: any would give a segment of {fmt.few} customers away.",
                        {"smallest": fmt.smallest}, "caveat")
    largest = segments.sort_values(["n", "rank"], ascending=[False, True]).iloc[0]
    among = "" if len(segments) == len(every) else " of those whose size is shown"
    text = (f"{largest['name']} is the largest segment{among}: {fmt.people(largest['n'])} customers, "
            f"{fmt.estimate(largest['share'], largest['share_low'], largest['share_high'], fmt.share)} of the base.")
    names = {"largest": largest["name"], "n": largest["n"], "share": largest["share"],
             "share_low": largest["share_low"], "share_high": largest["share_high"]}
    if segments["revenue_share"].isna().all():
        why = (f"Their revenue is not shown: {DOMINATED}." if segments["money_hidden"].any()
               else "Revenue is not recorded, so segments are ordered by use.")
        return Sentence(f"{text} {why}", names)
    top = segments.sort_values(["revenue_share", "rank"], ascending=[False, True]).iloc[0]
    among = "" if len(segments) == len(every) and not every["money_hidden"].any() else " of those shown"
    text += (f" {top['name']} brings most revenue{among}: {fmt.estimate(*top[list(REVENUE)], fmt.share)} of it from "
             f"{fmt.share(top['share'])} of the customers ({fmt.n(top['n'])}), on average "
             f"{fmt.estimate(top['mean_value'], top['value_low'], top['value_high'], fmt.money)} each.")
    columns = ("name", *REVENUE, "share", "n", "mean_value", "value_low", "value_high")
    return Sentence(text, names | {f"top.{c}": top[c] for c in columns})


@shows
def markers(profile: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Per segment, the strongest marker that did not make it."""
    names = segments.set_index("segment")["name"]
    shown = profile[~hidden(profile, "profile", fmt, inside.untold(segments, fmt))]
    held = shown[shown["marker"] & ~shown["made_segments"] & (shown["n"] >= fmt.smallest)]
    if held.empty:
        return Sentence("No variable that had no part in making the segments marks any of them.", tone="caveat")
    with_marker = held["segment"].nunique()
    return Sentence("Variables that had no part in making the segments mark "
                    f"{fmt.count(with_marker)} of {fmt.counted(len(names), 'segment')}: "
                    f"{fmt.counted(len(held), 'marker')} in all.",
                    {"with_marker": with_marker, "segments": len(names), "markers": len(held)})


@shows
def distinct(pairs: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Whether every pair of segments differs on what did not make them."""
    merge = pairs[pairs["verdict"] == "merge candidate"]
    values = {"pairs": len(pairs), "merge": len(merge)}
    if pairs.empty:
        return Sentence("There is one segment only, so nothing can be distinct from it.", values, tone="caveat")
    if merge.empty:
        return Sentence(f"Every pair of segments ({fmt.count(len(pairs))}) differs clearly on at least one held-out "
                        "variable or in the next period.", values)
    names = segments.set_index("segment")["name"]
    shown = "; ".join(f"{names[r.first]} and {names[r.second]}" for r in merge.head(3).itertuples())
    return Sentence(f"Merge candidates: {fmt.count(len(merge))} of {fmt.counted(len(pairs), 'pair')} of segments. Such "
                    f"a pair does not differ clearly on anything but what made it. Among these: {shown}.",
                    values | {"shown": shown}, tone="caveat")


@shows
def overall(tests: pd.DataFrame, segments: pd.DataFrame, fmt: Format,
            questions: Mapping[str, str] = NOBODY_ASKED) -> Sentence:
    """The held-out variables on which all segments together differ most; ``questions``: items as they were asked."""
    found = tests[tests["p_adjusted"] < ALPHA].head(3)
    if tests.empty:
        return Sentence("There is no attribute, answer or tenure to compare the segments on that did not make them.",
                        {"tests": 0}, tone="caveat")
    if found.empty:
        return Sentence(f"On none of {fmt.count(len(tests))} held-out variables do the segments differ beyond chance.",
                        {"tests": len(tests)}, tone="caveat")
    known = [inside.said(segments, fmt, int(r.n)) for r in found.itertuples()]
    said = ", ".join(f"{asked(r.variable, questions)} ({fmt.number(r.effect)}, {how_many})"
                     for r, (how_many, _) in zip(found.itertuples(), known, strict=True))
    beyond = int((tests["p_adjusted"] < ALPHA).sum())
    return Sentence(f"Segments differ beyond chance on {fmt.count(beyond)} of {fmt.count(len(tests))} held-out "
                    f"variables, most on {said}. 0 is no difference, 1 the largest that can be (ε², Cramér's V).",
                    {"none": 0, "most": 1, "beyond": beyond, "tests": len(tests), "effects": found["effect"].tolist(),
                     "n": [counted["n"] for _, counted in known],
                     "asked": [asked(v, questions) for v in found["variable"]]})


@shows
def prediction(found: dict, fmt: Format) -> Sentence:
    """What segments say about the next period, out of sample."""
    what = {"next_revenue": "revenue in the next period (logged)", "next_active": "being active in the next period"}
    text = (f"On {what.get(found['outcome'], found['outcome'])}, {found['verdict']}: they explain "
            f"{fmt.estimate(found['gain'], found['low'], found['high'], lambda v: fmt.share(v, 1))} of its variation "
            f"among {fmt.people(found['n'])} customers, judged on customers left out. The cut itself was learned from "
            "the whole history, so this is a check, not a forecast.")
    return Sentence(text, {k: found[k] for k in ("gain", "low", "high", "n")},
                    tone="finding" if found["low"] > 0 else "caveat")


@shows
def grid(table: pd.DataFrame, fmt: Format) -> Sentence:
    """How many cells of the grid rest on evidence, and how many have none."""
    human = table[table["row"].isin(("pain points", "valued features", "CVP being utilised", "JTBD of the persona",
                                     "discovery"))]
    with_evidence, conflicting = int((human["n"] > 0).sum()), int((human["state"] == "conflicting").sum())
    text = (f"In the grids of user types and of segments, evidence stands behind {fmt.count(with_evidence)} of "
            f"{fmt.counted(len(human), 'cell')} about people; the others say “no evidence (0 sources)”.")
    if conflicting:
        text += f" In {fmt.counted(conflicting, 'cell')} the sources disagree beyond chance, and it is said."
    return Sentence(text, {"with_evidence": with_evidence, "cells": len(human), "conflicting": conflicting, "none": 0})


@shows
def portable(model: dict, fmt: Format) -> Sentence:
    """What was written to apply the segments elsewhere."""
    wanted = ", ".join(readable(c) for c in model["columns"])
    return Sentence("The model is saved as JSON, and as one SQL statement for DuckDB, PostgreSQL and Spark. It asks "
                    f"for {wanted}; whoever it cannot place it calls outside.", {"asked": wanted}, tone="method")


def closing(segments, lead, wrote: list[str], fmt: Format) -> Closing:
    """What notebook 04 decided, and what to open next."""
    if isinstance(segments, NotMeasured) or isinstance(lead, NotMeasured):
        return Closing("No segmentation could be made.", "04_create_segments", wrote, "05_strategy")
    return Closing(f"Decided: {fmt.counted(len(segments), 'segment')}, {lead['spoke']} chose what leads.",
                   "04_create_segments", wrote, "05_strategy")


def _card(row, validation, grown: dict | None, merged: dict | None, fmt: Format) -> Card:
    if row.out and fmt.is_few(row.n):
        return Card(row.name, fmt.few, "customers", text="Too small to be described.", colour=colour(row.rank))
    if merged:
        of_all = fmt.estimate(*(merged[k] for k in ("share", "low", "high")), fmt.share)
        asked = ["people asked", _people(row.segment, validation, fmt)]
        return Card(row.name, fmt.people(merged["n"]), f"customers, {inside.WITH_REST}",
                    [["of the base", of_all], ["claim", row.claim], asked], f"Rule: {row.rule}.",
                    colour=colour(row.rank))
    if row.out:
        return Card(row.name, "not shown", "customers", colour=colour(row.rank),
                    text=f"Left out: a size of {fmt.few} customers, here or in the report before, could be worked "
                         "out with it.")
    facts = [["of the base", fmt.estimate(row.share, row.share_low, row.share_high, fmt.share)]]
    if grown:
        facts += [[f"{said} since {fmt.date(pd.Timestamp(grown['as_of']))}", growing.change(grown, fmt, what)]
                  for what, said in (("growth", "customers"), ("revenue_growth", "revenue")) if what in grown]
    if row.mean_value == row.value_low == row.value_high == 0:
        facts.append(["revenue", NOTHING_SPENT])
    elif pd.notna(row.mean_value):
        facts += [["of revenue", fmt.estimate(row.revenue_share, row.revenue_share_low, row.revenue_share_high,
                                              fmt.share)],
                  ["revenue each", fmt.estimate(row.mean_value, row.value_low, row.value_high, fmt.money)]]
    elif row.money_hidden:
        facts.append(["revenue", f"not shown: {DOMINATED}"])
    if pd.notna(row.next_active):
        active = fmt.estimate(row.next_active, row.next_low, row.next_high, fmt.share)
        facts.append(["active in the next period", f"{active}, {fmt.n(row.n_next)}"])
    elif pd.notna(row.n_next) and pd.notna(row.active):
        facts.append(["active in the next period", f"{growing.few_active(row, fmt)}, {fmt.n(row.n_next)}"])
    stable = f", stability {fmt.number(row.slsw)}" if pd.notna(row.slsw) else ""
    facts += [["claim", f"{row.claim}{stable}"], ["people asked", _people(row.segment, validation, fmt)]]
    right = fmt.estimate(row.rule_accuracy, row.rule_low, row.rule_high, fmt.share)
    accurate = f". It is right for {right}" if pd.notna(row.rule_accuracy) else ""
    counts = f"customers, {inside.WITH_REST}" if row.joined else "customers"
    return Card(row.name, fmt.people(row.n), counts, facts, f"Rule: {row.rule}{accurate}.", colour=colour(row.rank))


def _people(segment: str, validation, fmt: Format) -> str:
    """Verdict of each check by people on one segment, with how many were asked."""
    if isinstance(validation, NotMeasured) or (validation["verdict"] == "validation pending").any():
        return "validation pending"
    own = validation[(validation["group"] == segment) & validation["check"].isin(JUDGED)]
    heard = own[own["out"] | (own["n"] > 0)]
    said = (f"{r.check}: {r.verdict}" + (f" ({fmt.n(r.n)})" if not r.out else "") for r in heard.itertuples())
    return "; ".join(said) or "nobody was asked"


def _asked(validation) -> dict:
    if isinstance(validation, NotMeasured):
        return {}
    own = validation[validation["check"].isin(JUDGED) & ~validation["out"]]
    return {f"{r.check}.{r.group}.n": r.n for r in own.itertuples()}
