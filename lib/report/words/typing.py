"""Sentences of notebook 04 about the typing questionnaire: how well a few questions place somebody, or why there is
none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from lib.contracts.labels import readable
from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format

NOBODY_ASKED: Mapping[str, str] = MappingProxyType({})  # no survey: no questions
WELL = 0.5  # of a segment's respondents: below it the questionnaire misses most of them


@shows
def questionnaire(found: dict, segments: pd.DataFrame, questions: dict, fmt: Format) -> Sentence:
    """How many questions place how many respondents rightly, against calling everybody the largest segment."""
    names = segments.set_index("segment")["name"]
    figures = ("n", "accuracy", "low", "high", "baseline", "gain", "gain_low", "gain_high", "tried")
    values = {k: found[k] for k in figures}
    values |= {"names": names.tolist(), "questions": questions, "items": len(found["items"]), "level": 95}
    right = fmt.estimate(found["accuracy"], found["low"], found["high"], fmt.share)
    largest = names.get(found["largest"], found["largest"])
    every = f"calling everybody “{largest}” gets {fmt.share(found['baseline'])} right"
    if not found["items"]:
        return Sentence(f"No questionnaire: of {fmt.counted(found['tried'], 'survey item')} the best few place {right} "
                        f"of {fmt.people(found['n'])} respondents rightly, while {every}. The gain of "
                        f"{_gain(found, fmt)} is not beyond chance.", values, tone="caveat")
    listed = ", ".join(asked(i["item"], questions) for i in found["items"])
    of = fmt.counted(found["tried"], "survey item")
    one, n = len(found["items"]) == 1, fmt.people(found["n"])
    text = (f"Of {of} {'one' if one else fmt.count(len(found['items']))} will do to place somebody in a segment: "
            f"{listed}. {'It places' if one else 'They place'} {right} of {n} respondents rightly, while {every}: a "
            f"gain of {_gain(found, fmt)}. Respondents who are judged had no part in choosing questions or points.")
    return Sentence(f"{text}{_missed(found, names)}", values)


def _gain(found: dict, fmt: Format) -> str:
    """The gain in points of a hundred, with its interval."""
    def points(v):
        return fmt.number(100 * v, 0)

    return f"{points(found['gain'])} points {fmt.interval(found['gain_low'], found['gain_high'], points)}"


def _missed(found: dict, names: pd.Series) -> str:
    """The segments in which too few answered, and those that the questions mostly miss."""
    never = [names.get(s["segment"], s["segment"]) for s in found["segments"] if s["accuracy"] is None]
    poor = [names.get(s["segment"], s["segment"]) for s in found["segments"]
            if s["accuracy"] is not None and s["high"] < WELL]
    text = f" Nobody is placed in {', '.join(never)}, where too few answered: they count as wrong." if never else ""
    return text + (f" Most of {', '.join(poor)} are missed." if poor else "")


def asked(item: str, questions: Mapping[str, str]) -> str:
    """A column, or `column=level`, as it was asked in the survey, else its label."""
    name, _, level = item.partition("=")
    if name not in questions:
        return readable(item)
    return f"“{questions[name]}”: {level}" if level else f"“{questions[name]}”"
