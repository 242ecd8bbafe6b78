"""Sentences of notebook 03 about structure, and what the notebook decided."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.contracts import NotMeasured
from lib.contracts.labels import readable
from lib.report.blocks import Closing, Sentence, shows
from lib.report.figures.structure import CLAIM, FAMILIES
from lib.report.inside import searched
from lib.report.numbers import Format
from lib.report.scorecard import capital
from lib.report.words.typing import NOBODY_ASKED, asked

UNTESTED = ("mixed", "latent classes")  # families without a valley test, method.md §3.7
ADVICE = {"natural": "They are separated by valleys in the data.",
          "reproducible": "No valley separates them, so they are a useful division of a continuum, not discoveries.",
          "constructed": "Another sample might cut elsewhere: use it as a working division, never as a fact about "
                         "customers."}


@shows
def claim(choice: dict, fmt: Format, questions: Mapping[str, str] = NOBODY_ASKED) -> Sentence:
    """Whether groups exist, in plain words, with the claim level."""
    variables = [asked(v, questions) for v in choice["variables"]]
    how_many, counted = searched(choice, fmt)
    text = (f"{capital(how_many)} customers were searched on {', '.join(variables)}. The method is {choice['method']}, "
            f"because {choice['method_why']}. The cut into {fmt.counted(choice['k'], 'segment')} "
            f"({FAMILIES[choice['family']]}) is {choice['claim']}: {CLAIM[choice['claim']]}. "
            f"{_advice(choice)}{_restated(choice)}")
    return Sentence(text, {**counted, "asked": variables, "k": choice["k"], "claim": choice["claim"]}, tone="decision")


def _advice(choice: dict) -> str:
    if choice["family"] in UNTESTED and choice["claim"] != "constructed":
        return ("It is never called natural: categories have no density, so no valley between segments can be looked "
                "for.")
    return ADVICE[choice["claim"]]


def _restated(choice: dict) -> str:
    """A cut that one category makes alone is no discovery, and the reader hears it."""
    if not choice.get("restates"):
        return ""
    return f" The cut says little more than {readable(choice['restates'])} does: that column alone gives it."


@shows
def choice_of_k(scan: pd.DataFrame, choice: dict, fmt: Format) -> Sentence:
    """Why this number of segments, and what came second."""
    taken = scan[scan["chosen"]].iloc[0]
    interval = fmt.interval(taken["stability_low"], taken["stability_high"])
    drawn, counted = searched(choice, fmt, "m")
    text = (f"Reason: {choice['reason']}. Two resamples of {drawn} customers agree at "
            f"{fmt.number(taken['stability'])} {interval} over {fmt.counted(choice['pairs'], 'pair')} (1 = the same); "
            f"the least "
            f"stable segment overlaps at {fmt.number(taken['worst_slsw'])}. {_told_apart(choice, fmt)}"
            f"{_runner_up(choice['runner_up'], fmt)}")
    judged = ("k", "smallest", "stability", "stability_low", "stability_high", "worst_slsw", "valley_p")
    own = {key: choice[key] for key in ("entropy_r2", "dimensions", "carried") if key in choice}
    return Sentence(text, {key: taken[key] for key in judged} | {**counted, "pairs": choice["pairs"]} | own)


def _told_apart(choice: dict, fmt: Format) -> str:
    """What a method says of its own: how sure the classes are, or how much of the variation the factors carry."""
    if "entropy_r2" in choice:
        return f"Entropy R² is {fmt.number(choice['entropy_r2'])} (1 = nobody's class is in doubt). "
    if "carried" in choice:
        return (f"{fmt.count(choice['dimensions'])} factors carry {fmt.share(choice['carried'])} of the variation of "
                "all variables. ")
    return ""


def _runner_up(second, fmt: Format) -> str:
    if not second:
        return "No other cut qualified."
    why = f": {second['why_not']}" if second.get("why_not") else ""
    return f"Runner-up: {fmt.counted(second['k'], 'segment')} by {FAMILIES[second['family']]}{why}."


@shows
def atoms(choice: dict, fmt: Format) -> Sentence:
    """Who was split off by rule before the search, and who could not be searched."""
    missing = choice.get("left_out", {}).get("missing", 0)
    parts = [f"{fmt.people(atom['n'])} customers with {atom['name']}" for atom in choice["atoms"]]
    split = f"Split off by rule before the search: {'; '.join(parts)}." if parts else "Nobody was split off by rule."
    lost = f" {fmt.people(missing)} customers lack a value and were not searched." if missing else ""
    values = {f"atom_{i}": atom["n"] for i, atom in enumerate(choice["atoms"])}
    return Sentence(split + lost, values | {"missing": missing}, tone="caveat")


def closing(wrote: list[str], rfm, cuts, choice, fmt: Format) -> Closing:
    """What notebook 03 decided, and what to open next. Every part may be NotMeasured."""
    parts = ["RFM groups are not used." if isinstance(rfm, NotMeasured) else f"RFM names {fmt.people(len(rfm))} "
                                                                             f"customers.",
             "User types are not measured." if isinstance(cuts, NotMeasured) else
             f"User types rate {fmt.people(cuts['n_rated'])} customers.",
             "No search for groups was possible." if isinstance(choice, NotMeasured) else
             f"The cut into {fmt.counted(choice['k'], 'segment')} is {choice['claim']}."]
    return Closing(" ".join(parts), step="03_analyze", wrote=wrote, next_step="04_create_segments")
