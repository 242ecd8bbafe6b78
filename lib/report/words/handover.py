"""Sentences of notebook 05 about what leaves: audience files, the plan as registered, its checks."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from lib.contracts import NotMeasured
from lib.report.blocks import Closing, Sentence, shows
from lib.report.contacts import tellable
from lib.report.numbers import Format
from lib.report.suppress import hidden

HANDED = ("They hold pseudonyms: on the day of sending the command segments audience {product} joins them with your "
          "own ids and leaves out who withdrew since.")


@shows
def audiences(table: pd.DataFrame, plan: dict, refused: int, ages: bool, fmt: Format) -> Sentence:
    """How many customers leave in files, until when, and why others do not. ``ages``: whether any age is on record."""
    guarded = table.assign(quiet=hidden(table, "audiences", fmt))
    out, opted, silent = (_reason(guarded, r) for r in ("exported", "opted out", "no consent recorded"))
    if not plan["exported"]["files"]:
        text = f"{plan['exported']['reason'][:1].upper()}{plan['exported']['reason'][1:]}."
        return Sentence(text, {}, tone="caveat")
    text = "Nobody is in an audience file: the plan contacts nobody." if out == 0 else (
        f"{_people(out, fmt).capitalize()} customers are in the audience files, treated and held out; the files expire "
        f"on {_day(plan['expires_on'], fmt)}.")
    text += (f" {_people(opted, fmt).capitalize()} opted out and {_people(silent, fmt)} have no consent on record: "
             "none of them is in a file.")
    text += "" if ages else " No age is on record, so nobody could be left out for being too young."
    text += f" {HANDED.format(product=plan['campaign'].rpartition('-')[0])}" if out != 0 else ""
    if refused:
        text += f" {fmt.counted(refused, 'row')} did not fit the file's patterns and were left out."
    counts = {"exported": out, "opted_out": opted, "no_consent": silent}
    told = {k: n for k, n in counts.items() if n is not None}
    return Sentence(text, told | {"refused": refused}, tone="finding" if ages else "caveat")


@shows
def registered(plan: dict, fmt: Format) -> Sentence:
    """That the test was registered before anything left, and when and how it will be judged."""
    values = {"campaign": plan["campaign"], "fingerprint": plan["fingerprint"][:12]}
    from_day = f"from {_day(plan['judged_on'], fmt)}, not before"
    if not any(arm["n_treated"] for arm in plan["experiments"]):
        return Sentence("Registered: that nobody is treated, and what is aimed at (fingerprint "
                        f"{values['fingerprint']}). Look at the targets {from_day}; what moves then is no effect of "
                        "this plan.", values, tone="method")
    return Sentence(f"Registered before any file was written: campaign {plan['campaign']}, its arms, outcomes and "
                    f"targets (fingerprint {values['fingerprint']}). Judge it {from_day}. How: {plan['analysis']}. "
                    f"Then: {plan['decision']}.", values | {"level": 0.95}, tone="method")


@shows
def checked(experiments: pd.DataFrame, budget: pd.DataFrame, capacity: int, audiences: pd.DataFrame,
            strategies: pd.DataFrame, targets: pd.DataFrame) -> Sentence:
    """Whether the plan's own sums hold; raises AssertionError naming the one that does not."""
    assert not capacity or budget["contacts"].sum() <= capacity, "the budget exceeds the capacity"
    arms = experiments.set_index("segment")
    assert (arms["n_treated"] + arms["n_control"] <= arms["n_available"]).all(), "a test needs more than there are"
    exported = audiences[audiences["reason"] == "exported"].groupby("segment")["n"].sum()
    drawn = (arms["n_treated"] + arms["n_control"]).reindex(exported.index)
    assert (exported == drawn).all(), "an audience differs from its design"
    assert strategies["segment"].is_unique, "a segment has two strategies"
    out = targets.loc[targets["knocked_out"] != "", "segment"]
    assert not budget.loc[budget["segment"].isin(out), "contacts"].sum(), "a segment that was knocked out is contacted"
    return Sentence("Checked: contacts within capacity, arms within those who may be contacted, audiences equal to "
                    "their design, one strategy per segment, nobody contacted in a segment that was knocked out.", {},
                    tone="method")


def closing(targets: pd.DataFrame | NotMeasured, facts: pd.DataFrame | NotMeasured, wrote: list[str],
            files: list[str], fmt: Format) -> Closing:
    """What was decided and written."""
    if isinstance(targets, NotMeasured):
        return Closing(f"No plan: {targets.reason}.", "05_strategy", wrote, "06_monitor", files)
    names = targets.merge(facts[["segment", "name", "rank"]], on="segment").sort_values("rank")
    chosen = names.loc[names["role"] == "target", "name"].tolist()
    said = f"Targets: {'; '.join(chosen)}" if chosen else "No segment stands out as a target"
    return Closing(f"{said}; audience files: {fmt.count(len(files))}.", "05_strategy", wrote, "06_monitor",
                   files)


def _reason(guarded: pd.DataFrame, reason: str) -> int | None:
    """How many customers a reason has; None where the total would tell the one row that is hidden."""
    rows = guarded[guarded["reason"] == reason]
    return int(rows["n"].sum()) if tellable(rows) else None


def _people(n: int | None, fmt: Format) -> str:
    return "some" if n is None else fmt.people(n)


def _day(iso: str, fmt: Format) -> str:
    return fmt.date(dt.date.fromisoformat(iso))
