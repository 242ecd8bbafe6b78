"""The playbook: what to do for customers in a situation, as an editor wrote it, joined one to one to segments."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lib.contracts import UserError, measured
from lib.contracts.counts import number_of
from lib.contracts.s05_strategy import OBJECTIVES
from lib.strategy.situation import SITUATIONS

METRICS = ("next_active", "mean_value", "frequency", "breadth", "depth", "mean_occasion_value")
Metric = Literal["next_active", "mean_value", "frequency", "breadth", "depth", "mean_occasion_value"]
Situation = Literal["prospect", "new", "one-time", "lapsing", "dormant", "casual", "core", "power"]
Topic = Literal["pain_point", "valued_feature", "cvp", "jtbd"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class When(_Strict):
    """Which segments an entry is for. Exactly one entry must fit each segment."""

    situation: Situation = Field(..., description="where the customers stand: " + ", ".join(SITUATIONS))
    value: Literal["any", "high", "low"] = Field(
        "any", description="high: worth at least the mean customer; low: less, or not recorded")
    business: Literal["any", "b2c", "b2b"] = Field("any", description="kind of product")
    breadth: Literal["any", "room", "full"] = Field(
        "any", description="room: there are features or categories left to use; full: nearly all are used, or breadth "
                           "is not recorded")


class Target(_Strict):
    """How the target follows from the measured baseline: one of the two."""

    rise: float | None = Field(None, description="added to the baseline: 0.05 of a share is five points")
    rise_share: float | None = Field(None, description="relative: 0.10 is ten per cent above the baseline")

    @model_validator(mode="after")
    def _one_rule(self):
        if (self.rise is None) == (self.rise_share is None):
            raise ValueError("give either `rise` or `rise_share`")
        return self

    def of(self, baseline: float) -> float:
        return baseline + self.rise if self.rise is not None else baseline * (1 + self.rise_share)


class Entry(_Strict):
    """One entry: for whom, which need it answers, and what is done, sent, watched and tested."""

    id: str = Field(..., min_length=1)
    when: When
    need: Topic = Field(..., description="kind of evidence the need is taken from")
    assumed_need: str = Field(..., min_length=1, description="the need as assumed when nobody was heard; marked so")
    objective: Literal[*OBJECTIVES]
    dimension: Literal["breadth", "depth", "frequency"]
    message: str = Field(..., min_length=1)
    channels: list[str] = Field(..., min_length=1, description="in order of preference; the first that the product has")
    offer: str = Field(..., min_length=1)
    metric: Metric
    target: Target
    test: str = Field(..., min_length=1)


class Playbook(_Strict):
    """The whole file; entry ids are unique."""

    entries: list[Entry] = Field(..., min_length=1)

    @model_validator(mode="after")
    def _unique_ids(self):
        ids = [entry.id for entry in self.entries]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"entry id {twice[0]!r} occurs twice")
        return self


@measured
def strategies(facts: pd.DataFrame, needs: pd.DataFrame, playbook: Playbook, *, business: str,
               channels: list[str]) -> pd.DataFrame:
    """One strategy per segment, traceable to its entry and its evidence (contract `strategies`).

    ``facts`` as of `segment_facts`, ``needs`` as of `segment_needs`. Raises UserError when a segment has no
    entry or more than one, when none of an entry's channels is the product's, or when an entry would widen what is
    used by everybody in full already: never a default.
    """
    heard = {(row.segment, row.topic): row for row in needs.itertuples()}
    rows = [_strategy(row, _entry(row, playbook, business), heard, channels) for row in facts.itertuples()]
    return pd.DataFrame(rows).sort_values("segment", ignore_index=True)


def _entry(segment, playbook: Playbook, business: str) -> Entry:
    level = "high" if segment.value_level == "high" else "low"
    fitting = [entry for entry in playbook.entries
               if entry.when.situation == segment.situation and entry.when.value in ("any", level)
               and entry.when.business in ("any", business)
               and entry.when.breadth in ("any", segment.breadth_level)]
    if len(fitting) == 1:
        return fitting[0]
    where = (f"segment {segment.name!r}: situation {segment.situation}, value {segment.value_level}, {business}, "
             f"breadth {segment.breadth_level}")
    if not fitting:
        raise UserError("the playbook has no entry for a segment", where=where,
                        fix=f"add an entry with `when: {{situation: {segment.situation}}}` to the playbook")
    raise UserError(f"the playbook has {number_of(len(fitting), 'entry', 'entries')} for a segment: "
                    f"{', '.join(e.id for e in fitting)}",
                    where=where, fix="narrow their `when` so that exactly one fits")


def _strategy(segment, entry: Entry, heard: dict, channels: list[str]) -> dict:
    need, found = heard.get((segment.segment, entry.need)), heard.get((segment.segment, "discovery"))
    baseline = float(getattr(segment, entry.metric))
    aim = target(entry, baseline)
    if entry.metric == "breadth" and aim <= baseline:
        raise UserError(f"entry {entry.id!r} of the playbook would widen what is used, and all of it is used already",
                        where=f"segment {segment.name!r}", fix="narrow the entry by `breadth: room`, and add one for "
                                                               "`breadth: full`")
    return {
        "segment": segment.segment, "topic": entry.need,
        "need": readable(need.code) if need else entry.assumed_need, "situation": segment.situation,
        "evidence_ids": need.evidence_ids if need else "", "n_evidence": need.n if need else 0,
        "n_asked": need.n_asked if need else 0, "assumption": need is None,
        "objective": entry.objective, "dimension": entry.dimension, "message": entry.message,
        "channel": _channel(entry, channels),
        "discovered": readable(found.code) if found else "", "n_discovered": found.n if found else 0,
        "n_discovered_asked": found.n_asked if found else 0,
        "offer": entry.offer, "metric": entry.metric, "baseline": baseline,
        "target": aim, "test": entry.test, "source": entry.id,
    }


def target(entry: Entry, baseline: float) -> float:
    """The value to reach; a share never beyond 1. NaN where the baseline was not measured."""
    value = entry.target.of(baseline)
    return min(value, 1.0) if entry.metric in ("next_active", "breadth") and not np.isnan(value) else value


def readable(code: str) -> str:
    """A coded statement as words."""
    return code.replace("_", " ").replace("-", " ").strip()


def _channel(entry: Entry, channels: list[str]) -> str:
    for channel in entry.channels:
        if channel in channels:
            return channel
    raise UserError(f"entry {entry.id!r} of the playbook uses {', '.join(entry.channels)}",
                    where="strategy.channels of the product file", fix=f"the product has: {', '.join(channels)}")
