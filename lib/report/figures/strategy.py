"""Pictures of notebook 05: the target matrix, where the contacts go, what a test can see."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.report.blocks import Picture, shows
from lib.report.numbers import Format
from lib.report.style import BASE, INK, MUTED, RULE, canvas, colour, label

RATES = ("next_active", "breadth")
ROLE_MARKS = {"target": "o", "keep": "s", "not now": "X"}


@shows
def target_matrix(targets: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture:
    """Attractiveness by competitiveness; area is the number of customers, the mark is the role."""
    rows = targets.merge(facts[["segment", "name", "rank", "n"]], on="segment", validate="one_to_one")
    fig, ax = canvas(7.2, 4.4)
    for r in rows.sort_values("rank").itertuples():
        x, y = (50.0 if np.isnan(v) else v for v in (r.competitiveness, r.attractiveness))
        ax.scatter(x, y, s=80 + 900 * r.n / rows["n"].max(), color=colour(r.rank), alpha=0.75, lw=0,
                   marker=ROLE_MARKS[r.role], label=label(f"{r.name} ({r.role})"))
        ax.annotate(label(r.name, 28), (x, y), textcoords="offset points", xytext=(8, 8), fontsize=8.5, color=INK)
    ax.axhline(50, color=RULE, lw=1, zorder=0)
    ax.axvline(50, color=RULE, lw=1, zorder=0)
    ax.set(xlim=(-8, 118), ylim=(-8, 112), xlabel="our competitiveness there (0-100)", ylabel="attractiveness (0-100)")
    chosen = rows[rows["role"] == "target"].sort_values("rank")["name"].tolist()
    title = "No segment stands out as a target" if not chosen else f"Targets: {', '.join(chosen)}"
    return Picture(ax, title=label(title, 110), alt=f"Segments by attractiveness and competitiveness. {title}.",
                   caption=f"{fmt.n(rows['n'].sum())} customers in {fmt.counted(len(rows), 'segment')}; area: "
                           "customers; circle: target, square: keep, cross: not now. 0 is the weakest segment on a "
                           "criterion, 100 the strongest. Source: the criteria below.")


@shows
def rank_robustness(targets: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture:
    """How often each segment comes first, and first or second, over draws of the weights."""
    rows = targets[targets["p_first"].notna()].merge(facts[["segment", "name", "rank"]], on="segment")
    rows = rows.sort_values(["p_first", "rank"], ignore_index=True)
    fig, ax = canvas(7.2, 0.9 + 0.42 * max(len(rows), 1))
    both = rows["p_first"] + rows["p_second"]
    ax.barh(rows.index, both, color=RULE, height=0.6)
    ax.barh(rows.index, rows["p_first"], color=[colour(r) for r in rows["rank"]], height=0.6)
    for i, (first, top) in enumerate(zip(rows["p_first"], both, strict=True)):
        ax.text(top + 0.01, i, f"{fmt.share(first)} · {fmt.share(top)}", va="center", fontsize=8.5, color=MUTED)
    ax.set(yticks=rows.index, yticklabels=[label(n, 30) for n in rows["name"]], xlim=(0, 1.18),
           xlabel="share of 2,000 draws of the weights")
    title = "Nothing to rank: every segment was knocked out" if rows.empty else \
        f"{rows['name'].iloc[-1]} comes first in {fmt.share(rows['p_first'].iloc[-1])} of the draws of the weights"
    return Picture(ax, title=label(title, 110), alt=f"Bars of how often each segment ranks first or second. {title}.",
                   caption=f"n = {fmt.counted(len(rows), 'segment')} that passed the knock-outs. Colour: first; grey: "
                           "second. Weights drawn around those declared (Dirichlet, 20 × weight / 100), ties shared "
                           "equally.")


@shows
def budget_split(budget: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture:
    """Contacts per segment, hatched where they buy knowledge and not a promised return."""
    rows = budget.merge(facts[["segment", "name", "rank"]], on="segment").sort_values("rank", ascending=False)
    rows = rows.reset_index(drop=True)
    fig, ax = canvas(7.2, 0.9 + 0.42 * len(rows))
    for i, r in enumerate(rows.itertuples()):
        ax.barh(i, r.contacts, color=colour(r.rank) if r.contacts else BASE, height=0.6,
                hatch="" if r.basis in ("measured", "declared") else "///", edgecolor="white")
        ax.text(r.contacts, i, f" {fmt.people(r.contacts)} ({r.basis})", va="center", fontsize=8.5, color=MUTED)
    ax.set(yticks=range(len(rows)), yticklabels=[label(n, 30) for n in rows["name"]], xlabel="customers to contact",
           xlim=(0, max(rows["contacts"].max(), 1) * 1.35))
    most = rows.loc[rows["contacts"].idxmax()]
    title = "No contact is planned" if not rows["contacts"].sum() else \
        f"Most contacts go to {most['name']}: {fmt.people(most['contacts'])} of {fmt.people(rows['contacts'].sum())}"
    return Picture(ax, title=label(title, 110), alt=f"Bars of planned contacts per segment. {title}.",
                   caption=f"{fmt.n(rows['contacts'].sum())} contacts. Hatched: a test budget, without any "
                           "figure of return. Source: measured effects, else declared assumptions.")


@shows
def test_power(experiments: pd.DataFrame, strategies: pd.DataFrame, facts: pd.DataFrame, fmt: Format) -> Picture:
    """The effect aimed at against the smallest effect that the test can see, in units of the baseline."""
    rows = experiments.merge(strategies[["segment", "target"]], on="segment").merge(
        facts[["segment", "name", "rank"]], on="segment").sort_values("rank", ascending=False, ignore_index=True)
    scale = rows["baseline"].abs().where(rows["baseline"] != 0)
    aimed, seen = (rows["target"] - rows["baseline"]).abs() / scale, rows["smallest_effect"] / scale
    fig, ax = canvas(7.2, 1.0 + 0.42 * len(rows))
    ax.hlines(rows.index, np.fmin(aimed, seen), np.fmax(aimed, seen), color=RULE, lw=3)
    ax.scatter(aimed, rows.index, color=[colour(r) for r in rows["rank"]], zorder=3, label="aimed at")
    ax.scatter(seen, rows.index, marker="|", s=160, color=INK, zorder=3, label="smallest that would be seen")
    ax.set(yticks=rows.index, yticklabels=[label(n, 30) for n in rows["name"]],
           xlabel="change relative to the baseline")
    ax.xaxis.set_major_formatter(lambda v, _: fmt.share(v))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2, fontsize=8)
    tested = rows[rows["verdict"] != "no test"]
    enough = int((tested["verdict"] == "large enough").sum())
    title = "No test is planned" if tested.empty else \
        f"{fmt.count(enough)} of {fmt.counted(len(tested), 'test')} large enough for the effect aimed at"
    return Picture(ax, title=title, alt=f"Effect aimed at and smallest detectable effect per segment. {title}.",
                   caption=f"{fmt.n((rows['n_treated'] + rows['n_control']).sum())} units in the tests; power "
                           "80 % at 5 %, two-sided. Without a test: what the whole segment, halved, could show.")
