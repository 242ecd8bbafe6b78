"""Sentences about everyone in and outside the segments."""

from __future__ import annotations

import pandas as pd

from lib.report.blocks import Sentence, shows
from lib.report.numbers import Format
from lib.report.scorecard import capital
from lib.report.suppress import inside_told


@shows
def outside(ledger: pd.DataFrame, segments: pd.DataFrame, fmt: Format) -> Sentence:
    """Who is in no segment, and who could become a customer."""
    def total(*states):
        return int(ledger.loc[ledger["state"].isin(states), "n"].sum())

    inside, lost, unsure = total("in segments"), total("unassigned"), total("ambiguous")
    left, unlike = total("filtered", "opted out"), total("noise")
    noise = f", {_few(unlike, fmt)} unlike anybody else there (noise)" if unlike else ""
    told = inside_told(ledger, fmt)
    most = f"{capital(_few(inside, fmt))} customers" if told else f"Nearly all of {fmt.people(inside + lost)} customers"
    placed = f"{capital(_few(lost, fmt))} could not be placed" if lost else "Everybody could be placed"
    text = (f"{most} are in a segment, {_few(unsure, fmt) if unsure else 'none'} of them ambiguous{noise}. "
            f"{placed}, and {_few(left, fmt) if left else 'nobody'} left before the analysis (opted "
            "out, under age, or filtered).")
    with_few = segments.loc[segments["joined"], "name"].tolist()
    if with_few:
        text += (f" Those who could not be placed are counted with {', '.join(with_few)}, so that no figure tells how "
                 "many they are; the model and its SQL call them outside.")
    possible = ledger[ledger["state"] == "potential"]
    if len(possible):
        said = "; ".join(f"{r.reason}: {_few(r.n, fmt)}" for r in possible.itertuples())
        text += f" Potential customers: {said}."
    values = {"inside": inside if told else inside + lost, "lost": lost, "left": left, "unsure": unsure,
              "unlike": unlike, "smallest": fmt.smallest, "with_few": with_few}
    values |= {r.reason: r.n for r in possible.itertuples()}
    return Sentence(text, {name: n for name, n in values.items()
                           if name in ("smallest", "with_few") or not fmt.is_few(n)})


@shows
def reconciled(counts: dict, fmt: Format) -> Sentence:
    """That the ledger adds up; without the sum where it would tell how few left before the analysis."""
    if fmt.is_few(counts["excluded"]):
        return Sentence("The ledger adds up to the last customer of the sources.", {}, tone="method")
    return Sentence(f"The ledger adds up: {fmt.people(counts['found'])} customers counted, "
                    f"{fmt.people(counts['expected'])} in the sources.",
                    {k: counts[k] for k in ("found", "expected")}, tone="method")


def _few(n: int, fmt: Format) -> str:
    """A count of people as it may be published."""
    return f"fewer than {fmt.count(fmt.smallest)}" if fmt.is_few(n) else fmt.people(n)
